"""What the tests of the environments share: a sandbox that runs nothing, and small tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from ds_gym.cache import shared_cache
from ds_gym.failures import Failure
from ds_gym.sandbox import SplitJob, SplitResult
from ds_gym.tasks import Task

Outcome = np.ndarray | Failure


class FakeSandbox:
    """Answers jobs with a function of the job and remembers them. Thread-safe."""

    def __init__(self, answer: Callable[[SplitJob], Outcome] | None = None, seconds: float = 0.01) -> None:
        self.jobs: list[SplitJob] = []
        self.closed = False
        self._answer = answer or first_feature_answer
        self._seconds = seconds
        self._lock = threading.Lock()

    def run(self, job: SplitJob) -> SplitResult:
        with self._lock:
            self.jobs.append(job)
        outcome = self._answer(job)
        if isinstance(outcome, Failure):
            return SplitResult(None, outcome, self._seconds)
        return SplitResult(outcome, None, self._seconds)

    def report(self) -> dict[str, str]:
        return {"isolation": "missing: a fake"}

    def close(self) -> None:
        self.closed = True


def first_feature_answer(job: SplitJob) -> Outcome:
    """Fails where the program mentions a failure; else the first feature decides the class."""
    if "fail" in job.source:
        return Failure("exception", "NameError: name 'fail' is not defined", 2)
    score = 1 / (1 + np.exp(-job.x_eval[:, 0]))
    return np.column_stack([1 - score] + [score / (job.n_classes - 1)] * (job.n_classes - 1))


def separable_task(n_rows: int = 60, name: str = "separable") -> Task:
    """Two classes, alternating; the first feature tells them apart, the second is the number of the row."""
    labels = np.arange(n_rows) % 2
    features = np.column_stack([np.where(labels == 1, 1.0, -1.0), np.arange(n_rows)])
    return Task(
        name=name,
        title="Separable",
        description="Predict the sign.",
        x=features,
        y=labels,
        feature_names=("sign", "row"),
        class_names=("minus", "plus"),
    )


@pytest.fixture
def fake_sandbox() -> FakeSandbox:
    return FakeSandbox()


@pytest.fixture
def make_fake_sandbox() -> type[FakeSandbox]:
    return FakeSandbox


@pytest.fixture
def task() -> Task:
    return separable_task()


@pytest.fixture
def make_separable_task() -> Callable[..., Task]:
    return separable_task


@pytest.fixture(autouse=True)
def _empty_shared_cache() -> Iterator[None]:
    shared_cache().clear()
    yield
    shared_cache().clear()
