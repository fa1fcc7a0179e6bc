"""Statistics of a comparison over tasks and seeds, after "Deep Reinforcement Learning at the Edge of the Statistical
Precipice" (Agarwal et al. 2021, arXiv 2108.13264).

Scores are given as one row of floats a task, one float a run: a matrix [tasks, seeds], or rows of different lengths
where runs are missing. Runs are independent of each other; tasks are taken as given. An interval therefore says what
other seeds would have given on the same tasks, and nothing about other tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Scores: TypeAlias = Sequence[Sequence[float]] | Sequence[Floats] | Floats
"""[tasks, seeds], or rows of different lengths."""

FAILURE = -1.0
"""The score of a run that is missing or diverged, and the lowest reward that there is."""

N_RESAMPLES = 10_000


@dataclass(frozen=True)
class Estimate:
    """A statistic, and the bounds of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def fill_missing(scores: Scores, failure: float = FAILURE) -> list[Floats]:
    """The scores with ``failure`` in the place of every NaN: a run that did not come to its end is a failed one."""
    return [np.nan_to_num(row, nan=failure) for row in map(_floats, scores)]


def leave_out_missing(scores: Scores) -> list[Floats]:
    """The scores without the NaN; tasks of which nothing is left are left out."""
    kept = [row[~np.isnan(row)] for row in map(_floats, scores)]
    return [row for row in kept if row.size]


def interquartile_mean(values: ArrayLike, axis: int | None = None) -> Floats:
    """Mean of the middle half: a quarter of the values, rounded down, is cut off at either end (section 4.3 there).

    More robust than the mean to a single run, and more efficient than the median.

    Args:
        values: of any shape.
        axis: over which; None for all values together.
    """
    return np.asarray(scipy.stats.trim_mean(np.asarray(values, dtype=np.float64), 0.25, axis=axis), dtype=np.float64)


def probability_of_improvement(x: Scores, y: Scores) -> float:
    """How likely a run of X is better than one of Y on a task that is drawn at random (section 4.3 there).

    The mean over tasks of P(X > Y) + P(X = Y) / 2 over all pairs of runs, which is the Mann-Whitney statistic U divided
    by the number of pairs.

    Raises:
        ValueError: rows of other tasks, no runs, or NaN among them.
    """
    pairs = [_better(*rows) for rows in zip(_rows(x), _rows(y), strict=True)]
    return float(np.mean([matrix.mean() for matrix in pairs]))


def iqm_interval(
    scores: Scores, rng: np.random.Generator, confidence: float = 0.95, n_resamples: int = N_RESAMPLES
) -> Estimate:
    """The interquartile mean over all runs of all tasks, with its stratified bootstrap interval.

    Args:
        scores: [tasks, seeds].
        rng: draws the resamples; the same generator gives the same interval.
        confidence: share of the bootstrap distribution between the bounds (percentile method).
        n_resamples: how many times runs are drawn with replacement, each task's from its own.

    Raises:
        ValueError: no runs, or NaN among them.
    """
    rows = _rows(scores)
    resampled = np.concatenate(_resample(rows, rng, n_resamples), axis=1)
    value = float(interquartile_mean(np.concatenate(rows)))
    return _percentiles(value, interquartile_mean(resampled, axis=1), confidence)


def iqm_difference(
    x: Scores, y: Scores, rng: np.random.Generator, confidence: float = 0.95, n_resamples: int = N_RESAMPLES
) -> Estimate:
    """Interquartile mean of X less that of Y, with the bootstrap interval of the difference; see :func:`iqm_interval`.

    The runs of X and of Y are drawn independently of each other, although runs of a seed begin alike: this makes the
    interval wider, if anything.
    """
    rows = _rows(x), _rows(y)
    value = float(interquartile_mean(np.concatenate(rows[0])) - interquartile_mean(np.concatenate(rows[1])))
    means = [interquartile_mean(np.concatenate(_resample(each, rng, n_resamples), axis=1), axis=1) for each in rows]
    return _percentiles(value, means[0] - means[1], confidence)


def improvement_interval(
    x: Scores, y: Scores, rng: np.random.Generator, confidence: float = 0.95, n_resamples: int = N_RESAMPLES
) -> Estimate:
    """:func:`probability_of_improvement` with its stratified bootstrap interval: the runs of X and of Y on each task
    are drawn independently of each other. See :func:`iqm_interval` for the arguments."""
    totals = np.zeros(n_resamples)
    rows = list(zip(_rows(x), _rows(y), strict=True))
    for row_x, row_y in rows:
        better = _better(row_x, row_y)
        drawn_x = rng.integers(row_x.size, size=(n_resamples, row_x.size, 1))
        drawn_y = rng.integers(row_y.size, size=(n_resamples, 1, row_y.size))
        totals += better[drawn_x, drawn_y].mean(axis=(1, 2))
    return _percentiles(probability_of_improvement(x, y), totals / len(rows), confidence)


def iqm_curve(
    curves: Sequence[Floats], rng: np.random.Generator, confidence: float = 0.95, n_resamples: int = 2000
) -> tuple[Floats, Floats, Floats]:
    """Pointwise interquartile means of learning curves, and the bounds of their intervals, each [points].

    Args:
        curves: one array [seeds, points] a task; a resampled run comes with its whole curve.
        rng, confidence, n_resamples: see :func:`iqm_interval`.
    """
    drawn = [rng.integers(len(task), size=(n_resamples, len(task))) for task in curves]

    def at(point: int) -> Floats:
        resampled = np.concatenate([task[:, point][index] for task, index in zip(curves, drawn, strict=True)], axis=1)
        return interquartile_mean(resampled, axis=1)

    values = interquartile_mean(np.concatenate(curves), axis=0)
    estimates = [_percentiles(float(value), at(point), confidence) for point, value in enumerate(values)]
    return values, np.array([each.low for each in estimates]), np.array([each.high for each in estimates])


def _better(x: Floats, y: Floats) -> Floats:
    """1 where x is larger, 1/2 where the two are equal; [len(x), len(y)]."""
    difference = x[:, None] - y[None, :]
    return (np.sign(difference) + 1) / 2


def _resample(rows: Sequence[Floats], rng: np.random.Generator, n_resamples: int) -> list[Floats]:
    """For each row of n scores, [n_resamples, n] of them."""
    return [row[rng.integers(row.size, size=(n_resamples, row.size))] for row in rows]


def _percentiles(value: float, resampled: Floats, confidence: float) -> Estimate:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} is not allowed: it must be between 0 and 1")
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def _rows(scores: Scores) -> list[Floats]:
    rows = [_floats(row) for row in scores]
    if not rows or not all(row.size for row in rows):
        raise ValueError("a task without a score; leave it out, or count its missing runs as failures")
    if any(np.isnan(row).any() for row in rows):
        raise ValueError("a score is NaN; say what a missing run counts: fill_missing or leave_out_missing")
    return rows


def _floats(row: ArrayLike) -> Floats:
    floats = np.asarray(row, dtype=np.float64)
    if floats.ndim != 1:
        raise ValueError(
            f"expected one row of scores a task, got an array of shape {floats.shape} in the place of a row"
        )
    return floats
