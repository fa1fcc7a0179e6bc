from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.groups import (
    action_returns,
    action_sums,
    attempt_groups,
    attempt_mean_weights,
    left_one_out,
    normalised_in_group,
)
from agents.rollout import Trajectory, token_batch
from tests.agents.attempts import attempt, mixed_trajectories

CPU = torch.device("cpu")


def on_task(task: str, env_index: int, *actions: tuple[int, ...]) -> Trajectory:
    turn = dataclasses.replace(attempt((5,), (1,), 0.5), env_index=env_index, info={"task": task})
    return tuple(dataclasses.replace(turn, action_ids=action) for action in actions)


def test_groups_are_attempts_at_one_task_at_one_vector_step() -> None:
    """Environments 0 to 2 make three attempts each; the second of environment 1 holds no token."""
    trajectories = [
        on_task("wine", 0, (1,), (2,)),
        on_task("iris", 0, (3,)),  # the third attempt of environment 0
        on_task("wine", 1, (4,), (), (5,)),
        on_task("iris", 2, (6,)),
        on_task("iris", 2, (7,), (8,)),
    ]
    groups = attempt_groups(trajectories, CPU).tolist()
    attempts = dict(zip((1, 2, 3, 4, 5, 6, 7, 8), groups, strict=True))  # by their only token
    members: dict[int, set[int]] = {}
    for token, group in attempts.items():
        members.setdefault(group, set()).add(token)
    assert sorted(members.values(), key=min) == [{1, 4}, {2}, {3, 8}, {5}, {6}, {7}]


def test_returns_are_discounted_at_the_ends_of_actions_alone() -> None:
    trajectories: list[Trajectory] = [
        (attempt((5,), (1, 2, 3), -1.0, (6,)), attempt((6,), (4, 5), 0.8)),
        (attempt((5,), (1,), -1.0, (6,)),),  # goes on in the next rollout
    ]
    batch = token_batch(trajectories, 0.9, CPU)
    assert action_returns(batch.rewards, batch).tolist() == pytest.approx([-1 + 0.9 * 0.8, 0.8, -1.0])
    penalised = batch.rewards - 0.1
    expected = [-1.3 + 0.9 * 0.6, 0.6, -1.1]
    assert action_returns(penalised, batch).tolist() == pytest.approx(expected)


def test_advantages_by_hand() -> None:
    returns, groups = torch.tensor([1.0, 0.0, 5.0, 3.0, 2.0]), torch.tensor([0, 0, 1, 0, 2])
    mean, deviation = 4 / 3, (14 / 9) ** 0.5
    expected = [(1 - mean) / deviation, -mean / deviation, 0.0, (3 - mean) / deviation, 0.0]
    assert normalised_in_group(returns, groups).tolist() == pytest.approx(expected)
    assert left_one_out(returns, groups).tolist() == pytest.approx([1 - 1.5, 0 - 2.0, 0.0, 3 - 0.5, 0.0])


grouped = st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 3)), min_size=1, max_size=16)


@settings(max_examples=60, deadline=None)
@given(grouped, st.floats(-5, 5), st.floats(0.1, 10))
def test_invariances(attempts: list[tuple[float, int]], shift: float, scale: float) -> None:
    """A number that all rewards of a group share tells nothing; to GRPO, neither does their unit."""
    returns = torch.tensor([value for value, _ in attempts], dtype=torch.float64).round(decimals=2)
    groups = torch.tensor([group for _, group in attempts])
    shifts = shift * groups.double()  # another one for each group
    same = {"atol": 1e-4, "rtol": 1e-4}
    torch.testing.assert_close(
        normalised_in_group(returns + shifts, groups), normalised_in_group(returns, groups), **same
    )
    torch.testing.assert_close(
        normalised_in_group(scale * returns, groups), normalised_in_group(returns, groups), **same
    )
    torch.testing.assert_close(left_one_out(returns + shifts, groups), left_one_out(returns, groups), **same)
    torch.testing.assert_close(left_one_out(scale * returns, groups), scale * left_one_out(returns, groups), **same)
    for advantages in (normalised_in_group(returns, groups), left_one_out(returns, groups)):
        for group in set(groups.tolist()):
            assert float(advantages[groups == group].sum()) == pytest.approx(0, abs=1e-6)


def test_equal_returns_are_no_signal_and_no_number_is_not_hidden() -> None:
    third = torch.full((3,), 0.1) * 3  # not exactly the mean of themselves, in float32
    assert normalised_in_group(third, torch.zeros(3, dtype=torch.int64)).tolist() == [0, 0, 0]
    for advantages in (normalised_in_group, left_one_out):
        result = advantages(torch.tensor([1.0, float("nan"), 0.5]), torch.zeros(3, dtype=torch.int64))
        assert not result.isfinite().any()


def test_the_baseline_of_an_attempt_does_not_depend_on_it() -> None:
    """Which is why it biases no gradient: R - advantage is the mean of the others, of which R is no part."""
    returns = torch.tensor([0.3, -1.0, 0.8, 0.5], dtype=torch.float64)
    groups = torch.tensor([0, 0, 0, 1])
    jacobian = torch.autograd.functional.jacobian(lambda r: r - left_one_out(r, groups), returns)
    assert jacobian[:3, :3].diagonal().tolist() == pytest.approx([0, 0, 0])
    assert jacobian[0, 1] == pytest.approx(0.5)


def test_sums_and_means_of_attempts() -> None:
    batch = token_batch(mixed_trajectories(), 0.9, CPU)
    n, lengths = len(batch), batch.action_lengths
    values = torch.randn(n, generator=torch.Generator().manual_seed(0))
    parts = values.split(lengths.tolist())
    torch.testing.assert_close(action_sums(values, lengths), torch.stack([part.sum() for part in parts]))
    weights = attempt_mean_weights(lengths, n, len(lengths))
    expected = torch.stack([part.mean() for part in parts]).mean()
    torch.testing.assert_close((weights * values).mean(), expected)
