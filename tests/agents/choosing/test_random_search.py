from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode

import ds_gym
from agents import RandomSearchConfig, make_agent, make_config
from agents.agent import agent_traits
from ds_gym.wrappers import PipelineGrid, PipelineVectorActions
from ds_gym.wrappers.pipeline_grid import ESTIMATORS, SCALERS
from tests.agents.choosing.outcomes import interrupted, outcome, same
from tests.agents.choosing.table_envs import TableEnvs

TABLE = np.linspace(0, 0.9, 12).reshape(2, 3, 2)
ALL = set(np.ndindex(2, 3, 2))


def search(seed: int = 0, **settings: Any) -> Any:
    return make_agent("random-search", None, make_config("random-search", **settings), seed)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("steps_per_iteration", [1, 2, 5])
@pytest.mark.parametrize("num_envs", [1, 3, 4])
def test_every_choice_comes_once_before_any_comes_twice(num_envs: int, steps_per_iteration: int) -> None:
    envs = TableEnvs(num_envs, TABLE)
    iterations = list(search(steps_per_iteration=steps_per_iteration).learn(envs, 36))
    assert iterations[-1].env_steps == 36
    for number in range(3):
        assert set(envs.actions[12 * number : 12 * (number + 1)]) == ALL
    assert len({tuple(envs.actions[12 * number : 12 * (number + 1)]) for number in range(3)}) == 3
    assert [turn.action for i in iterations for turn in i.turns] == envs.actions


def test_tasks_are_searched_apart() -> None:
    envs = TableEnvs(4, TABLE, TABLE[::-1])
    agent = search()
    turns = [turn for i in agent.learn(envs, 24) for turn in i.turns]
    for task in (0, 1):
        assert {turn.action for turn in turns if turn.prompt[0] == task} == ALL
    assert agent.act(envs.reset()[0], generator()) == [(1, 2, 1), (0, 2, 1)] * 2


def test_the_order_is_drawn_with_the_seed() -> None:
    orders = []
    for seed in range(20):
        envs = TableEnvs(4, TABLE)
        list(search(seed).learn(envs, 12))
        orders.append(tuple(envs.actions))
    assert len(set(orders)) == 20
    assert len({order[0] for order in orders}) > 6
    again = TableEnvs(4, TABLE)
    list(search(7).learn(again, 12))
    assert tuple(again.actions) == orders[7]


def test_a_failed_attempt_counts_as_one() -> None:
    envs = TableEnvs(2, np.full((2, 3), -1.0))
    list(search().learn(envs, 12))
    assert Counter(envs.actions) == dict.fromkeys(np.ndindex(2, 3), 2)


def test_in_the_end_the_best_choice_is_played_the_first_among_equals() -> None:
    table = [[0.1, 0.7, -1.0], [0.7, 0.2, 0.1]]
    envs = TableEnvs(3, table)
    agent = search()
    list(agent.learn(envs, 18))
    assert agent.act(envs.reset()[0], generator()) == [(0, 1)] * 3


def test_what_counts_is_the_mean_reward() -> None:
    """The first choice earns 0.9 once and then fails, the second always earns 0.5."""
    table = np.array([0.9, 0.5])
    envs = TableEnvs(1, table)
    agent = search()
    list(agent.learn(envs, 2))
    assert agent.act(envs.reset()[0], generator()) == [(0,)]
    envs.envs[0]._rewards = np.array([-1.0, 0.5])
    last = list(agent.learn(envs, 4))[-1]
    assert agent.act(envs.reset()[0], generator()) == [(1,)]
    assert last.metrics["best_reward"] == 0.5


def test_for_an_unknown_task_any_choice_is_drawn_from_the_generator_alone() -> None:
    agent = search()
    list(agent.learn(TableEnvs(1, TABLE), 12))
    unknown = np.full((200, 8), 5, np.float32)
    state = agent.state_dict()
    drawn = agent.act(unknown, generator(3))
    assert drawn == agent.act(unknown, generator(3)) != agent.act(unknown, generator(4))
    assert set(drawn) == ALL
    assert same(agent.state_dict(), state)


def test_playing_the_best_draws_and_remembers_nothing() -> None:
    envs = TableEnvs(2, TABLE)
    agent = search()
    list(agent.learn(envs, 4))
    source, state = generator(), agent.state_dict()
    agent.act(envs.reset()[0], source)
    assert torch.equal(source.get_state(), generator().get_state())
    assert same(agent.state_dict(), state)


@pytest.mark.parametrize("steps_per_iteration", [1, 2])
def test_interrupted_at_any_attempt_it_goes_on_exactly(tmp_path: Path, steps_per_iteration: int) -> None:
    table = np.where(np.arange(12).reshape(2, 6) % 3 == 0, -1.0, np.linspace(0, 1, 12).reshape(2, 6))

    def make() -> Any:
        return search(5, steps_per_iteration=steps_per_iteration)

    straight = make()
    expected = outcome(straight.learn(TableEnvs(3, table, table[::-1]), 30))
    for stop in range(0, 30, 3 * steps_per_iteration):
        found, agent = interrupted(make, lambda: TableEnvs(3, table, table[::-1]), [stop, 30], tmp_path)
        assert found == expected
        assert same(agent.state_dict(), straight.state_dict())


def test_an_attempt_that_came_to_nothing_is_made_again() -> None:
    """The machinery fails in the first step: what had been dealt out then is not lost."""
    envs = TableEnvs(4, TABLE)
    agent = search()
    step, envs.step = envs.step, lambda actions: 1 / 0  # type: ignore[method-assign,assignment]
    with pytest.raises(ZeroDivisionError):
        list(agent.learn(envs, 12))
    envs.step = step  # type: ignore[method-assign]
    list(agent.learn(envs, 12))
    assert set(envs.actions) == ALL


def test_metrics_are_finite_and_the_same_in_every_iteration() -> None:
    iterations = list(search().learn(TableEnvs(4, TABLE, TABLE / 2), 16))
    assert len({tuple(i.metrics) for i in iterations}) == 1
    assert all(math.isfinite(value) for i in iterations for value in i.metrics.values())
    assert [i.metrics["choices_tried"] for i in iterations] == [4, 8, 12, 16]
    best = [i.metrics["best_reward"] for i in iterations]
    assert best == sorted(best)
    assert all(i.gradient_steps == i.generated_tokens == 0 for i in iterations)


def test_what_it_cannot_do_is_told(make_envs: Any) -> None:
    with pytest.raises(ValueError, match="'random-search' does not know yet what there is to choose from"):
        search().act([np.zeros(8)], generator())
    agent = search()
    list(agent.learn(TableEnvs(2, TABLE), 2))
    with pytest.raises(ValueError, match=r"chose from \(2, 3, 2\), and the environments offer \(2,\)"):
        next(agent.learn(TableEnvs(2, [0.1, 0.2]), 4))
    with pytest.raises(ValueError, match="this agent makes choices"):
        next(search().learn(gym.make_vec("CartPole-v1", num_envs=2), 2))
    with pytest.raises(ValueError, match="another seed: 0 there, 1 here"):
        search(1).load_state_dict(agent.state_dict())


def test_it_is_registered() -> None:
    traits = agent_traits("random-search")
    assert (traits.config_class, traits.model, traits.interface) == (RandomSearchConfig, "none", "pipelines")


def test_it_finds_the_best_pipeline_of_a_small_grid() -> None:
    grid = PipelineGrid(SCALERS[:2], tuple(_shortened(ESTIMATORS[index]) for index in (1, 4)))
    envs = PipelineVectorActions(
        gym.make_vec(
            ds_gym.registration.ENV_ID,
            num_envs=4,
            task="monks_1",
            n_splits=2,
            autoreset_mode=AutoresetMode.SAME_STEP,
        ),
        grid,
    )
    agent = search()
    turns = [turn for i in agent.learn(envs, 12) for turn in i.turns]
    assert len({turn.info["code"] for turn in turns}) == 12
    best = max(turns, key=lambda turn: turn.reward)
    (choice, *_) = agent.act(envs.reset(seed=0)[0], generator())
    assert envs.step([choice] * 4)[1].tolist() == [best.reward] * 4
    envs.close()


def _shortened(estimator: Any) -> Any:
    return type(estimator)(estimator.step, estimator.settings[:3])
