"""A memory of the last episodes, from which an off-policy learner learns again."""

from __future__ import annotations

from collections.abc import Sequence

from agents.rollout import Trajectory


class ReplayBuffer:
    """The last trajectories of up to ``capacity`` turns, those added last at least, as tokens and log-probabilities.

    Targets are not stored: whoever learns from a trajectory computes them anew from the present networks.

    Attributes:
        capacity: in turns.
        trajectories: all of them, the oldest first.
    """

    def __init__(self, capacity: int, trajectories: Sequence[Trajectory] = ()) -> None:
        self.capacity = capacity
        self.trajectories = tuple(trajectories)

    def __len__(self) -> int:
        """Turns in the buffer."""
        return sum(map(len, self.trajectories))

    def extended(self, trajectories: Sequence[Trajectory]) -> ReplayBuffer:
        """The buffer with these behind the others; the oldest leave while there are more than ``capacity`` turns."""
        n_turns = sum(map(len, trajectories))
        kept: list[Trajectory] = []
        for trajectory in reversed(self.trajectories):
            n_turns += len(trajectory)
            if n_turns > self.capacity:
                break
            kept.append(trajectory)
        return ReplayBuffer(self.capacity, (*reversed(kept), *trajectories))
