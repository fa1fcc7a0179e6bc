"""A worker process: does one run after another, and tells the process that started it how they stand."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from benchmarks.backend import Backend
from benchmarks.errors import ResultError, StorageError, one_line
from benchmarks.execution import execute_run
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.results import RunResult, read_result, with_status, write_result
from benchmarks.storage import RunFiles

LOG_NAME = "workers.log"


@dataclass(frozen=True)
class RunEnded:
    """A run has ended: with a result, with the reason why there is none, or (a run that diverged) with both."""

    spec: RunSpec
    result: RunResult | None
    error: str | None = None

    @property
    def diverged(self) -> bool:
        return self.result is not None and self.result.status == "diverged"


def work(connection: Connection, backend: Backend, out: Path, options: RunOptions) -> None:
    """What a worker process does: the runs that it is sent, until it is sent None.

    It answers each with a :class:`RunEnded`, or with a StorageError if a file cannot be written, and tells of its
    progress before. "stop" ends the current run after its iteration.
    """
    os.setpgid(0, 0)  # so that this process and all that it starts can be killed at once
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _write_output_to(out / LOG_NAME)
    _use_one_thread()
    while (order := connection.recv()) is not None:
        if order != "stop":  # which came when the run that it was meant for had just ended
            connection.send(_do(order, backend, out, options, connection))


def _do(
    spec: RunSpec, backend: Backend, out: Path, options: RunOptions, connection: Connection
) -> RunEnded | StorageError:
    files = RunFiles(spec.folder(out))
    try:
        result = execute_run(spec, files, backend, options=options, should_stop=connection.poll, report=connection.send)
    except StorageError as error:
        return error
    except Exception as error:  # whatever an agent or an environment raises: the other runs go on
        with contextlib.suppress(OSError):
            files.traceback.write_text(traceback.format_exc())
        message = f"{type(error).__name__}: {one_line(error)}"
        mark_failed(spec, out, message)
        return RunEnded(spec, None, message)
    finally:
        while connection.poll():
            connection.recv()  # "stop", which this run has obeyed or outrun
    return RunEnded(spec, result, result.error)


def mark_failed(spec: RunSpec, out: Path, error: str) -> None:
    """Says so in the run's result, if there is one: what it holds stays."""
    path = RunFiles(spec.folder(out)).result
    with contextlib.suppress(ResultError, StorageError):
        write_result(path, with_status(read_result(path), "failed", error))


def _write_output_to(path: Path) -> None:
    """Warnings of libraries go to a file: on the terminal they would tear the progress display."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _use_one_thread() -> None:
    """Libraries of this process, none of which is imported yet, compute with one thread: processes run side by side.

    The sandbox inherits that; torch is told its own number of threads when a run begins.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # A thread of torch that waits for another one gives up its processor soon: programs, or other runs, may need it.
    os.environ["GOMP_SPINCOUNT"] = "2000"


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.killpg(os.getpgid(0), signal.SIGKILL)
