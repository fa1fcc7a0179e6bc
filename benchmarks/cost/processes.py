"""The processes below this one: how many, how much memory, how many descriptors (through /proc)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

_MIB = 2**20
_LOOK_EVERY_S = 0.1
_QUIET_LOOKS = 4
_SETTLE_LIMIT_S = 60.0


@dataclass(frozen=True)
class Tree:
    """Processes below this one, at rest.

    Attributes:
        inner: those that have children themselves (the zygote, and what it may be wrapped in).
        leaves: those that have none (idle workers).
    """

    inner: tuple[psutil.Process, ...]
    leaves: tuple[psutil.Process, ...]

    @property
    def all(self) -> tuple[psutil.Process, ...]:
        """Both."""
        return self.inner + self.leaves


def settled_tree() -> Tree:
    """Wait until the processes below this one are the same for a while and all asleep.

    Raises:
        TimeoutError: they do not come to rest.
    """
    end = time.monotonic() + _SETTLE_LIMIT_S
    before: set[int] = set()
    quiet = 0
    while quiet < _QUIET_LOOKS:
        if time.monotonic() > end:
            raise TimeoutError(f"the processes of the sandbox did not come to rest within {_SETTLE_LIMIT_S:g} s")
        time.sleep(_LOOK_EVERY_S)
        processes = psutil.Process().children(recursive=True)
        now = {process.pid for process in processes}
        quiet = quiet + 1 if now and now == before and all(map(_sleeps, processes)) else 0
        before = now
    parents = {process.ppid() for process in processes}
    return Tree(
        inner=tuple(process for process in processes if process.pid in parents),
        leaves=tuple(process for process in processes if process.pid not in parents),
    )


def this_process() -> psutil.Process:
    """The process that measures."""
    return psutil.Process()


def pss_mib(processes: tuple[psutil.Process, ...]) -> float | None:
    """Proportional set size in MiB: pages shared by k processes count 1/k. None where the kernel does not tell."""
    return _sum_mib(processes, "pss")


def uss_mib(processes: tuple[psutil.Process, ...]) -> float | None:
    """Unique set size in MiB: what would be freed if they ended. None where the kernel does not tell."""
    return _sum_mib(processes, "uss")


def n_descriptors(processes: tuple[psutil.Process, ...]) -> int | None:
    """Open descriptors of all of them; None where the kernel does not tell."""
    try:
        return int(sum(process.num_fds() for process in processes))
    except psutil.Error:
        return None


def rss_mib(process: psutil.Process) -> float:
    """Resident set size in MiB."""
    return float(process.memory_info().rss / _MIB)


def _sum_mib(processes: tuple[psutil.Process, ...], field: str) -> float | None:
    try:
        return float(sum(getattr(process.memory_full_info(), field) for process in processes) / _MIB)
    except psutil.Error:  # undumpable processes tell only root
        return None


def _sleeps(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_SLEEPING)
    except psutil.NoSuchProcess:
        return False
