from __future__ import annotations

import torch

from agents.replay import ReplayBuffer
from agents.rollout import Trajectory, Turn


def trajectory(name: int, length: int = 1) -> Trajectory:
    return tuple(Turn(name, "", "", (1,), (2,), (-1.0,), "eos", 0.0, True, False, None, {}) for _ in range(length))


def names(trajectories: list[Trajectory]) -> list[int]:
    return [trajectory[0].env_index for trajectory in trajectories]


def test_oldest_trajectories_leave_whole() -> None:
    buffer = ReplayBuffer(capacity=5)
    buffer.add([trajectory(0, 2), trajectory(1, 2), trajectory(2, 2)])
    assert names(list(buffer.trajectories())) == [1, 2]
    assert len(buffer) == 4


def test_draws_whole_trajectories_without_replacement() -> None:
    buffer = ReplayBuffer(capacity=100)
    buffer.add(trajectory(name, 2) for name in range(20))
    drawn = buffer.sample(10, torch.Generator().manual_seed(0))
    assert len(set(names(drawn))) == 5
    assert names(drawn) == names(buffer.sample(10, torch.Generator().manual_seed(0)))
    assert names(drawn) != names(buffer.sample(10, torch.Generator().manual_seed(1)))
    assert len(buffer.sample(1000, torch.Generator())) == 20


def test_nothing_is_kept_without_capacity() -> None:
    buffer = ReplayBuffer(capacity=0)
    buffer.add([trajectory(0)])
    assert len(buffer) == 0
    assert buffer.sample(4, torch.Generator()) == []
