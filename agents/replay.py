"""A memory of past episodes, from which an off-policy learner draws again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import torch

from agents.rollout import Trajectory


class ReplayBuffer:
    """The last trajectories of up to ``capacity`` turns, as tokens and behaviour log-probabilities.

    Targets are not stored: whoever draws a trajectory computes them anew from the present networks.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._trajectories: deque[Trajectory] = deque()
        self._n_turns = 0

    def __len__(self) -> int:
        """Turns in the buffer."""
        return self._n_turns

    def add(self, trajectories: Iterable[Trajectory]) -> None:
        """Append trajectories; the oldest ones leave while there are more than ``capacity`` turns."""
        for trajectory in trajectories:
            self._trajectories.append(trajectory)
            self._n_turns += len(trajectory)
        while self._n_turns > self.capacity:
            self._n_turns -= len(self._trajectories.popleft())

    def sample(self, n_turns: int, generator: torch.Generator) -> list[Trajectory]:
        """Draw trajectories uniformly, without replacement, until they hold ``n_turns`` turns or none is left."""
        order = torch.randperm(len(self._trajectories), generator=generator).tolist()
        drawn: list[Trajectory] = []
        for index in order:
            if sum(map(len, drawn)) >= n_turns:
                break
            drawn.append(self._trajectories[index])
        return drawn

    def trajectories(self) -> Sequence[Trajectory]:
        """All trajectories, the oldest first."""
        return tuple(self._trajectories)
