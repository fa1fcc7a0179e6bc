"""A known solution of the task, over and over: what an ordinary program by hand earns. It never learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import torch

from agents.agent import AgentConfig, Iteration, register_agent, unknown
from agents.choosing.choices import Choice, ChoosingActor, choice_sizes
from agents.collecting_agent import CollectingAgent

SOLUTIONS = ("floor", "reference", "strong")
"""What there is to choose from, in this order."""


@dataclass(frozen=True)
class SklearnReferenceConfig(AgentConfig):
    """Settings of :class:`SklearnReference`.

    Attributes:
        solution: "floor": what ignoring the features earns; "reference": what an ordinary program earns; "strong": what
            a good one earns.
    """

    solution: str = "reference"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "floor": {"solution": "floor"},
        "strong": {"solution": "strong"},
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.solution not in SOLUTIONS:
            raise ValueError(unknown("solution", self.solution, SOLUTIONS))


class FixedChoice(ChoosingActor):
    """Always makes the same choice, and draws nothing."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def choose(self, observations: Sequence[Any], generator: torch.Generator, *, is_exploring: bool) -> list[Choice]:
        """The choice, for every observation."""
        return [self._choice] * len(observations)


@register_agent("sklearn-reference", SklearnReferenceConfig, model="none", interface="solutions", is_stationary=True)
class SklearnReference(CollectingAgent):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    def __init__(self, config: SklearnReferenceConfig, seed: int) -> None:
        super().__init__("sklearn-reference", config, seed, FixedChoice((SOLUTIONS.index(config.solution),)))
        self.config = config

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Play until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`.

        Raises:
            ValueError: the environments do not offer the solutions of their tasks.
        """
        sizes = choice_sizes(envs)
        if sizes != (len(SOLUTIONS),):
            raise ValueError(
                f"the environments offer choices of sizes {list(sizes)}, and this agent wants the solutions of a task: "
                "PipelineVectorActions(envs, TaskSolutions()), both from ds_gym.wrappers"
            )
        yield from super().learn(envs, env_steps)
