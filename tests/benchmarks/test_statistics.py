from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import statistics
from benchmarks.statistics import (
    Estimate,
    fill_missing,
    improvement_interval,
    interquartile_mean,
    iqm_curve,
    iqm_difference,
    iqm_interval,
    leave_out_missing,
    probability_of_improvement,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scores(shift: float = 0.0, tasks: int = 4, seeds: int = 5, seed: int = 7) -> np.ndarray:
    return rng(seed).normal(size=(tasks, seeds)) + shift


row = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=6)


def test_interquartile_mean_is_the_mean_of_the_middle_half() -> None:
    values = [100.0, 3.0, 1.0, 2.0, -100.0, 4.0, 0.0, 5.0]
    assert interquartile_mean(values) == np.mean([1.0, 2.0, 3.0, 4.0])  # two of eight cut off at either end
    assert interquartile_mean([1.0, 2.0, 9.0]) == 4.0  # a quarter of three, rounded down, is none
    matrix = scores()
    assert interquartile_mean(matrix) == interquartile_mean(matrix.ravel())


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_interquartile_mean_agrees_with_sorting_and_cutting(values: list[float]) -> None:
    cut = len(values) // 4
    assert interquartile_mean(values) == pytest.approx(np.mean(sorted(values)[cut : len(values) - cut]))


@given(st.lists(st.tuples(row, row), min_size=1, max_size=4))
def test_probability_of_improvement_is_the_mann_whitney_statistic(tasks: list[tuple[list[float], list[float]]]) -> None:
    expected = [scipy.stats.mannwhitneyu(x, y).statistic / (len(x) * len(y)) for x, y in tasks]
    xs, ys = zip(*tasks, strict=True)
    assert probability_of_improvement(xs, ys) == pytest.approx(np.mean(expected))


@given(st.lists(st.tuples(row, row), min_size=1, max_size=4))
def test_one_of_the_two_is_better(tasks: list[tuple[list[float], list[float]]]) -> None:
    xs, ys = zip(*tasks, strict=True)
    assert probability_of_improvement(xs, ys) + probability_of_improvement(ys, xs) == pytest.approx(1)
    assert probability_of_improvement(xs, xs) == pytest.approx(0.5)


def test_the_bootstrap_of_one_task_is_scipys() -> None:
    values = scores(tasks=1, seeds=12)
    ours = iqm_interval(values, rng(), n_resamples=20_000)
    theirs = scipy.stats.bootstrap(
        (values[0],),
        lambda sample, axis: scipy.stats.trim_mean(sample, 0.25, axis=axis),
        n_resamples=20_000,
        method="percentile",
        rng=rng(1),
        vectorized=True,
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_the_interval_is_that_of_all_resamples_within_tasks() -> None:
    """By brute force over every way in which two seeds of each of two tasks can be drawn."""
    values = np.array([[0.0, 1.0], [10.0, 14.0]])
    every = [
        interquartile_mean([values[0, a], values[0, b], values[1, c], values[1, d]])
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for d in (0, 1)
    ]
    low, high = np.quantile(every, [0.1, 0.9])
    estimate = iqm_interval(values, rng(), confidence=0.8, n_resamples=40_000)
    assert (estimate.low, estimate.high) == pytest.approx((low, high))
    assert estimate.value == interquartile_mean(values)


def test_resampling_stays_within_tasks() -> None:
    """Tasks of which every seed has the same score leave nothing to chance, however much they differ."""
    values = np.repeat([[0.0], [10.0], [-3.0]], 5, axis=1)
    estimate = iqm_interval(values, rng())
    assert estimate.low == estimate.value == estimate.high
    improvement = improvement_interval(values, np.repeat([[1.0], [9.0], [-3.0]], 5, axis=1), rng())
    assert improvement == Estimate(0.5, 0.5, 0.5)


def test_the_improvement_resamples_the_runs_of_both_within_tasks() -> None:
    """By drawing and counting one resample after another."""
    x, y = scores(), scores(0.5, seed=8)
    both = [np.concatenate(pair) for pair in zip(x, y, strict=True)]
    drawn = rng(3).integers(5, size=(3000, 2, 4, 5))
    brute = [
        probability_of_improvement(
            [row[:5][index] for row, index in zip(both, one, strict=True)],
            [row[5:][index] for row, index in zip(both, two, strict=True)],
        )
        for one, two in drawn
    ]
    improvement = improvement_interval(x, y, rng(4), n_resamples=4000)
    assert improvement.value == probability_of_improvement(x, y)
    assert (improvement.low, improvement.high) == pytest.approx(np.quantile(brute, [0.025, 0.975]), abs=0.03)


@pytest.mark.parametrize("interval", [iqm_difference, improvement_interval])
def test_a_clear_difference_is_seen_and_none_is_not(interval: Callable[..., Estimate]) -> None:
    level = 0.0 if interval is iqm_difference else 0.5
    assert interval(scores(3.0), scores(seed=9), rng()).low > level
    assert interval(scores(-3.0), scores(seed=9), rng()).high < level
    none = interval(scores(), scores(seed=9), rng())
    assert none.low < level < none.high


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Percentile intervals of few runs are known to be somewhat short; far from what is asked for would be an error."""
    covered = 0
    for seed in range(200):
        estimate = iqm_interval(rng(seed).normal(size=(6, 5)), rng(seed), n_resamples=400)
        covered += estimate.low <= 0 <= estimate.high
    assert 0.85 <= covered / 200 <= 0.99


def test_the_same_generator_gives_the_same_interval() -> None:
    x, y = scores(), scores(seed=8)
    assert improvement_interval(x, y, rng(5)) == improvement_interval(x, y, rng(5))
    assert iqm_interval(x, rng(5)) == iqm_interval(x, rng(5))
    assert iqm_interval(x, rng(5)) != iqm_interval(x, rng(6))


def test_a_curve_has_the_interval_of_each_of_its_points() -> None:
    curves = [rng(task).normal(size=(5, 3)) for task in range(4)]
    values, low, high = iqm_curve(curves, rng(), n_resamples=5000)
    for point in range(3):
        column = [task[:, point] for task in curves]
        estimate = iqm_interval(column, rng(1), n_resamples=5000)
        assert values[point] == pytest.approx(estimate.value)
        assert (low[point], high[point]) == pytest.approx((estimate.low, estimate.high), abs=0.06)


def test_missing_runs_count_as_failures_or_not_at_all() -> None:
    values = [[0.5, np.nan, 0.7], [np.nan, np.nan, np.nan]]
    assert [list(row) for row in fill_missing(values)] == [[0.5, -1, 0.7], [-1, -1, -1]]
    assert [list(row) for row in leave_out_missing(values)] == [[0.5, 0.7]]


def test_rows_of_different_lengths_are_taken() -> None:
    ragged = [[0.1, 0.2, 0.3], [0.5]]
    assert iqm_interval(ragged, rng()).value == interquartile_mean([0.1, 0.2, 0.3, 0.5])
    assert improvement_interval(ragged, [[0.0], [0.9, 0.4]], rng()).value == (1 + 0.5) / 2


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ([[0.1, np.nan]], "NaN"),
        ([[0.1], []], "without a score"),
        ([], "without a score"),
        (np.zeros((2, 2, 2)), "one row of scores a task"),
    ],
)
def test_what_cannot_be_counted_is_refused(bad: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        iqm_interval(bad, rng())  # type: ignore[arg-type]


def test_other_tasks_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        probability_of_improvement([[1.0]], [[1.0], [2.0]])


def test_a_confidence_is_a_share() -> None:
    with pytest.raises(ValueError, match="confidence=95 is not allowed"):
        iqm_interval(scores(), rng(), confidence=95)


def test_a_failed_run_is_worth_the_lowest_reward() -> None:
    assert statistics.FAILURE == -1.0
