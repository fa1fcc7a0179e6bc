"""What is run to measure: models, synthetic tables, their splits, and programs that fit the one to the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from benchmarks.cost.report import HISTOGRAM_BOOSTING, LOGISTIC_REGRESSION, RANDOM_FOREST
from benchmarks.errors import MeasurementFailed
from ds_gym import Task
from ds_gym.cache import shared_cache
from ds_gym.sandbox import Sandbox, SplitJob

N_CLASSES = 2
TIMEOUT_S = 60.0
MEMORY_MB = 2048
TRIVIAL = "trivial"
_TABLE_SEED = 2024
_HEADER = "def build_model(x_train, y_train):\n"
_BODIES = {
    TRIVIAL: """\
    import numpy as np

    class Constant:
        def predict_proba(self, x):
            return np.full((len(x), 2), 0.5)

    return Constant()
""",
    LOGISTIC_REGRESSION: """\
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression().fit(x_train, y_train)
""",
    RANDOM_FOREST: """\
    from sklearn.ensemble import RandomForestClassifier
    return RandomForestClassifier(100, random_state=0).fit(x_train, y_train)
""",
    HISTOGRAM_BOOSTING: """\
    from sklearn.ensemble import HistGradientBoostingClassifier
    return HistGradientBoostingClassifier(random_state=0).fit(x_train, y_train)
""",
}
_ESTIMATORS = {
    LOGISTIC_REGRESSION: lambda: LogisticRegression(),
    RANDOM_FOREST: lambda: RandomForestClassifier(100, random_state=0),
    HISTOGRAM_BOOSTING: lambda: HistGradientBoostingClassifier(random_state=0),
}
MODELS = tuple(_ESTIMATORS)
"""Names of the models whose cost is measured."""

_NUMBERS = itertools.count()


class Estimator(Protocol):
    """The part of scikit-learn's interface that is used."""

    def fit(self, x: NDArray[np.float64], y: NDArray[np.int64]) -> Estimator:
        """Fit to float64 ``[n, f]`` and int64 ``[n]``."""
        ...

    def predict_proba(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities ``[m, classes]`` of the rows ``[m, f]``."""
        ...


@dataclass(frozen=True)
class SplitData:
    """Arrays of one split: float64 ``[n, f]``, int64 ``[n]``, float64 ``[m, f]``."""

    x_train: NDArray[np.float64]
    y_train: NDArray[np.int64]
    x_eval: NDArray[np.float64]


def make_task(n_rows: int, n_features: int) -> Task:
    """A synthetic table of two classes, the same in every run."""
    n_informative = max(2, n_features // 2)
    x, y = make_classification(n_rows, n_features, n_informative=n_informative, n_redundant=0, random_state=_TABLE_SEED)
    return Task(
        name=f"synthetic_{n_rows}x{n_features}",
        title=f"Synthetic table of {n_rows} rows",
        description="Predict the class of a synthetic row.",
        x=x,
        y=y,
        feature_names=tuple(f"x{column}" for column in range(n_features)),
        class_names=("0", "1"),
    )


def make_splits(task: Task, n_splits: int) -> tuple[SplitData, ...]:
    """The splits that the environment draws with ``protocol="paper"``: random halves of all rows."""
    splits = []
    for number in range(n_splits):
        train, evaluation = train_test_split(np.arange(task.n_rows), test_size=0.5, random_state=number)
        splits.append(SplitData(task.x[train], task.y[train], task.x[evaluation]))
    return tuple(splits)


def program(model: str) -> str:
    """A program that fits ``model``, like no other before: results that a cache kept would cost nothing."""
    return f"{_HEADER}    # attempt {next(_NUMBERS)}\n{_BODIES[model]}"


def estimator(model: str) -> Estimator:
    """What :func:`program` fits, as an object."""
    return cast(Estimator, _ESTIMATORS[model]())


def run_bare(model: str, splits: tuple[SplitData, ...]) -> None:
    """Fit and predict in this process, split by split."""
    for split in splits:
        estimator(model).fit(split.x_train, split.y_train).predict_proba(split.x_eval)


def run_sandboxed(sandbox: Sandbox, model: str, splits: tuple[SplitData, ...]) -> None:
    """Fit and predict in ``sandbox``, split by split.

    Raises:
        MeasurementFailed: the program failed.
    """
    source = program(model)
    for number, split in enumerate(splits):
        job = SplitJob(
            source=source,
            x_train=split.x_train,
            y_train=split.y_train,
            x_eval=split.x_eval,
            n_classes=N_CLASSES,
            seed=number,
            timeout_s=TIMEOUT_S,
            memory_mb=MEMORY_MB,
        )
        failure = sandbox.run(job).failure
        if failure is not None:
            raise MeasurementFailed(f"{model} failed in the sandbox: {failure.message}")


class AttemptRunner:
    """An environment of its own in which attempts are made, for one thread.

    Args:
        task: the table.
        sandbox: what runs the programs; stays the caller's to close.
        n_splits: splits of an attempt.
    """

    def __init__(self, task: Task, sandbox: Sandbox, n_splits: int) -> None:
        self._env: gymnasium.Env[str, str] = gymnasium.make(
            "DataSci-v0",
            task=task,
            protocol="paper",
            n_splits=n_splits,
            sandbox=sandbox,
            timeout_s=TIMEOUT_S,
            memory_mb=MEMORY_MB,
        )

    def reset(self) -> None:
        """Begin an episode; an attempt ends it."""
        self._env.reset(seed=0)

    def step(self, model: str) -> None:
        """Make an attempt and score it.

        Raises:
            MeasurementFailed: the program failed.
        """
        info: dict[str, Any] = self._env.step(program(model))[4]
        if info["status"] != "scored":
            raise MeasurementFailed(f"{model} failed in the environment: {info['error']['message']}")

    def close(self) -> None:
        """Close the environment."""
        self._env.close()


def attempts_of(runner: AttemptRunner, model: str, n_attempts: int) -> Iterator[None]:
    """Make attempts, one a step of the iteration."""
    for _ in range(n_attempts):
        runner.reset()
        runner.step(model)
        yield


def forget_results() -> None:
    """Empty the cache of results, which would otherwise grow during a measurement of memory."""
    shared_cache().clear()
