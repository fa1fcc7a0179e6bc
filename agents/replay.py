"""A memory of the last episodes, from which an off-policy learner learns again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from agents.rollout import Trajectory


class ReplayBuffer:
    """The last trajectories of up to ``capacity`` turns, those added last at least, as tokens and log-probabilities.

    Targets are not stored: whoever learns from a trajectory computes them anew from the present networks.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._trajectories: deque[Trajectory] = deque()
        self._n_turns = 0

    def __len__(self) -> int:
        """Turns in the buffer."""
        return self._n_turns

    def add(self, trajectories: Sequence[Trajectory]) -> None:
        """Append trajectories; the oldest ones leave while there are more than ``capacity`` turns."""
        self._trajectories.extend(trajectories)
        self._n_turns += sum(map(len, trajectories))
        while self._n_turns > self.capacity and len(self._trajectories) > len(trajectories):
            self._n_turns -= len(self._trajectories.popleft())

    def trajectories(self) -> Sequence[Trajectory]:
        """All trajectories, the oldest first."""
        return tuple(self._trajectories)
