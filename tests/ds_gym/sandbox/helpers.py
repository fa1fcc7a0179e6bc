from __future__ import annotations

import os
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ds_gym.sandbox import SplitJob
from ds_gym.sandbox.fork_server import ForkServerSandbox

N_TRAIN, N_EVAL, N_CLASSES = 90, 60, 3


def make_program(body: str) -> str:
    return "def build_model(x_train, y_train):\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"


LOGISTIC = make_program(
    """
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(max_iter=500).fit(x_train, y_train)
    """
)


def make_data(n_rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    y = generator.integers(0, N_CLASSES, n_rows)
    x = generator.normal(size=(n_rows, 4)) + np.eye(N_CLASSES, 4)[y]
    return x, y


def make_job(
    body: str, *, seed: int = 0, timeout_s: float = 60, memory_mb: int = 1024, whole: bool = False
) -> SplitJob:
    """A job whose program is ``body``, or, if ``whole``, whose source is."""
    x_train, y_train = make_data(N_TRAIN, 1)
    x_eval, _ = make_data(N_EVAL, 2)
    source = body if whole else make_program(body)
    return SplitJob(source, x_train, y_train, x_eval, N_CLASSES, seed, timeout_s, memory_mb)


def children_of(pid: int) -> set[int]:
    """Direct children of a process, zombies included (Linux)."""
    children = set()
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                fields = (directory / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                children.add(int(directory.name))
    return children


def descendants_of(pid: int) -> set[int]:
    """All processes below a process (Linux)."""
    found: set[int] = set()
    pending = children_of(pid)
    while pending:
        found |= pending
        pending = {child for parent in pending for child in children_of(parent)} - found
    return found


def zygote_of(sandbox: ForkServerSandbox) -> int:
    """The process whose children the workers are; another one stands before it where there are namespaces."""
    assert sandbox._pool is not None
    assert sandbox._pool._process is not None
    started = sandbox._pool._process.pid
    if sandbox.report()["namespaces"] != "active":
        return started
    (zygote,) = children_of(started)
    return zygote


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie (whose parent has not asked for it yet)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))
