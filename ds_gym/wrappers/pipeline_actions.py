"""``DataSci-v0`` without text: choices from a grid of pipelines, numbers for an observation."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, MultiDiscrete
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from ds_gym.env import DataSciEnv
from ds_gym.tasks import Task
from ds_gym.wrappers.pipeline_grid import PipelineGrid

Observation = NDArray[np.float32]
Choice = NDArray[np.int64]

_LOWEST = (0, 0, 0, 0, 0, 0, -1, 0)
_HIGHEST = (9, 6, 6, 1, 1, 1, 1, 1)


class PipelineActions(gymnasium.Wrapper[Observation, Any, str, str], RecordConstructorArgs):
    """Lets algorithms for vectors of numbers, such as those of Stable-Baselines3, act in ``DataSci-v0``.

    **Action**: ``MultiDiscrete([scalers, estimators, settings])``, a point of a :class:`PipelineGrid`. The environment
    gets the program that it stands for, as from any other agent: it runs in the same sandbox and can be read in
    ``info["code"]``.

    **Observation**: float32 [8]: log10 of the rows, of the features and of the classes of the task; the share of the
    largest class, of the features with two values, and of the features that are categories; the reward of the attempt
    before this one in the same episode (0 at its beginning); and the share of the episode's attempts that are left.

    Rewards, ends of episodes and infos are the environment's.

    Args:
        env: ``DataSci-v0``, of whatever prompt style.
        grid: what there is to choose from.

    Raises:
        ValueError: another environment, or a grid without a point.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], grid: PipelineGrid | None = None) -> None:
        RecordConstructorArgs.__init__(self, grid=grid)
        super().__init__(env)
        if not isinstance(env.unwrapped, DataSciEnv):
            raise ValueError(f"env: given {type(env.unwrapped).__name__}; allowed: DataSci-v0")
        self._base: DataSciEnv = env.unwrapped
        self._grid = grid or PipelineGrid()
        self.action_space = MultiDiscrete(list(self._grid.shape))
        self.observation_space = Box(np.array(_LOWEST, np.float32), np.array(_HIGHEST, np.float32), dtype=np.float32)
        self._statistics: dict[Task, tuple[float, ...]] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; see :meth:`DataSciEnv.reset`."""
        _, info = self.env.reset(seed=seed, options=options)
        return self._observation(0.0), info

    def step(self, action: Choice) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Make the attempt that a choice stands for; see :meth:`DataSciEnv.step`.

        Raises:
            ValueError: a choice that the grid does not have.
        """
        program = self._grid.program(np.ravel(action).tolist(), takes_frame=bool(self._base.task.columns))
        _, reward, terminated, truncated, info = self.env.step(program)
        return self._observation(float(reward)), float(reward), terminated, truncated, info

    def _observation(self, last_reward: float) -> Observation:
        task = self._base.task
        if task not in self._statistics:
            self._statistics[task] = task_statistics(task)
        left = 1 - self._base.n_attempts / self._base.max_attempts
        return np.array([*self._statistics[task], last_reward, left], dtype=np.float32)


def task_statistics(task: Task) -> tuple[float, ...]:
    """Six numbers about a table; see :class:`PipelineActions`. They tell nothing of single rows."""
    counts = np.bincount(task.y, minlength=task.n_classes)
    is_category = [column.categories is not None for column in task.columns] or [False] * task.n_features
    n_values = [len(np.unique(column[~np.isnan(column)])) for column in task.x.T]
    return (
        float(np.log10(task.n_rows)),
        float(np.log10(task.n_features)),
        float(np.log10(task.n_classes)),
        float(counts.max() / counts.sum()),
        float(np.mean([n <= 2 for n in n_values])),
        float(np.mean(is_category)),
    )
