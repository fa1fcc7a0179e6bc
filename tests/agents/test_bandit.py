"""A bandit of three tokens, whose soft-optimal policy is known: pi*(w) is proportional to rho(w) * exp(r(w) / beta)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from agents import make_agent, make_config
from agents.language_model import LanguageModel
from tests.agents.learners import CASES, WITH_CRITIC, critic_setting

BETA = 0.5
REWARDS = {"": -0.4, "a": 0.8, "b": 0.3}
"""By action; the empty one is the end of the sequence, sampled at once."""


@pytest.fixture
def bandit_model(make_llama) -> LanguageModel:
    """Rho is random but not uniform, and large embeddings let adapters on a frozen head reach any distribution."""
    words = Tokenizer(models.WordLevel({"<eos>": 0, "a": 1, "b": 2}, unk_token="b"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<eos>")
    llama = make_llama(vocabulary_size=3)
    with torch.no_grad():
        llama.get_output_embeddings().weight.mul_(4)
    return LanguageModel(llama, tokenizer, name="bandit", tuning="full")


def log_policy(model: LanguageModel, network: Any) -> Tensor:
    """Log-probabilities [3] of the actions."""
    prompt = model.encode_prompt("# Task: a table. Write:", reserve=1)
    with torch.no_grad():
        hidden = model.encode_prompts([prompt], network).last_hidden
        return model.head(network).logits(hidden).log_softmax(-1)[0]


def token_rewards(model: LanguageModel) -> Tensor:
    return torch.tensor([REWARDS[model.decode_action([token])] for token in range(3)])


def soft_optimal(model: LanguageModel) -> Tensor:
    return (log_policy(model, "base") + token_rewards(model) / BETA).log_softmax(-1)


def divergence(log_p: Tensor, log_q: Tensor) -> float:
    return float((log_p.exp() * (log_p - log_q)).sum())


def learn(name: str, model: LanguageModel, make_envs: Any, **settings: Any) -> list[Tensor]:
    """Log-probabilities of the policy after each of 24 iterations."""
    if name in WITH_CRITIC:
        settings["critic_learning_rate"] = 1e-2
    config = make_config(
        name,
        max_new_tokens=1,
        stop_at_function_end=False,
        steps_per_iteration=4,
        learning_rate=2e-3,
        **settings,
    )
    agent = make_agent(name, model, config)
    envs = make_envs(64, REWARDS.get, max_attempts=1)
    return [log_policy(model, "policy") for _ in agent.learn(envs, 256 * 24)]


@pytest.mark.parametrize(("name", "critic"), [case for case in CASES if case[0] in ("etpo", "klq", "ppo", "rloo")])
def test_the_known_soft_optimal_policy_is_reached(
    name: str, critic: str | None, bandit_model: LanguageModel, make_envs
) -> None:
    """By those who share the objective."""
    optimal = soft_optimal(bandit_model)
    assert divergence(log_policy(bandit_model, "policy"), optimal) > 0.1
    policies = learn(name, bandit_model, make_envs, beta=BETA, **critic_setting(critic))
    assert sum(divergence(policy, optimal) for policy in policies[-8:]) / 8 < 0.01
    if (
        name == "etpo" and critic == "adapter"
    ):  # the distribution of the critic's network is the policy that Q speaks of
        assert divergence(log_policy(bandit_model, "critic"), optimal) < 0.01


@pytest.mark.parametrize(("name", "weight"), [("grpo", 1.0), ("poad", 2.0)])
def test_normalised_advantages_have_a_soft_optimum_of_their_own(
    name: str, weight: float, bandit_model: LanguageModel, make_envs
) -> None:
    """With rewards in units of their standard deviation sd under pi, pi is proportional to prior * exp(r / (sd * w)).

    For GRPO the prior is rho and w is beta; for POAD it is uniform, and w is the weight of the entropy (a small one
    leaves a single action, as the deviation shrinks with the entropy).
    """
    rewards = token_rewards(bandit_model)
    prior = log_policy(bandit_model, "base") if name == "grpo" else torch.zeros(3)
    settings = {"beta": weight} if name == "grpo" else {"entropy_weight": weight, "target_kl": None}
    policies = learn(name, bandit_model, make_envs, **settings)

    def optimum_of(policy: Tensor) -> Tensor:
        p = policy.exp()
        deviation = (p * (rewards - p @ rewards) ** 2).sum().sqrt()
        return (prior + rewards / (deviation * weight)).log_softmax(-1)

    assert divergence(log_policy(bandit_model, "base"), optimum_of(log_policy(bandit_model, "base"))) > 0.1
    assert sum(divergence(policy, optimum_of(policy)) for policy in policies[-8:]) / 8 < 0.02


def test_fine_tuning_on_the_best_action_leaves_no_other(bandit_model: LanguageModel, make_envs) -> None:
    before = log_policy(bandit_model, "policy").exp()
    after = learn("rft", bandit_model, make_envs, beta=0.0)[-1].exp()
    best = int(token_rewards(bandit_model).argmax())
    assert before[best] < 0.7
    assert after[best] > 0.95


def test_value_head_of_a_network_critic_is_the_soft_optimal_value(bandit_model: LanguageModel, make_envs) -> None:
    """Q = V + beta * log(phi / rho) fits r exactly where V = beta * log E_rho[exp(r / beta)] and phi = pi*."""
    config = make_config(
        "etpo", critic="adapter", beta=BETA, max_new_tokens=1, stop_at_function_end=False, steps_per_iteration=4,
        learning_rate=2e-3, critic_learning_rate=1e-2, advantage_penalty=0.0,
    )  # fmt: skip
    agent: Any = make_agent("etpo", bandit_model, config)
    list(agent.learn(make_envs(64, REWARDS.get, max_attempts=1), 256 * 24))
    rewards = token_rewards(bandit_model)
    log_rho, log_phi = (log_policy(bandit_model, network) for network in ("base", "critic"))
    soft_value = float(BETA * (log_rho + rewards / BETA).logsumexp(0))
    prompt = bandit_model.encode_prompt("# Task: a table. Write:", reserve=1)
    with torch.no_grad():
        value = agent._critic.online.values(bandit_model.encode_prompts([prompt], "critic").last_hidden)[0]
    assert float(value) == pytest.approx(soft_value, abs=0.05)
    errors = value + BETA * (log_phi - log_rho) - rewards
    assert float((log_policy(bandit_model, "policy").exp() * errors**2).sum()) < 0.05**2
