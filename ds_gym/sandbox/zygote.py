"""The zygote: a clean process that imports the libraries once and forks workers, but never reads a job.

It is started by exec, so it inherits nothing of the parent's memory; it stays single-threaded, since a fork carries
over one thread only (a forked OpenMP pool hangs). Each fork gets one end of a socket pair, the parent the other.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from typing import NoReturn

from ds_gym.sandbox import child, confine, preload
from ds_gym.sandbox.control import MAX_TEXT_BYTES, NOTICE, REQUEST, Notice, Request

_EXIT_GRACE_S = 0.2
_MAX_ROUNDS = 100


class Zygote:
    """Serves requests until the parent closes the control socket."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pid = os.getpid()
        self._workers: set[int] = set()
        self._confinement = confine.Confinement()
        self._space = 0

    def start(self) -> None:
        """Load everything and tell the parent which layers of confinement work."""
        preload.preload()
        confine.protect_zygote()
        confine.redirect_standard_streams()
        child.silence()
        preload.seal_imports()
        self._confinement = confine.Confinement.prepare()
        self._space = confine.address_space_bytes()
        gc.collect()
        gc.freeze()  # forks share these pages for as long as nothing writes to them
        try:
            layers = child.probe(self._confinement, self._pid)
        except OSError:
            self._confinement = self._confinement.without_seccomp("a fit under the filter failed")
            layers = child.probe(self._confinement, self._pid)
        self._tell_text(Notice.HELLO, "\n".join(f"{layer}\t{state}" for layer, state in layers.items()))

    def serve(self) -> None:
        """Answer requests, one after another."""
        while True:
            data = self._control.recv(REQUEST.size, socket.MSG_WAITALL)
            if len(data) < REQUEST.size:
                return
            what, number = REQUEST.unpack(data)
            if what == Request.FORK:
                for _ in range(number):
                    self._fork()
            elif what == Request.RELEASE:
                self._release(number)
            elif what == Request.STATUS:
                self._control.sendall(NOTICE.pack(Notice.STATUS.value, number, self._status(number)))

    def tell_fault(self, text: str) -> None:
        """Tell the parent why this process ends."""
        self._tell_text(Notice.FAULT, text)

    def kill_workers(self) -> None:
        """Leave none behind."""
        for pid in list(self._workers):
            self._release(pid)

    def _tell_text(self, notice: Notice, text: str) -> None:
        data = text.encode("utf-8", "replace")[:MAX_TEXT_BYTES]
        self._control.sendall(NOTICE.pack(notice.value, 0, len(data)) + data)

    def _fork(self) -> None:
        parent_end, worker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        pid = os.fork()
        if pid == 0:
            child.run_worker(worker_end, self._confinement, self._pid, self._space)
        self._workers.add(pid)
        worker_end.close()
        socket.send_fds(self._control, [NOTICE.pack(Notice.WORKER.value, pid, 0)], [parent_end.fileno()])
        parent_end.close()

    def _release(self, pid: int) -> None:
        """Kill a worker with all that it may have started, and reap it."""
        if pid in self._workers:
            self._workers.discard(pid)
            _kill(pid)
        if self._confinement.filter_program is None:  # else no worker can start a process
            self._kill_strays()

    def _kill_strays(self) -> None:
        """Kill what dead workers have started: this process inherits it, and what it has started in turn."""
        for _ in range(_MAX_ROUNDS):
            strays = confine.children_of_this_process() - self._workers
            if not strays:
                return
            for pid in strays:
                _kill(pid)

    def _status(self, pid: int) -> int:
        """How a worker that closed its socket ended: exit status, negative for a signal, 255 if it has not ended."""
        if pid not in self._workers:
            return 255
        end = time.monotonic() + _EXIT_GRACE_S
        while time.monotonic() < end:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._workers.discard(pid)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.001)
        self._release(pid)
        return 255


def _kill(pid: int) -> None:
    """Kill and reap a child and its group (which is missing until the child has made its session)."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def main(control_descriptor: int, parent_pid: int) -> NoReturn:
    """Be the zygote of the process ``parent_pid``."""
    status = 0
    try:
        with contextlib.suppress(OSError):  # elsewhere than on Linux the closed control socket has to do
            confine.die_with_parent(parent_pid)
        zygote = Zygote(socket.socket(fileno=control_descriptor))
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
