"""Other ways to run an attempt apart from this process: a new interpreter for every attempt, isolated or not.

They are given every advantage: one start for all splits of an attempt, no check of what comes back, no limits.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.cost import rival_attempt
from benchmarks.cost.workload import SplitData, program
from benchmarks.errors import MeasurementFailed

_SCRIPT = str(Path(rival_attempt.__file__))
_LIMIT_S = 120
_BUBBLEWRAP = (
    "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev",
    "--proc", "/proc",
)  # fmt: skip

Rival = Callable[[str, tuple[SplitData, ...]], None]
"""Runs a program of the named model on the splits and waits for its probabilities."""


class NotUsable(Exception):
    """This machine lacks it. The message says why in a few words."""


def _pack(model: str, splits: tuple[SplitData, ...]) -> rival_attempt.Arrays:
    return rival_attempt.pack(program(model), [(split.x_train, split.y_train, split.x_eval) for split in splits])


def _run_script(wrapper: tuple[str, ...], model: str, splits: tuple[SplitData, ...]) -> None:
    request = io.BytesIO()
    np.savez(request, **_pack(model, splits))  # type: ignore[arg-type]  # numpy takes arrays by any name
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*wrapper, sys.executable, _SCRIPT],
        input=request.getvalue(),
        capture_output=True,
        timeout=_LIMIT_S,
        env=environment,
    )
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotUsable(f"not usable: {lines[-1] if lines else f'exit status {done.returncode}'}")
    _check(np.load(io.BytesIO(done.stdout)), splits)


def cold_subprocess(model: str, splits: tuple[SplitData, ...]) -> None:
    """A new interpreter, the arrays through a pipe."""
    _run_script((), model, splits)


def bubblewrap(model: str, splits: tuple[SplitData, ...]) -> None:
    """A new interpreter within new namespaces, the file system read-only.

    Raises:
        NotUsable: bubblewrap is not installed, or not allowed to make namespaces.
    """
    if shutil.which(_BUBBLEWRAP[0]) is None:
        raise NotUsable("not installed")
    _run_script(_BUBBLEWRAP, model, splits)


def spawn(model: str, splits: tuple[SplitData, ...]) -> None:
    """A process of the module multiprocessing, by its method "spawn"."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=rival_attempt.answer, args=(sending, _pack(model, splits)))
    process.start()
    sending.close()
    try:
        answer = np.frombuffer(receiving.recv_bytes(), np.float64)
    except EOFError:
        raise MeasurementFailed(f"{model} failed in a spawned process") from None
    finally:
        process.join()
        receiving.close()
    _check(answer.reshape(len(splits), len(splits[0].x_eval), -1), splits)


def _check(probabilities: np.ndarray, splits: tuple[SplitData, ...]) -> None:
    if probabilities.shape[:2] != (len(splits), len(splits[0].x_eval)):
        raise MeasurementFailed(f"probabilities of shape {probabilities.shape} came back")


RIVALS: dict[str, Rival] = {
    "cold subprocess": cold_subprocess,
    "multiprocessing, spawn": spawn,
    "bubblewrap and cold subprocess": bubblewrap,
}
