from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import ds_gym
from ds_gym.env import DataSciEnv
from ds_gym.failures import Failure
from ds_gym.tasks import Task
from ds_gym.wrappers import PipelineActions, PipelineGrid

FOREST, BAYES = np.array([0, 5, 0]), np.array([0, 1, 0])


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def make_env(**kwargs: Any) -> PipelineActions:
    return PipelineActions(gym.make("DataSci-v0", **{"task": "wine", "n_splits": 2, **kwargs}))


def test_what_gymnasium_asks_of_an_environment() -> None:
    warnings.filterwarnings("ignore", message=".*is different from the unwrapped version")  # it is a wrapper
    check_env(make_env(), skip_render_check=True)


def test_what_stable_baselines3_asks_of_an_environment() -> None:
    env_checker = pytest.importorskip("stable_baselines3.common.env_checker")
    env_checker.check_env(make_env(), warn=True)


@pytest.mark.parametrize("algorithm", ["PPO", "A2C"])
def test_algorithms_of_stable_baselines3_train_on_it(algorithm: str, task: Task, fake_sandbox: Any) -> None:
    stable_baselines3 = pytest.importorskip("stable_baselines3")
    env = PipelineActions(gym.make("DataSci-v0", task=task, sandbox=fake_sandbox))
    settings = {"n_steps": 8, "seed": 0, "device": "cpu"} | ({"batch_size": 8} if algorithm == "PPO" else {})
    model = getattr(stable_baselines3, algorithm)("MlpPolicy", env, **settings).learn(16)
    assert model.num_timesteps == 16
    assert fake_sandbox.jobs


def test_a_choice_is_an_ordinary_attempt(task: Task, fake_sandbox: Any) -> None:
    env = PipelineActions(DataSciEnv(task=task, sandbox=fake_sandbox))
    plain = DataSciEnv(task=task, sandbox=fake_sandbox)
    env.reset(seed=0)
    plain.reset(seed=0)
    program = PipelineGrid().program(FOREST)
    assert env.step(FOREST)[1:] == plain.step(program)[1:]
    assert {job.source for job in fake_sandbox.jobs} == {program}


def test_the_observation_tells_table_reward_and_attempts(task: Task, make_fake_sandbox: Callable[..., Any]) -> None:
    sandbox = make_fake_sandbox(lambda job: Failure("timeout", "too slow", None))
    env = PipelineActions(DataSciEnv(task=task, sandbox=sandbox, max_attempts=2))
    observation, _ = env.reset(seed=0)
    table = [np.log10(60), np.log10(2), np.log10(2), 0.5, 0.5, 0.0]
    assert observation.dtype == np.float32
    assert observation == pytest.approx([*table, 0, 1])
    observation, reward, terminated, _, _ = env.step(BAYES)
    assert (reward, terminated) == (-1.0, False)
    assert observation == pytest.approx([*table, -1, 0.5])
    observation, _, terminated, _, _ = env.step(BAYES)
    assert terminated
    assert observation == pytest.approx([*table, -1, 0])
    assert env.reset()[0] == pytest.approx([*table, 0, 1])


def test_observations_of_all_tasks_lie_in_the_space() -> None:
    for name in ds_gym.list_tasks("embedded"):
        env = make_env(task=name)
        observation, _ = env.reset(seed=0)
        assert env.observation_space.contains(observation), name


def test_the_spec_can_be_written_and_made_again() -> None:
    spec = make_env().spec
    assert spec is not None
    again = gym.make(gym.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert isinstance(again, PipelineActions)
    json.loads(spec.to_json())


def test_what_does_not_exist_is_refused(task: Task, fake_sandbox: Any) -> None:
    with pytest.raises(ValueError, match="env: given CartPoleEnv; allowed: DataSci-v0"):
        PipelineActions(gym.make("CartPole-v1"))
    env = PipelineActions(DataSciEnv(task=task, sandbox=fake_sandbox))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="allowed: three integers"):
        env.step(np.array([0, 99, 0]))
    for wrong in (7, [0, 1.5, 0], "abc", None):
        with pytest.raises(ValueError, match="allowed: three integers"):
            env.step(wrong)
    assert env.step(BAYES.tolist())[1] == 1.0  # a list will do
