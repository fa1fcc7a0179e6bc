"""What an agent without text may choose from: a menu of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Protocol

from ds_gym.tasks import Task

ROLES = ("floor", "reference", "strong")
"""Of the solutions that :class:`TaskSolutions` offers, in the order of its choices."""

_AMOUNTS = {1: "one integer", 2: "two integers", 3: "three integers"}


class ProgramMenu(Protocol):
    """Programs, numbered along one or several dimensions."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many there are along each dimension."""
        ...

    def program_for(self, task: Task, choice: Sequence[int]) -> str:
        """The program that a choice stands for in a task.

        Args:
            task: what it is to solve.
            choice: one index a dimension.

        Raises:
            ValueError: an index that does not exist, or another number of them; or there is no program for this task.
        """
        ...


@dataclass(frozen=True)
class TaskSolutions:
    """The programs with known scores that come with a task; a :class:`ProgramMenu`.

    Choice 0 is the task's ``"floor"`` (what ignoring the features earns), 1 its ``"reference"``, 2 its ``"strong"``
    solution; see :class:`ds_gym.tasks.task.Solution`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Three solutions."""
        return (len(ROLES),)

    def program_for(self, task: Task, choice: Sequence[int]) -> str:
        """The code of a solution; see :meth:`ProgramMenu.program_for`."""
        (index,) = check_choice_of(self.shape, choice)
        role = ROLES[index]
        try:
            return task.solution(role).code
        except KeyError:
            known = [solution.role for solution in task.solutions] or "none"
            raise ValueError(
                f"task {task.name!r} has no {role!r} solution (it has {known}): choose a task that comes with one, "
                "or give it one with Task(..., solutions=...)"
            ) from None


def check_choice_of(shape: tuple[int, ...], choice: Sequence[int]) -> tuple[int, ...]:
    """The indices of a choice. Raises ValueError unless there is one a dimension, and each exists."""
    indices = list(choice)
    if len(indices) != len(shape) or not all(
        isinstance(index, Integral) and 0 <= index < size for index, size in zip(indices, shape, strict=True)
    ):
        amount = _AMOUNTS.get(len(shape), f"{len(shape)} integers")
        raise ValueError(f"action: given {indices}; allowed: {amount} from 0, below {list(shape)}")
    return tuple(int(index) for index in indices)
