from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import make_agent, make_config
from agents.language_model import LanguageModel
from agents.rft import Candidate, best_distinct
from agents.rollout import Turn
from tests.agents.attempts import attempt, rollout_of, sampled_by


def candidate(action: tuple[int, ...], reward: float, task: str = "wine", prompt: tuple[int, ...] = (5,)) -> Candidate:
    return Candidate(task, reward > -1, attempt(prompt, action, reward))


def test_the_best_of_each_task_are_kept_once() -> None:
    candidates = [
        candidate((1,), 0.9, prompt=(5,)),
        candidate((2,), 0.8),
        candidate((3,), -1.0),
        candidate((4,), 0.7),
        candidate((6,), 0.1, task="iris"),
        candidate((7,), -1.0, task="iris"),
        candidate((1,), 0.9, prompt=(5, 6)),  # the same action, later
    ]
    kept = best_distinct(candidates, 0.5)
    assert [(turn.action_ids, turn.prompt_ids) for turn in kept] == [((1,), (5, 6)), ((2,), (5,)), ((6,), (5,))]
    assert best_distinct([candidate((3,), -1.0)], 1.0) == []
    assert best_distinct([], 0.5) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([-1.0, 0.2, 0.5, 0.9])), max_size=30), st.floats(0.05, 1))
def test_kept_actions_are_scored_distinct_and_no_worse_than_the_rest(
    attempts: list[tuple[int, float]], keep_fraction: float
) -> None:
    reward_of = dict(attempts)  # programs have one score
    candidates = [candidate((action,), reward_of[action]) for action, _ in attempts]
    kept = best_distinct(candidates, keep_fraction)
    actions = {turn.action_ids for turn in kept}
    assert len(actions) == len(kept) <= -(-keep_fraction * len(reward_of) // 1)
    assert all(turn.reward > -1 for turn in kept)
    left = [c.turn.reward for c in candidates if c.scored and c.turn.action_ids not in actions]
    assert max(left, default=-1) <= min((turn.reward for turn in kept), default=1)
    assert bool(kept) == any(reward > -1 for reward in reward_of.values())


def scored(action: tuple[int, ...], reward: float) -> tuple[Turn, ...]:
    return (dataclasses.replace(attempt((5, 6), action, reward), info={"status": "scored", "task": "wine"}),)


def test_the_gradient_is_that_of_the_likelihood_of_what_was_kept(language_model: LanguageModel) -> None:
    """Where all attempts but one failed, that one is learnt from, behind its own prompt, and nothing else."""
    config = make_config("rft", batch_uses=1, learning_rate=0.0, max_grad_norm=1e9)
    agent: Any = make_agent("rft", language_model, config)
    failed = (attempt((5, 6), (9, 9), -1.0),)
    metrics, steps = agent._update(rollout_of(sampled_by(language_model, [scored((7, 8, 9), 0.8), failed])))
    assert (steps, metrics["kept_actions"], metrics["kept_reward"]) == (1, 1, 0.8)
    parameters = list(language_model.trainable_parameters().values())
    found = [parameter.grad.clone() for parameter in parameters]
    ids = torch.tensor([[5, 6, 7, 8]])
    states = language_model.sequence_states(ids, torch.ones_like(ids))[0, 1:]
    log_pi = language_model.head("policy").logits(states).log_softmax(-1)
    loss = -log_pi.gather(1, torch.tensor([[7], [8], [9]])).mean()
    for gradient, expected in zip(found, torch.autograd.grad(loss, parameters), strict=True):
        torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=1e-3)
    assert metrics["policy_loss"] == pytest.approx(float(loss.detach()), rel=1e-4)


def test_old_attempts_leave_the_window(language_model: LanguageModel) -> None:
    agent: Any = make_agent("rft", language_model, make_config("rft", window=2, keep_fraction=1.0, learning_rate=0.0))
    for reward, expected in ((0.9, [0.9]), (0.5, [0.9, 0.5]), (0.3, [0.5, 0.3])):
        trajectories = sampled_by(language_model, [scored((7, int(10 * reward)), reward)])
        metrics, _ = agent._update(rollout_of(trajectories))
        assert metrics["kept_reward"] == pytest.approx(sum(expected) / len(expected))
        assert metrics["kept_actions"] == len(expected)


def test_without_any_score_nothing_is_learnt(language_model: LanguageModel, make_envs) -> None:
    before = language_model.state_dict()
    agent = make_agent("rft", language_model, make_config("rft", max_new_tokens=4))
    for iteration in agent.learn(make_envs(4, lambda action: None), 16):
        assert iteration.gradient_steps == 0
        assert iteration.metrics["kept_actions"] == iteration.metrics["policy_loss"] == 0
    after = language_model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
