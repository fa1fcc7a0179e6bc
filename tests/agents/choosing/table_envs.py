"""Environments of choices that take microseconds: rewards are read from a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, MultiDiscrete
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

WIDTH = 8
"""Numbers in an observation: six of the task, the reward of the attempt before, and the share of attempts left."""


class TableEnv(gym.Env[np.ndarray, Any]):
    """One episode: rewards come from a table; -1 is a failure, after which another attempt may be made.

    Args:
        rewards: one for every choice, of the shape of what there is to choose from.
        task: the number that its observations begin with.
        max_attempts: attempts of an episode.
    """

    def __init__(self, rewards: np.ndarray, task: int = 0, max_attempts: int = 3) -> None:
        self.observation_space = Box(-1, 9, (WIDTH,), np.float32)
        self.action_space = MultiDiscrete(list(rewards.shape))
        self._rewards, self._task, self._max_attempts = rewards, task, max_attempts
        self.state = (0, 0.0)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.state = (0, 0.0)
        return self.observation(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        reward = float(self._rewards[tuple(action)])
        self.state = (self.state[0] + 1, reward)
        ended = reward >= 0 or self.state[0] == self._max_attempts
        info = {
            "status": "failed" if reward < 0 else "scored",
            "attempt": self.state[0],
            "code": str(np.array(action).tolist()),
        }
        return self.observation(), reward, ended, False, info

    def observation(self) -> np.ndarray:
        attempts, reward = self.state
        return np.array([self._task, 1, 1, 0.5, 0, 0, reward, 1 - attempts / self._max_attempts], np.float32)


class TableEnvs(gym.vector.VectorEnv):
    """Such episodes side by side, which are reset in the step in which they end; environment i plays table i % n.

    Args:
        num_envs: number of episodes.
        tables: one for every task.
        max_attempts: attempts of an episode.
        time_limit: attempts after which an episode is truncated; None for no other limit than ``max_attempts``.
    """

    def __init__(
        self, num_envs: int, *tables: Sequence[Any], max_attempts: int = 3, time_limit: int | None = None
    ) -> None:
        self.num_envs = num_envs
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        arrays = [np.asarray(table, dtype=np.float64) for table in tables]
        self.envs = [TableEnv(arrays[i % len(arrays)], i % len(arrays), max_attempts) for i in range(num_envs)]
        self.single_observation_space = self.envs[0].observation_space
        self.single_action_space = self.envs[0].action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.actions: list[tuple[int, ...]] = []
        self._time_limit = time_limit

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        return np.stack([env.reset()[0] for env in self.envs]), {}

    def step(self, actions: Any) -> Any:
        observations = np.zeros((self.num_envs, WIDTH), np.float32)
        rewards = np.zeros(self.num_envs)
        terminations, truncations = np.zeros((2, self.num_envs), bool)
        infos: dict[str, Any] = {"attempts": [], "final_obs": np.full(self.num_envs, None, object)}
        for i, (env, action) in enumerate(zip(self.envs, actions, strict=True)):
            assert env.action_space.contains(np.array(action, np.int64)), action
            self.actions.append(tuple(int(index) for index in action))
            observations[i], rewards[i], terminations[i], _, info = env.step(action)
            truncations[i] = not terminations[i] and env.state[0] == self._time_limit
            infos["attempts"].append(info)
            if terminations[i] or truncations[i]:
                infos["final_obs"][i] = observations[i].copy()
                observations[i] = env.reset()[0]
        return observations, rewards, terminations, truncations, infos

    def snapshots(self) -> list[dict[str, Any]]:
        return [{"state": list(env.state)} for env in self.envs]

    def restore(self, snapshots: Sequence[dict[str, Any]]) -> np.ndarray:
        for env, snapshot in zip(self.envs, snapshots, strict=True):
            env.state = (int(snapshot["state"][0]), float(snapshot["state"][1]))
        return np.stack([env.observation() for env in self.envs])
