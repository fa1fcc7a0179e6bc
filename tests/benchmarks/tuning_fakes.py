"""Learners to tune: what they reach depends on their settings, and on nothing that takes time."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.backend import Workplace
from benchmarks.errors import choose
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.tuning.cli import Searched
from benchmarks.tuning.space import Levels, LogUniform, OwnSetting, SearchSpace
from tests.benchmarks.fakes import FakeAgent, FakeBackend, FakeConfig

SPACE = SearchSpace(
    learning_rate=LogUniform(1e-4, 1e-2),
    batch_uses=Levels((1, 2, 4)),
    own={"learner": OwnSetting("steepness", Levels((1, 2, 3))), "other": OwnSetting("trust", Levels((0.5, 0.7, 0.9)))},
)
SETTINGS: dict[str, dict[str, Any]] = {
    "learner": {"learning_rate": 1e-3, "batch_uses": 2, "steepness": 2, "diverge_at_steepness": 0},
    "other": {"learning_rate": 1e-3, "batch_uses": 2, "trust": 0.7},
}
"""``diverge_at_steepness``: a learner of this steepness diverges."""


class TunedAgent(FakeAgent):
    """Its programs are the better, the nearer the step size is to 1e-3; each use of a batch is worth a little."""

    def __init__(self, config: FakeConfig, seed: int, settings: Mapping[str, Any]) -> None:
        super().__init__(config, seed)
        self._settings = settings

    def _draw(self, n: int, generator: np.random.Generator) -> list[str]:
        distance = abs(np.log10(self._settings["learning_rate"]) + 3)
        return [str(round(float(0.8 - 0.5 * distance + 0.01 * self._settings["batch_uses"]), 3))] * n


class TuningBackend(FakeBackend):
    """Agents "learner" and "other"."""

    def agents(self) -> list[str]:
        return list(SETTINGS)

    def config(self, agent: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        own = SETTINGS[agent]
        misbehaviour = {key: value for key, value in settings.items() if key in ("raise_at", "iteration_seconds")}
        others = {key: value for key, value in settings.items() if key not in misbehaviour}
        for key in others:
            choose("setting", key, own)
        return {**super().config("learner", misbehaviour), **own, **others}

    def open(self, spec: RunSpec, options: RunOptions) -> Workplace:
        settings = dict(spec.agent_config)
        fields = {field.name for field in dataclasses.fields(FakeConfig)}
        config = {key: value for key, value in settings.items() if key in fields}
        if settings.get("steepness", -1) == settings.get("diverge_at_steepness"):
            config["diverge_at"] = 8
        plain = super().open(dataclasses.replace(spec, agent_config=config), options)
        agent = TunedAgent(FakeConfig(**config), spec.seed, settings)
        return dataclasses.replace(plain, agent=agent)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True)
class Misbehaving(TuningBackend):
    """The same, with settings that make every run of an agent slow or fail, or some of a learner diverge."""

    agent: str
    settings: Mapping[str, Any]

    def config(self, agent: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        return super().config(agent, {**settings, **(self.settings if agent == self.agent else {})})


def searched(agent: str = "learner", **settings: Any) -> Searched:
    return Searched(Misbehaving(agent, settings), SPACE)


if __name__ == "__main__":
    from benchmarks.tuning.cli import main

    sys.exit(main(searched=searched(iteration_seconds=0.1)))
