"""The base of prompting agents: a model, templates, and a memory that the state holds."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from agents.actor import Action, Usage
from agents.collecting_agent import CollectingAgent
from agents.language_model import LanguageModel
from agents.prompting.local_model import LocalTextModel
from agents.prompting.observation import Observation, read_observation
from agents.prompting.prompter import Prompter, PromptingConfig
from agents.prompting.templates import PromptTemplates
from agents.prompting.text_model import TextModel
from agents.rollout import Rollout, Turn


class PromptingAgent(CollectingAgent):
    """Base of the agents that prompt a model and never train it; a strategy overrides what it does otherwise.

    By itself, an agent brings nothing along and remembers nothing.

    Args:
        name: what the agent is registered as, and what its templates are called.
        model: is asked for programs; a :class:`LanguageModel` is asked as it is.
        config: settings of the agent.
        seed: of everything that the agent draws.

    Attributes:
        usage_of_acting: what :meth:`act` and :meth:`sample` have taken so far.

    Raises:
        ValueError: templates that cannot be used; one line.
    """

    def __init__(self, name: str, model: TextModel | LanguageModel, config: PromptingConfig, seed: int) -> None:
        self._model: TextModel = LocalTextModel(model) if isinstance(model, LanguageModel) else model
        self._templates = PromptTemplates(name, self._model.prompt_style, config.templates)
        self._prompter = Prompter(self._model, self._templates, config, self)
        self._memory: dict[str, Any] = {}  # by task; plain values
        self.usage_of_acting = Usage()
        self.config = config
        super().__init__(name, config, seed, self._prompter)

    def history(self, observation: Observation) -> Sequence[Any]:
        """See :class:`agents.prompting.prompter.Strategy`."""
        return ()

    def thinks(self, observation: Observation) -> bool:
        """See :class:`agents.prompting.prompter.Strategy`."""
        return True

    def known_answer(self, observation: Observation, *, is_exploring: bool, place: int) -> str | None:
        """See :class:`agents.prompting.prompter.Strategy`."""
        return None

    def remember(self, task: str, turn: Turn) -> None:
        """Take an attempt into the memory. Called for every attempt, in order, when its iteration is over."""

    def prompts(self, observation: str) -> dict[str, str]:
        """What would be asked now, see :meth:`agents.prompting.prompter.Prompter.prompts`."""
        return self._prompter.prompts(observation)

    def sample(self, observations: Sequence[str], generator: torch.Generator) -> list[Action]:
        """See :meth:`agents.collecting_agent.CollectingAgent.sample`; nothing is remembered."""
        actions = super().sample(observations, generator)
        for action in actions:
            self.usage_of_acting += action.usage or Usage()
        return actions

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues bit for bit."""
        return {**super().state_dict(), "memory": copy.deepcopy(self._memory)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration.

        Other templates make another agent.
        """
        super().load_state_dict(state)
        self._memory = copy.deepcopy(state["memory"])

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        usage = Usage()
        for turn in rollout.turns:
            usage += turn.usage or Usage()
            self.remember(read_observation(turn.prompt).task, turn)
        return {
            "model_calls": float(usage.model_calls),
            "prompt_tokens": float(usage.prompt_tokens),
            "shortened_prompts": float(usage.shortened_prompts),
            "cached_answers": float(usage.cached_answers),
            "retries": float(usage.retries),
        }, 0

    def _identity(self) -> dict[str, Any]:
        return super()._identity() | {"text_model": self._model.identity(), "prompts": self._templates.fingerprint}
