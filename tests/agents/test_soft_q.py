from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from agents.gae import token_gae
from agents.rollout import Trajectory, token_batch
from agents.soft_q import policy_objective, soft_q_lambda_returns, soft_value
from tests.agents.attempts import attempt, mixed_trajectories

GAMMA = 0.9
Turns = list[list[int]]
"""Lengths of actions, by trajectory and turn."""

lengths = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=3), min_size=1, max_size=3)


class Layout:
    """Trajectories of several turns with random rewards and estimates, and which trajectory each token belongs to."""

    def __init__(self, trajectories: Turns, terminated: bool, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        rewards, discounts, continues, self.owners = [], [], [], []
        for owner, turns in enumerate(trajectories):
            for t, length in enumerate(turns):
                last_turn = t + 1 == len(turns)
                rewards += [0.0] * (length - 1) + [float(torch.randn((), generator=generator))]
                discounts += [1.0] * (length - 1) + [0.0 if last_turn and terminated else GAMMA]
                continues += [True] * (length - 1) + [not last_turn]
                self.owners += [owner] * length
        self.rewards = torch.tensor(rewards, dtype=torch.float64)
        self.discounts = torch.tensor(discounts, dtype=torch.float64)
        self.continues = torch.tensor(continues)
        drawn = torch.randn(5, len(rewards), generator=generator, dtype=torch.float64)
        self.values, bootstrap, self.q_values, self.log_pi, self.log_mu = drawn
        # Behind a token of the same trajectory comes the next state; behind its end, a state of its own.
        self.next_values = torch.where(self.continues, self.values.roll(-1), bootstrap)

    def returns(self, trace_lambda: float) -> Tensor:
        return soft_q_lambda_returns(
            self.rewards,
            self.discounts,
            self.next_values,
            self.q_values,
            trace_lambda * (self.log_pi - self.log_mu).exp().clamp_max(1),
            self.continues,
        )


@settings(max_examples=40, deadline=None)
@given(lengths, st.sampled_from([0.0, 0.5, 0.95, 1.0]), st.booleans(), st.integers(0, 1000))
def test_returns_are_q_and_the_sum_over_all_later_temporal_differences(
    trajectories: Turns, trace_lambda: float, terminated: bool, seed: int
) -> None:
    """Enumeration of Retrace's definition: G_i = Q_i + sum_j (prod of discounts and traces) * delta_j."""
    layout = Layout(trajectories, terminated, seed)
    found = layout.returns(trace_lambda)
    n = len(found)
    for i in range(n):
        expected, weight = float(layout.q_values[i]), 1.0
        for j in range(i, n):
            if layout.owners[j] != layout.owners[i]:
                break
            if j > i:
                ratio = float((layout.log_pi[j] - layout.log_mu[j]).exp())
                weight *= float(layout.discounts[j - 1]) * trace_lambda * min(1.0, ratio)
            difference = layout.rewards[j] + layout.discounts[j] * layout.next_values[j] - layout.q_values[j]
            expected += weight * float(difference)
        assert float(found[i]) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(lengths, st.booleans(), st.integers(0, 1000))
def test_without_traces_a_return_is_a_one_step_backup(trajectories: Turns, terminated: bool, seed: int) -> None:
    layout = Layout(trajectories, terminated, seed)
    expected = layout.rewards + layout.discounts * layout.next_values
    torch.testing.assert_close(layout.returns(0.0), expected)


@settings(max_examples=20, deadline=None)
@given(lengths, st.sampled_from([0.3, 1.0]), st.booleans(), st.integers(0, 1000))
def test_on_policy_returns_with_q_equal_to_v_are_those_of_gae(
    trajectories: Turns, trace_lambda: float, terminated: bool, seed: int
) -> None:
    layout = Layout(trajectories, terminated, seed)
    layout.log_mu = layout.log_pi
    layout.q_values = layout.values
    advantages = token_gae(
        layout.rewards, layout.values, layout.next_values, layout.discounts, layout.continues, trace_lambda
    )
    torch.testing.assert_close(layout.returns(trace_lambda), advantages + layout.values)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.sampled_from([0.0, 0.5, 0.95]))
def test_observation_tokens_take_no_time(seed: int, prompt_lengths: list[int], trace_lambda: float) -> None:
    """Longer or shorter prompts between the actions leave returns and advantages as they are."""

    def with_other_prompts(trajectories: list[Trajectory]) -> list[Trajectory]:
        result: list[Trajectory] = []
        for trajectory in trajectories:
            ids = [tuple(range(100, 100 + prompt_lengths[i % len(prompt_lengths)] + i)) for i in range(4)]
            turns = [
                attempt(ids[i], turn.action_ids, turn.reward, None if turn.terminated else ids[i + 1])
                for i, turn in enumerate(trajectory)
            ]
            result.append(tuple(turns))
        return result

    trajectories = mixed_trajectories()
    results = []
    for batch in (
        token_batch(these, GAMMA, torch.device("cpu")) for these in (trajectories, with_other_prompts(trajectories))
    ):
        n_states = len(batch) + len(batch.bootstrap_prompts)
        states = torch.randn(2, n_states, generator=torch.Generator().manual_seed(seed))
        estimates, next_values = states[0], states[1][batch.next_states]
        q_values = estimates[: len(batch)]
        traces = trace_lambda * (q_values - batch.log_mu).exp().clamp_max(1)
        layout = (batch.discounts, next_values)
        results.append(
            (
                soft_q_lambda_returns(batch.rewards, *layout, q_values, traces, batch.continues),
                token_gae(batch.rewards, q_values, next_values, batch.discounts, batch.continues, trace_lambda),
            )
        )
    for found, expected in zip(*results, strict=True):
        assert torch.equal(found, expected)


def test_one_token_and_truncated_actions() -> None:
    """A one-token action carries its reward itself; an unfinished episode leans on the value behind it."""
    batch = token_batch([(attempt((5,), (7,), 0.5),), (attempt((5,), (8,), -1.0, (5, 6)),)], GAMMA, torch.device("cpu"))
    values = torch.tensor([0.1, 0.2, 0.3])  # of two states and of the prompt behind the second
    returns = soft_q_lambda_returns(
        batch.rewards, batch.discounts, values[batch.next_states], values[:2], torch.ones(2), batch.continues
    )
    assert returns.tolist() == pytest.approx([0.5, -1 + GAMMA * 0.3])


def test_soft_value_of_the_base_is_the_expectation() -> None:
    assert float(soft_value(torch.tensor(0.7), torch.tensor(0.0), beta=10.0)) == pytest.approx(0.7)
    assert float(soft_value(torch.tensor(0.7), torch.tensor(0.2), beta=1.5)) == pytest.approx(0.4)


def test_the_clip_takes_the_gradient_where_the_policy_went_too_far() -> None:
    log_pi = torch.tensor([0.5, 0.5, -0.5, -0.5, 0.1], requires_grad=True)
    residuals = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0])  # better or worse than expected
    losses, clipped = policy_objective(
        log_pi, torch.zeros(5), torch.zeros(5), residuals, torch.zeros(5), beta=0.0, clip_range=0.2
    )
    losses.sum().backward()
    assert clipped.tolist() == [True, False, False, True, False]
    assert log_pi.grad is not None
    assert (log_pi.grad == 0).tolist() == [True, False, False, True, False]


def test_no_token_gives_no_return() -> None:
    nothing = torch.zeros(0)
    assert soft_q_lambda_returns(nothing, nothing, nothing, nothing, nothing, nothing.bool()).shape == (0,)
