"""The files of a run: result, attempts, checkpoint, logs. What is replaced is whole on disk before it has its name."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import StorageError

RESULT_NAME = "result.json"


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces ``path`` by ``data`` in one step.

    Raises:
        StorageError: the file cannot be written; an older one stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError.from_os_error(path, error) from error


@dataclass(frozen=True)
class RunFiles:
    """Where one run keeps its files."""

    folder: Path

    @property
    def result(self) -> Path:
        return self.folder / RESULT_NAME

    @property
    def attempts(self) -> Path:
        return self.folder / "attempts.jsonl.gz"

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def traceback(self) -> Path:
        return self.folder / "error.txt"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        return self.folder / "samples.md"

    @property
    def diverged(self) -> Path:
        """What a run that diverged leaves for inspection."""
        return self.folder / "diverged.pt"

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.folder / "tensorboard"

    def remove(self) -> None:
        """Removes the files of an earlier run with the same name, and nothing else."""
        files = (self.result, self.attempts, self.checkpoint, self.traceback, self.metrics, self.samples, self.diverged)
        for path in (*files, *self.tensorboard.glob("events.out.tfevents.*")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError.from_os_error(path, error) from error


def append_attempts(path: Path, attempts: Iterable[dict[str, Any]]) -> None:
    """Appends one gzip member; what was in the file before stays readable if this is cut short.

    Raises:
        StorageError: the file cannot be written.
    """
    data = _compress(attempts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError.from_os_error(path, error) from error


def write_attempts(path: Path, attempts: Iterable[dict[str, Any]]) -> None:
    """Replaces the file; the same attempts give the same bytes.

    Raises:
        StorageError: the file cannot be written; an older one stays as it was.
    """
    write_atomically(path, _compress(attempts))


def read_attempts(path: Path) -> Iterator[dict[str, Any]]:
    """The attempts in order, one dictionary each. A tail that was cut short by a kill is left out."""
    if not path.exists():
        return
    with gzip.open(path, "rb") as file:
        while True:
            try:
                line = file.readline()
                if not line.endswith(b"\n"):
                    return
                attempt = json.loads(line)
            except (EOFError, ValueError, zlib.error, gzip.BadGzipFile):
                return
            yield attempt


def _compress(attempts: Iterable[dict[str, Any]]) -> bytes:
    # ASCII escapes, because a model may write text that has no UTF-8 form (lone surrogates).
    lines = (json.dumps(attempt, sort_keys=True) for attempt in attempts)
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
