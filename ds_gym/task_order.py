"""Which task an episode plays, where an environment is given several."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ds_gym.tasks import Task, get_task
from ds_gym.validation import check_choice

TASK_ORDERS = ("round-robin", "random")
DEFAULT_TASK = "balance_scale"


def resolve_tasks(task: str | Task, tasks: Sequence[str | Task] | None) -> tuple[Task, ...]:
    """The tasks that the arguments ``task`` and ``tasks`` of an environment stand for, loaded.

    Raises:
        ValueError: both are given, ``tasks`` is no sequence or empty, or a task is unknown.
    """
    if tasks is None:
        return (get_task(task),)
    if task != DEFAULT_TASK:
        raise ValueError(f"task, tasks: given {task!r} and {tasks!r}; allowed: one of the two")
    if isinstance(tasks, (str, Task)) or not isinstance(tasks, Sequence):
        raise ValueError(f"tasks: given {tasks!r}; allowed: a list of task names or tasks (for a single one: task=...)")
    if not tasks:
        raise ValueError("tasks: given an empty list; allowed: at least one task name or task")
    return tuple(get_task(each) for each in tasks)


class TaskOrder:
    """Draws the task of each episode.

    Args:
        tasks: at least one.
        order: ``"round-robin"`` or ``"random"``.

    Attributes:
        position: index of the task that comes next with ``"round-robin"``; it may be set.

    Raises:
        ValueError: an unknown order.
    """

    def __init__(self, tasks: Sequence[Task], order: str) -> None:
        self.tasks = tuple(tasks)
        self.position = 0
        self._order = check_choice("task_order", order, TASK_ORDERS)

    def draw(self, np_random: np.random.Generator) -> Task:
        """The next task; ``np_random`` is used with ``"random"`` only."""
        if self._order == "random":
            return self.tasks[int(np_random.integers(len(self.tasks)))]
        task = self.tasks[self.position % len(self.tasks)]
        self.position = (self.position + 1) % len(self.tasks)
        return task

    def deal(self, n_hands: int) -> list[TaskOrder]:
        """The orders of ``n_hands`` environments that go through the tasks together.

        ``"round-robin"``: the tasks are dealt out like cards, over and over: environment i plays ``tasks[i % n]``, then
        ``tasks[(i + n_hands) % n]``, and so on (n tasks). Where ``n_hands`` is a multiple of n, each keeps one task.
        ``"random"``: every environment draws from all of them.
        """
        n = len(self.tasks)
        if self._order == "random":
            return [TaskOrder(self.tasks, self._order) for _ in range(n_hands)]
        n_rounds = n // math.gcd(n, n_hands)
        hands = [[self.tasks[(i + k * n_hands) % n] for k in range(n_rounds)] for i in range(n_hands)]
        return [TaskOrder(hand, self._order) for hand in hands]
