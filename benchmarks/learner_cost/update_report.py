"""What is measured of an update, as ``cost.json`` holds it: a versioned schema, and what follows from its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from benchmarks.report_file import ReportFile
from benchmarks.results import Git

SCHEMA_VERSION = 1
RESULT_NAME = "cost.json"
Agent = Literal["etpo", "ppo"]
Way = Literal["chunked", "dense", "four copies"]
WAYS: tuple[Way, ...] = ("chunked", "dense", "four copies")
Status = Literal["finished", "interrupted", "failed"]
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class Settings:
    """How much is measured, and on what.

    Attributes:
        agents: whose updates.
        vocabularies: numbers of tokens V.
        action_lengths: tokens an action.
        episodes: actions of a batch.
        prompt_length: tokens before each action; prompts differ in the last one.
        hidden_size, layers, heads: of the model, a small Llama; its feed-forward layers are 2.75 times as wide.
        tied: whether its input and output embeddings are one matrix.
        critic: the learners' setting of this name.
        repeats: rounds, of which the median is taken.
        long_seconds: cells whose first update took longer are measured in the first round only.
        threads: of torch.
        memory_limit_mib: cells that are expected to need more are predicted; less where less is available.
    """

    agents: tuple[Agent, ...] = ("etpo", "ppo")
    vocabularies: tuple[int, ...] = (1000, 32_000, 152_000)
    action_lengths: tuple[int, ...] = (32, 64, 128, 256, 512)
    episodes: int = 8
    prompt_length: int = 32
    hidden_size: int = 64
    layers: int = 2
    heads: int = 4
    tied: bool = False
    critic: str = "heads"
    repeats: int = 3
    long_seconds: float = 4.0
    threads: int = 1
    memory_limit_mib: float = 8192.0


@dataclass(frozen=True, config=_STRICT)
class Cell:
    """One thing to be measured."""

    agent: Agent
    way: Way
    vocabulary: int
    action_length: int


@dataclass(frozen=True, config=_STRICT)
class CellCost:
    """An update of a batch.

    Attributes:
        n_tokens: action tokens of the batch.
        seconds: wall-clock time, the median.
        extra_mib: peak of the process's resident memory during the update, less its resident memory after one copy of
            the model was made; the median.
        standing_mib: of this, what was there before the update began: adapters or further copies, and Adam's moments.
        n_updates: how many were measured; 0 where the figures are predicted.
    """

    agent: Agent
    way: Way
    vocabulary: int
    action_length: int
    n_tokens: int
    seconds: float
    extra_mib: float
    standing_mib: float
    n_updates: int

    @property
    def tokens_per_second(self) -> float:
        return self.n_tokens / self.seconds


@dataclass(frozen=True, config=_STRICT)
class UpdateCostReport:
    """Everything that one run measured, and where.

    Attributes:
        status: ``"finished"``; ``"interrupted"`` or ``"failed"`` where cells are missing.
        error: why the run failed, one line.
        load_before: processes that wanted to run, on average over the minute before.
    """

    schema_version: int
    status: Status
    settings: Settings
    cells: list[CellCost]
    versions: dict[str, str]
    hardware: dict[str, str | int | None]
    git: Git
    created_at: str
    load_before: float
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Line:
    """``intercept + slope * x``, and the share of the variance that it explains."""

    intercept: float
    slope: float
    r_squared: float

    def at(self, x: float) -> float:
        """The value there, at least 0."""
        return max(0.0, self.intercept + self.slope * x)


def fit_line(x: Sequence[float], y: Sequence[float]) -> Line:
    """Least squares of relative errors (weights 1/y), so that small cells count as much as large ones.

    Raises:
        ValueError: fewer than two different x.
    """
    if len(set(x)) < 2:
        raise ValueError("a line needs two different points")
    abscissae, ordinates = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    slope, intercept = np.polyfit(abscissae, ordinates, 1, w=1 / np.maximum(ordinates, 1e-9))
    variance = float(((ordinates - ordinates.mean()) ** 2).sum())
    residual = float(((ordinates - intercept - slope * abscissae) ** 2).sum())
    return Line(float(intercept), float(slope), 1.0 if variance == 0 else 1 - residual / variance)


def find(report: UpdateCostReport, cell: Cell) -> CellCost | None:
    """The figures of a cell, if there are any."""
    wanted = (cell.agent, cell.way, cell.vocabulary, cell.action_length)
    for cost in report.cells:
        if (cost.agent, cost.way, cost.vocabulary, cost.action_length) == wanted:
            return cost
    return None


_FILE = ReportFile(UpdateCostReport, SCHEMA_VERSION, "a report of an update's cost")
write_report = _FILE.write
read_report = _FILE.read
