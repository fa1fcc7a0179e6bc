from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.gae import token_gae, whitened
from agents.recursion import backward_recursion


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from([0.0, 0.5, 0.95, 1.0]),
    st.booleans(),
    st.integers(0, 1000),
)
def test_gae_is_the_sum_over_all_later_temporal_differences(
    trajectories: list[list[int]], gae_lambda: float, terminated: bool, seed: int
) -> None:
    """Enumeration of the definition: several trajectories, several turns, actions of unequal length, lambda < 1."""
    gamma = 0.9
    generator = torch.Generator().manual_seed(seed)
    rewards, discounts, continues, owners = [], [], [], []
    for owner, turns in enumerate(trajectories):
        for t, length in enumerate(turns):
            last_turn = t + 1 == len(turns)
            rewards += [0.0] * (length - 1) + [float(torch.randn((), generator=generator))]
            discounts += [1.0] * (length - 1) + [0.0 if last_turn and terminated else gamma]
            continues += [True] * (length - 1) + [not last_turn]
            owners += [owner] * length
    n = len(rewards)
    values = torch.randn(n, generator=generator, dtype=torch.float64)
    next_values = torch.randn(n, generator=generator, dtype=torch.float64)  # at trajectories' ends: the bootstrap
    for i in range(n - 1):
        if continues[i]:
            next_values[i] = values[i + 1]
    rewards_t, discounts_t = torch.tensor(rewards, dtype=torch.float64), torch.tensor(discounts, dtype=torch.float64)
    found = token_gae(rewards_t, values, next_values, discounts_t, torch.tensor(continues), gae_lambda)
    for i in range(n):
        expected, weight = 0.0, 1.0
        for j in range(i, n):
            if owners[j] != owners[i]:
                break
            expected += weight * float(rewards_t[j] + discounts_t[j] * next_values[j] - values[j])
            weight *= float(discounts_t[j]) * gae_lambda
        assert float(found[i]) == pytest.approx(expected, abs=1e-12)


def test_at_lambda_one_advantages_are_discounted_returns_less_values() -> None:
    """Two turns of three and two tokens: the discount is taken once, at the end of the first action."""
    rewards = torch.tensor([0.0, 0.0, -1.0, 0.0, 0.8])
    discounts = torch.tensor([1.0, 1.0, 0.9, 1.0, 0.0])
    values = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5])
    continues = torch.tensor([True, True, True, True, False])
    advantages = token_gae(rewards, values, values.roll(-1), discounts, continues, 1.0)
    torch.testing.assert_close(advantages + values, torch.tensor([-0.28, -0.28, -0.28, 0.8, 0.8]))


def test_advantages_are_whitened_over_all_parts_together() -> None:
    everything = torch.randn(12, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3 + 5
    parts = whitened(everything.split([1, 4, 7]))
    assert [len(part) for part in parts] == [1, 4, 7]
    together = torch.cat(parts)
    assert float(together.mean()) == pytest.approx(0, abs=1e-12)
    assert float(together.var(correction=0)) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(together.argsort(), everything.argsort())
    assert torch.cat(whitened([torch.full((3,), 2.0)])).tolist() == [0, 0, 0]  # equal ones, without a spread


def test_recursion_keeps_dtype_and_separates_at_zero_factors() -> None:
    result = backward_recursion(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 0.0, 7.0]))
    assert result.dtype == torch.float32
    assert result.tolist() == [2.0, 2.0, 4.0]
    assert len(backward_recursion(torch.zeros(0), torch.zeros(0))) == 0
