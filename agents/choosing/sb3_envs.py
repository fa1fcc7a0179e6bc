"""Vector environments of Gymnasium as Stable-Baselines3 wants them. Imports it: to be imported where it is used."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from agents.collector import info_of_env

_OBSERVATION, _TRUNCATED = "terminal_observation", "TimeLimit.truncated"


class VectorEnvAdapter(VecEnv):
    """A vector environment that resets finished episodes in the same step, as a ``VecEnv``.

    What is different there: termination and truncation come as one ``done``, with the info ``"TimeLimit.truncated"``;
    the last observation of an episode is the info ``"terminal_observation"``; a seed is given before a reset. Rewards
    are passed on as they are (float64 [num_envs] of ``DataSci-v0``).

    Args:
        envs: with ``AutoresetMode.SAME_STEP``.

    Attributes:
        seconds: wall-clock seconds spent in steps of the environments.
    """

    def __init__(self, envs: gym.vector.VectorEnv) -> None:
        self.seconds = 0.0
        self._envs = envs
        self._actions: np.ndarray | None = None
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> np.ndarray:
        """Begin all episodes, with the seeds and options that were set before; a seed is used once.

        Raises:
            ValueError: the environments were given different options, which vector environments cannot take.
        """
        if any(options != self._options[0] for options in self._options):
            raise ValueError("options: given different ones; allowed: the same for all environments")
        seeds = None if all(seed is None for seed in self._seeds) else list(self._seeds)
        observations, infos = self._envs.reset(
            seed=seeds,  # type: ignore[arg-type]  # vector environments take one seed each, too
            options=self._options[0] or None,
        )
        self.reset_infos = [info_of_env(infos, i, done=False) for i in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return np.asarray(observations)

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for :meth:`step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Make the attempts; see the class for what comes back."""
        start = time.perf_counter()
        observations, rewards, terminations, truncations, infos = self._envs.step(self._actions)
        self.seconds += time.perf_counter() - start
        dones = np.logical_or(terminations, truncations)
        each = []
        for i, done in enumerate(dones.tolist()):
            info = info_of_env(infos, i, done)
            info[_TRUNCATED] = bool(truncations[i]) and not bool(terminations[i])
            if done:
                info[_OBSERVATION] = infos["final_obs"][i]
            each.append(info)
        return np.asarray(observations), np.array(rewards), dones, each

    def close(self) -> None:
        """Close the environments."""
        self._envs.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute of some of the environments; AttributeError where they cannot be asked for it."""
        if attr_name == "render_mode":
            values = [self._envs.render_mode] * self.num_envs
        else:
            values = list(self._inner("get_attr")(attr_name))
        return [values[i] for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of all environments to one value."""
        self._require_all(indices)
        self._inner("set_attr")(attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """What a method of all environments returns."""
        self._require_all(indices)
        return list(self._inner("call")(method_name, *args, **kwargs))

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Whether environments are wrapped one by one: never, since the vector environment hides what is in it."""
        return [False for _ in self._get_indices(indices)]

    def _inner(self, name: str) -> Any:
        return getattr(self._envs.unwrapped, name)

    def _require_all(self, indices: VecEnvIndices) -> None:
        if sorted(self._get_indices(indices)) != list(range(self.num_envs)):
            raise ValueError(f"indices: given {indices}; allowed: all environments, which act together")

    def _get_indices(self, indices: VecEnvIndices) -> Iterable[int]:
        return list(super()._get_indices(indices))


def info_of_attempt(info: Mapping[str, Any]) -> dict[str, Any]:
    """What the environment told of an attempt, without what the adapter added."""
    return {key: value for key, value in info.items() if key not in (_OBSERVATION, _TRUNCATED)}


def is_truncated(info: Mapping[str, Any]) -> bool:
    """Whether the episode was cut after this attempt, and did not terminate."""
    return bool(info[_TRUNCATED])
