"""Where the metrics of a run go while it runs.

``metrics.jsonl`` and ``samples.md`` are always written (``files.py``); TensorBoard, Weights & Biases and Trackio, a
module each, are imported only when a run uses them. The axis of all of them is the number of attempts (``env_steps``).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.errors import BadInput, choose

if TYPE_CHECKING:
    from benchmarks.plan import RunSpec

Point = Mapping[str, Any]
"""Figures by name: numbers, or None where a metric was not finite. Holds ``env_steps``."""

NONE = "none"
DEFAULT = ("tensorboard",)
PROJECT = "ds-gym"
"""The project under which hosted trackers file the runs."""


@dataclass(frozen=True)
class LoggedRun:
    """What a log has to know of its run.

    Attributes:
        spec: the run.
        folder: where its files lie.
        created_at: when it was started first; the same after a resume, another after an overwrite.
        env_steps: attempts made before; 0 for a run that begins.
    """

    spec: RunSpec
    folder: Path
    created_at: str
    env_steps: int = 0

    @property
    def identity(self) -> str:
        """16 hexadecimal digits, the same for all parts of one run and for nothing else."""
        text = f"{self.spec.run_key} {self.folder.resolve()} {self.created_at}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def description(self) -> dict[str, Any]:
        """What a tracker shows beside the curves."""
        spec = self.spec
        names = {"agent": spec.agent, "label": spec.label, "model": spec.model, "task": spec.task}
        return {**names, "seed": spec.seed, "protocol": spec.protocol, "run_key": spec.run_key, "config": spec.config}


class MetricLog(Protocol):
    """One place that metrics go to. A run that is resumed goes on in the same place, on the same axis."""

    def metrics(self, curve: Point, throughput: Point) -> None:
        """Takes in one iteration: a point of the result's ``curve``, and that of its ``throughput``."""
        ...

    def samples(self, env_steps: int, attempts: Sequence[Mapping[str, Any]]) -> None:
        """Takes in sample programs with their rewards; the attempts are those of the attempts file."""
        ...

    def flush(self) -> None:
        """Called before the state of the run is saved: what was taken in must outlive a kill from here on."""
        ...

    def close(self) -> None: ...


class MetricLogs:
    """Several logs as one."""

    def __init__(self, logs: Sequence[MetricLog]) -> None:
        self._logs = logs

    def metrics(self, curve: Point, throughput: Point) -> None:
        for log in self._logs:
            log.metrics(curve, throughput)

    def samples(self, env_steps: int, attempts: Sequence[Mapping[str, Any]]) -> None:
        for log in self._logs:
            log.samples(env_steps, attempts)

    def flush(self) -> None:
        for log in self._logs:
            log.flush()

    def close(self) -> None:
        for log in self._logs:
            log.close()


@dataclass(frozen=True)
class _Kind:
    """A log that can be asked for.

    Attributes:
        opener: module and function that opens it for a :class:`LoggedRun`.
        package: what has to be installed for it.
    """

    opener: tuple[str, str]
    package: str


_KINDS = {
    "tensorboard": _Kind(("benchmarks.metric_log.tensorboard", "TensorBoardLog"), "tensorboard"),
    "trackio": _Kind(("benchmarks.metric_log.trackio", "TrackioLog"), "trackio"),
    "wandb": _Kind(("benchmarks.metric_log.wandb", "WandbLog"), "wandb"),
}


def list_logs() -> list[str]:
    """Names of the logs that can be asked for."""
    return [*_KINDS, NONE]


def choose_logs(names: Sequence[str]) -> tuple[str, ...]:
    """The logs that were asked for; of the default ones those that are installed, if nothing was said.

    Raises:
        BadInput: an unknown log, "none" beside another, or a log whose package is not installed; one line.
    """
    if not names:
        return tuple(name for name in DEFAULT if _is_installed(name))
    for name in names:
        choose("log in --log", name, list_logs())
    if NONE in names and len(set(names)) > 1:
        raise BadInput(f"--log {','.join(names)}: none excludes the others")
    chosen = tuple(dict.fromkeys(name for name in names if name != NONE))
    for name in chosen:
        if not _is_installed(name):
            raise BadInput(f"--log {name}: {_KINDS[name].package} is not installed: pip install {_KINDS[name].package}")
    return chosen


def open_log(name: str, run: LoggedRun) -> MetricLog:
    """Opens one of :func:`list_logs` but "none" for a run that begins or goes on."""
    module, function = _KINDS[name].opener
    log: MetricLog = getattr(importlib.import_module(module), function)(run)
    return log


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(_KINDS[name].package) is not None
