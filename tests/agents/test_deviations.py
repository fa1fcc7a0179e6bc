"""Departures of the authors' code from the equations: each does what it says, alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from agents import make_agent, make_config
from agents.critic import head_generator, soft_q_critic
from agents.deviations import (
    DEVIATIONS,
    one_sided_huber,
    shifted_divergences,
    uniform_base,
    vocabulary_mean_loss,
)
from agents.etpo import ETPOConfig
from agents.language_model import LanguageModel
from agents.output_head import OutputHead
from agents.rollout import hidden_states, token_batch
from agents.token_forest import token_forest
from agents.vocabulary import vocabulary_sums
from tests.agents.attempts import attempt, mixed_trajectories, rollout_of, sampled_by
from tests.agents.learners import trained_parameters

BETA = 0.3
NAMED = [name for name in DEVIATIONS if name != "none"]


@pytest.fixture
def model(make_llama, wrap) -> LanguageModel:
    model = wrap(make_llama(), "lora")
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.trainable_parameters().values():
            parameter.add_(0.4 * torch.randn(parameter.shape, generator=generator))
    return model


def gradients(model: LanguageModel, factor: float = 1.0, **settings: Any) -> dict[str, Tensor]:
    """Of the policy, at the first step on eight episodes whose rewards are multiplied."""
    trajectories = sampled_by(model, mixed_trajectories())
    for trajectory in trajectories:
        for turn in trajectory:
            object.__setattr__(turn, "reward", factor * turn.reward)
    fixed = {"batch_uses": 1, "learning_rate": 0.0, "critic_learning_rate": 0.0, "max_grad_norm": 1e9, "beta": BETA}
    agent: Any = make_agent("etpo", model, make_config("etpo", **fixed, **settings))
    agent._update(rollout_of(trajectories))
    return {name: p.grad.clone() for name, p in trained_parameters(agent).items() if p.grad is not None}


def largest_difference(first: dict[str, Tensor], second: dict[str, Tensor], names: Any) -> float:
    return max(float((first[name] - second[name]).abs().max()) for name in names)


@pytest.mark.parametrize("name", NAMED)
def test_each_is_a_preset_that_changes_one_setting_and_the_gradient(name: str, model: LanguageModel) -> None:
    assert ETPOConfig.presets[name] == {"deviation": name}
    assert make_config("etpo", preset=name) == ETPOConfig(deviation=name)
    # Errors of the critic that the one-sided loss forgets: Q is far above what rewards say.
    factor = -5.0 if name == "one-sided-huber" else 1.0
    changed, default = gradients(model, factor, deviation=name), gradients(model, factor)
    assert changed.keys() == default.keys()
    assert largest_difference(changed, default, default) > 1e-5


def test_an_unknown_one_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match="Did you mean 'shifted-kl'"):
        make_config("etpo", deviation="shifted_kl")


def test_averaged_over_the_vocabulary_the_policys_gradient_knows_no_reward(model: LanguageModel) -> None:
    own = model.trainable_parameters().keys()
    first, second = (gradients(model, factor, deviation="vocabulary-mean") for factor in (1.0, -3.0))
    assert max(float(first[name].abs().max()) for name in own) > 1e-4
    assert largest_difference(first, second, own) < 1e-7
    first, second = (gradients(model, factor) for factor in (1.0, -3.0))
    assert largest_difference(first, second, own) > 1e-3


@pytest.mark.parametrize("with_bias", [False, True])
def test_the_mean_over_the_vocabulary_is_that_of_all_log_probabilities(with_bias: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    hidden, weight = torch.randn(5, 8, generator=generator), torch.randn(11, 8, generator=generator)
    bias = torch.randn(11, generator=generator) if with_bias else None
    hidden.requires_grad_()
    tokens = torch.tensor([0, 3, 10, 3, 7])
    head = OutputHead(weight, bias)
    dense = head.logits(hidden).log_softmax(-1)
    log_pi = vocabulary_sums(hidden, head, tokens).log_pi
    losses = vocabulary_mean_loss(log_pi, hidden, head, tokens, BETA)
    assert torch.allclose(losses, BETA * dense.mean(-1), atol=1e-5)
    (found,) = torch.autograd.grad(losses.sum(), hidden, retain_graph=True)
    (expected,) = torch.autograd.grad(BETA * dense.mean(-1).sum(), hidden)
    assert torch.allclose(found, expected, atol=1e-5)


def test_without_rho_the_divergence_is_from_the_uniform_distribution(model: LanguageModel) -> None:
    batch = token_batch(mixed_trajectories(), 0.9, model.device)
    base = hidden_states(model, batch, "base")
    states, head = uniform_base(base, model.head("base"))
    sums = vocabulary_sums(
        hidden_states(model, batch, "policy"), model.head("policy"), batch.tokens, base_hidden=states, base_head=head
    )
    vocabulary_size = torch.tensor(float(len(head.weight)))
    assert torch.allclose(sums.kl, vocabulary_size.log() - sums.entropy, atol=1e-5)


def test_the_one_sided_loss_is_hubers_but_for_errors_far_below() -> None:
    errors = torch.linspace(-2, 2, 81)
    found = one_sided_huber(errors, threshold=0.5)
    huber = torch.nn.functional.huber_loss(errors, torch.zeros_like(errors), reduction="none", delta=0.5)
    near = errors >= -0.5
    assert torch.allclose(found[near], huber[near])
    assert not found[~near].any()


def test_shifted_divergences_are_those_of_the_state_before() -> None:
    forest = token_forest([(attempt((1,), (5, 6, 7), 0.5),), (attempt((1,), (5, 8), 0.1),)], 0.9)
    assert shifted_divergences(forest, [0.1, 0.2, 0.3, 0.2]) == [0.1, 0.1, 0.2, 0.1]


@pytest.mark.parametrize("kind", ["heads", "adapter"])
def test_raw_logits_are_the_logits_of_the_base_model_at_the_start(kind: str, model: LanguageModel) -> None:
    critic = soft_q_critic(kind, model, 8, BETA, head_generator(0), raw_logits=True).online
    batch = token_batch(mixed_trajectories(), 0.9, model.device)
    base, head = hidden_states(model, batch, "base"), model.head("base")
    scores = critic.scores(base, head)
    policy = hidden_states(model, batch, "policy")
    sums = vocabulary_sums(policy, model.head("policy"), batch.tokens, learned_scores=scores).learned_scores
    offsets = critic.offsets(base, scores, batch.tokens, sums)
    logits = head.logits(base)
    pi = model.head("policy").logits(policy).softmax(-1)
    assert torch.allclose(critic.q_values(offsets, sums), logits.gather(-1, batch.tokens[:, None])[:, 0], atol=1e-4)
    assert torch.allclose(critic.expected_q(offsets, sums), (pi * logits).sum(-1), atol=1e-4)
