"""KLQ is PPO-RLHF at its first step, and its value head is a soft value."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import agents.ppo
from agents import make_agent, make_config
from agents.language_model import LanguageModel
from agents.soft_q import soft_value
from agents.vocabulary import vocabulary_sums
from tests.agents.attempts import mixed_trajectories, rollout_of, sampled_by

BETA = 0.3


@pytest.fixture
def model(make_llama, wrap) -> LanguageModel:
    """A policy that is no longer its base."""
    model = wrap(make_llama(), "lora")
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.trainable_parameters().values():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


def gradients(name: str, model: LanguageModel, **settings: Any) -> dict[str, torch.Tensor]:
    """Of the first step on eight episodes, with a value head that says something."""
    fixed = {"batch_uses": 1, "learning_rate": 0.0, "critic_learning_rate": 0.0, "max_grad_norm": 1e9, "beta": BETA}
    agent: Any = make_agent(name, model, make_config(name, **fixed, **settings))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in agent._critic.online.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    agent._update(rollout_of(sampled_by(model, mixed_trajectories())))
    named = agent._optimizer.parameters
    return {f"{owner}: {key}": p.grad.clone() for owner in named for key, p in named[owner].items()}


@pytest.mark.parametrize("trace_lambda", [0.0, 0.7, 0.95, 1.0])
def test_the_first_gradient_is_beta_times_that_of_ppo(trace_lambda: float, model: LanguageModel, monkeypatch) -> None:
    """With advantages as they are, not whitened; the value head descends the very same loss."""
    of_klq = gradients("klq", model, trace_lambda=trace_lambda)
    monkeypatch.setattr(agents.ppo, "whitened", list)
    of_ppo = gradients("ppo", model, gae_lambda=trace_lambda)
    assert of_klq.keys() == of_ppo.keys()
    for key, gradient in of_ppo.items():
        scale = BETA if key.startswith("policy") else 1.0
        assert gradient.abs().max() > 1e-5 or "lora_A" in key or "inner" in key
        torch.testing.assert_close(of_klq[key], scale * gradient, atol=1e-6, rtol=1e-3)


def test_the_value_head_is_the_soft_value_of_q(model: LanguageModel) -> None:
    """Q = V + beta * log(pi / rho) makes V = E_pi[Q] - beta * KL = beta * log sum_w rho(w) exp(Q(w) / beta)."""
    prompt = (5, 6, 7)
    with torch.no_grad():
        hidden, base_hidden = (model.encode_prompts([prompt], network).last_hidden for network in ("policy", "base"))
        log_pi = model.head("policy").logits(hidden).log_softmax(-1)
        log_rho = model.head("base").logits(base_hidden).log_softmax(-1)
        sums = vocabulary_sums(
            hidden, model.head("policy"), torch.tensor([0]), base_hidden=base_hidden, base_head=model.head("base")
        )
    value = 0.4
    q = value + BETA * (log_pi - log_rho)
    assert float(soft_value((log_pi.exp() * q).sum(-1), sums.kl, BETA)) == pytest.approx(value, abs=1e-5)
    assert float(BETA * (log_rho + q / BETA).logsumexp(-1)) == pytest.approx(value, abs=1e-5)


def test_what_both_losses_descend_is_one_error(model: LanguageModel) -> None:
    agent: Any = make_agent("klq", model, make_config("klq", beta=BETA, batch_uses=3, learning_rate=1e-3))
    metrics, steps = agent._update(rollout_of(sampled_by(model, mixed_trajectories())))
    assert steps == 3
    assert metrics["policy_loss"] == pytest.approx(metrics["critic_loss"])
    assert metrics["q_mean"] != pytest.approx(metrics["v_mean"], abs=1e-4)


def test_repeated_steps_bring_q_to_its_returns(model: LanguageModel) -> None:
    """The squared error of a batch falls with every use of it: there is nothing to clip."""
    losses = []
    for uses in (1, 40):
        agent: Any = make_agent(
            "klq", model, make_config("klq", beta=BETA, batch_uses=uses, learning_rate=2e-3, critic_learning_rate=2e-3)
        )
        group = agent._prepare(*agent._token_batches(sampled_by(model, mixed_trajectories())))
        if uses > 1:
            agent._update(rollout_of(sampled_by(model, mixed_trajectories())))
        losses.append(float(agent._evaluate(group).policy_loss.detach().mean()))
    assert losses[1] < 0.5 * losses[0]
