from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
import torch
from gymnasium.vector import AutoresetMode

import ds_gym
from agents import SklearnReferenceConfig, make_agent, make_config
from agents.agent import agent_traits
from agents.choosing.sklearn_reference import SOLUTIONS
from ds_gym.wrappers import PipelineVectorActions, TaskSolutions
from ds_gym.wrappers.program_menu import ROLES
from tests.agents.choosing.outcomes import interrupted, outcome
from tests.agents.choosing.table_envs import TableEnvs

TASKS = ["monks_1", "wine"]


def make_solution_envs(num_envs: int = 2) -> PipelineVectorActions:
    envs = gym.make_vec(
        ds_gym.registration.ENV_ID,
        num_envs=num_envs,
        tasks=TASKS,
        n_splits=2,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    return PipelineVectorActions(envs, TaskSolutions())


def reference(preset: str = "default") -> Any:
    return make_agent("sklearn-reference", None, make_config("sklearn-reference", preset))


def test_solutions_are_numbered_as_the_environments_number_them() -> None:
    assert SOLUTIONS == ROLES


@pytest.mark.parametrize(("preset", "role"), [("default", "reference"), ("floor", "floor"), ("strong", "strong")])
def test_its_attempts_are_the_tasks_solutions_and_earn_their_rewards(preset: str, role: str) -> None:
    envs = make_solution_envs()
    iterations = list(reference(preset).learn(envs, 8))
    envs.close()
    turns = [turn for i in iterations for turn in i.turns]
    assert len(turns) == 8
    for index, name in enumerate(TASKS):
        code = ds_gym.get_task(name).solution(role).code
        env = gym.make(ds_gym.registration.ENV_ID, task=name, n_splits=2)
        env.reset(seed=0)
        reward = env.step(code)[1]
        env.close()
        found = {(turn.info["task"], turn.info["code"], turn.reward) for turn in turns if turn.env_index == index}
        assert found == {(name, code, reward)}
    assert all(i.gradient_steps == i.generated_tokens == 0 for i in iterations)


def test_it_goes_on_exactly(tmp_path: Path) -> None:
    expected = outcome(reference().learn(make_solution_envs(), 8))
    assert interrupted(reference, make_solution_envs, [4, 8], tmp_path)[0] == expected


def test_it_acts_before_it_has_seen_anything() -> None:
    assert reference("strong").act([None, None], torch.Generator()) == [(2,), (2,)]


def test_what_it_cannot_do_is_told() -> None:
    with pytest.raises(ValueError, match=r"unknown solution: 'stong'\. Did you mean 'strong'"):
        make_config("sklearn-reference", solution="stong")
    with pytest.raises(ValueError, match=r"offer choices of sizes \[2\], and this agent wants the solutions of a task"):
        next(reference().learn(TableEnvs(2, [0.1, 0.2]), 2))


def test_it_is_registered() -> None:
    traits = agent_traits("sklearn-reference")
    assert (traits.config_class, traits.model, traits.interface) == (SklearnReferenceConfig, "none", "solutions")
    assert traits.is_stationary
