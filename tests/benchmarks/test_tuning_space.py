from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from agents import agent_config_class, list_agents, make_config
from agents.agent import LearnerConfig
from benchmarks.suites import list_suites, load_suite
from benchmarks.tuning.space import SPACE, make_design
from tests.benchmarks.tuning_fakes import SPACE as FAKE_SPACE

LEARNERS = [agent for agent in list_agents() if issubclass(agent_config_class(agent), LearnerConfig)]


def test_every_learner_can_be_tuned() -> None:
    assert set(LEARNERS) <= set(SPACE.own)


def test_the_search_is_as_wide_for_every_learner() -> None:
    own = [setting.levels.values for setting in SPACE.own.values()]
    assert {len(set(values)) for values in own} == {3}
    assert all(list(values) == sorted(values) for values in [*own, SPACE.batch_uses.values])
    settings = [SPACE.settings(learner, point) for learner in SPACE.own for point in make_design(SPACE, 6)]
    assert {len(each) for each in settings} == {3}
    assert SPACE.learning_rate.width == pytest.approx(16)


def test_every_learner_tries_the_same_points() -> None:
    """The same shared settings in the same trial, and the same one of three values of its own."""
    for point in make_design(SPACE, 8):
        tried = [SPACE.settings(learner, point) for learner in SPACE.own]
        assert len({(each["learning_rate"], each["batch_uses"]) for each in tried}) == 1
        levels = [
            setting.levels.values.index(each[setting.name])
            for setting, each in zip(SPACE.own.values(), tried, strict=True)
        ]
        assert len(set(levels)) == 1


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_learner_takes_all_that_is_tried(learner: str) -> None:
    tried = [SPACE.settings(learner, point) for point in make_design(SPACE, 6)]
    for settings in tried:
        config = dataclasses.asdict(make_config(learner, **settings))
        assert {key: config[key] for key in settings} == settings
    assert len({make_config(learner, **settings) for settings in tried}) == len(tried)


def test_the_design_begins_at_the_centre_and_covers_every_dimension() -> None:
    design = make_design(SPACE, 6)
    assert (design[0].learning_rate, design[0].batch_uses, design[0].own) == (2e-4, 1, 1)
    for dimension in ("batch_uses", "own"):
        assert {getattr(point, dimension) for point in design} == {0, 1, 2}
    assert len({(point.batch_uses, point.own) for point in design}) == 6
    rates = np.log([point.learning_rate for point in design])
    low, high = np.log([SPACE.learning_rate.low, SPACE.learning_rate.high])
    assert low <= rates.min() < low + (high - low) / 4
    assert high >= rates.max() > low + (high - low) / 2
    assert np.diff(sorted([low, *rates, high])).max() < (high - low) / 3


def test_more_trials_are_the_same_ones_and_others() -> None:
    assert make_design(SPACE, 10)[:6] == make_design(SPACE, 6)
    assert make_design(SPACE, 1) == make_design(SPACE, 2)[:1]


def test_the_design_is_the_same_in_other_bounds() -> None:
    """Coordinates are relative: nothing about a space but its bounds enters."""
    ours, theirs = make_design(SPACE, 6), make_design(FAKE_SPACE, 6)
    assert [(point.batch_uses, point.own) for point in ours] == [(point.batch_uses, point.own) for point in theirs]


def test_a_design_has_a_trial() -> None:
    with pytest.raises(ValueError, match="n_trials=0 is not allowed"):
        make_design(SPACE, 0)


@pytest.mark.parametrize("name", [name for name in list_suites() if name != "tuning"])
def test_no_suite_uses_the_tasks_and_seeds_of_tuning(name: str) -> None:
    tuning, suite = load_suite("tuning"), load_suite(name)
    tasks = {task for joined in (*suite.tasks, *suite.transfer_tasks) for task in joined.split("+")}
    assert tasks.isdisjoint(tuning.tasks)
    assert set(suite.seeds).isdisjoint(tuning.seeds)
