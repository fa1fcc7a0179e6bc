"""Attempts a second on a given set of cores, measured in a process of its own that is pinned to them.

The pin comes first, so that the sandbox's processes inherit it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

MODULE = "benchmarks.cost.throughput"
_MIN_ATTEMPTS = 3


@dataclass(frozen=True)
class Request:
    """What to measure.

    Attributes:
        cores: numbers of the cores to be pinned to.
        model: name of the model that each attempt fits.
        n_rows, n_features: size of the table.
        n_splits: splits of an attempt.
        callers: threads that make attempts, each in an environment of its own.
        seconds: how long.
        sandbox: name of the sandbox that they share.
    """

    cores: tuple[int, ...]
    model: str
    n_rows: int
    n_features: int
    n_splits: int
    callers: int
    seconds: float
    sandbox: str


def rate(completions: Sequence[Sequence[float]]) -> float:
    """Attempts a second, from the times in seconds at which each caller completed its own (two or more, ascending).

    Counted from the first one to the last one of the caller that stops first: until then all were busy.
    """
    end = min(times[-1] for times in completions)
    counted = sorted(moment for times in completions for moment in times if moment <= end)
    return (len(counted) - 1) / (end - counted[0])


def measure(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answer one request with ``{"attempts_per_second": float}``."""
    os.sched_setaffinity(0, fields["cores"])  # before the libraries, and the sandbox, count the cores
    from benchmarks.cost.workload import AttemptRunner, make_task
    from ds_gym.sandbox import make_sandbox

    request = Request(**fields)
    sandbox = make_sandbox(request.sandbox)
    task = make_task(request.n_rows, request.n_features)
    runners = [AttemptRunner(task, sandbox, request.n_splits) for _ in range(request.callers)]

    def make_attempts(runner: AttemptRunner, end: float) -> list[float]:
        completions: list[float] = []
        while time.perf_counter() < end or len(completions) < _MIN_ATTEMPTS:
            runner.reset()
            runner.step(request.model)
            completions.append(time.perf_counter())
        return completions

    try:
        for runner in runners:  # the first attempt of all waits for the sandbox to start
            runner.reset()
            runner.step(request.model)
        end = time.perf_counter() + request.seconds
        with ThreadPoolExecutor(request.callers) as executor:
            completions = list(executor.map(make_attempts, runners, [end] * request.callers))
    finally:
        sandbox.close()
    yield {"attempts_per_second": rate(completions)}


def fields_of(request: Request) -> dict[str, Any]:
    """The request as JSON can hold it."""
    return asdict(request)


if __name__ == "__main__":
    from benchmarks.cost.fresh import answer_request

    answer_request(measure)
