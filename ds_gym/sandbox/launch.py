"""Starting the zygote's process, with nothing of this one's but a socket."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ds_gym.sandbox import bubblewrap

_PRELOADED = ("numpy", "scipy", "pandas", "sklearn", "joblib", "threadpoolctl")
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_THREAD_COUNTS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip


def start_zygote(
    control: socket.socket, errors: IO[bytes] | int, *, without: tuple[str, ...], in_bubblewrap: bool
) -> subprocess.Popen[bytes]:
    """Start it.

    Args:
        control: the zygote's end of the control socket.
        errors: file, or subprocess.DEVNULL, for what it says before it can speak for itself.
        without: layers of confinement that are not put on.
        in_bubblewrap: whether ``bwrap`` makes the namespaces.

    Raises:
        OSError: it does not start.
        SandboxError: ``bwrap`` is not installed.
    """
    if not sys.executable:
        raise OSError("sys.executable is empty: the interpreter to start the sandbox with is unknown")
    script = Path(__file__).with_name("bootstrap.py")
    wrapper = bubblewrap.command() if in_bubblewrap else []
    parent = 0 if in_bubblewrap else os.getpid()
    arguments = [str(control.fileno()), str(parent), ",".join(without), *_library_directories()]
    return subprocess.Popen(
        [*wrapper, sys.executable, "-s", "-P", "-B", str(script), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        pass_fds=[control.fileno()],
        start_new_session=True,  # Ctrl-C is for the parent
        cwd="/",
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """Everything that the zygote's environment holds: nothing of the parent's but what the loader needs."""
    one_thread = dict.fromkeys(_THREAD_COUNTS, "1")
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        **one_thread,
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "1",  # each arena takes 64 MiB of the address space that the memory limit counts
        "MALLOC_TOP_PAD_": str(1 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(64 << 20),  # keep the heap that was touched while idle
        "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    }


def _library_directories() -> list[str]:
    """Where this process finds the libraries, should the zygote's interpreter not look there by itself."""
    directories = []
    for name in _PRELOADED:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            directories.append(str(Path(spec.origin).parent.parent))
    return sorted(set(directories))


@contextlib.contextmanager
def file_for_errors() -> Iterator[IO[bytes] | int]:
    """A file for what the interpreter says before the zygote can speak for itself; the null device on a full disk."""
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115
    except OSError:
        yield subprocess.DEVNULL
        return
    with file:
        yield file


def last_words(errors: IO[bytes] | int) -> str:
    """The last line that came to the file for errors, or nothing."""
    if isinstance(errors, int):
        return ""
    errors.seek(0)
    lines = errors.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
    return f"the zygote failed: {lines[-1]}" if lines else ""
