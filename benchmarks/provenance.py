"""Where a result comes from: repository, versions, machine, memory."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.results import Git

_PACKAGES = ("ds-gym", "gymnasium", "numpy", "scipy", "pandas", "scikit-learn", "torch", "transformers", "peft")


@dataclass(frozen=True)
class Provenance:
    git: Git
    versions: dict[str, str]
    hardware: dict[str, str | int | None]

    def with_threads(self, threads: int) -> Provenance:
        """The same, with the number of threads that torch computes with."""
        return replace(self, hardware={**self.hardware, "threads": threads})


@functools.cache
def collect() -> Provenance:
    """Taken once a process, for all of its runs."""
    return Provenance(git=_git(), versions=_versions(), hardware=_hardware())


def reset_peak_memory() -> None:
    """Lets :func:`peak_memory_mb` begin anew, where the system can (Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # the peak is then that of the process, not of the run
    if (torch := _torch_with_cuda()) is not None:
        torch.cuda.reset_peak_memory_stats()


def peak_memory_mb() -> float | None:
    """The largest resident memory of this process (without the programs that it has run), in MB (2^20 bytes)."""
    try:
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def peak_accelerator_memory_mb() -> float | None:
    """The most memory that torch has held on the CUDA device, in MB (2^20 bytes); None where none is in use."""
    torch = _torch_with_cuda()
    return None if torch is None else torch.cuda.max_memory_allocated() / 2**20


def _git() -> Git:
    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=Path(__file__).parent,
                capture_output=True,
                text=True,
                timeout=20,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    sha = git("rev-parse", "HEAD")
    # Results that are being written into the repository do not change what wrote them.
    status = git("status", "--porcelain", "--", ":(top)", ":(top,exclude)benchmarks/results")
    return Git(sha=sha, dirty=None if sha is None or status is None else bool(status))


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _hardware() -> dict[str, str | int | None]:
    return {
        "system": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu_model(),
        "cores": available_cores(),
        "memory_mb": _memory_mb(),
        "accelerator": _accelerator(),
    }


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str | None:
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def _memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (ValueError, OSError):
        return None


def _accelerator() -> str | None:
    torch = sys.modules.get("torch")  # not imported for this alone
    if torch is None:
        return None
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def _torch_with_cuda() -> Any:
    """torch, where it is imported already and has computed on a CUDA device."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)  # absent while torch is half imported
    return torch if cuda is not None and cuda.is_initialized() else None
