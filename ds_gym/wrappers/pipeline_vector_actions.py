"""Many episodes of ``DataSci-v0`` without text: choices from a menu of programs, numbers for observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import MultiDiscrete
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from ds_gym.vector import DataSciVectorEnv
from ds_gym.wrappers.pipeline_actions import Choice
from ds_gym.wrappers.pipeline_grid import PipelineGrid
from ds_gym.wrappers.program_menu import ProgramMenu
from ds_gym.wrappers.table_observations import TableObservations

Observations = NDArray[np.float32]
VectorStep = tuple[Observations, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]


class PipelineVectorActions(VectorWrapper):
    """What :class:`~ds_gym.wrappers.PipelineActions` does, for ``DataSci-v0``'s own vector environment.

    Actions are int64 [num_envs, dimensions of the menu], observations float32 [num_envs, 8]; what they mean stands at
    :class:`~ds_gym.wrappers.PipelineActions`. Rewards, ends of episodes and infos are the environment's, but for
    ``infos["final_obs"]``, which holds observations such as these.

    Args:
        envs: ``gymnasium.make_vec("DataSci-v0", ...)``, of whatever prompt style and autoreset mode.
        grid: what there is to choose from; None for ``PipelineGrid()``.

    Raises:
        ValueError: another environment.
    """

    def __init__(self, envs: VectorEnv[Any, Any, Any], grid: ProgramMenu | None = None) -> None:
        base = getattr(envs, "unwrapped", envs)
        if not isinstance(base, DataSciVectorEnv):
            raise ValueError(
                f"envs: given {type(envs).__name__}; allowed: what gymnasium.make_vec('DataSci-v0', ...) makes"
            )
        super().__init__(envs)
        self._base = base
        self._menu: ProgramMenu = grid or PipelineGrid()
        self._observations = TableObservations()
        self.single_action_space = MultiDiscrete(list(self._menu.shape))
        self.single_observation_space = self._observations.space()
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin episodes; see :meth:`DataSciVectorEnv.reset`."""
        _, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  # our environments take more
        return self._observe(), infos

    def step(self, actions: Choice | Sequence[Any]) -> VectorStep:
        """Make the attempts that choices stand for; see :meth:`DataSciVectorEnv.step`.

        Raises:
            ValueError: not ``num_envs`` choices, or one that the menu does not have, or not for the task of its
                episode. No attempt has begun then.
        """
        programs = self._programs(actions)
        before = [(env.task, env.n_attempts) for env in self._base.envs]
        _, rewards, terminations, truncations, infos = self.env.step(programs)
        if "final_obs" in infos:
            final = np.full(self.num_envs, None, dtype=object)
            for i in np.flatnonzero(infos["_final_obs"]).tolist():
                task, n_attempts = before[i]
                max_attempts = self._base.envs[i].max_attempts
                final[i] = self._observations.observation(task, float(rewards[i]), n_attempts + 1, max_attempts)
            infos["final_obs"] = final
        return self._observe(), rewards, terminations, truncations, infos

    def snapshots(self) -> list[dict[str, Any]]:
        """The state of every environment, as JSON can hold it; see :meth:`DataSciVectorEnv.snapshots`."""
        return self._base.snapshots()

    def restore(self, snapshots: Sequence[dict[str, Any]]) -> Observations:
        """Go on with the episodes of :meth:`snapshots`; see :meth:`DataSciVectorEnv.restore`.

        Returns:
            Their observations, float32 [num_envs, 8].
        """
        self._base.restore(snapshots)
        return self._observe()

    def _observe(self) -> Observations:
        return np.stack([self._observations.observe(env) for env in self._base.envs])

    def _programs(self, actions: Choice | Sequence[Any]) -> tuple[str, ...]:
        try:
            choices = list(actions)
        except TypeError:
            raise ValueError(f"actions: given {actions!r}; allowed: num_envs={self.num_envs} choices") from None
        if len(choices) != self.num_envs:
            raise ValueError(f"actions: given {len(choices)}; allowed: num_envs={self.num_envs} choices")
        return tuple(
            self._menu.program_for(env.task, np.ravel(choice).tolist())
            for env, choice in zip(self._base.envs, choices, strict=True)
        )
