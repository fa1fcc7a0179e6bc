"""Measuring in a process of its own, which no earlier measurement has touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.errors import MeasurementFailed

_ROOT = Path(__file__).resolve().parents[2]


def run_fresh(module: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run ``python -m module`` with a request and yield what it answers, each answer as it comes.

    Raises:
        MeasurementFailed: it did not end well.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(request)],
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=_ROOT,
            env=environment,
        ) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    yield json.loads(line)
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            errors.seek(0)
            complaints = errors.read().decode("utf-8", "replace").strip().splitlines()
            why = complaints[-1] if complaints else f"exit status {process.returncode}"
            raise MeasurementFailed(f"{module}: {why}")


def answer_request(measure: Callable[[dict[str, Any]], Iterator[dict[str, Any]]]) -> None:
    """The other end: ``measure`` the request on the command line, and write each of its answers as a line."""
    for answer in measure(json.loads(sys.argv[1])):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
