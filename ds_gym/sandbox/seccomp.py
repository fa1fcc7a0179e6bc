"""A system-call allow-list, as a classic BPF program (``man 2 seccomp``), for x86_64 and aarch64 Linux.

What a fit needs is memory, clocks, threads and the job's socket. Everything else is refused with an error number, not
with a signal, so that a program which tries it fails with an exception that it can read.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD_WORD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_BITS_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16
_X32_NUMBERS_FROM = 0x40000000
_CLONE_THREAD = 0x00010000
_CLONE_NEW_NAMESPACE = 0x7E020080
_ALLOWED_FCNTL = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
_ALLOWED_PRCTL = (15, 16, _PR_SET_SECCOMP)  # PR_SET_NAME, PR_GET_NAME, and one that can but add to the refusals
_RLIMIT_AS = 9
# NORMAL, RANDOM, SEQUENTIAL, DONTNEED, FREE, (NO)HUGEPAGE, DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK, GUARD_INSTALL and
# GUARD_REMOVE. Not those that move pages of library files into and out of the page cache, which all processes share.
_ALLOWED_ADVICE = (0, 1, 2, 4, 8, 14, 15, 16, 17, 18, 19, 102, 103)

# Names are ordered as on x86_64; a name missing in a table does not exist on that architecture.
_X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8,
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "ioctl": 16, "pread64": 17, "readv": 19, "writev": 20, "access": 21, "select": 23,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "dup2": 33, "nanosleep": 35, "getitimer": 36,
    "alarm": 37, "setitimer": 38, "getpid": 39, "sendto": 44, "recvfrom": 45, "clone": 56, "exit": 60, "wait4": 61,
    "uname": 63, "fcntl": 72, "getcwd": 79, "readlink": 89, "gettimeofday": 96, "getrusage": 98, "times": 100,
    "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131, "prctl": 157,
    "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "restart_syscall": 219,
    "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "openat": 257,
    "newfstatat": 262, "readlinkat": 267, "pselect6": 270, "ppoll": 271, "set_robust_list": 273, "dup3": 292,
    "prlimit64": 302, "getcpu": 309, "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334, "clone3": 435,
    "openat2": 437,
}  # fmt: skip
_AARCH64 = {
    "getcwd": 17, "dup": 23, "dup3": 24, "fcntl": 25, "ioctl": 29, "openat": 56, "close": 57, "lseek": 62,
    "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pselect6": 72, "ppoll": 73,
    "readlinkat": 78, "newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98,
    "set_robust_list": 99, "nanosleep": 101, "getitimer": 102, "setitimer": 103, "clock_gettime": 113,
    "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
    "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139,
    "times": 153, "uname": 160, "getrusage": 165, "prctl": 167, "getcpu": 168, "gettimeofday": 169, "getpid": 172,
    "getppid": 173, "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "sendto": 206,
    "recvfrom": 207, "brk": 214, "munmap": 215, "mremap": 216, "clone": 220, "mmap": 222, "mprotect": 226,
    "madvise": 233, "wait4": 260, "prlimit64": 261, "getrandom": 278, "membarrier": 283, "statx": 291, "rseq": 293,
    "clone3": 435, "openat2": 437,
}  # fmt: skip
_REFUSED_WITH = {
    "open": errno.EACCES,
    "openat": errno.EACCES,
    "openat2": errno.EACCES,
    # To look up a path is to leave a trace: the kernel remembers it, and a later process can time whether it does.
    "stat": errno.ENOENT,
    "lstat": errno.ENOENT,
    "newfstatat": errno.ENOENT,
    "statx": errno.ENOENT,
    "access": errno.ENOENT,
    "readlink": errno.ENOENT,
    "readlinkat": errno.ENOENT,
    "ioctl": errno.ENOTTY,  # isatty() then says no
    "clone3": errno.ENOSYS,  # the C library then uses clone, whose flags a filter can read
}


class SeccompUnavailable(OSError):
    """No filter for this platform, or the kernel refuses it."""


@dataclass(frozen=True)
class _Architecture:
    audit_number: int
    numbers: dict[str, int]


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, _X86_64),
    "aarch64": _Architecture(0xC00000B7, _AARCH64),
}


def _instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, k)


def _allow_if_argument_in(argument: int, values: tuple[int, ...]) -> list[bytes]:
    program = [_instruction(_LOAD_WORD, _ARGUMENTS_OFFSET + 8 * argument)]
    for value in values:
        program += [_instruction(_JUMP_EQUAL, value, 0, 1), _instruction(_RETURN, _ALLOW)]
    return [*program, _instruction(_RETURN, _ERRNO | errno.EPERM)]


def _rule(name: str) -> list[bytes]:
    """What to do once the number is known to be that of ``name``; ends in a return."""
    if name in _REFUSED_WITH:
        return [_instruction(_RETURN, _ERRNO | _REFUSED_WITH[name])]
    if name == "clone":  # threads only
        return [
            _instruction(_LOAD_WORD, _ARGUMENTS_OFFSET),
            _instruction(_JUMP_BITS_SET, _CLONE_NEW_NAMESPACE, 2, 0),
            _instruction(_JUMP_BITS_SET, _CLONE_THREAD, 0, 1),
            _instruction(_RETURN, _ALLOW),
            _instruction(_RETURN, _ERRNO | errno.EPERM),
        ]
    if name == "fcntl":
        return _allow_if_argument_in(1, _ALLOWED_FCNTL)
    if name == "prctl":
        return _allow_if_argument_in(0, _ALLOWED_PRCTL)
    if name == "madvise":
        return _allow_if_argument_in(2, _ALLOWED_ADVICE)
    if name == "prlimit64":  # own limits only, until the second filter
        return _allow_if_argument_in(0, (0,))
    return [_instruction(_RETURN, _ALLOW)]


def compile_filter(machine: str | None = None) -> bytes:
    """The filter for an architecture (default: this one), as an array of ``struct sock_filter``.

    Raises:
        SeccompUnavailable: no table for it.
    """
    architecture = _architecture(machine)
    program = [
        *_load_number(architecture),
        _instruction(_JUMP_GREATER_EQUAL, _X32_NUMBERS_FROM, 0, 1),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
    ]
    for name, number in architecture.numbers.items():
        rule = _rule(name)
        program += [_instruction(_JUMP_EQUAL, number, 0, len(rule)), *rule]
    program.append(_instruction(_RETURN, _ERRNO | errno.EPERM))
    return b"".join(program)


def compile_filter_of_limits(machine: str | None = None) -> bytes:
    """A second filter, for when the limits of a job have been set: they stay, but for that of the memory.

    The kernel kills what reaches a lowered limit of processor time, which looks as if somebody else had done it. The
    memory limit has a reserve, which is raised to describe that it was reached.

    Raises:
        SeccompUnavailable: no table for this architecture.
    """
    architecture = _architecture(machine)
    refuse, allow = _instruction(_RETURN, _ERRNO | errno.EPERM), _instruction(_RETURN, _ALLOW)
    new_limit = _ARGUMENTS_OFFSET + 8 * 2
    set_limit = [
        _instruction(_LOAD_WORD, _ARGUMENTS_OFFSET + 8 * 1),
        _instruction(_JUMP_EQUAL, _RLIMIT_AS, 4, 0),
        _instruction(_LOAD_WORD, new_limit),
        _instruction(_JUMP_EQUAL, 0, 0, 3),
        _instruction(_LOAD_WORD, new_limit + 4),
        _instruction(_JUMP_EQUAL, 0, 0, 1),
        allow,
        refuse,
    ]
    add_filter = [
        _instruction(_LOAD_WORD, _ARGUMENTS_OFFSET),
        _instruction(_JUMP_EQUAL, _PR_SET_SECCOMP, 0, 1),
        refuse,
        allow,
    ]
    program = _load_number(architecture)
    for name, rule in (("prlimit64", set_limit), ("prctl", add_filter)):
        program += [_instruction(_JUMP_EQUAL, architecture.numbers[name], 0, len(rule)), *rule]
    return b"".join([*program, allow])


def _architecture(machine: str | None) -> _Architecture:
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES or sys.byteorder != "little":
        raise SeccompUnavailable(f"no list of system calls for {machine}")
    return _ARCHITECTURES[machine]


def _load_number(architecture: _Architecture) -> list[bytes]:
    """Load the number of the system call, if it is one of this architecture; else kill."""
    return [
        _instruction(_LOAD_WORD, _ARCHITECTURE_OFFSET),
        _instruction(_JUMP_EQUAL, architecture.audit_number, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD_WORD, _NUMBER_OFFSET),
    ]


def install(program: bytes) -> None:
    """Put this thread under the filter, for good; wants no_new_privs.

    Raises:
        SeccompUnavailable: refused.
    """
    if not sys.platform.startswith("linux"):
        raise SeccompUnavailable("only Linux has it")
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    arguments = (ctypes.c_ulong(_MODE_FILTER), ctypes.c_char_p(header), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if libc.prctl(_PR_SET_SECCOMP, *arguments) != 0:
        raise SeccompUnavailable(os.strerror(ctypes.get_errno()))
