"""What a study says: figures of each learner with intervals, and the claim that is tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from benchmarks.record import mean
from benchmarks.statistics import (
    FAILURE,
    Estimate,
    Floats,
    fill_missing,
    improvement_interval,
    iqm_curve,
    iqm_difference,
    iqm_interval,
)
from benchmarks.studies.rows import N_CURVE_POINTS, RunRow, Study

Missing: TypeAlias = Literal["failures", "left-out"]
"""What a run counts that is missing or did not finish: as the lowest reward, or not at all."""

Figure: TypeAlias = Callable[[RunRow], float | None]
CLAIMANT, RIVAL = "etpo", "ppo"
_SEED = 0
"""Of all bootstraps: the same rows give the same intervals."""


def last_fifth(run: RunRow) -> float | None:
    return None if run.reached is None else run.reached.reward


def evaluation(run: RunRow) -> float | None:
    return None if run.evaluation is None or run.status != "finished" else run.evaluation.reward


def overall(run: RunRow) -> float | None:
    return None if run.overall is None else run.overall.reward


@dataclass(frozen=True)
class Standing:
    """How a learner stands in one figure.

    Attributes:
        iqm: interquartile mean over the runs of all tasks; None without a run.
        improvement: probability of improvement over the rival; None for the rival itself, or where it was not run.
    """

    iqm: Estimate | None
    improvement: Estimate | None


@dataclass(frozen=True)
class Summary:
    """One learner over all tasks. Means are over the runs that have the figure, None where none has.

    Attributes:
        n_planned, n_finished, n_diverged: runs; the others are missing.
        last_fifth, evaluation: rewards.
        overall: mean reward of all attempts.
        seconds: of a run.
    """

    label: str
    n_planned: int
    n_finished: int
    n_diverged: int
    last_fifth: Standing
    evaluation: Standing
    overall: float | None
    held_out: float | None
    valid: float | None
    kl_to_base: float | None
    kl_to_base_per_action: float | None
    base_perplexity: float | None
    perplexity: float | None
    seconds: float | None

    @property
    def n_missing(self) -> int:
        return self.n_planned - self.n_finished - self.n_diverged


def score_rows(study: Study, label: str, figure: Figure, missing: Missing) -> dict[str, Floats]:
    """A figure of the runs of a label, [seeds] by task.

    What is missing of an agent that does not learn is always left out: it may have been given fewer seeds.
    """
    found = {(run.task, run.seed): figure(run) for run in study.of(label)}
    rows = {}
    for task in study.tasks:
        values = [found.get((task, seed)) for seed in study.seeds]
        row = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        if missing == "failures" and label in study.learners():
            rows[task] = fill_missing([row])[0]
        elif not np.isnan(row).all():
            rows[task] = row[~np.isnan(row)]
    return rows


def summaries(study: Study, missing: Missing) -> list[Summary]:
    """One a label, in the order of the study."""
    return [_summary(study, label, missing) for label in study.labels]


def _summary(study: Study, label: str, missing: Missing) -> Summary:
    runs = study.of(label)
    finished = [run for run in runs if run.status == "finished"]
    is_learner = label in study.learners()
    return Summary(
        label=label,
        n_planned=len(study.tasks) * len(study.seeds) if is_learner else len(runs),
        n_finished=len(finished),
        n_diverged=sum(run.status == "diverged" for run in runs),
        last_fifth=_standing(study, label, last_fifth, missing),
        evaluation=_standing(study, label, evaluation, missing),
        overall=_mean([overall(run) for run in finished]),
        held_out=_mean([run.held_out for run in finished]),
        valid=_mean([run.reached.valid if run.reached else None for run in finished]),
        kl_to_base=_mean([run.kl_to_base for run in finished]),
        kl_to_base_per_action=_mean([run.kl_to_base_per_action for run in finished]),
        base_perplexity=_mean([run.base_perplexity for run in finished]),
        perplexity=_mean([run.perplexity for run in finished]),
        seconds=_mean([run.seconds.total for run in finished]),
    )


def _standing(study: Study, label: str, figure: Figure, missing: Missing) -> Standing:
    rows = score_rows(study, label, figure, missing)
    iqm = iqm_interval(list(rows.values()), _rng()) if rows else None
    improvement = None if label == RIVAL else compare(study, label, RIVAL, figure, missing, improvement_interval)
    return Standing(iqm, improvement)


def compare(
    study: Study,
    label: str,
    other: str,
    figure: Figure,
    missing: Missing,
    statistic: Callable[[list[Floats], list[Floats], np.random.Generator], Estimate],
) -> Estimate | None:
    """A statistic of two labels on the tasks that both have runs of; None where there are none."""
    x, y = (score_rows(study, each, figure, missing) for each in (label, other))
    tasks = [task for task in study.tasks if task in x and task in y]
    if not tasks:
        return None
    return statistic([x[task] for task in tasks], [y[task] for task in tasks], _rng())


def difference(study: Study, label: str, other: str, figure: Figure, missing: Missing) -> Estimate | None:
    """Difference of interquartile means; see :func:`compare`."""
    return compare(study, label, other, figure, missing, iqm_difference)


def improvement(study: Study, label: str, other: str, figure: Figure, missing: Missing) -> Estimate | None:
    """Probability of improvement; see :func:`compare`."""
    return compare(study, label, other, figure, missing, improvement_interval)


@dataclass(frozen=True)
class Curve:
    """Interquartile means over the runs of all tasks, with the bounds of their intervals, [points] each.

    Attributes:
        attempts: where the shares of the budget end that the points are means over.
    """

    attempts: Floats
    values: Floats
    low: Floats
    high: Floats


def learning_curve(study: Study, label: str, missing: Missing, task: str | None = None) -> Curve | None:
    """Of a label over all tasks, or one; None without a run."""
    planned = int(study.common["env_steps"])
    by_run: dict[tuple[str, int], RunRow] = {(run.task, run.seed): run for run in study.of(label)}
    curves = []
    for each in study.tasks if task is None else [task]:
        runs = [by_run.get((each, seed)) for seed in study.seeds]
        if missing == "left-out" or label not in study.learners():
            runs = [run for run in runs if run is not None and run.status == "finished"]
        if runs:
            curves.append(np.array([_points(run) for run in runs]))
    if not by_run or not curves:
        return None
    attempts = np.linspace(0, planned, N_CURVE_POINTS + 1)[1:]
    return Curve(attempts, *iqm_curve(curves, _rng()))


def _points(run: RunRow | None) -> list[float]:
    if run is None:
        return [FAILURE] * N_CURVE_POINTS
    return [FAILURE if value is None else value for value in run.curve]


@dataclass(frozen=True)
class TransferRow:
    """A label on tasks that it was not trained on.

    Attributes:
        trained: evaluation on the tasks that it was trained on, mean over runs.
        by_task: mean over runs, by held-out task.
        iqm: over the runs and held-out tasks.
        gain: difference of interquartile means to the base model; None for the base model itself.
    """

    label: str
    trained: float | None
    by_task: dict[str, float | None]
    iqm: Estimate | None
    gain: Estimate | None


def transfer_rows(study: Study, base: str = "sample") -> list[TransferRow]:
    """One a label. Runs without an evaluation on the held-out tasks are left out."""
    scores = {label: _transfer_scores(study, label) for label in study.labels}
    rows = []
    for label in study.labels:
        tasks = [task for task in scores[label] if task in scores.get(base, {})]
        own, theirs = ([scores[each][task] for task in tasks] for each in (label, base if tasks else label))
        rows.append(
            TransferRow(
                label=label,
                trained=_mean([evaluation(run) for run in study.of(label)]),
                by_task={
                    task: float(scores[label][task].mean()) if task in scores[label] else None
                    for task in study.transfer_tasks
                },
                iqm=iqm_interval(list(scores[label].values()), _rng()) if scores[label] else None,
                gain=iqm_difference(own, theirs, _rng()) if tasks and label != base else None,
            )
        )
    return rows


def _transfer_scores(study: Study, label: str) -> dict[str, Floats]:
    finished = [run for run in study.of(label) if run.status == "finished"]
    rows = {
        task: [run.transfer[task].reward for run in finished if task in run.transfer] for task in study.transfer_tasks
    }
    return {task: np.array(values) for task, values in rows.items() if values}


def ranking(rows: Sequence[Summary], figure: Callable[[Summary], Standing], learners: Sequence[str]) -> list[str]:
    """Labels of learners by interquartile mean, the best first."""
    values = {row.label: estimate.value for row in rows if (estimate := figure(row).iqm) is not None}
    return sorted((label for label in learners if label in values), key=lambda label: -values[label])


def changed_settings(study: Study, label: str, base: str) -> dict[str, tuple[object, object]]:
    """Settings of which a label has another value than ``base``: this value, and that of ``base``."""
    own, other = study.configs[label], study.configs[base]
    return {key: (own[key], other.get(key)) for key in sorted(own) if own[key] != other.get(key)}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _rng() -> np.random.Generator:
    return np.random.default_rng(_SEED)
