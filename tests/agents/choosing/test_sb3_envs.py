from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit
from hypothesis import given, settings
from hypothesis import strategies as st
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecMonitor

from agents.choosing.sb3_envs import VectorEnvAdapter
from tests.agents.choosing.table_envs import TableEnv, TableEnvs

TABLE = np.array([[0.1, -1.0, 0.7], [-1.0, 1 / 3, 0.2]])
N = 3


def single() -> gym.Env:
    return TimeLimit(TableEnv(TABLE), max_episode_steps=2)


def own_envs() -> gym.vector.VectorEnv:
    return TableEnvs(N, TABLE, time_limit=2)


def sync_envs() -> gym.vector.VectorEnv:
    return SyncVectorEnv([single] * N, autoreset_mode=AutoresetMode.SAME_STEP)


def steps(envs: VecEnv, batches: list[Any]) -> list[Any]:
    """What a ``VecEnv`` returns; rewards in the precision of the one of Stable-Baselines3."""
    records: list[Any] = [envs.reset().tolist()]
    for batch in batches:
        observations, rewards, dones, infos = envs.step(np.array(batch))
        assert observations.dtype == np.float32
        plain = [
            {key: value.tolist() if hasattr(value, "tolist") else value for key, value in info.items()}
            for info in infos
        ]
        records.append((observations.tolist(), rewards.astype(np.float32).tolist(), dones.tolist(), plain))
    return records


CHOICES = st.tuples(st.integers(0, 1), st.integers(0, 2))


def test_the_environments_of_these_tests_are_proper_ones() -> None:
    check_env(TableEnv(TABLE))


@pytest.mark.parametrize("make", [own_envs, sync_envs])
@settings(max_examples=50, deadline=None)
@given(batches=st.lists(st.lists(CHOICES, min_size=N, max_size=N), max_size=6))
def test_it_returns_what_the_vecenv_of_stable_baselines3_would(
    make: Callable[[], gym.vector.VectorEnv], batches: list[Any]
) -> None:
    assert steps(VectorEnvAdapter(make()), batches) == steps(DummyVecEnv([single] * N), batches)


def test_wrappers_of_stable_baselines3_go_around_it() -> None:
    envs = VecMonitor(VectorEnvAdapter(own_envs()))
    envs.reset()
    infos = envs.step(np.array([[1, 1]] * N))[3]
    assert [info["episode"]["r"] for info in infos] == pytest.approx([1 / 3] * N)


def test_rewards_keep_their_precision() -> None:
    envs = VectorEnvAdapter(own_envs())
    envs.reset()
    assert envs.step(np.array([[1, 1]] * N))[1].tolist() == [1 / 3] * N


def test_spaces_are_those_of_one_environment() -> None:
    envs = VectorEnvAdapter(own_envs())
    assert (envs.observation_space, envs.action_space) == (single().observation_space, single().action_space)
    assert envs.num_envs == N


def test_seeds_and_options_reach_the_next_reset_alone() -> None:
    given: list[Any] = []

    class Remembering(TableEnvs):
        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            given.append((seed, options))
            return super().reset(seed=seed, options=options)

    envs = VectorEnvAdapter(Remembering(N, TABLE))
    envs.seed(5)
    envs.set_options({"task": "wine"})
    envs.reset()
    envs.reset()
    assert given == [([5, 6, 7], {"task": "wine"}), (None, None)]
    envs.set_options([{"task": "wine"}, {}, {}])
    with pytest.raises(ValueError, match="the same for all"):
        envs.reset()


def test_attributes_and_methods_of_the_environments() -> None:
    envs = VectorEnvAdapter(sync_envs())
    assert envs.get_attr("render_mode", indices=[0, 2]) == [None, None]
    assert [space.nvec.tolist() for space in envs.get_attr("action_space")] == [[2, 3]] * N
    envs.set_attr("colour", "red")
    assert envs.get_attr("colour", indices=1) == ["red"]
    envs.reset()
    assert len(envs.env_method("observation")) == N
    assert envs.env_is_wrapped(TimeLimit) == [False] * N
    assert not envs.has_attr("nothing_of_the_kind")
    for act in (lambda: envs.set_attr("colour", "red", indices=0), lambda: envs.env_method("reset", indices=[1])):
        with pytest.raises(ValueError, match="allowed: all environments"):
            act()
    envs.close()


def test_time_in_the_environments_is_counted() -> None:
    envs = VectorEnvAdapter(own_envs())
    envs.reset()
    envs.step(np.zeros((N, 2), int))
    assert envs.seconds > 0
