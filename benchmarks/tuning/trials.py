"""Trials as ordinary runs: what is to be run, and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.backend import Backend
from benchmarks.plan import Request, RunSpec, make_plan
from benchmarks.record import mean
from benchmarks.results import RunResult, read_result
from benchmarks.storage import RunFiles
from benchmarks.suites import Suite
from benchmarks.tuning.report import LearnerTuning, Status, TrialRecord, best_trial, trial_value
from benchmarks.tuning.space import Point, SearchSpace, Settings
from benchmarks.worker import RunEnded


@dataclass(frozen=True)
class Trial:
    """One point, tried by one learner: a run for each task and seed."""

    learner: str
    number: int
    settings: Settings
    runs: tuple[RunSpec, ...]

    @property
    def name(self) -> str:
        return trial_label(self.learner, self.number)


@dataclass
class Ended:
    """The runs that have ended so far, by name: with a result, or with the reason why there is none."""

    results: dict[str, RunResult] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def add(self, ended: RunEnded) -> None:
        if ended.result is not None and ended.result.status in ("finished", "diverged"):
            self.results[ended.spec.name] = ended.result
        elif ended.error is not None:
            self.errors[ended.spec.name] = ended.error

    def read(self, specs: Iterable[RunSpec], out: Path) -> None:
        """Adds the results that runs have left under ``out``. Raises ResultError."""
        for spec in specs:
            self.results[spec.name] = read_result(RunFiles(spec.folder(out)).result)


def trial_label(learner: str, number: int) -> str:
    """Name of a trial's runs in tables and folders."""
    return f"{learner}-trial-{number}"


def plan_trials(
    request: Request, suite: Suite, space: SearchSpace, design: Sequence[Point], backend: Backend
) -> list[Trial]:
    """The trials of every learner of ``request``: trial 0 of all of them, then trial 1, ...

    Raises:
        BadInput: whatever :func:`benchmarks.plan.make_plan` complains of, or a setting that a learner does not have.
    """
    plan = make_plan(request, suite, backend, references=False)
    trials = []
    for number, point in enumerate(design):
        for learner in request.agents:
            settings = space.settings(learner, point)
            label, config = trial_label(learner, number), backend.config(learner, settings)
            runs = tuple(
                dataclasses.replace(run, label=label, agent_config=config) for run in plan if run.agent == learner
            )
            trials.append(Trial(learner, number, settings, runs))
    return trials


def record_trial(trial: Trial, ended: Ended) -> TrialRecord:
    """What has come of a trial so far."""
    results = [ended.results[run.name] for run in trial.runs if run.name in ended.results]
    errors = [ended.errors[run.name] for run in trial.runs if run.name in ended.errors]
    diverged = [result.error or "diverged" for result in results if result.status == "diverged"]
    tasks = _values(results)
    status: Status
    if len(results) + len(errors) < len(trial.runs):
        status = "pending"
    elif errors:
        status = "failed"
    else:
        status = "diverged" if diverged else "finished"
    return TrialRecord(
        number=trial.number,
        settings=dict(trial.settings),
        status=status,
        tasks=tasks,
        value=trial_value(status, tasks),
        seconds=round(sum(result.budget.seconds.total for result in results), 1),
        git=results[0].git if results else None,
        error=next(iter([*errors, *diverged]), None),
    )


def record_learner(trials: Sequence[Trial], ended: Ended, space: SearchSpace, command: str) -> LearnerTuning:
    """What has come of all trials of one learner so far."""
    records = [record_trial(trial, ended) for trial in trials]
    own = space.own[trials[0].learner]
    results = [ended.results[run.name] for trial in trials for run in trial.runs if run.name in ended.results]
    return LearnerTuning(
        command=command,
        own_setting=own.name,
        own_values=list(own.levels.values),
        trials=records,
        best_trial=best_trial(records),
        versions=results[0].versions if results else {},
        hardware=results[0].hardware if results else {},
    )


def _values(results: Iterable[RunResult]) -> dict[str, float]:
    """Mean reward of the last fifth by task, mean over the seeds that have one."""
    by_task: dict[str, list[float]] = {}
    for result in results:
        if result.last_fifth is not None:
            by_task.setdefault(result.task, []).append(result.last_fifth.mean_reward)
    return {task: mean(values) for task, values in by_task.items()}


def by_learner(trials: Iterable[Trial]) -> Mapping[str, list[Trial]]:
    """The trials of each learner, in order."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial.learner, []).append(trial)
    return groups
