"""A study in one small file: a row a run, with all that tables and figures are made of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from benchmarks.report_file import ReportFile
from benchmarks.results import Git, ModelUsage, Repairs, Seconds, Status
from benchmarks.storage import write_atomically

SCHEMA_VERSION = 1
N_CURVE_POINTS = 24
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class Figures:
    """Mean reward and share of scored attempts."""

    reward: float
    valid: float


@dataclass(frozen=True, config=_STRICT)
class RunRow:
    """What one run reached.

    Attributes:
        learned: whether the policy changed.
        last_fifth, overall, evaluation: see :class:`benchmarks.results.RunResult`; None where the run did not get
            there.
        curve: mean reward over each of :data:`N_CURVE_POINTS` equal shares of the planned attempts; None where they
            were not made.
        held_out: score on held-out rows of the best program, mean over the run's tasks.
        best_score: of the same program in its episode.
        repairs, usage, is_stationary: see :class:`benchmarks.results.RunResult`; None in studies from before they were
            told.
        transfer: of the final policy, by task that it was not trained on.
    """

    label: str
    agent: str
    task: str
    seed: int
    run_key: str
    status: Status
    learned: bool
    last_fifth: Figures | None
    overall: Figures | None
    evaluation: Figures | None
    curve: list[float | None]
    held_out: float | None
    kl_to_base: float | None
    kl_to_base_per_action: float | None
    base_perplexity: float | None
    perplexity: float | None
    transfer: dict[str, Figures]
    gradient_steps: int
    generated_tokens: int
    seconds: Seconds
    error: str | None = None
    best_score: float | None = None
    repairs: Repairs | None = None
    usage: ModelUsage | None = None
    is_stationary: bool | None = None

    @property
    def reached(self) -> Figures | None:
        """Over the last fifth; of a stationary agent over all attempts, which is less noisy. None where the run did not
        come to its end."""
        if self.status != "finished":
            return None
        stationary = not self.learned if self.is_stationary is None else self.is_stationary
        return self.overall if stationary else self.last_fifth


@dataclass(frozen=True, config=_STRICT)
class Study:
    """All runs of a suite.

    Attributes:
        command: that makes the runs.
        labels: of the agents and variants that were run, learners first.
        not_run: agents of the suite of which there is no run.
        tasks, seeds, transfer_tasks: that are planned.
        development_tasks, development_seeds: see :class:`benchmarks.suites.Suite`.
        common: the part of the configuration that all learners share.
        configs: the whole configuration of the agent, by label.
        versions, hardware, git: all that occur among the runs.
    """

    schema_version: int
    suite: str
    command: str
    labels: list[str]
    not_run: list[str]
    tasks: list[str]
    seeds: list[int]
    transfer_tasks: list[str]
    development_tasks: list[str]
    development_seeds: list[int]
    common: dict[str, Any]
    configs: dict[str, dict[str, Any]]
    versions: list[dict[str, str]]
    hardware: list[dict[str, str | int | None]]
    git: list[Git]
    runs: list[RunRow]

    def of(self, label: str) -> list[RunRow]:
        """The runs of one label."""
        return [run for run in self.runs if run.label == label]

    def without(self, tasks: Collection[str] = (), seeds: Collection[int] = ()) -> Study:
        """The study as if these tasks and seeds had not been planned."""
        return replace(
            self,
            tasks=[task for task in self.tasks if task not in tasks],
            seeds=[seed for seed in self.seeds if seed not in seeds],
            runs=[run for run in self.runs if run.task not in tasks and run.seed not in seeds],
        )

    def learners(self) -> list[str]:
        """Labels whose policies changed."""
        return [label for label in self.labels if any(run.learned for run in self.of(label))]


def write_study(path: Path, study: Study) -> None:
    """Writes atomically, one line a run, so that two versions can be compared line by line.

    Raises:
        StorageError: the file cannot be written.
    """
    content: Any = study
    fields = asdict(content)
    runs = fields.pop("runs")
    lines = [f" {json.dumps(key)}: {_line(value)}" for key, value in fields.items()]
    lines.append(f' "runs": [\n{_joined(_line(run) for run in runs)}\n ]')
    write_atomically(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def _joined(lines: Iterable[str]) -> str:
    return ",\n".join(f"  {line}" for line in lines)


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


read_study = ReportFile(Study, SCHEMA_VERSION, "a study").read
