"""Gymnasium's own wrappers around the environments, on a sandbox that runs nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers
from gymnasium.error import ResetNeeded
from gymnasium.wrappers import vector as vector_wrappers

from ds_gym.env import DataSciEnv
from ds_gym.spaces import UnicodeText
from ds_gym.tasks import Task
from ds_gym.vector import DataSciVectorEnv

GOOD = "\n    return good(x_train, y_train)"
BAD = "\n    return fail(x_train, y_train)"


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def env(task: Task, fake_sandbox: Any) -> DataSciEnv:
    return DataSciEnv(task=task, sandbox=fake_sandbox, render_mode="ansi")


@pytest.fixture
def make_vec(task: Task, fake_sandbox: Any) -> Callable[..., DataSciVectorEnv]:
    return lambda **kwargs: DataSciVectorEnv(2, task=task, sandbox=fake_sandbox, **kwargs)


def test_record_episode_statistics(env: DataSciEnv) -> None:
    wrapped = wrappers.RecordEpisodeStatistics(env)
    wrapped.reset(seed=0)
    assert "episode" not in wrapped.step(BAD)[4]
    info = wrapped.step(GOOD)[4]
    assert (info["episode"]["r"], info["episode"]["l"]) == (0.0, 2)


def test_time_limit(env: DataSciEnv) -> None:
    wrapped = wrappers.TimeLimit(env, 2)
    wrapped.reset(seed=0)
    assert wrapped.step(BAD)[2:4] == (False, False)
    assert wrapped.step(BAD)[2:4] == (False, True)


def test_time_limit_by_make(task: Task, fake_sandbox: Any) -> None:
    env = gym.make("DataSci-v0", task=task, sandbox=fake_sandbox, max_episode_steps=1)
    env.reset(seed=0)
    assert env.step(BAD)[2:4] == (False, True)


def test_transform_observation(env: DataSciEnv) -> None:
    space = UnicodeText(70_000)
    wrapped = wrappers.TransformObservation(env, lambda text: "# Ünïcode\n" + text, space)
    observation, _ = wrapped.reset(seed=0)
    assert observation.startswith("# Ünïcode\n# Task: ")
    assert wrapped.step(BAD)[0].startswith("# Ünïcode\n")
    assert wrapped.observation_space == space


def test_transform_action(env: DataSciEnv) -> None:
    wrapped = wrappers.TransformAction(env, lambda name: f"\n    return {name}(x_train, y_train)", UnicodeText(100))
    wrapped.reset(seed=0)
    assert wrapped.step("fail")[1] == -1.0
    assert wrapped.step("good")[1] == 1.0


def test_transform_and_clip_and_normalize_reward(env: DataSciEnv) -> None:
    wrapped = wrappers.ClipReward(wrappers.TransformReward(env, lambda reward: 3 * float(reward)), -1.5, 1.5)
    wrapped.reset(seed=0)
    assert [wrapped.step(action)[1] for action in (BAD, GOOD)] == [-1.5, 1.5]
    normalised = wrappers.NormalizeReward(env)
    normalised.reset(seed=0)
    assert np.isfinite(float(normalised.step(GOOD)[1]))


def test_render_collection(env: DataSciEnv) -> None:
    wrapped: Any = wrappers.RenderCollection(env)
    wrapped.reset(seed=0)
    wrapped.step(BAD)
    wrapped.step(GOOD)
    frames = wrapped.render()
    assert ["Attempt 1 of 5" in frame for frame in frames] == [False, True, True]
    assert "Attempt 2 of 5: ROC AUC 1.0000" in frames[-1]


def test_list_of_frames_by_make(task: Task, fake_sandbox: Any) -> None:
    env: Any = gym.make("DataSci-v0", task=task, sandbox=fake_sandbox, render_mode="ansi_list")
    env.reset(seed=0)
    env.step(GOOD)
    assert len(env.render()) == 2


def test_checker_and_order_enforcing(env: DataSciEnv) -> None:
    wrapped = wrappers.OrderEnforcing(wrappers.PassiveEnvChecker(env))
    with pytest.raises(ResetNeeded):
        wrapped.step(GOOD)
    with pytest.raises(ResetNeeded):
        wrapped.render()
    wrapped.reset(seed=0)
    assert wrapped.step("\0 \udce9" + "x" * 100_000)[1] == -1.0
    assert wrapped.step(GOOD)[2]
    assert wrapped.render() is not None


def test_autoreset(env: DataSciEnv) -> None:
    wrapped = wrappers.Autoreset(env)
    first, _ = wrapped.reset(seed=0)
    assert wrapped.step(GOOD)[2]
    observation, reward, terminated, truncated, _ = wrapped.step(GOOD)
    assert (observation, reward, terminated, truncated) == (first, 0.0, False, False)


def test_stacked_and_delayed_observations(env: DataSciEnv) -> None:
    stacked: Any = wrappers.FrameStackObservation(env, 2)
    first, _ = stacked.reset(seed=0)
    second = stacked.step(BAD)[0]
    assert first in stacked.observation_space
    assert second in stacked.observation_space
    assert second[0] == first[1] != second[1]


def test_time_aware_observation(env: DataSciEnv) -> None:
    wrapped: Any = wrappers.TimeAwareObservation(wrappers.TimeLimit(env, 5), flatten=False)
    wrapped.reset(seed=0)
    observation = wrapped.step(BAD)[0]
    assert observation in wrapped.observation_space
    assert "Attempt 2 of 5." in observation["obs"]


def test_sticky_action(env: DataSciEnv) -> None:
    wrapped = wrappers.StickyAction(env, repeat_action_probability=0.5)
    wrapped.reset(seed=0)
    assert wrapped.step(BAD)[1] == -1.0


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_vector_record_episode_statistics(make_vec: Callable[..., DataSciVectorEnv], mode: str) -> None:
    envs = vector_wrappers.RecordEpisodeStatistics(make_vec(autoreset_mode=mode))
    envs.reset(seed=0)
    envs.step((BAD, GOOD))
    envs.step((GOOD, BAD))
    assert sorted(zip(envs.return_queue, envs.length_queue, strict=True))[:2] == [(0.0, 2), (1.0, 1)]


def test_vector_infos_as_a_list(make_vec: Callable[..., DataSciVectorEnv]) -> None:
    envs = vector_wrappers.DictInfoToList(make_vec())
    envs.reset(seed=0)
    infos: Any = envs.step((BAD, GOOD))[4]
    assert [info["status"] for info in infos] == ["failed", "scored"]
    assert [info["attempts"]["score"] for info in infos] == [None, 1.0]


def test_vector_transformations(make_vec: Callable[..., DataSciVectorEnv]) -> None:
    envs: Any = vector_wrappers.TransformReward(make_vec(), lambda rewards: 2 * rewards)
    envs = vector_wrappers.ClipReward(envs, -1, 1.5)
    envs = vector_wrappers.TransformAction(
        envs, lambda names: tuple(f"\n    return {name}(x_train, y_train)" for name in names)
    )
    envs = vector_wrappers.TransformObservation(envs, lambda texts: tuple(text.upper() for text in texts))
    observations, _ = envs.reset(seed=0)
    assert observations[0].startswith("# TASK")
    observations, rewards, *_ = envs.step(("fail", "good"))
    assert rewards.tolist() == [-1.0, 1.5]
    assert "ATTEMPT 2 OF 5" in observations[0]


def test_vectorised_single_wrappers(make_vec: Callable[..., DataSciVectorEnv]) -> None:
    envs: Any = vector_wrappers.VectorizeTransformObservation(
        make_vec(), wrappers.TransformObservation, func=str.lower, observation_space=UnicodeText(70_000)
    )
    observations, _ = envs.reset(seed=0)
    assert observations[1].startswith("# task")
