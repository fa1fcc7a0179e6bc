from __future__ import annotations

from typing import Any

import pytest
import torch

from agents import make_agent, make_config
from agents.language_model import LanguageModel
from tests.agents.attempts import attempt, in_environments_of_their_own, rollout_of, sampled_by
from tests.agents.test_grpo import ACTIONS, REWARDS, chosen, gradient, gradient_of, log_probs, side_by_side

__all__ = ["gradient_of"]  # a fixture

BETA = 0.2


def test_the_first_gradient_is_that_of_reinforce(language_model: LanguageModel, gradient_of) -> None:
    """A whole action is one decision, penalised by its log-ratio to the base, less the mean of the others."""
    with torch.no_grad():
        for parameter in language_model.trainable_parameters().values():
            parameter.mul_(1.05)  # away from rho
    returns = []
    for action, reward in zip(ACTIONS, REWARDS, strict=True):
        log_rho = log_probs(language_model, action, "base").gather(1, torch.tensor(action)[:, None])[:, 0]
        returns.append(float((reward - BETA * (chosen(language_model, action) - log_rho).sum()).detach()))
    loss = torch.zeros(())
    for index, action in enumerate(ACTIONS):
        others = [value for other, value in enumerate(returns) if other != index]
        advantage = returns[index] - sum(others) / len(others)
        loss = loss - advantage * chosen(language_model, action).sum() / len(ACTIONS)
    expected = gradient_of(loss)
    found = gradient(language_model, "rloo", side_by_side(REWARDS), beta=BETA)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-3)


def test_a_shift_of_all_rewards_changes_nothing(language_model: LanguageModel) -> None:
    plain = gradient(language_model, "rloo", side_by_side(REWARDS))
    other = gradient(language_model, "rloo", side_by_side(tuple(reward + 2 for reward in REWARDS)))
    assert plain.abs().max() > 1e-3
    torch.testing.assert_close(other, plain, atol=1e-5, rtol=1e-3)


def test_penalties_of_later_attempts_count_as_their_rewards_do(language_model: LanguageModel) -> None:
    """As in the objective of all learners; a reward of the second attempt reaches the first, discounted."""
    rewards_of_later = []
    for later in (0.5, 0.9):
        first = [
            (attempt((5, 6), (7, 8), -1.0, (5, 6, 7)), attempt((5, 6, 7), (9,), later)),
            (attempt((5, 6), (10,), -1.0, (5, 6, 7)), attempt((5, 6, 7), (11,), 0.5)),
        ]
        agent: Any = make_agent("rloo", language_model, make_config("rloo", gamma=0.5))
        trajectories = sampled_by(language_model, in_environments_of_their_own(first))
        (group,) = agent._prepare(rollout_of(trajectories))
        rewards_of_later.append(group.advantages)
    changes = (rewards_of_later[1] - rewards_of_later[0]).tolist()
    assert changes == pytest.approx([0.2, 0.4, -0.2, -0.4], abs=1e-5)


def test_a_ratio_is_that_of_the_whole_action_and_clipped_as_one(language_model: LanguageModel) -> None:
    """Every token moves a little, the action leaves the range: none of its tokens is moved farther."""
    agent: Any = make_agent("rloo", language_model, make_config("rloo", clip_range=0.2))
    (group,) = agent._prepare(rollout_of(sampled_by(language_model, side_by_side((0.9, -1.0, 0.4, 1.0)))))
    assert group.advantages[3] > 0
    group.batch.log_mu.sub_(0.05)  # as if pi had moved: the ratio of n tokens is exp(.05 * n)
    evaluation = agent._evaluate(group)
    clipped = evaluation.clipped.split(group.batch.action_lengths.tolist())
    assert [bool(part.any()) for part in clipped] == [False, False, False, True]  # exp(.15) and exp(.25)
    assert bool(clipped[3].all())
