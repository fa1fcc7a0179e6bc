"""Observations without text: numbers about the table and the episode."""

from __future__ import annotations

import numpy as np
from gymnasium.spaces import Box, Space
from numpy.typing import NDArray

from ds_gym.env import DataSciEnv
from ds_gym.tasks import Task
from ds_gym.transcript import Attempt

Observation = NDArray[np.float32]

_LOWEST = (0, 0, 0, 0, 0, 0, -1, 0)
_HIGHEST = (9, 6, 6, 1, 1, 1, 1, 1)


class TableObservations:
    """Makes observations, and remembers what it has counted in a table."""

    def __init__(self) -> None:
        self._statistics: dict[Task, tuple[float, ...]] = {}

    @staticmethod
    def space() -> Space[Observation]:
        """What they are points of; float32 [8]."""
        return Box(np.array(_LOWEST, np.float32), np.array(_HIGHEST, np.float32), dtype=np.float32)

    def observe(self, env: DataSciEnv) -> Observation:
        """What there is to see of an episode as it stands; float32 [8]. Raises ResetNeeded if there is none yet."""
        return self.observation(env.task, last_reward(env), env.n_attempts, env.max_attempts)

    def observation(self, task: Task, reward: float, n_attempts: int, max_attempts: int) -> Observation:
        """What there is to see after ``n_attempts`` of ``max_attempts`` attempts, the last of which earned ``reward``.

        Returns:
            float32 [8]: the six numbers of :func:`task_statistics`; the reward (0 if there was no attempt); and the
            share of the episode's attempts that are left.
        """
        if task not in self._statistics:
            self._statistics[task] = task_statistics(task)
        return np.array([*self._statistics[task], reward, 1 - n_attempts / max_attempts], dtype=np.float32)


def last_reward(env: DataSciEnv) -> float:
    """What the last attempt of an environment's episode earned; 0 at its beginning."""
    attempts = env.snapshot()["attempts"]
    return Attempt.from_dict(attempts[-1]).evaluation.reward if attempts else 0.0


def task_statistics(task: Task) -> tuple[float, ...]:
    """Six numbers about a table, which tell nothing of single rows.

    They are log10 of its rows, of its features and of its classes; the share of the largest class, of the features with
    at most two values, and of the features that are categories.
    """
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
