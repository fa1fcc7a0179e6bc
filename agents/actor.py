"""What acts for an agent: from observations to actions, with or without tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from agents.agent import SamplingConfig
from agents.language_model import LanguageModel
from agents.sampler import Generation, Sampler, StopReason


@dataclass(frozen=True)
class Usage:
    """What asking a model took.

    Attributes:
        model_calls: prompts that were answered.
        prompt_tokens: that were read.
        generated_tokens: that were written.
        shortened_prompts: prompts that lost their oldest history because they did not fit into the model's context.
        cached_answers: answers that came from a cache.
        retries: requests that failed before others were answered.
    """

    model_calls: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    shortened_prompts: int = 0
    cached_answers: int = 0
    retries: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.model_calls + other.model_calls,
            self.prompt_tokens + other.prompt_tokens,
            self.generated_tokens + other.generated_tokens,
            self.shortened_prompts + other.shortened_prompts,
            self.cached_answers + other.cached_answers,
            self.retries + other.retries,
        )


@dataclass(frozen=True)
class Action:
    """An action, and where it comes from.

    Attributes:
        content: what the environment takes: a text, or a choice.
        prompt_ids: tokens that the model read; empty where they are not known.
        action_ids: tokens that it wrote; empty likewise.
        log_probs: log-probability of each of them under the distribution that it was drawn from.
        stop_reason: see :class:`agents.sampler.Generation`; None where nothing was generated.
        thought: what was written before the action, for the agent itself; empty for nothing.
        usage: of a model that is only asked for text; None for agents with tokens, or without a model.
    """

    content: Any
    prompt_ids: tuple[int, ...] = ()
    action_ids: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    stop_reason: StopReason | None = None
    thought: str = ""
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """The action as text."""
        return str(self.content)


OnAction = Callable[[int, Action], None]
"""Called with the index of an observation and its finished action."""


class Actor(Protocol):
    """Decides what is done."""

    def act(
        self,
        observations: Sequence[Any],
        generator: torch.Generator,
        *,
        is_exploring: bool,
        on_action: OnAction | None = None,
    ) -> list[Action]:
        """One action an observation.

        Args:
            observations: of as many environments; at least one.
            generator: the source of all randomness, so that equal states of it give equal actions.
            is_exploring: whether what comes of the actions is learnt from; if not, they are those of the policy that
                was learnt. What comes of them is taken in elsewhere.
            on_action: called once for every action, in this thread, as soon as it is there. What it raises ends the
                call.
        """
        ...

    def encode(self, observation: Any) -> tuple[int, ...]:
        """Token ids of an observation; empty for an actor without tokens."""
        ...


class LanguageModelActor:
    """Samples the tokens of its actions; an :class:`Actor`.

    Args:
        language_model: encodes observations.
        sampler: writes actions.
        config: settings of the sampling.
    """

    def __init__(self, language_model: LanguageModel, sampler: Sampler, config: SamplingConfig) -> None:
        self._language_model = language_model
        self._sampler = sampler
        self._config = config

    def act(
        self,
        observations: Sequence[str],
        generator: torch.Generator,
        *,
        is_exploring: bool,
        on_action: OnAction | None = None,
    ) -> list[Action]:
        """Sample from the present policy, see :meth:`Actor.act`; exploring is no different."""
        prompts = [self.encode(observation) for observation in observations]

        def on_end(index: int, generation: Generation) -> None:
            if on_action is not None:
                on_action(index, _action(prompts[index], generation))

        generations = self._sampler.sample(
            prompts,
            max_new_tokens=self._config.max_new_tokens,
            temperature=self._config.temperature,
            generator=generator,
            on_end=on_end,
        )
        return [_action(prompt, generation) for prompt, generation in zip(prompts, generations, strict=True)]

    def encode(self, observation: str) -> tuple[int, ...]:
        """Token ids of an observation, as the model reads it."""
        return self._language_model.encode_prompt(observation, reserve=self._config.max_new_tokens)


def _action(prompt_ids: tuple[int, ...], generation: Generation) -> Action:
    return Action(
        content=generation.text,
        prompt_ids=prompt_ids,
        action_ids=generation.token_ids,
        log_probs=generation.log_probs,
        stop_reason=generation.stop_reason,
    )
