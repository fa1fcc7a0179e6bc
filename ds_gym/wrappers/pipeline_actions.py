"""``DataSci-v0`` without text: choices from a menu of programs, numbers for an observation."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import MultiDiscrete
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from ds_gym.env import DataSciEnv
from ds_gym.wrappers.pipeline_grid import PipelineGrid
from ds_gym.wrappers.program_menu import ProgramMenu
from ds_gym.wrappers.table_observations import Observation, TableObservations

Choice = NDArray[np.int64]


class PipelineActions(gymnasium.Wrapper[Observation, Any, str, str], RecordConstructorArgs):
    """Lets algorithms for vectors of numbers, such as those of Stable-Baselines3, act in ``DataSci-v0``.

    **Action**: ``MultiDiscrete([scalers, estimators, settings])``, a point of a :class:`PipelineGrid`; of another
    :class:`~ds_gym.wrappers.program_menu.ProgramMenu`, one index a dimension. The environment gets the program that it
    stands for, as from any other agent: it runs in the same sandbox and can be read in ``info["code"]``.

    **Observation**: float32 [8]: log10 of the rows, of the features and of the classes of the task; the share of the
    largest class, of the features with two values, and of the features that are categories; the reward of the attempt
    before this one in the same episode (0 at its beginning); and the share of the episode's attempts that are left.

    Rewards, ends of episodes and infos are the environment's.

    Args:
        env: ``DataSci-v0``, of whatever prompt style.
        grid: what there is to choose from; None for ``PipelineGrid()``.

    Raises:
        ValueError: another environment.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], grid: ProgramMenu | None = None) -> None:
        RecordConstructorArgs.__init__(self, grid=grid)
        super().__init__(env)
        if not isinstance(env.unwrapped, DataSciEnv):
            raise ValueError(f"env: given {type(env.unwrapped).__name__}; allowed: DataSci-v0")
        self._base: DataSciEnv = env.unwrapped
        self._menu: ProgramMenu = grid or PipelineGrid()
        self._observations = TableObservations()
        self.action_space = MultiDiscrete(list(self._menu.shape))
        self.observation_space = self._observations.space()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; see :meth:`DataSciEnv.reset`."""
        _, info = self.env.reset(seed=seed, options=options)
        return self._observations.observe(self._base), info

    def step(self, action: Choice) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Make the attempt that a choice stands for; see :meth:`DataSciEnv.step`.

        Raises:
            ValueError: a choice that the menu does not have, or not for this task.
        """
        program = self._menu.program_for(self._base.task, np.ravel(action).tolist())
        _, reward, terminated, truncated, info = self.env.step(program)
        return self._observations.observe(self._base), float(reward), terminated, truncated, info
