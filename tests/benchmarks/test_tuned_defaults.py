"""The defaults of the learners are those that the committed trials chose, for all of them alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from agents import agent_config_class, make_config
from agents.agent import ActorCriticConfig, LearnerConfig
from benchmarks.tuning.report import best_settings, read_report
from benchmarks.tuning.space import SPACE, make_design

REPORT = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "tuning.json"


@pytest.mark.parametrize("learner", SPACE.own)
def test_defaults_are_the_best_trial(learner: str) -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(agent_config_class(learner))}
    chosen = best_settings(REPORT)[learner]
    assert chosen == {name: defaults[name] for name in chosen}


def test_all_learners_had_the_same_trials() -> None:
    report = read_report(REPORT)
    assert set(report.learners) == set(SPACE.own)
    design = make_design(SPACE, report.protocol.n_trials)
    for learner, tuning in report.learners.items():
        assert [trial.settings for trial in tuning.trials] == [SPACE.settings(learner, point) for point in design]
        assert all(trial.status in ("finished", "diverged") for trial in tuning.trials)


@pytest.mark.parametrize("learner", SPACE.own)
def test_learners_share_all_defaults_but_those_that_were_tuned(learner: str) -> None:
    """One setting of model, sampler, budget and objective for all: what a comparison holds equal."""
    config = make_config(learner)
    shared = ActorCriticConfig() if isinstance(config, ActorCriticConfig) else LearnerConfig()
    tuned = {"learning_rate", "batch_uses", SPACE.own[learner].name}
    for field in dataclasses.fields(shared):
        if field.name not in tuned:
            assert getattr(config, field.name) == getattr(shared, field.name), field.name
