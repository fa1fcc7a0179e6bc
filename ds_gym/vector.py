"""Many episodes of ``DataSci-v0`` at once: their attempts run in parallel through one sandbox."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ds_gym.env import DataSciEnv, PendingAttempt
from ds_gym.info import plain_info
from ds_gym.validation import check_choice, check_integer

Observations = tuple[str, ...]
VectorStep = tuple[Observations, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]


class DataSciVectorEnv(VectorEnv[Observations, Sequence[str], np.ndarray]):
    """``num_envs`` episodes; what comes back is what ``SyncVectorEnv`` would return, and more quickly.

    Observations and actions are tuples of ``num_envs`` texts; rewards are float64 [num_envs], terminations and
    truncations bool [num_envs]. ``infos`` holds an array a key as in every Gymnasium vector environment, and besides
    ``infos["attempts"]``: a list with the info of each episode's attempt in this step as a plain dictionary, also of
    those that were reset in it (the info of the reset where no attempt was made).

    Args:
        num_envs: number of episodes.
        autoreset_mode: what happens at the end of an episode; ``"NextStep"`` (the default), ``"SameStep"``,
            ``"Disabled"``.
        **env_kwargs: the arguments of :class:`~ds_gym.env.DataSciEnv`.

    Raises:
        ValueError: a bad argument.
    """

    def __init__(
        self, num_envs: int = 1, *, autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP, **env_kwargs: Any
    ) -> None:
        super().__init__()
        self.num_envs = check_integer("num_envs", num_envs, 1)
        self.autoreset_mode = _autoreset_mode(autoreset_mode)
        first = DataSciEnv(**env_kwargs)
        self.envs = [first, *(DataSciEnv(**{**env_kwargs, "sandbox": first.sandbox}) for _ in range(1, num_envs))]
        self.metadata = {**first.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = first.render_mode
        self.single_observation_space = first.observation_space
        self.single_action_space = first.action_space
        self.observation_space = batch_space(first.observation_space, num_envs)
        self.action_space = batch_space(first.action_space, num_envs)
        self._observations: list[str] | None = None
        self._ended = np.zeros(num_envs, dtype=np.bool_)
        self._threads = ThreadPoolExecutor(min(num_envs, _usable_cpus()), thread_name_prefix="ds_gym-attempt")

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin all episodes, or those of ``options["reset_mask"]`` (bool [num_envs]).

        Args:
            seed: episode i gets ``seed + i``, or ``seed[i]``.
            options: as in :meth:`DataSciEnv.reset`, for every episode; besides ``reset_mask``.
        """
        options = dict(options or {})
        mask = self._reset_mask(options.pop("reset_mask", None))
        observations = self._observations or [""] * self.num_envs
        infos: dict[str, Any] = {}
        for i, episode_seed in enumerate(self._seeds(seed)):
            if mask[i]:
                observations[i], info = self.envs[i].reset(seed=episode_seed, options=options)
                infos = self._add_info(infos, info, i)
        self._observations = observations
        self._ended = self._ended & ~mask
        return tuple(observations), infos

    def step(self, actions: Sequence[str]) -> VectorStep:
        """One attempt in every episode.

        Raises:
            ResetNeeded: before the first reset, or at the end of an episode with autoreset disabled.
            InvalidAction: not ``num_envs`` strings.
            SandboxError: the machinery failed, not a program; raised when all attempts have ended.
        """
        pending = self._begin_attempts(actions)
        running = {
            i: self._threads.submit(self.envs[i].evaluate_attempt, attempt)
            for i, attempt in enumerate(pending)
            if attempt is not None
        }
        try:
            for future in running.values():
                future.exception()  # let all end before one of them may raise
        except KeyboardInterrupt:
            for future in running.values():
                future.cancel()  # what has not begun shall not begin
            raise
        outcomes = {i: future.result() for i, future in running.items()}

        assert self._observations is not None
        rewards = np.zeros(self.num_envs, dtype=np.float64)
        terminations = np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        attempts: list[dict[str, Any]] = []
        for i, (env, attempt) in enumerate(zip(self.envs, pending, strict=True)):
            if attempt is None:
                observation, info = env.reset()
                attempts.append(plain_info(info))
            else:
                observation, rewards[i], terminations[i], _, info = env.finish_attempt(attempt, outcomes[i])
                attempts.append(plain_info(info))
                if terminations[i] and self.autoreset_mode is AutoresetMode.SAME_STEP:
                    infos = self._add_info(infos, {"final_obs": observation, "final_info": info}, i)
                    observation, info = env.reset()
            self._observations[i] = observation
            infos = self._add_info(infos, info, i)
        infos["attempts"] = attempts
        self._ended = terminations.copy()
        return tuple(self._observations), rewards, terminations, np.zeros(self.num_envs, dtype=np.bool_), infos

    def snapshots(self) -> list[dict[str, Any]]:
        """The state of every episode, as JSON can hold it (see :meth:`DataSciEnv.snapshot`)."""
        return [env.snapshot() for env in self.envs]

    def restore(self, snapshots: Sequence[dict[str, Any]]) -> Observations:
        """Go on with the episodes of :meth:`snapshots`. Returns: their observations."""
        if len(snapshots) != self.num_envs:
            raise ValueError(f"snapshots: given {len(snapshots)}; allowed: num_envs={self.num_envs}")
        self._observations = [env.restore(snapshot) for env, snapshot in zip(self.envs, snapshots, strict=True)]
        self._ended = np.array([env.is_over for env in self.envs], dtype=np.bool_)
        return tuple(self._observations)

    def render(self) -> tuple[Any, ...] | None:
        """What every environment renders."""
        return tuple(env.render() for env in self.envs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call the method ``name`` of every environment, or get the attribute if it is none."""
        members = [env.get_wrapper_attr(name) for env in self.envs]
        return tuple(member(*args, **kwargs) if callable(member) else member for member in members)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute of every environment."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute of every environment: to its item of a list or tuple, or all to one value."""
        each = list(values) if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise ValueError(f"values: given {len(each)}; allowed: one, or num_envs={self.num_envs}")
        for env, value in zip(self.envs, each, strict=True):
            env.set_wrapper_attr(name, value)

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environments and end the threads."""
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=True, cancel_futures=True)
            for env in self.envs:
                env.close()

    def _begin_attempts(self, actions: Sequence[str]) -> list[PendingAttempt | None]:
        """The attempts to make, all checked before any counts; None where an ended episode is reset instead."""
        if self._observations is None:
            raise ResetNeeded("there are no episodes yet: call reset() before step()")
        if isinstance(actions, str) or len(actions) != self.num_envs:
            given = "one string" if isinstance(actions, str) else f"{len(actions)}"
            raise InvalidAction(f"actions: given {given}; allowed: num_envs={self.num_envs} strings")
        if self.autoreset_mode is AutoresetMode.DISABLED and self._ended.any():
            ended = np.flatnonzero(self._ended).tolist()
            raise ResetNeeded(f"episodes {ended} have ended: reset them with options={{'reset_mask': ...}}")
        resets = self._ended if self.autoreset_mode is AutoresetMode.NEXT_STEP else np.zeros_like(self._ended)
        return [
            None if reset else env.begin_attempt(action)
            for env, action, reset in zip(self.envs, actions, resets, strict=True)
        ]

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            return [int(seed) + i for i in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise ValueError(f"seed: given {len(seed)} seeds; allowed: one, or num_envs={self.num_envs}")
        return list(seed)

    def _reset_mask(self, mask: Any) -> np.ndarray:
        if mask is None:
            return np.ones(self.num_envs, dtype=np.bool_)
        if (
            not isinstance(mask, np.ndarray)
            or mask.shape != (self.num_envs,)
            or mask.dtype != np.bool_
            or not mask.any()
        ):
            raise ValueError(
                f"options['reset_mask']: given {mask!r}; allowed: bool array of shape ({self.num_envs},), not all False"
            )
        if self._observations is None and not mask.all():
            raise ResetNeeded("there are no episodes yet: the first reset() takes no partial reset_mask")
        return mask


def _autoreset_mode(mode: str | AutoresetMode) -> AutoresetMode:
    if isinstance(mode, AutoresetMode):
        return mode
    return AutoresetMode(check_choice("autoreset_mode", mode, [each.value for each in AutoresetMode]))


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
