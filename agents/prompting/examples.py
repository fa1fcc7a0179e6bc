"""Solved examples: tasks of ``DataSci-v0`` as it states them, with programs that solve them."""

from __future__ import annotations

import functools
import textwrap
from dataclasses import dataclass
from typing import Any

import gymnasium as gym

from agents.model_options import PromptStyle
from agents.prompting.observation import Observation, read_observation

_ENVIRONMENT = "ds_gym:DataSci-v0"
_HEAD = "def build_model(x_train, y_train):"


@dataclass(frozen=True)
class Example:
    """A solved task.

    Attributes:
        observation: the first observation of an episode on it; a gap to be filled is left out.
        body: the lines of the program below its head, indented by four spaces.
    """

    observation: Observation
    body: str

    @property
    def program(self) -> str:
        """The whole function."""
        return f"{_HEAD}\n{self.body}"


def read_examples(entries: Any) -> tuple[tuple[str, str], ...]:
    """Names of tasks and bodies of programs, as a file lists them: ``[{task: wine, body: ...}, ...]``.

    Raises:
        ValueError: the file holds something else; one line.
    """
    if not isinstance(entries, list) or not entries:
        raise ValueError("the file of examples must hold a list of examples, each with a task and a body")
    read = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("task", "body")):
            raise ValueError(f"example {number} must have a task (its name) and a body (lines of a program)")
        read.append((entry["task"], textwrap.indent(textwrap.dedent(entry["body"]).strip("\n"), "    ")))
    return tuple(read)


@functools.cache
def solved_examples(examples: tuple[tuple[str, str], ...], style: PromptStyle) -> tuple[Example, ...]:
    """The examples with their tasks stated in a style of prompts ("infill" as "completion").

    Raises:
        ValueError: a task that there is not.
    """
    prompt = "instruct" if style == "instruct" else "completion"
    solved = []
    for task, body in examples:
        env = gym.make(_ENVIRONMENT, task=task, prompt=prompt)
        try:
            observation, _ = env.reset(seed=0)
        finally:
            env.close()
        solved.append(Example(read_observation(observation), body))
    return tuple(solved)
