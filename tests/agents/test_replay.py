from __future__ import annotations

from agents.replay import ReplayBuffer
from tests.agents.attempts import attempt

TURNS = [attempt((1,), (token,), 0.0) for token in range(4)]


def test_the_greatest_weights_stay_and_of_equal_ones_the_later() -> None:
    buffer = ReplayBuffer(capacity=2).replaced(TURNS, [0.1, 0.3, 0.2, 0.2])
    assert buffer.turns == (TURNS[1], TURNS[3])
    assert buffer.replaced(TURNS[:1], [0.0]).turns == (TURNS[0],)
    assert buffer.turns == (TURNS[1], TURNS[3])  # it is left as it was


def test_a_buffer_without_capacity_keeps_nothing() -> None:
    assert ReplayBuffer(capacity=0).replaced(TURNS, [1.0] * 4).turns == ()
