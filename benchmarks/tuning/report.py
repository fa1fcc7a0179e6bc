"""What came of the trials, as ``tuning.json`` holds it: a versioned schema, and which settings were the best."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from benchmarks.errors import ResultError
from benchmarks.record import mean
from benchmarks.report_file import ReportFile
from benchmarks.results import Git
from benchmarks.statistics import FAILURE
from benchmarks.tuning.space import Number, SearchSpace, Settings, describe_sampler

SCHEMA_VERSION = 2
REPORT_NAME = "tuning.json"
Status = Literal["finished", "diverged", "failed", "pending"]
"""``diverged`` and ``failed`` trials count as the lowest reward there is; ``pending`` ones are still to be run."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class TrialRecord:
    """One trial of one learner.

    Attributes:
        settings: what was tried; all else are the learner's defaults.
        tasks: mean reward of the last fifth of the attempts, mean over seeds, by task; tasks without it are not named.
        value: mean over tasks; the lowest reward if a run of the trial diverged or failed, None while it is pending.
        seconds: wall-clock, all runs of the trial together.
        git: the repository its first run was made from.
        error: why a run diverged or failed.
    """

    number: int
    settings: dict[str, Number]
    status: Status
    tasks: dict[str, float]
    value: float | None
    seconds: float
    git: Git | None
    error: str | None = None


@dataclass(frozen=True, config=_STRICT)
class LearnerTuning:
    """All trials of one learner.

    Attributes:
        command: that does them again.
        own_setting, own_values: the dimension that the learner has for itself.
        best_trial: number of the finished trial with the highest value, the first among equals; None until every trial
            has ended, and where none finished.
    """

    command: str
    own_setting: str
    own_values: list[Number]
    trials: list[TrialRecord]
    best_trial: int | None
    versions: dict[str, str]
    hardware: dict[str, str | int | None]


@dataclass(frozen=True, config=_STRICT)
class Protocol:
    """What is the same for all learners.

    Attributes:
        learning_rate: lower and upper bound; uniform in the logarithm.
        sampler: what chose the points of the design.
    """

    n_trials: int
    learning_rate: tuple[float, float]
    batch_uses: list[Number]
    sampler: dict[str, str | int]
    tasks: list[str]
    seeds: list[int]
    env_steps: int
    num_envs: int
    reward_protocol: str
    model: str
    model_fingerprint: str


@dataclass(frozen=True, config=_STRICT)
class TuningReport:
    schema_version: int
    protocol: Protocol
    learners: dict[str, LearnerTuning]


def make_protocol(space: SearchSpace, n_trials: int, **rest: Any) -> Protocol:
    """The protocol of a search over ``space``."""
    return Protocol(
        n_trials=n_trials,
        learning_rate=(space.learning_rate.low, space.learning_rate.high),
        batch_uses=list(space.batch_uses.values),
        sampler=describe_sampler(),
        **rest,
    )


def best_trial(trials: Iterable[TrialRecord]) -> int | None:
    """See :class:`LearnerTuning`."""
    trials = list(trials)
    finished = [trial for trial in trials if trial.status == "finished"]
    if not finished or any(trial.status == "pending" for trial in trials):
        return None
    return max(finished, key=lambda trial: (trial.value, -trial.number)).number


def trial_value(status: Status, tasks: dict[str, float]) -> float | None:
    """See :class:`TrialRecord`."""
    if status == "pending":
        return None
    return mean(list(tasks.values())) if status == "finished" else FAILURE


def merge(old: TuningReport | None, new: TuningReport) -> TuningReport:
    """The new learners, and those of an earlier report that are not among them.

    Raises:
        ValueError: the earlier report is of another protocol; the message names what differs.
    """
    if old is None:
        return new
    before, now = dataclasses.asdict(old.protocol), dataclasses.asdict(new.protocol)
    differing = [f"{key} is {before[key]!r} there, {now[key]!r} here" for key in now if before[key] != now[key]]
    if differing:
        raise ValueError("; ".join(differing))
    return dataclasses.replace(new, learners=dict(sorted({**old.learners, **new.learners}.items())))


def best_settings(path: Path) -> dict[str, Settings]:
    """The settings of each learner's best trial, by learner.

    Raises:
        ResultError: the file is not a report of this version, or the trials of a learner have not all ended.
    """
    best = {}
    for learner, tuning in read_report(path).learners.items():
        if tuning.best_trial is None:
            ended = sum(trial.status == "finished" for trial in tuning.trials)
            raise ResultError(f"{path}: {learner} has no best trial: {ended} of {len(tuning.trials)} trials finished")
        best[learner] = next(trial.settings for trial in tuning.trials if trial.number == tuning.best_trial)
    return best


_FILE = ReportFile(TuningReport, SCHEMA_VERSION, f"a report of tuning of version {SCHEMA_VERSION}")
write_report = _FILE.write
read_report = _FILE.read
