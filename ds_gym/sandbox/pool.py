"""The parent's side of the zygote: starting it, taking workers from it, giving them back."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ds_gym.failures import SandboxError
from ds_gym.sandbox import launch
from ds_gym.sandbox.confine import usable_processors
from ds_gym.sandbox.control import MAX_TEXT_BYTES, NOTICE, REQUEST, Notice, Request

_N_IDLE_WHEN_BUSY = usable_processors()
_START_LIMIT_S = 120.0
_WORKER_LIMIT_S = 60.0
_STATUS_LIMIT_S = 10.0
_END_LIMIT_S = 2.0
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class MachineryFault(Exception):
    """The zygote or a worker failed before, or independently of, the program."""


class InsufficientProtection(MachineryFault):
    """The layers of confinement that work here are fewer than what was asked for."""


@dataclass(frozen=True)
class ZygoteSettings:
    """How a zygote is started, and what it must offer.

    Attributes:
        n_idle: workers kept forked and warm.
        without: layers of confinement that are not put on (of ``confine.OPTIONAL_LAYERS``).
        bubblewrap: whether ``bwrap`` makes the namespaces.
        find_fault: what is wrong with a report of layers and acts, or None; a zygote with a fault is refused.
    """

    n_idle: int
    without: tuple[str, ...] = ()
    bubblewrap: bool = False
    find_fault: Callable[[dict[str, str]], str | None] = lambda report: None


@dataclass
class Worker:
    """A process that waits for one job.

    Attributes:
        pid: its number in the zygote's namespace of processes; not used again before the zygote has reaped it.
        sock: its job socket.
        pidfd: a descriptor of the process, or None where the system has no such thing.
    """

    pid: int
    sock: socket.socket
    pidfd: int | None

    def kill(self) -> None:
        """Kill it at once, without waiting for the zygote to do so."""
        if self.pidfd is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def is_stopped(self) -> bool:
        """Whether somebody stopped it, by SIGSTOP for example (Linux; False where that cannot be found out)."""
        try:
            description = Path(f"/proc/self/fdinfo/{self.pidfd}").read_text()
            pid = next(line.split()[1] for line in description.splitlines() if line.startswith("Pid:"))
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"T", "t"}
        except (OSError, StopIteration, IndexError):
            return False

    def close(self) -> None:
        """Give back the descriptors."""
        self.sock.close()
        if self.pidfd is not None:
            with contextlib.suppress(OSError):
                os.close(self.pidfd)
            self.pidfd = None


class ZygotePool:
    """One zygote and its idle workers. Thread-safe; of no use any more after a :class:`MachineryFault` that says so.

    A thread of its own starts the zygote and listens to it for as long as it lives: the kernel kills a process that
    asked for it when the very thread ends that started it.
    """

    def __init__(self, settings: ZygoteSettings) -> None:
        self._settings = settings
        self._owner = os.getpid()
        self._changed = threading.Condition()
        self._send_lock = threading.Lock()
        self._idle: deque[Worker] = deque()
        self._n_ordered = settings.n_idle
        self._n_urgent = 0
        self._statuses: dict[int, tuple[int, int]] = {}
        self._report: dict[str, str] | None = None
        self._fault: str | None = None
        self._insufficient = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control, self._zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._request(Request.FORK, settings.n_idle)
        self._thread = threading.Thread(target=self._listen, name="ds-gym-sandbox", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._close_descriptors()
            raise

    @property
    def usable(self) -> bool:
        """Whether the zygote is there, as far as is known, and belongs to this process."""
        return self._fault is None and self._owner == os.getpid()

    def report(self) -> dict[str, str]:
        """Layers and acts with their states (see ``child.probe``), once the zygote has started.

        Raises:
            InsufficientProtection: it is not what the settings ask for.
            MachineryFault: it does not start.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._report is not None or self._fault is not None, _START_LIMIT_S)
            if self._insufficient:
                raise InsufficientProtection(self._fault)
            if self._report is None:
                raise MachineryFault(self._fault or f"the sandbox did not start within {_START_LIMIT_S:g} s")
            return dict(self._report)

    def take(self) -> Worker:
        """A worker, the longest idle one.

        Raises:
            MachineryFault: none came in time, or the zygote has died.
        """
        self.report()
        self._hurry()
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._fault is not None, _WORKER_LIMIT_S)
            if self._fault is not None:
                raise MachineryFault(self._fault)
            if not self._idle:
                raise MachineryFault(f"no worker within {_WORKER_LIMIT_S:g} s")
            worker = self._idle.popleft()
            self._n_ordered += 1
        self._request(Request.FORK, 1)
        self._hurry()
        return worker

    def exit_status(self, worker: Worker) -> tuple[int, int]:
        """How a worker that closed its socket ended.

        Returns:
            Exit status, negative for a signal, 255 where it had not ended; and about the bytes of memory that the
            program took at its peak.

        Raises:
            MachineryFault: the zygote has died, which is then why the worker did.
        """
        self._request(Request.STATUS, worker.pid)
        with self._changed:
            self._changed.wait_for(lambda: worker.pid in self._statuses or self._fault is not None, _STATUS_LIMIT_S)
            if worker.pid not in self._statuses:
                raise MachineryFault(self._fault or "the zygote does not answer")
            return self._statuses.pop(worker.pid)

    def release(self, worker: Worker, has_answered: bool) -> None:
        """Give a worker back, which never runs again.

        Args:
            worker: what :meth:`take` gave.
            has_answered: whether it is done. It is then only stopped at once, and killed, with all that it started, in
                the next moment without requests: to take down its memory while the next program runs would slow that.
        """
        if not has_answered:
            worker.kill()
        worker.close()
        with contextlib.suppress(MachineryFault):
            self._request(Request.PARK if has_answered else Request.RELEASE, worker.pid)

    def abandon(self) -> None:
        """Let the zygote end, without waiting for it."""
        if self._owner == os.getpid():
            self._fail("the sandbox was abandoned")

    def close(self) -> None:
        """Kill the zygote, and with it its workers. In a fork of the owner: only give back the descriptors."""
        if self._owner == os.getpid():
            self._fail("the sandbox was closed")
            self._thread.join(3 * _END_LIMIT_S)  # it gives back the descriptors too
            return
        if self._process is not None:
            self._process.returncode = 0  # not this process's child: nothing to wait for or to warn of
        self._close_descriptors()

    def _hurry(self) -> None:
        """Let some of the ordered workers come at once, if hardly one is left for a program that may come next."""
        with self._changed:
            n_missing = min(_N_IDLE_WHEN_BUSY - len(self._idle) - self._n_urgent, self._n_ordered - self._n_urgent)
            if n_missing <= 0:
                return
            self._n_urgent += n_missing
        self._request(Request.HURRY, n_missing)

    def _request(self, what: Request, number: int) -> None:
        try:
            with self._send_lock:
                self._control.sendall(REQUEST.pack(what.value, number))
        except OSError as error:
            raise MachineryFault(self._fault or f"the zygote is gone: {error.strerror}") from None

    def _fail(self, why: str) -> None:
        with self._changed:
            self._fault = self._fault or why
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        """Body of the pool's thread."""
        try:
            with launch.file_for_errors() as errors:
                try:
                    self._process = launch.start_zygote(
                        self._zygote_end,
                        errors,
                        without=self._settings.without,
                        in_bubblewrap=self._settings.bubblewrap,
                    )
                    self._zygote_end.close()
                    while self._fault is None and self._handle_notice():
                        pass
                except (OSError, SandboxError) as error:
                    self._fail(launch.last_words(errors) or f"the zygote does not start or is gone: {error}")
                else:
                    self._fail(launch.last_words(errors) or "the zygote has died")
        finally:
            self._fail("the sandbox's thread has ended")
            self._end_process()
            with self._send_lock, self._changed:
                self._close_descriptors()

    def _close_descriptors(self) -> None:
        for sock in (self._control, self._zygote_end):
            with contextlib.suppress(OSError):
                sock.close()
        for worker in self._idle:
            worker.close()
        self._idle.clear()

    def _end_process(self) -> None:
        """Wait for the zygote, which kills its workers once the socket is closed; it has none while it still starts."""
        if self._process is None:
            return
        try:
            self._process.wait(_END_LIMIT_S if self._report is not None else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _handle_notice(self) -> bool:
        """Receive one notice; False at the end."""
        data, descriptors, _, _ = socket.recv_fds(self._control, NOTICE.size, 2, _CLOSE_ON_EXEC)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        if len(data) < NOTICE.size:
            return False
        what, pid, value, peak_bytes = NOTICE.unpack(data)
        if what in (Notice.HELLO, Notice.FAULT):
            n_bytes = min(max(value, 0), MAX_TEXT_BYTES)
            text = self._control.recv(n_bytes, socket.MSG_WAITALL).decode("utf-8", "replace") if n_bytes else ""
            if what == Notice.FAULT:
                self._fail(f"the zygote failed: {text}")
                return False
            return self._accept(dict(line.split("\t", 1) for line in text.splitlines()))
        with self._changed:
            if what == Notice.WORKER:
                if not descriptors:
                    self._fail("this process has no descriptor left for a worker's socket")
                    return False
                self._n_ordered -= 1
                self._n_urgent = max(self._n_urgent - 1, 0)
                job_socket, *pidfd = descriptors
                self._idle.append(Worker(pid, socket.socket(fileno=job_socket), pidfd[0] if pidfd else None))
            elif what == Notice.STATUS:
                self._statuses[pid] = value, peak_bytes
            self._changed.notify_all()
        return True

    def _accept(self, report: dict[str, str]) -> bool:
        """Take notice of what holds; False if that is too little."""
        fault = self._settings.find_fault(report)
        with self._changed:
            self._insufficient = fault is not None
            self._report = report
            self._changed.notify_all()
        if fault is not None:
            self._fail(fault)
        return fault is None
