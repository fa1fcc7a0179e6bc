"""The measuring run: rounds over all cells, so that other load on the machine hits all alike."""

from __future__ import annotations

import dataclasses
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Protocol

import psutil  # type: ignore[import-untyped]

from benchmarks import provenance
from benchmarks.errors import MeasurementFailed
from benchmarks.learner_cost.fresh import FreshProcesses
from benchmarks.learner_cost.update_cell import CellFigures, measure_cell
from benchmarks.learner_cost.update_report import (
    SCHEMA_VERSION,
    WAYS,
    Cell,
    CellCost,
    Settings,
    Status,
    UpdateCostReport,
    fit_line,
)

_MIB = 2**20
_WHOLE_TENSORS = {"chunked": 0, "dense": 11, "four copies": 11}
"""Float32 tensors [tokens, vocabulary] that live at once, at most: 10.3 and 10.8 were measured with ETPO, which needs
more of them than PPO, at a vocabulary of 32,000."""
_SHARE_OF_AVAILABLE = 0.8


class Listener(Protocol):
    """Is told how far the run is."""

    def begin(self, part: str, n_steps: int) -> None:
        """A part of the run begins."""
        ...

    def advance(self) -> None:
        """One of its steps is done."""
        ...


Measured = dict[Cell, list[CellFigures]]


def measure_updates(settings: Settings, listener: Listener) -> UpdateCostReport:
    """Measure everything. Ctrl-C, or a cell that fails, ends it with the cells that were measured before."""
    started = time.monotonic()
    load_before = os.getloadavg()[0]
    available_mib = psutil.virtual_memory().available * _SHARE_OF_AVAILABLE / _MIB
    settings = dataclasses.replace(settings, memory_limit_mib=min(settings.memory_limit_mib, available_mib))
    measured: Measured = defaultdict(list)
    status: Status = "finished"
    error = None
    try:
        _measure_rounds(settings, listener, measured)
    except KeyboardInterrupt:
        status = "interrupted"
    except MeasurementFailed as failure:
        status, error = "failed", " ".join(str(failure).split())
    origin = provenance.collect()
    return UpdateCostReport(
        schema_version=SCHEMA_VERSION,
        status=status,
        settings=settings,
        cells=summarise(settings, measured),
        versions=origin.versions,
        hardware=origin.hardware,
        git=origin.git,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        load_before=load_before,
        seconds=time.monotonic() - started,
        error=error,
    )


def cells_of(settings: Settings) -> list[Cell]:
    """All cells; those that are compared directly are neighbours."""
    return [
        Cell(agent, way, vocabulary, length)
        for vocabulary in settings.vocabularies
        for length in settings.action_lengths
        for agent in settings.agents
        for way in WAYS
    ]


def expected_mib(cell: Cell, settings: Settings) -> float:
    """What the whole tensors [tokens, vocabulary] of a cell take: most of what it needs, if it has any."""
    return _WHOLE_TENSORS[cell.way] * 4 * cell.vocabulary * cell.action_length * settings.episodes / _MIB


def summarise(settings: Settings, measured: Measured) -> list[CellCost]:
    """Medians of what was measured, and predictions of what would not have fitted into memory."""
    costs = [
        CellCost(
            cell.agent,
            cell.way,
            cell.vocabulary,
            cell.action_length,
            n_tokens=cell.action_length * settings.episodes,
            seconds=median(figures.seconds for figures in measured[cell]),
            extra_mib=median(figures.extra_mib for figures in measured[cell]),
            standing_mib=median(figures.standing_mib for figures in measured[cell]),
            n_updates=len(measured[cell]),
        )
        for cell in cells_of(settings)
        if measured.get(cell)
    ]
    too_large = [cell for cell in cells_of(settings) if expected_mib(cell, settings) > settings.memory_limit_mib]
    predictions = [predict(cell, settings, costs) for cell in too_large if cell not in measured]
    return costs + [cost for cost in predictions if cost is not None]


def predict(cell: Cell, settings: Settings, costs: Sequence[CellCost]) -> CellCost | None:
    """A cell by the lines through the measured ones with other action lengths; None if there are fewer than two."""
    like = [
        cost
        for cost in costs
        if (cost.agent, cost.way, cost.vocabulary) == (cell.agent, cell.way, cell.vocabulary) and cost.n_updates
    ]
    if len(like) < 2:
        return None
    n_tokens = cell.action_length * settings.episodes
    tokens = [cost.n_tokens for cost in like]
    return CellCost(
        cell.agent,
        cell.way,
        cell.vocabulary,
        cell.action_length,
        n_tokens=n_tokens,
        seconds=fit_line(tokens, [cost.seconds for cost in like]).at(n_tokens),
        extra_mib=fit_line(tokens, [cost.extra_mib for cost in like]).at(n_tokens),
        standing_mib=median(cost.standing_mib for cost in like),
        n_updates=0,
    )


def _measure_rounds(settings: Settings, listener: Listener, measured: Measured) -> None:
    processes = FreshProcesses("benchmarks.learner_cost.update_cell")
    cells = [cell for cell in cells_of(settings) if expected_mib(cell, settings) <= settings.memory_limit_mib]
    for round_number in range(1, settings.repeats + 1):
        if round_number > 1:
            cells = [cell for cell in cells if measured[cell][0].seconds <= settings.long_seconds]
        listener.begin(f"round {round_number} of {settings.repeats}", len(cells))
        for cell in cells:
            try:
                measured[cell].append(processes.call(measure_cell, cell, settings))
            except MeasurementFailed as failure:
                raise MeasurementFailed(
                    f"{cell.agent}, {cell.way}, vocabulary {cell.vocabulary}, action length {cell.action_length}: "
                    f"{failure}"
                ) from None
            listener.advance()
