"""Learners as wholes, on tiny models and an environment that takes microseconds."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

import agents.etpo
import agents.learner
from agents import Iteration, make_agent, make_config
from agents.agent import CRITICS, Agent
from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.language_model import LanguageModel
from tests.agents.learners import CASES, LEARNERS, WITH_CRITIC, critic_setting, trained_parameters


def share_of_vowels(action: str) -> float | None:
    """A failure where the action begins with an upper-case letter, else the share of vowels in it."""
    if action[:1].isupper():
        return None
    return sum(letter in "aeiou" for letter in action) / max(1, len(action))


def learner(name: str, model: LanguageModel, seed: int = 0, **settings: Any) -> Agent:
    return make_agent(name, model, make_config(name, **{"max_new_tokens": 6, **settings}), seed)


def weights(model: LanguageModel) -> dict[str, torch.Tensor]:
    return {name: parameter.clone() for name, parameter in model.trainable_parameters().items()}


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_a_tiny_model_learns(name: str, critic: str | None, language_model: LanguageModel, make_envs) -> None:
    rates = {"learning_rate": 3e-3} | ({"critic_learning_rate": 3e-3} if name in WITH_CRITIC else {})
    agent = learner(name, language_model, max_new_tokens=2, **critic_setting(critic), **rates)
    iterations = list(agent.learn(make_envs(16, share_of_vowels), 16 * 2 * 50))
    first, last = iterations[:5], iterations[-5:]

    def mean(of: list[Iteration], metric: str) -> float:
        return sum(iteration.metrics[metric] for iteration in of) / len(of)

    assert mean(first, "mean_reward") < 0.1
    assert mean(last, "mean_reward") > 0.7
    assert mean(last, "valid_rate") > 0.95
    assert mean(last, "kl") > mean(first, "kl") > 0


@pytest.mark.parametrize("name", [name for name in LEARNERS if name != "poad"])  # whose objective has no base model
def test_a_large_beta_keeps_the_policy_at_the_base(name: str, language_model: LanguageModel, make_envs) -> None:
    def final_kl(beta: float) -> float:
        agent = learner(name, copy.deepcopy(language_model), beta=beta, learning_rate=2e-3)
        return list(agent.learn(make_envs(8, share_of_vowels), 16 * 30))[-1].metrics["kl"]

    assert final_kl(10.0) < 0.5 * final_kl(1e-3)


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_first_iteration_starts_at_the_base(
    name: str, critic: str | None, language_model: LanguageModel, make_envs
) -> None:
    agent = learner(name, language_model, batch_uses=1, **critic_setting(critic))
    (iteration,) = agent.learn(make_envs(8, share_of_vowels), 16)
    assert iteration.metrics["kl"] == 0
    assert iteration.metrics.get("v_mean", 0) == pytest.approx(0, abs=1e-6)
    assert iteration.metrics["clip_fraction"] == 0
    assert iteration.metrics["log_prob_gap"] < 1e-4
    assert iteration.env_steps == len(iteration.turns) == 16
    assert iteration.gradient_steps == 1
    assert iteration.generated_tokens == sum(len(turn.action_ids) for turn in iteration.turns)
    assert set(iteration.seconds) == {"generation", "environment", "update"}


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_adapters_learn_in_float32_on_a_base_in_bfloat16(
    name: str, critic: str | None, make_llama, wrap, make_envs
) -> None:
    model = wrap(make_llama().bfloat16(), "lora")
    before = weights(model)
    agent: Any = learner(name, model, **critic_setting(critic))
    iterations = list(agent.learn(make_envs(8, share_of_vowels), 32))
    assert all(torch.tensor(list(iteration.metrics.values())).isfinite().all() for iteration in iterations)
    assert {parameter.dtype for parameter in trained_parameters(agent).values()} == {torch.float32}
    assert any(not torch.equal(value, before[key]) for key, value in weights(model).items())


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_all_agents_make_the_same_first_attempts(name: str, critic: str | None, make_llama, wrap, make_envs) -> None:
    """For a seed, what a comparison starts from is the same: no learner draws before the first update."""

    def first_attempts(agent: Agent) -> list[Any]:
        iteration = next(iter(agent.learn(make_envs(8, share_of_vowels), 16)))
        return [dataclasses.astuple(turn) for turn in iteration.turns]

    expected = first_attempts(learner("sample", wrap(make_llama()), seed=5))
    assert len(expected) == 16
    assert first_attempts(learner(name, wrap(make_llama()), seed=5, **critic_setting(critic))) == expected


@pytest.mark.parametrize("name", LEARNERS)
def test_metrics_have_the_same_names_in_every_iteration(name: str, language_model: LanguageModel, make_envs) -> None:
    """Also where nothing was scored, and where all attempts of a group brought the same."""
    rewards: dict[str, float | None] = {"now": None}
    learning = learner(name, language_model).learn(make_envs(4, lambda action: rewards["now"]), 24)
    iterations = [next(learning)]
    for rewards["now"] in (0.5, None):
        iterations.append(next(learning))
    common = {"policy_loss", "kl", "approx_kl", "clip_fraction", "entropy", "log_prob_gap", "grad_norm"}
    for iteration in iterations:
        assert iteration.metrics.keys() == iterations[0].metrics.keys() > common
        assert all(math.isfinite(value) for value in iteration.metrics.values())


def test_ppo_refuses_log_probs_of_another_policy(language_model: LanguageModel, make_envs, monkeypatch) -> None:
    original = agents.learner.token_batch

    def shifted(*args: Any) -> Any:
        batch = original(*args)
        batch.log_mu.add_(0.5)
        return batch

    monkeypatch.setattr(agents.learner, "token_batch", shifted)
    with pytest.raises(RuntimeError, match="ratio of the first gradient step"):
        list(learner("ppo", language_model).learn(make_envs(4, share_of_vowels), 8))


def test_ppo_stops_using_a_batch_when_the_policy_has_moved(language_model: LanguageModel, make_envs) -> None:
    agent = learner("ppo", language_model, learning_rate=0.02, target_kl=1e-4, batch_uses=8)
    (iteration,) = agent.learn(make_envs(8, share_of_vowels), 16)
    assert 1 <= iteration.gradient_steps < 8


@pytest.mark.parametrize(("name", "critic"), CASES)
@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_base_is_bit_identical_after_training(
    name: str, tuning: str, critic: str | None, make_gpt2, wrap, make_envs
) -> None:
    model = wrap(make_gpt2(), tuning)
    token_ids = torch.tensor([[5, 6, 7, 8]])
    ones = torch.ones_like(token_ids)
    base_before = model.forward(token_ids, ones, model.new_cache(), "base")
    agent: Any = learner(name, model, **critic_setting(critic))
    before = {key: parameter.clone() for key, parameter in trained_parameters(agent).items()}
    list(agent.learn(make_envs(4, share_of_vowels), 16))
    assert torch.equal(model.forward(token_ids, ones, model.new_cache(), "base"), base_before)
    after = trained_parameters(agent)
    assert all(not torch.equal(after[key], before[key]) for key in after if "lora_A" not in key)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("etpo", {}),
        ("etpo", {"replay_turns": 24, "policy_step": "descent", "advantage_weight": 0.5}),
        ("etpo", {"critic": "adapter", "micro_batch_tokens": 60}),
        ("ppo", {}),
        ("ppo", {"critic": "adapter"}),
        ("poad", {}),
        ("klq", {"critic": "adapter"}),
        ("grpo", {}),
        ("rloo", {"micro_batch_tokens": 60}),
        ("rft", {"window": 24}),
        ("sample", {}),
    ],
)
def test_resumed_learning_goes_on_bit_for_bit(
    name: str, settings: dict[str, Any], make_llama: Callable[..., Any], wrap, make_envs, tmp_path
) -> None:
    def outcome(iterations: list[Iteration]) -> list[Any]:
        return [(i.env_steps, i.turns, i.metrics, i.gradient_steps) for i in iterations]

    straight_model = wrap(make_llama())
    straight = outcome(list(learner(name, straight_model, **settings).learn(make_envs(8, share_of_vowels), 96)))

    first = learner(name, wrap(make_llama()), **settings)
    half = outcome(list(first.learn(make_envs(8, share_of_vowels), 48)))
    save_checkpoint(tmp_path / "state.pt", first.state_dict())
    resumed_model = wrap(make_llama())
    second = learner(name, resumed_model, **settings)
    second.load_state_dict(load_checkpoint(tmp_path / "state.pt"))
    half += outcome(list(second.learn(make_envs(8, share_of_vowels), 96)))

    assert half == straight
    straight_weights, resumed_weights = weights(straight_model), weights(resumed_model)
    assert all(torch.equal(resumed_weights[key], straight_weights[key]) for key in straight_weights)


def test_learning_leaves_a_taken_state_alone(language_model: LanguageModel, make_envs) -> None:
    agent = learner("etpo", language_model)
    envs = make_envs(8, share_of_vowels)
    list(agent.learn(envs, 16))
    state = agent.state_dict()
    step_before = float(state["policy_optimizer"]["state"][0]["step"])
    policy_before = {key: value.clone() for key, value in state["policy"].items()}
    list(agent.learn(envs, 32))
    assert float(state["policy_optimizer"]["state"][0]["step"]) == step_before
    assert all(torch.equal(state["policy"][key], policy_before[key]) for key in policy_before)


def test_states_of_others_are_refused_by_name(make_llama, wrap) -> None:
    state = learner("etpo", wrap(make_llama())).state_dict()
    with pytest.raises(ValueError, match="another agent: 'etpo' there, 'ppo' here"):
        learner("ppo", wrap(make_llama())).load_state_dict(state)
    with pytest.raises(ValueError, match=r"another config: beta is 0\.01 there, 0.5 here"):
        learner("etpo", wrap(make_llama()), beta=0.5).load_state_dict(state)
    with pytest.raises(ValueError, match="another seed"):
        learner("etpo", wrap(make_llama()), seed=1).load_state_dict(state)


def test_seeds_decide_everything(make_llama, wrap, make_envs) -> None:
    def run(seed: int) -> list[dict[str, float]]:
        agent = learner("etpo", wrap(make_llama()), seed)
        return [iteration.metrics for iteration in agent.learn(make_envs(4, share_of_vowels), 24)]

    assert run(1) == run(1)
    assert run(1) != run(2)


@pytest.mark.parametrize("name", [*LEARNERS, "sample"])
def test_acting_draws_from_the_given_generator_alone(name: str, language_model: LanguageModel) -> None:
    agent = learner(name, language_model)
    observations = ["# Task: a table.", "# Write:"]
    first = agent.act(observations, torch.Generator().manual_seed(1))
    assert first == agent.act(observations, torch.Generator().manual_seed(1))
    assert len(first) == 2
    assert all(isinstance(action, str) for action in first)


@pytest.mark.parametrize("critic", CRITICS)
def test_full_advantage_weight_and_one_step_backups_run(critic: str, language_model: LanguageModel, make_envs) -> None:
    settings = {"trace_lambda": 0.0, "policy_step": "descent", "advantage_weight": 1.0, "batch_uses": 2}
    agent = learner("etpo", language_model, critic=critic, **settings)
    iterations = list(agent.learn(make_envs(8, share_of_vowels), 48))
    assert iterations[-1].gradient_steps == 2
    assert agents.etpo.ETPOConfig.presets["paper"]["trace_lambda"] == 0.0
