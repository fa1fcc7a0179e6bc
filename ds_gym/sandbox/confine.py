"""The layers of confinement that a worker puts on before it reads a job, each used where the system offers it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from ds_gym.sandbox import landlock, seccomp

ACTIVE = "active"
SWITCHED_OFF = "missing: switched off"
OPTIONAL_LAYERS = ("namespaces", "landlock", "seccomp", "own user")
"""Layers that can be left off, to see what the others hold by themselves."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_CAPABILITY_VERSION_3 = 0x20080522
_NOBODY = 65534
_MAX_DESCRIPTORS = 64
_MAX_THREADS = 64
_MAX_THREADS_OF_ALL_WORKERS = 1024
_HARD_LIMIT_RESERVE = 64 << 20
"""Bytes by which the soft memory limit may be raised again, to describe that it was reached."""


@dataclass
class Confinement:
    """What the zygote prepares once, and every worker forked from it puts on.

    Attributes:
        first_own_user: number of the first of the users of which each worker becomes one.
        ruleset: descriptor of the Landlock rules, or None.
        filter_program: the seccomp filter, or None.
        filter_of_limits: the one that follows once the limits of a job are set, or None.
        own_namespaces: whether the processes of this user outside of the zygote's namespaces do not count as its own.
        missing: layer -> why it is not put on.
    """

    first_own_user: int
    ruleset: int | None = None
    filter_program: bytes | None = None
    filter_of_limits: bytes | None = None
    own_namespaces: bool = False
    missing: dict[str, str] = field(default_factory=dict)

    @classmethod
    def prepare(cls, first_own_user: int, own_namespaces: bool, without: Collection[str] = ()) -> Confinement:
        """Make what forks can share, except for the layers named in ``without`` (of :data:`OPTIONAL_LAYERS`)."""
        missing = {layer: SWITCHED_OFF for layer in without if layer != "namespaces"}
        confinement = cls(first_own_user, own_namespaces=own_namespaces, missing=missing)
        if "landlock" not in without:
            try:
                confinement.ruleset = landlock.create_ruleset()
            except OSError as error:
                confinement.missing["landlock"] = f"missing: {_why(error)}"
        if "seccomp" not in without:
            try:
                confinement.filter_program = seccomp.compile_filter()
                confinement.filter_of_limits = seccomp.compile_filter_of_limits()
            except OSError as error:
                confinement.missing["seccomp"] = f"missing: {_why(error)}"
        return confinement

    def without_seccomp(self, why: str) -> Confinement:
        """The same, less the filter."""
        return replace(
            self, filter_program=None, filter_of_limits=None, missing={**self.missing, "seccomp": f"missing: {why}"}
        )

    def enter(self, keep: Collection[int], zygote_pid: int, serial: int) -> dict[str, str]:
        """Confine this process, for good.

        Args:
            keep: the only descriptors (besides 0, 1 and 2, which become the null device) that stay open.
            zygote_pid: the parent with which this process shall die.
            serial: which of the own users to become.

        Returns:
            Layer -> "active" or "missing: why".
        """
        layers: dict[str, str] = {}

        def put_on(layer: str, action: Callable[[], None]) -> None:
            try:
                action()
                layers[layer] = ACTIVE
            except (OSError, ValueError, AttributeError) as error:
                layers[layer] = f"missing: {_why(error)}"

        put_on("own session", os.setsid)
        put_on("closed descriptors", lambda: _close_descriptors({*keep, *self._own_descriptors()}))
        if "own user" not in self.missing:
            put_on("own user", lambda: _become_own_user(self.first_own_user + serial))
        max_threads = self._max_threads(layers.get("own user") == ACTIVE)
        put_on("resource limits", lambda: _limit_resources(max_threads))
        put_on("no capabilities", _drop_capabilities)
        put_on("parent-death signal", lambda: die_with_parent(zygote_pid))
        put_on("undumpable", lambda: _prctl(_PR_SET_DUMPABLE, 0))
        put_on("no_new_privs", lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1))
        if self.ruleset is not None:
            ruleset = self.ruleset
            put_on("landlock", lambda: landlock.restrict_self(ruleset))
            os.close(ruleset)
        if self.filter_program is not None:
            program = self.filter_program
            put_on("seccomp", lambda: seccomp.install(program))
        return {**layers, **self.missing}

    def limit_job(self, memory_mb: int, timeout_s: float, preloaded_bytes: int) -> None:
        """Set the limits that depend on the job.

        Args:
            memory_mb: MiB of address space above ``preloaded_bytes``.
            timeout_s: the parent's wall-clock limit, from which the processor limit follows (a net below the parent's).
            preloaded_bytes: address space of the zygote.
        """
        soft = preloaded_bytes + (memory_mb << 20)
        _lower(resource.RLIMIT_AS, soft, soft + _HARD_LIMIT_RESERVE)
        cpu_seconds = math.ceil(timeout_s * usable_processors()) + 5
        _lower(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds)
        if self.filter_of_limits is not None:
            seccomp.install(self.filter_of_limits)

    def _max_threads(self, own_user: bool) -> int | None:
        """The limit counts all threads of a user in a namespace of users: it fits only where these are known."""
        if own_user:
            return _MAX_THREADS
        return _MAX_THREADS_OF_ALL_WORKERS if self.own_namespaces else None

    def _own_descriptors(self) -> list[int]:
        return [] if self.ruleset is None else [self.ruleset]


def raise_memory_limit_for_description() -> None:
    """After a MemoryError: give the reserve free, so that it can be described and sent."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def usable_processors() -> int:
    """Number of processors on which this process may run."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # as on macOS
        return os.cpu_count() or 1


def memory_bytes() -> tuple[int, int]:
    """Size of this process's address space, and of the part of it that is in memory."""
    try:
        with open("/proc/self/statm") as statm:
            n_pages, n_resident_pages = map(int, statm.read().split()[:2])
    except OSError:
        return 4 << 30, 0  # no /proc, as on macOS, where the limit is not enforced anyway
    return n_pages * resource.getpagesize(), n_resident_pages * resource.getpagesize()


def die_with_parent(parent_pid: int | None) -> None:
    """Let the kernel kill this process once its parent ends. (Changing the user takes this back: do that before.)

    Args:
        parent_pid: to end at once if the parent is another one already; None where it cannot be named.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent_pid is not None and os.getppid() != parent_pid:
        os._exit(1)


def protect_zygote() -> None:
    """What the zygote itself, which never runs foreign code, puts on; it becomes the parent of orphans below it too.

    Where memory runs out, the system shall kill the largest of its forks, and not the process that trains.
    """
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    with contextlib.suppress(OSError):
        _prctl(_PR_SET_DUMPABLE, 0)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def redirect_standard_streams() -> None:
    """Make descriptors 0, 1 and 2 the null device."""
    null_device = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null_device, descriptor)
    if null_device > 2:
        os.close(null_device)


def _close_descriptors(keep: set[int]) -> None:
    redirect_standard_streams()
    low = 3
    for descriptor in sorted(keep):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _become_own_user(own: int) -> None:
    """A user and group of which nothing else runs and to whom nothing belongs, where the caller is root."""
    if os.geteuid() != 0:
        raise PermissionError("only root can change the user; the programs run as the calling one")
    os.setgroups([])
    for identity in (own, _NOBODY):  # a user namespace may map no high numbers
        with contextlib.suppress(OSError):
            os.setresgid(identity, identity, identity)
            os.setresuid(identity, identity, identity)
            return
    raise PermissionError("no unprivileged user is mapped here")


def _limit_resources(max_threads: int | None) -> None:
    _lower(resource.RLIMIT_CORE, 0, 0)
    _lower(resource.RLIMIT_FSIZE, 0, 0)
    _lower(resource.RLIMIT_NOFILE, _MAX_DESCRIPTORS, _MAX_DESCRIPTORS)
    if max_threads is not None:
        _lower(resource.RLIMIT_NPROC, max_threads, max_threads)
    if sys.platform.startswith("linux"):
        _lower(resource.RLIMIT_MSGQUEUE, 0, 0)
        _lower(resource.RLIMIT_MEMLOCK, 0, 0)


def _lower(which: int, soft: int, hard: int) -> None:
    _, old_hard = resource.getrlimit(which)
    if old_hard != resource.RLIM_INFINITY:
        soft, hard = min(soft, old_hard), min(hard, old_hard)
    resource.setrlimit(which, (soft, hard))


def _drop_capabilities() -> None:
    _require_linux()
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc().capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _prctl(option: int, value: int) -> None:
    _require_linux()
    arguments = [ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3]
    if libc().prctl(option, *arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@functools.cache  # made in the zygote, used in all its forks
def libc() -> ctypes.CDLL:
    """The C library's functions."""
    return ctypes.CDLL(None, use_errno=True)


def _require_linux() -> None:
    if not sys.platform.startswith("linux"):
        raise OSError("only Linux has it")


def _why(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__
