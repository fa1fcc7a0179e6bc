"""What is searched, and which points of it are tried: the same for every learner.

Each learner has three dimensions of the same width: the step size, the uses of a batch, and one setting of its own with
three values. A trial is a point in coordinates that all learners share, so that trial n of one learner and trial n of
another try the same step size, the same uses, and the same one (lowest, middle, highest) of three values of their own.

The points are the centre of the space and then a scrambled Halton sequence (optuna's ``QMCSampler``). With few trials
a low-discrepancy sequence covers every dimension evenly, where independent draws leave gaps; and because it does not
look at values, as a model-based sampler such as TPE would, no learner gets better points by the luck of its first
trials, and trials can run side by side. Halton rather than Sobol, because its evenness does not want a power of two of
points. The first points do not depend on how many there are. No learner's present defaults are a trial of their own:
how much has gone into them before differs between learners.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Number: TypeAlias = int | float
Settings: TypeAlias = dict[str, Number]
"""Values by name of a learner's setting."""

SAMPLER_SEED = 3
"""The first one with which no two of the first six points share both of the settings that have three values."""

_SIGNIFICANT_DIGITS = 2


@dataclass(frozen=True)
class LogUniform:
    """A positive number between two bounds, uniform in its logarithm."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """The ratio of the bounds."""
        return self.high / self.low

    @property
    def centre(self) -> float:
        return float((self.low * self.high) ** 0.5)


@dataclass(frozen=True)
class Levels:
    """One of three values, from the lowest to the highest."""

    values: tuple[Number, Number, Number]


@dataclass(frozen=True)
class OwnSetting:
    """The setting that a learner has for itself."""

    name: str
    levels: Levels


@dataclass(frozen=True)
class SearchSpace:
    """The dimensions of the search.

    Attributes:
        learning_rate, batch_uses: of every learner.
        own: by learner.
    """

    learning_rate: LogUniform
    batch_uses: Levels
    own: Mapping[str, OwnSetting]

    def settings(self, learner: str, point: Point) -> Settings:
        """What a point means for a learner."""
        own = self.own[learner]
        return {
            "learning_rate": point.learning_rate,
            "batch_uses": self.batch_uses.values[point.batch_uses],
            own.name: own.levels.values[point.own],
        }


@dataclass(frozen=True)
class Point:
    """Coordinates of a trial: the step size itself, and for the other two which of the three values."""

    learning_rate: float
    batch_uses: int
    own: int


_LAMBDAS = Levels((0.9, 0.95, 1.0))
_CLIP_RANGES = Levels((0.1, 0.2, 0.4))
SPACE = SearchSpace(
    learning_rate=LogUniform(5e-5, 8e-4),
    batch_uses=Levels((2, 4, 8)),
    own={
        "etpo": OwnSetting("improvement_temperature", Levels((0.05, 0.1, 0.2))),
        "ppo": OwnSetting("gae_lambda", _LAMBDAS),
        "poad": OwnSetting("gae_lambda", _LAMBDAS),
        "klq": OwnSetting("trace_lambda", _LAMBDAS),
        "grpo": OwnSetting("clip_range", _CLIP_RANGES),
        "rloo": OwnSetting("clip_range", _CLIP_RANGES),
        "rft": OwnSetting("keep_fraction", Levels((0.125, 0.25, 0.5))),
    },
)
"""Bounds were set around the middle values, with which the learners were first tried."""


def make_design(space: SearchSpace, n_trials: int) -> list[Point]:
    """The points that are tried, in order; step sizes to two significant digits.

    Raises:
        ValueError: ``n_trials`` is below 1.
    """
    import optuna
    from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

    if n_trials < 1:
        raise ValueError(f"n_trials={n_trials} is not allowed: it must be at least 1")
    rate = space.learning_rate
    distributions: dict[str, BaseDistribution] = {
        "learning_rate": FloatDistribution(rate.low, rate.high, log=True),
        "batch_uses": IntDistribution(0, 2),
        "own": IntDistribution(0, 2),
    }
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.QMCSampler(qmc_type="halton", scramble=True, seed=SAMPLER_SEED)
        study = optuna.create_study(sampler=sampler)
        study.enqueue_trial({"learning_rate": rate.centre, "batch_uses": 1, "own": 1})
        points = []
        for _ in range(n_trials):
            trial = study.ask(distributions)
            points.append(
                Point(_rounded(trial.params["learning_rate"]), trial.params["batch_uses"], trial.params["own"])
            )
            study.tell(trial, 0.0)  # the sequence takes its dimensions from a trial that has ended; no value matters
    finally:
        optuna.logging.set_verbosity(verbosity)
    return points


def describe_sampler() -> dict[str, str | int]:
    """What made the design, for a report."""
    return {
        "sampler": "the centre, then optuna's QMCSampler: scrambled Halton sequence",
        "seed": SAMPLER_SEED,
        "optuna": importlib.metadata.version("optuna"),
    }


def _rounded(value: float) -> float:
    """Short enough to be a default that one can read."""
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")
