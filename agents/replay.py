"""A memory of single attempts, from which an off-policy learner learns again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.rollout import Turn


@dataclass(frozen=True)
class ReplayBuffer:
    """Up to ``capacity`` attempts, as tokens and log-probabilities.

    Targets are not stored: whoever learns from an attempt computes them anew from the present networks.

    Attributes:
        capacity: in attempts.
        turns: those kept, that with the greatest weight first.
    """

    capacity: int
    turns: tuple[Turn, ...] = ()

    def replaced(self, turns: Sequence[Turn], weights: Sequence[float]) -> ReplayBuffer:
        """A buffer of those of ``turns`` that have the greatest weights; of equal ones the later stay."""
        order = sorted(range(len(turns)), key=lambda index: (-weights[index], -index))
        return ReplayBuffer(self.capacity, tuple(turns[index] for index in order[: self.capacity]))
