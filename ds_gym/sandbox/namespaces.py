"""Namespaces around the zygote: users, processes, network, shared memory and files of its own, paid for once.

Made by ``unshare(2)`` where the caller may (root, or anyone where the system lets users make user namespaces:
https://man7.org/linux/man-pages/man7/user_namespaces.7.html). The workers that the zygote forks live in them too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from ds_gym.sandbox import confine

OWN_USER_BASE = 0x7000_0000
OWN_USERS = 1 << 15
_ZYGOTES = 1 << 14
_NEW_MOUNTS, _NEW_UTS, _NEW_IPC, _NEW_USERS, _NEW_PIDS, _NEW_NETWORK = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_OTHERS = _NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_PIDS | _NEW_NETWORK
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = (
    1, 2, 4, 8, 32, 1 << 12, 1 << 14, 1 << 18,
)  # fmt: skip
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_NOBODY = 65534
_DONE = "done"


def first_own_user(zygote: int) -> int:
    """First of the :data:`OWN_USERS` user numbers that belong to the workers of the zygote with that process number."""
    return OWN_USER_BASE + zygote % _ZYGOTES * OWN_USERS


def go_inside() -> str:
    """Enter new namespaces and go on as their first process; the calling one waits for it and ends as it does.

    Returns:
        ``"active"`` (in the new process), or ``"missing: why"`` (in the calling one, which is left as it was).
    """
    why = _rehearse()
    if why is not None:
        return f"missing: {why}"
    zygote = os.getpid()
    _unshare(zygote)
    with contextlib.suppress(OSError):
        confine.die_with_parent(None)
    pid = os.fork()
    if pid != 0:
        _wait_for(pid)
    confine.die_with_parent(None)
    _separate_mounts()
    return confine.ACTIVE


def leave_files_behind() -> None:
    """Make an empty, read-only directory the root of all that this process and its forks can name.

    It holds the null device. To be called inside of the namespaces, once everything has been loaded.

    Raises:
        OSError: the system refuses.
    """
    root = next(directory for directory in ("/tmp", "/mnt", "/dev", "/proc") if os.path.isdir(directory))
    _mount("tmpfs", root, "tmpfs", _NO_SUID | _NO_EXEC, "size=64k,mode=755")
    os.mkdir(f"{root}/dev")
    os.close(os.open(f"{root}/dev/null", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666))
    _mount("/dev/null", f"{root}/dev/null", None, _BIND)
    os.chdir(root)
    _check(confine.libc().syscall(ctypes.c_long(_PIVOT_ROOT[platform.machine()]), b".", b"."))
    _check(confine.libc().umount2(b".", _DETACH))
    os.chdir("/")
    _mount(None, "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_EXEC)


def _rehearse() -> str | None:
    """Why the namespaces cannot be had, tried out in a fork (one cannot go back), or None."""
    if not sys.platform.startswith("linux"):
        return "only Linux has them"
    if platform.machine() not in _PIVOT_ROOT:
        return f"not known on {platform.machine()}"
    return _try_in_a_fork(_enter_and_try)


def _enter_and_try() -> None:
    _unshare(os.getpid())
    why = _try_in_a_fork(_separate_files)
    if why is not None:
        raise OSError(0, why)


def _separate_files() -> None:
    _separate_mounts()
    os.close(os.open(os.__file__, os.O_RDONLY))  # unreadable if that took a capability, which does not reach inside
    leave_files_behind()


def _try_in_a_fork(action: Callable[[], None]) -> str | None:
    """Why ``action`` fails in a fork of this process, or None."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            try:
                action()
                text = _DONE
            except OSError as error:
                text = error.strerror or str(error)
            os.write(write_end, text.encode("utf-8", "replace"))
        finally:
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        text = pipe.read().decode("utf-8", "replace")
    os.waitpid(pid, 0)
    return None if text == _DONE else text or "the first process inside failed"


def _unshare(zygote: int) -> None:
    """Enter the namespaces, that of users with a map of the users that are needed inside."""
    mapper, go_on = _fork_mapper(zygote)
    try:
        _check(confine.libc().unshare(_NEW_USERS))
        os.write(go_on, b"x")
    finally:
        os.close(go_on)
        _, status = os.waitpid(mapper, 0)
    if status != 0:
        raise OSError(0, "no user can be mapped")
    _check(confine.libc().unshare(_OTHERS))


def _fork_mapper(zygote: int) -> tuple[int, int]:
    """A process that stays outside, where root may map other users than its own.

    Returns:
        Its number, and the descriptor to write to once this process has a namespace of users.
    """
    read_end, write_end = os.pipe()
    user, group, process = os.geteuid(), os.getegid(), os.getpid()
    mapper = os.fork()
    if mapper == 0:
        status = 1
        try:
            os.close(write_end)
            if os.read(read_end, 1):
                _map_users(process, zygote, user, group)
                status = 0
        finally:
            os._exit(status)
    os.close(read_end)
    return mapper, write_end


def _map_users(process: int, zygote: int, user: int, group: int) -> None:
    """Map, to themselves, the own users of workers and the caller, as far as the caller may."""
    own = first_own_user(zygote)
    for kind, caller in (("uid", user), ("gid", group)):
        maps = (
            f"{caller} {caller} 1\n{own} {own} {OWN_USERS}\n",
            f"{caller} {caller} 1\n{_NOBODY} {_NOBODY} 1\n",
            f"{caller} {caller} 1\n",
        )
        for text in maps:
            if kind == "gid" and text is maps[-1]:
                _write(f"/proc/{process}/setgroups", "deny")
            try:
                _write(f"/proc/{process}/{kind}_map", text)
                break
            except OSError:
                if text is maps[-1]:
                    raise


def _separate_mounts() -> None:
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    with contextlib.suppress(OSError):  # refused where a container hides parts of it; then the outer one stays
        _mount("proc", "/proc", "proc", _NO_SUID | _NO_DEVICES | _NO_EXEC)


def _wait_for(pid: int) -> NoReturn:
    """Be the shell around the namespaces: nothing but a process to wait for."""
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    status = 1
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os._exit(status if status >= 0 else 128 - status if status > -signal.NSIG else 1)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    arguments = [None if text is None else text.encode() for text in (source, target, kind)]
    _check(confine.libc().mount(*arguments, ctypes.c_ulong(flags), None if data is None else data.encode()))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
