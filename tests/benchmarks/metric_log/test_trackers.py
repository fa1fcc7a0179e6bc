"""The logs that other people's programs keep, with stand-ins for them: nothing here contacts a network."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks.execution import execute_run
from benchmarks.plan import RunOptions
from benchmarks.storage import RunFiles
from tests.benchmarks.fakes import FakeBackend, make_spec


class FakeTracker(ModuleType):
    """Keeps what it is told: ``logged`` as (name of the run, step, values)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.inits: list[dict[str, Any]] = []
        self.logged: list[tuple[int, dict[str, Any]]] = []
        self.finished = 0

    def init(self, **arguments: Any) -> FakeTracker:
        self.inits.append(arguments)
        return self

    def log(self, values: dict[str, Any], step: int) -> None:
        self.logged.append((step, values))

    def finish(self) -> None:
        self.finished += 1

    def Table(self, columns: list[str], data: list[list[Any]]) -> list[dict[str, Any]]:
        return [dict(zip(columns, row, strict=True)) for row in data]

    def Markdown(self, text: str) -> str:
        return text

    def steps(self, name: str) -> list[int]:
        return [step for step, values in self.logged if name in values]


@pytest.fixture(params=["wandb", "trackio"])
def tracker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeTracker:
    fake = FakeTracker(request.param)
    monkeypatch.setitem(sys.modules, request.param, fake)
    return fake


def run(tracker: FakeTracker, folder: Path, checkpoint_every: int = 1, **arguments: Any) -> None:
    options = RunOptions(logs=(tracker.__name__,), sample_every=5, checkpoint_every=checkpoint_every)
    config = arguments.pop("agent_config", {})
    execute_run(make_spec(agent_config=config), RunFiles(folder), FakeBackend(), options=options, **arguments)


def test_a_run_is_told_with_its_metrics_and_programs(tracker: FakeTracker, tmp_path: Path) -> None:
    run(tracker, tmp_path, agent_config={"nan_metric_at": 8})
    (init,) = tracker.inits
    assert init["project"] == "ds-gym"
    assert init["name"].startswith("learner/easy/seed-0")
    assert init["config"]["seed"] == 0
    assert tracker.steps("mean_reward") == list(range(4, 41, 4))
    assert tracker.steps("attempts_per_second") == list(range(4, 41, 4))
    assert tracker.steps("kl") == [4, *range(12, 41, 4)]
    assert tracker.steps("samples") == [4, 24]
    assert all("def build_model" in str(values["samples"]) for _, values in tracker.logged if "samples" in values)
    assert tracker.finished == 1


def test_a_resumed_run_goes_on_as_the_same_run_on_the_same_axis(tracker: FakeTracker, tmp_path: Path) -> None:
    asked = iter([False] * 4 + [True])
    run(tracker, tmp_path, should_stop=lambda: next(asked))
    assert tracker.steps("mean_reward") == [4, 8, 12, 16]
    run(tracker, tmp_path)
    assert tracker.steps("mean_reward") == list(range(4, 41, 4))
    identities = [{key: init.get(key) for key in ("id", "name", "resume", "project")} for init in tracker.inits]
    assert identities[0] == identities[1]
    assert identities[0]["resume"] == "allow"


def test_a_run_that_fails_is_ended(tracker: FakeTracker, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="broke"):
        run(tracker, tmp_path, agent_config={"raise_at": 24})
    assert tracker.finished == 1


def test_trackio_is_told_only_what_will_not_be_made_again(monkeypatch, tmp_path: Path) -> None:
    tracker = FakeTracker("trackio")
    monkeypatch.setitem(sys.modules, "trackio", tracker)
    with pytest.raises(RuntimeError, match="broke"):
        run(tracker, tmp_path, checkpoint_every=3, agent_config={"raise_at": 24})
    assert tracker.steps("mean_reward") == [4, 8, 12]
    run(tracker, tmp_path / "b")
    assert tracker.steps("mean_reward") == [4, 8, 12, *range(4, 41, 4)]
