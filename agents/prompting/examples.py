"""Solved examples: tasks of ``DataSci-v0`` as it states them, with programs that solve them."""

from __future__ import annotations

import functools
import textwrap
from dataclasses import dataclass
from pathlib import Path

import gymnasium as gym
import yaml

from agents.model_options import PromptStyle
from agents.prompting.observation import Observation, read_observation

EXAMPLES = Path(__file__).parent / "examples.yaml"
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


@functools.cache
def solved_examples(style: PromptStyle) -> tuple[Example, ...]:
    """The examples of the package, with their tasks stated in a style of prompts ("infill" as "completion")."""
    prompt = "instruct" if style == "instruct" else "completion"
    examples = []
    for entry in yaml.safe_load(EXAMPLES.read_text()):
        env = gym.make(_ENVIRONMENT, task=entry["task"], prompt=prompt)
        try:
            observation, _ = env.reset(seed=0)
        finally:
            env.close()
        body = textwrap.indent(textwrap.dedent(entry["body"]).strip("\n"), "    ")
        examples.append(Example(read_observation(observation), body))
    return tuple(examples)
