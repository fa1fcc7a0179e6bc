"""What the start-up self-test tries in a real worker, under all layers, as a hostile program would."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import socket
import sys
from collections.abc import Callable

from ds_gym.sandbox import confine

DENIED, ALLOWED = "denied", "ALLOWED"

_X86_64 = {
    "process_vm_readv": 310, "keyctl": 250, "io_uring_setup": 425, "bpf": 321, "perf_event_open": 298,
    "userfaultfd": 323, "pidfd_open": 434,
}  # fmt: skip
_AARCH64 = {
    "process_vm_readv": 270, "keyctl": 219, "io_uring_setup": 425, "bpf": 280, "perf_event_open": 241,
    "userfaultfd": 282, "pidfd_open": 434,
}  # fmt: skip
_NUMBERS = {"x86_64": _X86_64, "aarch64": _AARCH64}
_PTRACE_SEIZE, _PTRACE_DETACH = 0x4206, 17
_IPC_PRIVATE, _IPC_REMOVE = 0, 0
_SESSION_KEYRING = -3
_NEW_USERS = 0x10000000
_OUTSIDE_PATH = "/tmp/ds-gym-self-test"


def _call(function: str, *arguments: object) -> int:
    """Call a function of the C library; OSError if it says -1."""
    result = getattr(confine.libc(), function)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(result)


def _system_call(name: str, *arguments: object) -> int:
    number = _NUMBERS[platform.machine()][name]
    return _call("syscall", ctypes.c_long(number), *arguments)


def _read_a_file() -> None:
    os.close(os.open(os.__file__, os.O_RDONLY))


def _list_a_directory() -> None:
    os.listdir(os.path.dirname(os.__file__))


def _write_a_file() -> None:
    os.close(os.open(_OUTSIDE_PATH, os.O_WRONLY | os.O_CREAT, 0o600))
    os.unlink(_OUTSIDE_PATH)


def _make_a_link() -> None:
    os.symlink("/", _OUTSIDE_PATH)
    os.unlink(_OUTSIDE_PATH)


def _make_a_memory_file() -> None:
    os.close(os.memfd_create("self-test"))


def _change_a_mode() -> None:
    os.chmod(os.devnull, 0o666)


def _change_times() -> None:
    os.utime(os.devnull)


def _start_a_process() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _open_a_network_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _open_a_local_socket() -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()


def _signal_its_parent() -> None:
    os.kill(os.getppid(), 0)


def _hold_its_parent() -> None:
    os.close(_system_call("pidfd_open", ctypes.c_int(os.getppid()), ctypes.c_uint(0)))


def _trace_its_parent() -> None:
    pid = ctypes.c_long(os.getppid())
    _call("ptrace", ctypes.c_long(_PTRACE_SEIZE), pid, None, None)
    _call("ptrace", ctypes.c_long(_PTRACE_DETACH), pid, None, None)


def _read_its_parents_memory() -> None:
    here = ctypes.create_string_buffer(8)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(here), 8)
    remote = (ctypes.c_size_t * 2)(id(None), 8)  # a fork has its objects where its parent has them
    one, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
    _system_call("process_vm_readv", ctypes.c_int(os.getppid()), local, one, remote, one, none)


def _raise_its_limits() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))


def _become_root() -> None:
    os.setuid(0)


def _use_shared_memory() -> None:
    _call("shmctl", _call("shmget", _IPC_PRIVATE, ctypes.c_size_t(4096), 0o600), _IPC_REMOVE, None)


def _use_a_message_queue() -> None:
    _call("msgctl", _call("msgget", _IPC_PRIVATE, 0o600), _IPC_REMOVE, None)


def _use_keyrings() -> None:
    _system_call("keyctl", ctypes.c_int(0), ctypes.c_int(_SESSION_KEYRING), ctypes.c_int(1))


def _make_namespaces() -> None:
    _call("unshare", _NEW_USERS)


def _mount() -> None:
    _call("mount", b"none", b"/", b"tmpfs", ctypes.c_ulong(0), None)


def _change_root() -> None:
    os.chroot("/")


def _use_io_uring() -> None:
    os.close(_system_call("io_uring_setup", ctypes.c_uint(1), ctypes.create_string_buffer(120)))


def _use_bpf() -> None:
    array_map = (ctypes.c_uint32 * 16)(2, 4, 4, 1)  # type, bytes of a key, bytes of a value, entries
    os.close(_system_call("bpf", ctypes.c_int(0), array_map, ctypes.c_uint(ctypes.sizeof(array_map))))


def _watch_performance_events() -> None:
    attributes = (ctypes.c_uint32 * 32)(1, 128)  # a software event, bytes of this structure
    anybody, nothing = ctypes.c_int(0), ctypes.c_int(-1)
    os.close(_system_call("perf_event_open", attributes, anybody, nothing, nothing, ctypes.c_ulong(0)))


def _handle_page_faults() -> None:
    os.close(_system_call("userfaultfd", ctypes.c_int(1)))


def _run_a_program() -> None:
    os.execv(sys.executable, [sys.executable, "-c", ""])


_ACTIONS: dict[str, Callable[[], None]] = {
    "read a file": _read_a_file,
    "list a directory": _list_a_directory,
    "write a file": _write_a_file,
    "make a link": _make_a_link,
    "make a memory file": _make_a_memory_file,
    "change a mode": _change_a_mode,
    "change times": _change_times,
    "start a process": _start_a_process,
    "open a network socket": _open_a_network_socket,
    "open a local socket": _open_a_local_socket,
    "signal its parent": _signal_its_parent,
    "hold its parent": _hold_its_parent,
    "trace its parent": _trace_its_parent,
    "read its parent's memory": _read_its_parents_memory,
    "raise its limits": _raise_its_limits,
    "become root": _become_root,
    "use shared memory": _use_shared_memory,
    "use a message queue": _use_a_message_queue,
    "use keyrings": _use_keyrings,
    "make namespaces": _make_namespaces,
    "mount": _mount,
    "change root": _change_root,
    "use io_uring": _use_io_uring,
    "use bpf": _use_bpf,
    "watch performance events": _watch_performance_events,
    "handle page faults": _handle_page_faults,
    "run a program": _run_a_program,  # the last one: if it is allowed, nothing comes after it
}
ACTS: tuple[str, ...] = tuple(_ACTIONS)


def try_acts(tell: Callable[[str, str], None]) -> None:
    """Try every act in this process and ``tell`` its name and state; an act that ends the process is not told of."""
    with contextlib.suppress(OSError, ValueError):
        signal.signal(signal.SIGSYS, signal.SIG_IGN)
    for act, action in _ACTIONS.items():
        try:
            action()
            state = ALLOWED
        except Exception:  # whatever stops the act: an error number, or a function that this system lacks
            state = DENIED
        tell(act, state)


def complete(told: dict[str, str]) -> dict[str, str]:
    """All acts with their states; what was not told of counts as allowed."""
    return {act: told.get(act, ALLOWED) for act in ACTS}
