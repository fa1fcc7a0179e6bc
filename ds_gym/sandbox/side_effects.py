"""What an attack may leave behind: files, connections, shared memory, processes. Attacks aim at the places watched."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import socket
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

PORT = 47999
"""TCP and UDP port of 127.0.0.1 that attacks try to reach."""
ABSTRACT_SOCKET = "\0dsgym_listener"
SHARED_MEMORY_KEY = 0x5D5C
CANARY = Path("/tmp/dsgym_canary")
"""A file that attacks try to change."""
FILE_PATTERNS = (
    "/tmp/dsgym_pwned*",
    "/tmp/dsgym_memo*",
    "/var/tmp/dsgym*",
    "/dev/shm/dsgym*",
    "/dev/mqueue/dsgym*",
    "/run/dsgym*",
)

_CANARY_TEXT = "tweet\n"
_PORT_WAIT_S = 600.0
_SETTLE_S = 5.0
_POLL_S = 0.05
_OWN_USERS_FROM = 0x7000_0000
_IPC_RMID = 0


class Watch:
    """A context manager that notes what is left behind while it is open: see :meth:`findings`.

    The port is fixed, so only one watch can be open on a machine; a second one waits for it.

    Raises:
        OSError: on entering: the port stays taken, or the canary cannot be written.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._contacts: list[str] = []
        self._closing = threading.Event()
        self._files: dict[str, tuple[int, ...]] = {}
        self._home: set[str] = set()
        self._processes: set[tuple[int, int]] = set()

    def __enter__(self) -> Watch:
        with self._stack as stack:
            self._listen("a TCP connection", _bind_tcp())
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", PORT))
            self._listen("a UDP datagram", udp)
            if sys.platform.startswith("linux"):
                local = stack.enter_context(socket.socket(socket.AF_UNIX))
                local.bind(ABSTRACT_SOCKET)
                local.listen()
                self._listen("a connection to an abstract socket", local)
            self._remove_files()
            _remove_shared_memory()
            CANARY.write_text(_CANARY_TEXT)
            stack.callback(self._remove_files)
            stack.callback(CANARY.unlink, missing_ok=True)
            self._home = _home_entries()
            self._processes = {(pid, process.started) for pid, process in _all_processes().items()}
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def findings(self) -> list[str]:
        """What has been left behind so far; processes that are about to end are waited for.

        To be called after the sandbox was closed: its own processes count as left behind.
        """
        end = time.monotonic() + _SETTLE_S
        while (strays := self._strays()) and time.monotonic() < end:
            time.sleep(_POLL_S)
        found = [*self._contacts]
        found += [f"the file {name}" for pattern in FILE_PATTERNS for name in sorted(glob.glob(pattern))]
        found += [f"the file {name} in the home folder" for name in sorted(_home_entries() - self._home)]
        if not CANARY.is_file() or CANARY.read_text(errors="replace") != _CANARY_TEXT:
            found.append(f"{CANARY} was changed")
        if _shared_memory() >= 0:
            found.append(f"System V shared memory with the key {SHARED_MEMORY_KEY:#x}")
        return found + [f"the process {description}" for description in strays]

    def _remove_files(self) -> None:
        """Remove what attacks of this or an earlier run have made."""
        for pattern in FILE_PATTERNS:
            for name in glob.glob(pattern):
                with contextlib.suppress(OSError):
                    os.rmdir(name) if os.path.isdir(name) and not os.path.islink(name) else os.unlink(name)

    def _listen(self, what: str, listener: socket.socket) -> None:
        listener.settimeout(_POLL_S)
        thread = threading.Thread(target=self._note_contacts, args=(what, listener), daemon=True)
        thread.start()
        self._stack.callback(self._end_listening, thread, listener)

    def _end_listening(self, thread: threading.Thread, listener: socket.socket) -> None:
        self._closing.set()
        thread.join()
        listener.close()

    def _note_contacts(self, what: str, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                if listener.type == socket.SOCK_DGRAM:
                    listener.recvfrom(1)
                else:
                    listener.accept()[0].close()
            except TimeoutError:
                continue
            except OSError:
                return
            self._contacts.append(what)

    def _strays(self) -> list[str]:
        """New processes that a sandbox of this process has started, by descent, arguments, user or environment."""
        processes = _all_processes()
        children: dict[int, list[int]] = {}
        for pid, process in processes.items():
            children.setdefault(process.parent, []).append(pid)
        descendants: set[int] = set()
        pending = [os.getpid()]
        while pending:
            below = [pid for pid in children.get(pending.pop(), []) if pid not in descendants]
            descendants.update(below)
            pending += below
        return [
            str(process)
            for pid, process in sorted(processes.items())
            if (pid, process.started) not in self._processes and (pid in descendants or process.is_of_a_sandbox())
        ]


class _Process:
    """What /proc says of a process."""

    def __init__(self, pid: int) -> None:
        directory = Path("/proc", str(pid))
        stat = (directory / "stat").read_text(errors="replace")
        fields = stat.rpartition(")")[2].split()
        self.pid, self.parent, self.started = pid, int(fields[1]), int(fields[19])
        status = (directory / "status").read_text(errors="replace")
        self.user = int(status.partition("\nUid:")[2].split()[0])
        self.command_line = (directory / "cmdline").read_bytes()

    def __str__(self) -> str:
        words = self.command_line.replace(b"\0", b" ").decode(errors="replace")
        return f"{self.pid} ({words.strip()[:80]})"

    def is_of_a_sandbox(self) -> bool:
        """Whether it is a zygote or a worker of this process, or was started by a worker."""
        arguments = self.command_line.split(b"\0")
        if any(argument.endswith(b"sandbox/bootstrap.py") for argument in arguments):
            return str(os.getpid()).encode() in arguments  # others may run a sandbox too
        with contextlib.suppress(OSError):
            environment = Path("/proc", str(self.pid), "environ").read_bytes().split(b"\0")
            if b"HOME=/nonexistent" in environment and b"PYTHONHASHSEED=0" in environment:
                return True
        return self.user >= _OWN_USERS_FROM


def _all_processes() -> dict[int, _Process]:
    """All that run; none where there is no /proc. What has no arguments is ending, or is a thread of the kernel."""
    processes = {}
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return {}
    for pid in pids:
        with contextlib.suppress(OSError, IndexError, ValueError):
            process = _Process(pid)
            if process.command_line:
                processes[pid] = process
    return processes


def _bind_tcp() -> socket.socket:
    """The listener; that the port can be had once only makes it a lock between watches."""
    end = time.monotonic() + _PORT_WAIT_S
    while True:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", PORT))
            listener.listen()
            return listener
        except OSError as error:
            listener.close()
            if time.monotonic() > end:
                raise OSError(
                    error.errno,
                    f"cannot listen on 127.0.0.1:{PORT} ({error.strerror}): another run of the corpus may go on; "
                    "wait for its end",
                ) from None
            time.sleep(_POLL_S)


def _home_entries() -> set[str]:
    try:
        return set(os.listdir(Path.home()))
    except (OSError, RuntimeError):
        return set()


def _shared_memory() -> int:
    """Identifier of the System V segment that attacks make, or -1."""
    if not sys.platform.startswith("linux"):
        return -1
    return int(ctypes.CDLL(None).shmget(SHARED_MEMORY_KEY, 0, 0))


def _remove_shared_memory() -> None:
    """Remove the segment that an earlier run has left."""
    identifier = _shared_memory()
    if identifier >= 0:
        ctypes.CDLL(None).shmctl(identifier, _IPC_RMID, None)


__all__ = ["ABSTRACT_SOCKET", "CANARY", "FILE_PATTERNS", "PORT", "SHARED_MEMORY_KEY", "Watch"]
