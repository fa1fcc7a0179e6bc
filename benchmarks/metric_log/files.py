"""The logs that every run has: ``metrics.jsonl``, one line an iteration, and ``samples.md``, some of its programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import StorageError
from benchmarks.metric_log import Point
from benchmarks.samples import samples_markdown
from benchmarks.storage import RunFiles, write_atomically


class FileLog:
    """Appends to the two files.

    Both are written anew from what the run has recorded so far, so that a run that was killed, at whatever moment, and
    resumed has each iteration in them exactly once.

    Args:
        files: where they lie.
        curve, throughput: the points recorded so far.
        samples: the programs shown so far, see :func:`benchmarks.samples.samples_of_run`.

    Raises:
        StorageError: a file cannot be written; so do the methods.
    """

    def __init__(
        self,
        files: RunFiles,
        curve: Sequence[Point] = (),
        throughput: Sequence[Point] = (),
        samples: Iterable[Sequence[Mapping[str, Any]]] = (),
    ) -> None:
        self._metrics = _Appender(files.metrics, "".join(map(metrics_line, curve, throughput)))
        self._samples = _Appender(files.samples, "".join(map(_samples_section, samples)))

    def metrics(self, curve: Point, throughput: Point) -> None:
        self._metrics.append(metrics_line(curve, throughput))

    def samples(self, env_steps: int, attempts: Sequence[Mapping[str, Any]]) -> None:
        self._samples.append(_samples_section(attempts))

    def flush(self) -> None:
        """The system has it all already; what a crash of the machine loses is written anew when the run goes on."""

    def close(self) -> None:
        self._metrics.close()
        self._samples.close()


def metrics_line(curve: Point, throughput: Point) -> str:
    """One line of ``metrics.jsonl``: the fields of both points, null where a metric was not finite."""
    return json.dumps({**curve, **throughput}, allow_nan=False) + "\n"


def _samples_section(attempts: Sequence[Mapping[str, Any]]) -> str:
    return samples_markdown(attempts) + "\n"


class _Appender:
    """A file that begins with a text, and grows by whole texts, each handed to the system at once."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        write_atomically(path, text.encode())
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise StorageError.from_os_error(path, error) from error

    def append(self, text: str) -> None:
        data = memoryview(text.encode())
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise StorageError.from_os_error(self._path, error) from error

    def close(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageError.from_os_error(self._path, error) from error
        finally:
            self._file.close()
