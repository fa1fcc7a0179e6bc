from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch

from agents import make_agent, make_config
from agents.language_model import LanguageModel
from agents.rollout import Trajectory
from tests.agents.attempts import attempt, in_environments_of_their_own, rollout_of, sampled_by

SETTINGS = {"batch_uses": 1, "learning_rate": 0.0, "max_grad_norm": 1e9}
REWARDS = (0.9, -1.0, 0.4, 0.4)
ACTIONS = ((7, 8, 9), (10,), (11, 12), (13, 14, 15, 16, 17))


def side_by_side(rewards: tuple[float, ...]) -> list[Trajectory]:
    """Four actions of unequal length at one vector step."""
    return in_environments_of_their_own(
        [(attempt((5, 6), action, reward),) for action, reward in zip(ACTIONS, rewards, strict=True)]
    )


def gradient(model: LanguageModel, name: str, trajectories: list[Trajectory], **settings: Any) -> torch.Tensor:
    agent: Any = make_agent(name, model, make_config(name, **{**SETTINGS, **settings}))
    agent._update(rollout_of(sampled_by(model, trajectories)))
    return torch.cat([p.grad.flatten() for p in model.trainable_parameters().values()])


def log_probs(model: LanguageModel, action: tuple[int, ...], network: Any = "policy") -> torch.Tensor:
    """Log-probabilities [n, V] at the tokens of an action behind the prompt (5, 6); differentiable."""
    ids = torch.tensor([[5, 6, *action[:-1]]])
    states = model.sequence_states(ids, torch.ones_like(ids), network)[0, 1:]
    return model.head(network).logits(states).log_softmax(-1)


def chosen(model: LanguageModel, action: tuple[int, ...]) -> torch.Tensor:
    return log_probs(model, action).gather(1, torch.tensor(action)[:, None])[:, 0]


@pytest.fixture
def gradient_of(language_model: LanguageModel) -> Callable[[torch.Tensor], torch.Tensor]:
    """With respect to all parameters of the policy."""

    def compute(loss: torch.Tensor) -> torch.Tensor:
        parameters = list(language_model.trainable_parameters().values())
        return torch.cat([part.flatten() for part in torch.autograd.grad(loss, parameters)])

    return compute


def test_the_first_gradient_by_hand(language_model: LanguageModel, gradient_of) -> None:
    """Equation 3 of the paper: the mean over attempts of the mean over tokens, not the mean over all tokens."""
    rewards = torch.tensor(REWARDS)
    advantages = (rewards - rewards.mean()) / rewards.std(correction=0)
    with torch.no_grad():
        for parameter in language_model.trainable_parameters().values():
            parameter.mul_(1.05)  # away from rho
    loss = torch.zeros(())
    for action, advantage in zip(ACTIONS, advantages, strict=True):
        log_pi, log_rho = log_probs(language_model, action), log_probs(language_model, action, "base").detach()
        divergence = (log_pi.exp() * (log_pi - log_rho)).sum(-1)
        loss = loss + (0.3 * divergence - advantage * chosen(language_model, action)).mean() / len(ACTIONS)
    expected = gradient_of(loss)
    found = gradient(language_model, "grpo", side_by_side(REWARDS), beta=0.3)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-3)


def test_neither_shift_nor_unit_of_the_rewards_matter(language_model: LanguageModel) -> None:
    plain = gradient(language_model, "grpo", side_by_side(REWARDS))
    other = gradient(language_model, "grpo", side_by_side(tuple(3 * reward + 2 for reward in REWARDS)))
    assert plain.abs().max() > 1e-3
    torch.testing.assert_close(other, plain, atol=1e-6, rtol=1e-4)


def test_an_attempt_alone_moves_nothing(language_model: LanguageModel) -> None:
    """There is nothing to compare it with; and at the base the divergence has no gradient."""
    alone = [
        tuple(dataclasses.replace(turn, env_index=0) for turn in trajectory) for trajectory in side_by_side(REWARDS)
    ]
    assert gradient(language_model, "grpo", alone).abs().max() < 1e-6
