from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ds_gym import Task, get_task
from ds_gym.env import DataSciEnv
from ds_gym.wrappers import PipelineActions, PipelineGrid, ProgramMenu, TaskSolutions

SOLVED = get_task("monks_1")


def test_a_grid_is_a_menu_whose_programs_take_what_the_task_hands_over() -> None:
    grid: ProgramMenu = PipelineGrid()
    assert grid.program_for(SOLVED, (1, 2, 3)) == PipelineGrid().program((1, 2, 3))
    frame = pd.DataFrame({"colour": ["red", "blue"] * 10, "label": ["yes", "no"] * 10})
    task = Task.from_frame(frame, target="label", encode=None)
    assert grid.program_for(task, (1, 2, 3)) == PipelineGrid().program((1, 2, 3), takes_frame=True)


def test_the_solutions_of_a_task_in_their_order() -> None:
    menu: ProgramMenu = TaskSolutions()
    assert menu.shape == (3,)
    programs = [menu.program_for(SOLVED, (index,)) for index in range(3)]
    assert programs == [SOLVED.solution(role).code for role in ("floor", "reference", "strong")]


@pytest.mark.parametrize("choice", [(), (3,), (-1,), (0, 0), (0.0,), ("floor",), (None,)])
def test_a_solution_that_does_not_exist_is_refused(choice: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"allowed: one integer from 0, below \[3\]"):
        TaskSolutions().program_for(SOLVED, choice)


def test_a_task_without_solutions_is_named(make_separable_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match=r"task 'bare' has no 'strong' solution \(it has none\): choose") as caught:
        TaskSolutions().program_for(make_separable_task(name="bare"), (2,))
    assert "\n" not in str(caught.value)


def test_any_menu_will_do(task: Task, fake_sandbox: Any) -> None:
    class Guesses:
        shape = (2, 2)

        def program_for(self, task: Task, choice: Any) -> str:
            return f"def build_model(x_train, y_train):\n    return guess({task.name!r}, {list(choice)})"

    env = PipelineActions(DataSciEnv(task=task, sandbox=fake_sandbox), Guesses())
    assert env.action_space.nvec.tolist() == [2, 2]  # type: ignore[attr-defined]
    env.reset(seed=0)
    assert env.step(np.array([1, 0]))[4]["code"].endswith("guess('separable', [1, 0])")


def test_solutions_are_played_as_any_program(fake_sandbox: Any) -> None:
    env = PipelineActions(DataSciEnv(task="monks_1", sandbox=fake_sandbox), TaskSolutions())
    env.reset(seed=0)
    assert env.step(np.array([1]))[4]["code"] == SOLVED.solution("reference").code
