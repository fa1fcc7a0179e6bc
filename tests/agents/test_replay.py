from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.replay import ReplayBuffer, draw
from tests.agents.attempts import attempt

TURNS = [attempt((1,), (token,), 0.0) for token in range(4)]


def test_the_greatest_weights_stay_and_of_equal_ones_the_later() -> None:
    buffer = ReplayBuffer(capacity=2).replaced(TURNS, [0.1, 0.3, 0.2, 0.2])
    assert buffer.turns == (TURNS[1], TURNS[3])
    assert buffer.replaced(TURNS[:1], [0.0]).turns == (TURNS[0],)
    assert buffer.turns == (TURNS[1], TURNS[3])  # it is left as it was


def test_a_buffer_without_capacity_keeps_nothing() -> None:
    assert ReplayBuffer(capacity=0).replaced(TURNS, [1.0] * 4).turns == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(lambda weights: sum(weights) > 1e-3),
    st.integers(1, 20),
    st.integers(0, 100),
)
def test_draws_are_proportional_up_to_rounding(weights: list[float], n: int, seed: int) -> None:
    counts = draw(weights, n, torch.Generator().manual_seed(seed))
    assert sum(counts.values()) == n
    for index, weight in enumerate(weights):
        assert abs(counts.get(index, 0) - n * weight / sum(weights)) < 1 + 1e-6
        assert weight > 0 or index not in counts


def test_draws_are_proportional_on_average() -> None:
    generator = torch.Generator().manual_seed(0)
    weights = [0.05, 0.7, 0.25]
    drawn = [draw(weights, 2, generator) for _ in range(2000)]
    for index, weight in enumerate(weights):
        assert sum(counts.get(index, 0) for counts in drawn) / 4000 == pytest.approx(weight, abs=0.02)


def test_nothing_is_overlooked_where_weights_are_no_numbers() -> None:
    assert draw([0.5, float("nan")], 1, torch.Generator()) == {0: 1, 1: 1}
