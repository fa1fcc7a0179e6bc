"""Many runs side by side: persistent worker processes, what they tell, and how they are stopped.

A worker runs one run after another, so that runs of the same task share its cache of executed programs; all runs of one
seed are begun before those of the next. Nothing that a run computes depends on the worker, on the order, or on what
else runs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.backend import Backend
from benchmarks.errors import StorageError
from benchmarks.execution import STARTING
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.record import Progress
from benchmarks.worker import RunEnded, mark_failed, work

_POLL_SECONDS = 0.2
_KILL_SECONDS = 5.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Listener:
    """Told about everything that happens while a plan runs. Does nothing itself."""

    def started(self, spec: RunSpec) -> None:
        pass

    def progressed(self, spec: RunSpec, progress: Progress) -> None:
        pass

    def ended(self, ended: RunEnded) -> None:
        pass

    def stopping(self) -> None:
        pass


@dataclass
class Outcome:
    """What became of a plan.

    Attributes:
        stopped_by: the signal that stopped it, or None.
        storage_error: why nothing more could be written, or None.
    """

    ended: list[RunEnded] = field(default_factory=list)
    stopped_by: int | None = None
    storage_error: str | None = None

    @property
    def failed(self) -> list[RunEnded]:
        return [ended for ended in self.ended if ended.error is not None and not ended.diverged]


def run_plan(
    plan: Sequence[RunSpec],
    backend: Backend,
    out: Path,
    jobs: int,
    listener: Listener | None = None,
    options: RunOptions | None = None,
) -> Outcome:
    """Runs the plan in ``jobs`` processes; on return none of them is left.

    SIGINT, SIGTERM and SIGHUP stop the runs after their current iteration, with a checkpoint; a second one kills them.
    A run that fails or diverges does not keep the others from running; a file that cannot be written does.
    """
    out.mkdir(parents=True, exist_ok=True)
    pool = _Pool(list(plan), backend, out, listener or Listener(), options or RunOptions())
    with _signals(pool.stop):
        try:
            return pool.run(min(jobs, len(plan)))
        finally:
            pool.close()


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    spec: RunSpec | None = None
    tasks: list[str] = field(default_factory=list)
    """What it has run, the last one at the end: it remembers how programs of these tasks were scored."""
    has_begun: bool = False
    """Whether the current run has done anything that a kill would lose."""


class _Pool:
    def __init__(
        self, pending: list[RunSpec], backend: Backend, out: Path, listener: Listener, options: RunOptions
    ) -> None:
        self._pending = pending
        self._backend = backend
        self._out = out
        self._listener = listener
        self._options = options
        self._workers: list[_Worker] = []
        self._outcome = Outcome()
        self._signals_seen = 0
        self._asked_to_stop = False

    def stop(self, signal_number: int) -> None:
        """Called from the signal handler: only notes the signal."""
        self._signals_seen += 1
        self._outcome.stopped_by = signal_number

    def run(self, jobs: int) -> Outcome:
        while self._pending or any(worker.spec for worker in self._workers):
            if self._signals_seen or self._outcome.storage_error:
                self._ask_to_stop()
            if self._signals_seen > 1:
                break
            while self._pending and len(self._workers) < jobs:
                self._workers.append(self._start_worker())
            for worker in self._workers:
                if worker.spec is None and self._pending:
                    self._assign(worker)
            self._listen()
        return self._outcome

    def close(self) -> None:
        """Ends the workers: idle ones by themselves, busy ones by force, with all that they have started."""
        for worker in self._workers:
            if worker.spec is None:
                with contextlib.suppress(OSError):
                    worker.connection.send(None)
            else:
                _kill_group(worker.process)
        deadline = time.monotonic() + _KILL_SECONDS
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            _kill_group(worker.process)
            worker.process.join()
            worker.connection.close()
        self._workers.clear()

    def _ask_to_stop(self) -> None:
        if self._asked_to_stop:
            return
        self._asked_to_stop = True
        self._pending.clear()
        self._listener.stopping()
        for worker in self._workers:
            if worker.spec is not None and worker.has_begun:
                with contextlib.suppress(OSError):
                    worker.connection.send("stop")
            elif worker.spec is not None:
                worker.spec = None
                _kill_group(worker.process)

    def _start_worker(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._backend, self._out, self._options)
        process = context.Process(target=work, args=arguments, name="benchmark-worker")
        # Ctrl-C goes to every process of the terminal, but is the parent's to handle: workers start with it blocked.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        return _Worker(process, ours)

    def _assign(self, worker: _Worker) -> None:
        worker.spec = self._pending.pop(self._next(worker))
        worker.tasks.append(worker.spec.task)
        worker.has_begun = False
        worker.connection.send(worker.spec)
        self._listener.started(worker.spec)

    def _next(self, worker: _Worker) -> int:
        """Index of the pending run to do next, among those with the seed that is first in the plan.

        It is one of the worker's last task; else of the task with the fewest workers, if possible of one that this
        worker has run before.
        """
        seed = self._pending[0].seed
        last_task = worker.tasks[-1] if worker.tasks else None
        tasks = {index: spec.task for index, spec in enumerate(self._pending) if spec.seed == seed}
        busy = [other.spec.task for other in self._workers if other.spec is not None]

        def rank(index: int) -> tuple[bool, int, bool, int]:
            task = tasks[index]
            return task != last_task, busy.count(task), task not in worker.tasks, index

        return min(tasks, key=rank)

    def _listen(self) -> None:
        """Takes in what the workers have to say, waiting for a moment."""
        sources: dict[Any, _Worker] = {}
        for worker in self._workers:
            sources[worker.connection] = worker
            sources[worker.process.sentinel] = worker
        ready = wait(list(sources), timeout=_POLL_SECONDS)
        for worker in {id(sources[source]): sources[source] for source in ready}.values():
            try:
                while worker.connection.poll():
                    self._take(worker, worker.connection.recv())
            except (EOFError, OSError):
                self._bury(worker)

    def _take(self, worker: _Worker, message: Progress | RunEnded | StorageError) -> None:
        if worker.spec is None:
            return
        if isinstance(message, Progress):
            worker.has_begun = message.phase != STARTING
            self._listener.progressed(worker.spec, message)
        elif isinstance(message, StorageError):
            self._outcome.storage_error = self._outcome.storage_error or str(message)
            worker.spec = None
        else:
            self._end(worker, message)

    def _bury(self, worker: _Worker) -> None:
        """A worker has died: its run has failed, the others go on."""
        worker.process.join()
        _kill_group(worker.process)
        worker.connection.close()
        self._workers.remove(worker)
        if worker.spec is not None:
            code = worker.process.exitcode or 0
            cause = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
            hint = " (was the machine out of memory?)" if code == -signal.SIGKILL else ""
            error = f"the worker process ended {cause}{hint}"
            mark_failed(worker.spec, self._out, error)
            self._end(worker, RunEnded(worker.spec, None, error))

    def _end(self, worker: _Worker, ended: RunEnded) -> None:
        worker.spec = None
        self._outcome.ended.append(ended)
        self._listener.ended(ended)


def _kill_group(process: SpawnProcess) -> None:
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.is_alive():
            process.kill()


@contextlib.contextmanager
def _signals(stop: Callable[[int], None]) -> Iterator[None]:
    """While the block runs, the stop signals call ``stop`` and nothing else."""

    def handle(number: int, frame: FrameType | None) -> None:
        stop(number)

    previous = {number: signal.signal(number, handle) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
