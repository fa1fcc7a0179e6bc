from __future__ import annotations

from collections.abc import Sequence

from agents.replay import ReplayBuffer
from agents.rollout import Trajectory, Turn


def trajectory(name: int, length: int = 1) -> Trajectory:
    return tuple(Turn(name, "", "", (1,), (2,), (-1.0,), "eos", 0.0, True, False, None, {}) for _ in range(length))


def names(trajectories: Sequence[Trajectory]) -> list[int]:
    return [trajectory[0].env_index for trajectory in trajectories]


def test_oldest_trajectories_leave_whole() -> None:
    buffer = ReplayBuffer(capacity=5)
    for name in range(3):
        buffer = buffer.extended([trajectory(name, 2)])
    assert names(buffer.trajectories) == [1, 2]
    assert len(buffer) == 4


def test_what_comes_last_stays_whatever_the_capacity() -> None:
    buffer = ReplayBuffer(capacity=0).extended([trajectory(0), trajectory(1, 2)])
    assert names(buffer.trajectories) == [0, 1]
    assert names(buffer.extended([trajectory(2)]).trajectories) == [2]
    assert len(buffer) == 3  # it is left as it was
