"""The zygote: a clean process that imports the libraries once and forks workers, but never reads a job.

It is started by exec, so it inherits nothing of the parent's memory; it stays single-threaded, since a fork carries
over one thread only (a forked OpenMP pool hangs). Each fork gets one end of a socket pair, the parent the other.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Collection
from typing import NoReturn

from ds_gym.sandbox import child, confine, memory, namespaces, preload
from ds_gym.sandbox.control import MAX_TEXT_BYTES, NOTICE, REQUEST, Notice, Request
from ds_gym.sandbox.strays import ProcessTable

_EXIT_GRACE_S = 0.2
_MAX_ROUNDS = 100
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
_POLL_MS = 5
_QUIET_S = 0.004
_MAX_PARKED = 8
_MAX_WARMING = max(1, confine.usable_processors() // 2)
"""Workers that get ready at the same time; the other processors are for those that run programs."""
_ARENAS_BYTES = 64 << 20


class Zygote:
    """Serves requests until the parent closes the control socket."""

    def __init__(
        self, control: socket.socket, first_own_user: int, namespaces_state: str, without: Collection[str]
    ) -> None:
        """Be prepared.

        Args:
            control: the other end is the parent's.
            first_own_user: see :class:`ds_gym.sandbox.confine.Confinement`.
            namespaces_state: of the layer: "active" or "missing: why".
            without: layers not to put on.
        """
        self._control = control
        self._pid = os.getpid()
        self._workers: set[int] = set()
        self._dying: set[int] = set()
        self._warming: set[int] = set()
        self._parked: deque[int] = deque()
        self._n_owed = 0
        self._n_urgent = 0
        self._last_request = 0.0
        self._events = select.poll()
        self._events.register(control, select.POLLIN)
        self._serial = 0
        self._space = 0
        self._resident = 0
        self._namespaces_state = namespaces_state
        self._without = without
        self._confinement = confine.Confinement(first_own_user)

    def start(self) -> None:
        """Load everything and tell the parent which layers of confinement work, and what they forbid."""
        self._arenas = memory.reserve_arenas(_ARENAS_BYTES)
        preload.preload()
        confine.protect_zygote()
        confine.redirect_standard_streams()
        child.silence()
        preload.seal_imports()
        self._confinement = confine.Confinement.prepare(
            self._confinement.first_own_user, self._namespaces_state == confine.ACTIVE, self._without
        )
        self._space, self._resident = confine.memory_bytes()
        self._processes = ProcessTable()
        gc.collect()
        gc.freeze()  # forks share these pages for as long as nothing writes to them
        memory.collapse_into_huge_pages()
        if self._namespaces_state == confine.ACTIVE:
            with contextlib.suppress(OSError):  # a wrapper that made the namespaces may have kept the right to do so
                namespaces.leave_files_behind()
        try:
            report = child.probe(self._confinement, self._pid)
        except OSError:
            self._confinement = self._confinement.without_seccomp("a fit under the filter failed")
            report = child.probe(self._confinement, self._pid)
        report = {"namespaces": self._namespaces_state, **report}
        self._tell_text(Notice.HELLO, "\n".join(f"{name}\t{state}" for name, state in report.items()))

    def serve(self) -> None:
        """Answer requests, one after another; kill what is parked and fork what is owed in moments without any."""
        while True:
            while self._n_urgent:
                self._n_urgent -= 1
                self._n_owed -= 1
                self._fork(warm=False)
            is_quiet = time.monotonic() - self._last_request > _QUIET_S
            while self._parked and (is_quiet or len(self._parked) > _MAX_PARKED):
                self._release(self._parked.popleft())
            if is_quiet and self._n_owed and len(self._warming) < _MAX_WARMING:
                self._n_owed -= 1
                self._fork(warm=True)
            is_idle = not (self._dying or self._parked or self._n_owed)
            for descriptor, _ in self._events.poll(None if is_idle else _POLL_MS):
                if descriptor in self._warming:
                    self._warming.discard(descriptor)
                    self._events.unregister(descriptor)
                    os.close(descriptor)
                elif not self._answer_request():
                    return
            self._reap()

    def _answer_request(self) -> bool:
        """False at the end."""
        data = self._control.recv(REQUEST.size, socket.MSG_WAITALL)
        if len(data) < REQUEST.size:
            return False
        self._last_request = time.monotonic()
        what, number = REQUEST.unpack(data)
        if what == Request.FORK:
            self._n_owed += number
        elif what == Request.HURRY:
            self._n_urgent += min(number, self._n_owed - self._n_urgent)
        elif what == Request.PARK:
            self._park(number)
        elif what == Request.RELEASE:
            self._release(number)
        elif what == Request.STATUS:
            self._control.sendall(NOTICE.pack(Notice.STATUS.value, number, *self._status(number)))
        return True

    def tell_fault(self, text: str) -> None:
        """Tell the parent why this process ends."""
        self._tell_text(Notice.FAULT, text)

    def kill_workers(self) -> None:
        """Leave none behind."""
        for pid in list(self._workers):
            self._release(pid)
        for pid in self._dying:
            os.waitpid(pid, 0)

    def _tell_text(self, notice: Notice, text: str) -> None:
        data = text.encode("utf-8", "replace")[:MAX_TEXT_BYTES]
        self._control.sendall(NOTICE.pack(notice.value, 0, len(data), 0) + data)

    def _fork(self, warm: bool) -> None:
        parent_end, worker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        is_warm, warming = os.pipe() if warm else (None, None)
        self._serial = (self._serial + 1) % namespaces.OWN_USERS
        pid = os.fork()
        if pid == 0:
            child.run_worker(
                worker_end,
                warming,
                confinement=self._confinement,
                zygote_pid=self._pid,
                serial=self._serial,
                space=self._space,
            )
        self._workers.add(pid)
        worker_end.close()
        if is_warm is not None and warming is not None:
            os.close(warming)
            self._warming.add(is_warm)
            self._events.register(is_warm, select.POLLIN)
        descriptors = [parent_end.detach(), *_open_pidfd(pid)]
        socket.send_fds(self._control, [NOTICE.pack(Notice.WORKER.value, pid, 0, 0)], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def _park(self, pid: int) -> None:
        """Stop a worker that has answered, so that nothing of it runs any more, and keep it for a quiet moment."""
        if self._confinement.filter_program is None:  # what it has started runs on
            self._release(pid)
        elif pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
            self._parked.append(pid)

    def _release(self, pid: int) -> None:
        """Kill a worker with all that it may have started."""
        if pid in self._workers:
            self._workers.discard(pid)
            self._dying.add(pid)
            _kill(pid)
        if self._confinement.filter_program is None:  # else no worker can start a process
            self._reap(wait=True)
            self._kill_strays()

    def _reap(self, wait: bool = False) -> None:
        """Ask for the end of workers that were killed; taking down their memory takes them a while."""
        for pid in list(self._dying):
            if os.waitpid(pid, 0 if wait else os.WNOHANG)[0]:
                self._dying.discard(pid)

    def _kill_strays(self) -> None:
        """Kill what dead workers have started: this process inherits it, and what it has started in turn."""
        for _ in range(_MAX_ROUNDS):
            strays = self._processes.children() - self._workers
            if not strays:
                return
            for pid in strays:
                _kill(pid)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _status(self, pid: int) -> tuple[int, int]:
        """How a worker that closed its socket ended.

        Returns:
            Exit status, negative for a signal, 255 if it has not ended; and the bytes of memory that it took at its
            peak, those that all have in common not counted.
        """
        if pid not in self._workers:
            return 255, 0
        end = time.monotonic() + _EXIT_GRACE_S
        while time.monotonic() < end:
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                self._workers.discard(pid)
                return os.waitstatus_to_exitcode(status), max(usage.ru_maxrss * _MAXRSS_UNIT - self._resident, 0)
            time.sleep(0.001)
        self._release(pid)
        return 255, 0


def _kill(pid: int) -> None:
    """Kill a child and its group (which is missing until the child has made its session)."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _open_pidfd(pid: int) -> list[int]:
    """A descriptor of a process, by which the parent can kill it although it may know it by another number."""
    try:
        return [os.pidfd_open(pid)]
    except (AttributeError, OSError):
        return []


def main(control_descriptor: int, first_own_user: int, namespaces_state: str, without: Collection[str]) -> NoReturn:
    """Be the zygote; for the arguments see :class:`Zygote`."""
    status = 0
    try:
        zygote = Zygote(socket.socket(fileno=control_descriptor), first_own_user, namespaces_state, without)
        try:
            zygote.start()
            zygote.serve()
        except ConnectionError:
            pass
        except BaseException as error:
            status = 1
            zygote.tell_fault(f"{type(error).__name__}: {error}")
        finally:
            zygote.kill_workers()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    finally:
        os._exit(status)
