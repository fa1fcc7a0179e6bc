"""A memory of single attempts, from which an off-policy learner learns again."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch

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


def draw(weights: Sequence[float], n: int, generator: torch.Generator) -> dict[int, int]:
    """Draw ``n`` times from several things in proportion to their weights.

    Systematic sampling: one random number for all draws, so that a thing of weight w is drawn n * w / sum(weights)
    times up to rounding, and so many times on average; and so is every run of neighbours.

    Args:
        weights: at least one above 0. If one is not a finite number, each thing is drawn once, lest it be overlooked.
        n: at least 1.
        generator: gives the random number.

    Returns:
        how often each was drawn, by index; those that never were are left out.
    """
    if not all(map(math.isfinite, weights)):
        return dict.fromkeys(range(len(weights)), 1)
    ends = list(itertools.accumulate(weights))
    start = float(torch.rand((), generator=generator, dtype=torch.float64))
    counts: Counter[int] = Counter()
    index = 0
    for number in range(n):
        while ends[index] <= (number + start) / n * ends[-1] and index < len(ends) - 1:
            index += 1
        counts[index] += 1
    return dict(counts)
