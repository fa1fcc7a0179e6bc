"""The files of a run: result, attempts, checkpoint, logs. What is replaced is whole on disk before it has its name."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import StorageError

RESULT_NAME = "result.json"

_CHECKPOINT = re.compile(r"checkpoint-(\d+)\.pt")


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
        with contextlib.suppress(OSError):  # the first failure is the one to be told
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

    def checkpoint(self, env_steps: int) -> Path:
        """The state after so many attempts."""
        return self.folder / f"checkpoint-{env_steps}.pt"

    def checkpoints(self) -> list[Path]:
        """Those that are there, the newest first."""
        matches = ((path, _CHECKPOINT.fullmatch(path.name)) for path in self.folder.glob("checkpoint-*.pt"))
        steps = {path: int(match[1]) for path, match in matches if match}
        return sorted(steps, key=lambda path: -steps[path])

    @property
    def policy(self) -> Path:
        """The folder of the trained policy."""
        return self.folder / "policy"

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
        files = (self.result, self.attempts, self.traceback, self.metrics, self.samples, self.diverged, self.policy)
        _remove([*files, *self.checkpoints(), *self.tensorboard.glob("events.out.tfevents.*")])
        self.remove_temporary()

    def remove_checkpoints(self) -> None:
        """Removes all of them."""
        _remove(self.checkpoints())

    def remove_temporary(self) -> None:
        """Removes what a killed process had begun to write; nothing may be writing here."""
        _remove(self.folder.glob(".*.tmp"))


def append_attempts(path: Path, attempts: Iterable[dict[str, Any]], *, sync: bool = True) -> None:
    """Appends one gzip member; what was in the file before stays readable if this is cut short.

    Args:
        path: the file.
        attempts: appended in order.
        sync: wait until they, and what was appended before, are on the disk.

    Raises:
        StorageError: the file cannot be written.
    """
    data = _compress(attempts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            if sync:
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


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError.from_os_error(path, error) from error


def _compress(attempts: Iterable[dict[str, Any]]) -> bytes:
    # ASCII escapes, because a model may write text that has no UTF-8 form (lone surrogates).
    lines = (json.dumps(attempt, sort_keys=True) for attempt in attempts)
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
