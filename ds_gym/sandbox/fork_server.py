"""The default sandbox: a fresh, confined fork of a warm interpreter for every split."""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401  (so that what it does at the end comes after what is done here)
import contextlib
import logging
import math
import os
import signal
import threading
import time
import weakref
from collections.abc import Collection
from typing import Any

from numpy.typing import NDArray

from ds_gym.failures import Failure, SandboxError
from ds_gym.sandbox import wire
from ds_gym.sandbox.bubblewrap import command as bubblewrap_command
from ds_gym.sandbox.confine import ACTIVE, OPTIONAL_LAYERS, usable_processors
from ds_gym.sandbox.pool import InsufficientProtection, MachineryFault, Worker, ZygotePool, ZygoteSettings
from ds_gym.sandbox.predictions import check_probabilities
from ds_gym.sandbox.protocol import MAX_SOURCE_BYTES, SplitJob, SplitResult
from ds_gym.sandbox.self_test import ACTS, DENIED

_LOGGER = logging.getLogger(__name__)
_HANDOVER_LIMIT_S = 60.0
_LONGEST_LIMIT_S = 2.0**30
_EXPECTED_LAYERS = ("namespaces", "landlock", "seccomp", "no_new_privs", "resource limits")
_MACHINERY_TRIES = 5
"""A job, then the same with another worker, then with other zygotes."""


class ForkServerSandbox:
    """Runs each job in a worker forked ahead from a zygote that has scientific Python loaded.

    The zygote starts with the first job or report and after a fork of the owning process; it ends with :meth:`close`,
    with the interpreter, and when this process is killed. Copies made by pickling start a zygote of their own.

    Args:
        n_idle: workers kept forked and warm (default: twice the processors, between 8 and 32).
        without: layers of confinement to leave off, of "namespaces", "landlock", "seccomp" and "own user": for systems
            that a layer does not suit, and to see what the others hold.
        strict: whether to refuse to run with less than seccomp and one of Landlock and namespaces, or when the
            start-up self-test could do something that is forbidden.
        bubblewrap: whether ``bwrap`` makes the namespaces.

    Raises:
        SandboxError: ``bubblewrap`` without ``bwrap``.
        ValueError: arguments that are not among these.
    """

    def __init__(
        self,
        n_idle: int | None = None,
        *,
        without: Collection[str] = (),
        strict: bool = False,
        bubblewrap: bool = False,
    ) -> None:
        if n_idle is not None and n_idle < 1:
            raise ValueError(f"n_idle is {n_idle!r}; give at least 1")
        unknown = sorted(set(without) - set(OPTIONAL_LAYERS))
        if unknown or isinstance(without, str):
            raise ValueError(f"without is {without!r}; give a collection of {', '.join(map(repr, OPTIONAL_LAYERS))}")
        if bubblewrap:
            bubblewrap_command()
        self._arguments = (n_idle, tuple(sorted(without)), strict, bubblewrap)
        self._settings = ZygoteSettings(
            n_idle=n_idle or min(max(2 * usable_processors(), 8), 32),
            without=tuple(sorted(without)),
            bubblewrap=bubblewrap,
            find_fault=_what_strict_refuses if strict else _nothing,
        )
        self._lock = threading.Lock()
        self._pool: ZygotePool | None = None
        self._warned = False
        _SANDBOXES.add(self)

    @property
    def without(self) -> tuple[str, ...]:
        """Layers of confinement that were asked to be left off."""
        return self._settings.without

    def run(self, job: SplitJob) -> SplitResult:
        """Run ``job``; see :class:`ds_gym.sandbox.protocol.Sandbox`."""
        n_bytes = len(wire.encode_source(job.source))
        if n_bytes > MAX_SOURCE_BYTES:
            message = f"SyntaxError: the program has {n_bytes} bytes, at most {MAX_SOURCE_BYTES} are allowed"
            return SplitResult(None, Failure("syntax", message), 0.0)
        for n_tried in range(1, _MACHINERY_TRIES + 1):
            pool = self._usable_pool()
            try:
                return _run_on(pool, job)
            except InsufficientProtection as fault:
                self._discard(pool)
                raise SandboxError(str(fault)) from None
            except MachineryFault as fault:
                _LOGGER.info("try %d of %d of a job: %s", n_tried, _MACHINERY_TRIES, fault)
                last_fault = fault
                if not pool.usable or n_tried > 1:
                    self._discard(pool)
        raise SandboxError(f"the sandbox failed {_MACHINERY_TRIES} times, last: {last_fault}")

    def report(self) -> dict[str, str]:
        """What protects, as tried out in a real worker.

        Returns:
            Layer -> "active" or "missing: why"; act that programs are not to do (see
            ``ds_gym.sandbox.self_test.ACTS``) -> "denied" or "ALLOWED".

        Raises:
            SandboxError: the zygote does not start, or what holds is less than was asked for.
        """
        pool = self._usable_pool()
        try:
            report = pool.report()
        except MachineryFault as fault:
            self._discard(pool)
            raise SandboxError(str(fault)) from None
        return {"process isolation": "active", "deadline": "active", **report}

    def close(self) -> None:
        """End the zygote and all workers. A later :meth:`run` starts a new one."""
        self._end()

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _make, self._arguments

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool.abandon()

    def _end(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _usable_pool(self) -> ZygotePool:
        if not hasattr(os, "fork"):
            raise SandboxError("this system cannot fork; use Linux (WSL on Windows), or sandbox='in-process' to debug")
        with self._lock:
            pool = self._pool
            if pool is not None and pool.usable:
                return pool
            if _interpreter_ends.is_set() and threading.current_thread() is not threading.main_thread():
                raise SandboxError("the interpreter is ending")
            try:
                self._pool = ZygotePool(self._settings)
            except (OSError, RuntimeError) as error:  # no descriptor or no thread to be had
                raise SandboxError(f"the sandbox cannot start: {error}") from None
            new_pool = self._pool
        if pool is not None:
            pool.close()
        self._warn_once(new_pool)
        return new_pool

    def _discard(self, pool: ZygotePool) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.close()

    def _warn_once(self, pool: ZygotePool) -> None:
        if self._warned:
            return
        with contextlib.suppress(MachineryFault):
            report = pool.report()
            self._warned = True
            states = {name: report.get(name, "missing") for name in _EXPECTED_LAYERS if name not in self._arguments[1]}
            lacks = [f"{name} ({state})" for name, state in states.items() if state != ACTIVE]
            lacks += [f"programs can {act}" for act in ACTS if report[act] != DENIED]
            if lacks:
                _LOGGER.warning("the sandbox runs with less protection than it could: %s", ", ".join(lacks))

    def _forget_after_fork(self) -> None:
        """In a forked process: the lock may be held by a thread that is not here, and the zygote is another's."""
        self._lock = threading.Lock()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()


def _make(n_idle: int | None, without: tuple[str, ...], strict: bool, bubblewrap: bool) -> ForkServerSandbox:
    return ForkServerSandbox(n_idle, without=without, strict=strict, bubblewrap=bubblewrap)


def _nothing(report: dict[str, str]) -> None:
    """Nothing is refused."""


def _what_strict_refuses(report: dict[str, str]) -> str | None:
    missing = [] if report["seccomp"] == ACTIVE else ["seccomp"]
    if ACTIVE not in (report.get("landlock"), report["namespaces"]):
        missing.append("one of landlock and namespaces")
    allowed = [act for act in ACTS if report[act] != DENIED]
    if not missing and not allowed:
        return None
    states = ", ".join(f"{name}: {report.get(name)}" for name in ("seccomp", "landlock", "namespaces"))
    lacks = "".join(
        [f" It needs {' and '.join(missing)}." * bool(missing), f" Programs can {', '.join(allowed)}." * bool(allowed)]
    )
    return (
        f"sandbox='strict' refuses to start here ({states}).{lacks} Use Linux 5.13 or later, in a container "
        "one that allows landlock_* and unshare, or sandbox='auto' to run with what there is"
    )


def _run_on(pool: ZygotePool, job: SplitJob) -> SplitResult:
    worker = pool.take()
    has_answered = False
    try:
        _hand_over(worker, job)
        start = time.perf_counter()
        probabilities, failure = _converse(pool, worker, job)
        has_answered = probabilities is not None
        return SplitResult(probabilities, failure, time.perf_counter() - start)
    finally:
        pool.release(worker, has_answered)


def _coarse(timeout_s: float) -> float:
    """A limit rounded up to a power of two.

    What is left of an attempt's time tells how long its earlier splits took, to the millisecond, and by taking its
    time a program could tell a later split what it has seen. The exact limit is the parent's affair.
    """
    return float(2.0 ** math.ceil(math.log2(min(timeout_s, _LONGEST_LIMIT_S))))


def _hand_over(worker: Worker, job: SplitJob) -> None:
    """Send the job. Up to the receipt no foreign code has run: whatever goes wrong is the machinery's fault."""
    deadline = wire.Deadline(_HANDOVER_LIMIT_S)
    limits = _coarse(job.timeout_s), job.memory_mb
    received = wire.ReceivedJob(job.source, job.x_train, job.y_train, job.n_classes, job.seed, *limits, job.columns)
    try:
        wire.send_job(worker.sock, received, deadline)
        wire.expect_answer(worker.sock, wire.Answer.RECEIVED, (0, 0), 0, deadline)
    except (OSError, MemoryError) as error:
        raise MachineryFault(f"a worker did not take its job: {type(error).__name__}: {error}") from None


def _converse(pool: ZygotePool, worker: Worker, job: SplitJob) -> tuple[NDArray | None, Failure | None]:
    deadline = wire.Deadline(job.timeout_s)
    shape = (len(job.x_eval), job.n_classes)
    n_lines = job.source.count("\n") + 1
    try:
        answer = wire.expect_answer(worker.sock, wire.Answer.BUILT, shape, n_lines, deadline)
        if answer is None:
            wire.send_evaluation_rows(worker.sock, job.x_eval, deadline)
            answer = wire.expect_answer(worker.sock, wire.Answer.PREDICTIONS, shape, n_lines, deadline)
    except MemoryError:
        raise MachineryFault("this process has no memory left for the answer of a program") from None
    except wire.DeadlineExceeded:
        if _only_outsiders_send_signals(pool) and worker.is_stopped():
            raise MachineryFault("a worker was stopped from outside") from None
        return None, timeout_failure(job.timeout_s)
    except wire.ProtocolViolation:
        return None, Failure("forbidden", "the program interfered with the sandbox instead of returning a model")
    except wire.Disconnected:
        status, peak_bytes = pool.exit_status(worker)
        if status == -signal.SIGKILL and _only_outsiders_send_signals(pool):
            if peak_bytes > job.memory_mb << 19:
                return None, Failure("memory", "MemoryError: the system had no more memory for the program")
            raise MachineryFault("a worker was killed from outside: is memory short? Then lower memory_mb") from None
        return None, _failure_of_death(status, job.timeout_s)
    if isinstance(answer, Failure):
        return None, answer
    assert answer is not None
    checked = check_probabilities(answer)
    return (None, checked) if isinstance(checked, Failure) else (checked, None)


def _only_outsiders_send_signals(pool: ZygotePool) -> bool:
    """Whether no program can stop or kill itself, so that a stopped or killed worker is no doing of its program."""
    return pool.report()["seccomp"] == ACTIVE


def timeout_failure(limit_s: float) -> Failure:
    """The failure of an attempt that took longer than ``limit_s`` seconds."""
    return Failure("timeout", f"TimeoutError: timed out after {limit_s:g} s")


def _failure_of_death(status: int, timeout_s: float) -> Failure:
    if status == -signal.SIGXCPU:
        return timeout_failure(timeout_s)
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return Failure("killed", f"the process died ({name}) before it returned predictions")
    return Failure("killed", "the process ended before it returned predictions")


_SANDBOXES: weakref.WeakSet[ForkServerSandbox] = weakref.WeakSet()
_interpreter_ends = threading.Event()


def _close_all() -> None:
    for sandbox in list(_SANDBOXES):
        sandbox._end()


def _end_jobs_of_threads() -> None:
    """When the main thread has ended: the interpreter waits for the other threads, and they for their programs."""
    _interpreter_ends.set()
    _close_all()


def _forget_all() -> None:
    for sandbox in list(_SANDBOXES):
        sandbox._forget_after_fork()


atexit.register(_close_all)
if hasattr(threading, "_register_atexit"):  # private, but thread pools are ended in no other way either
    threading._register_atexit(_end_jobs_of_threads)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
