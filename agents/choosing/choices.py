"""What agents that choose have in common: how much there is to choose from, and actions that are choices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import torch
from gymnasium.spaces import MultiDiscrete

from agents.actor import Action, OnAction

Choice = tuple[int, ...]
"""One index for every dimension of what there is to choose from."""


def choice_sizes(envs: gym.vector.VectorEnv) -> tuple[int, ...]:
    """How many choices environments offer along each dimension. Raises ValueError if they take no choices."""
    space = envs.single_action_space
    if not isinstance(space, MultiDiscrete) or space.nvec.ndim != 1 or space.start.any():
        raise ValueError(
            f"the environments take actions of {space}, and this agent makes choices (MultiDiscrete, from 0): wrap "
            "them, for example in ds_gym.wrappers.PipelineVectorActions"
        )
    return tuple(int(size) for size in space.nvec)


class ChoosingActor(ABC):
    """An :class:`agents.actor.Actor` without tokens, whose actions are choices."""

    @abstractmethod
    def choose(self, observations: Sequence[Any], generator: torch.Generator, *, is_exploring: bool) -> list[Choice]:
        """One choice an observation; see :meth:`agents.actor.Actor.act`."""

    def act(
        self,
        observations: Sequence[Any],
        generator: torch.Generator,
        *,
        is_exploring: bool,
        on_action: OnAction | None = None,
    ) -> list[Action]:
        """The choices as actions; see :meth:`agents.actor.Actor.act`."""
        actions = [Action(choice) for choice in self.choose(observations, generator, is_exploring=is_exploring)]
        if on_action is not None:
            for index, action in enumerate(actions):
                on_action(index, action)
        return actions

    def encode(self, observation: Any) -> tuple[int, ...]:
        """Nothing: there are no tokens."""
        return ()
