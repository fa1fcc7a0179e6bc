"""What a prompting agent asks for text: a local language model, or one behind a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from agents.model_options import PromptStyle
from agents.sampler import StopReason


@dataclass(frozen=True)
class Completion:
    """What a model wrote for one prompt.

    Attributes:
        text: what it wrote, as it continues or answers the prompt.
        prompt_tokens: that it read.
        generated_tokens: that it wrote, ends of sequence included.
        stop_reason: see :class:`agents.sampler.Generation`; a server's "stop" is "eos".
        cached: whether it came from a cache instead of the model.
        retries: requests that failed before the one that was answered.
    """

    text: str
    prompt_tokens: int
    generated_tokens: int
    stop_reason: StopReason
    cached: bool = False
    retries: int = 0


@dataclass(frozen=True)
class PromptTooLong:
    """Stands for a completion where prompt and completion do not fit into the model's context.

    Attributes:
        reason: one line: how long the prompt is, how much the model takes.
    """

    reason: str


Answer = Completion | PromptTooLong

OnAnswer = Callable[[int, Answer], None]
"""Called with the index of a prompt and what came of it."""


class ModelUnavailable(RuntimeError):
    """The model cannot be asked, and trying longer is of no use. One line that says what to do."""


class TextModel(Protocol):
    """A language model as prompting sees it.

    Attributes:
        name: as its user named it.
        prompt_style: "instruct" (a prompt is a message of the user, and the answer that of the assistant), or
            "completion" or "infill" (a prompt is the beginning of a program, which the answer continues).
    """

    @property
    def name(self) -> str: ...

    @property
    def prompt_style(self) -> PromptStyle: ...

    def identity(self) -> dict[str, Any]:
        """What tells the model from any other, as plain values."""
        ...

    def complete(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float,
        generator: torch.Generator,
        is_program: bool = True,
        on_answer: OnAnswer | None = None,
    ) -> list[Answer]:
        """One completion a prompt, in order.

        Args:
            prompts: at least one; equal prompts get draws of their own.
            max_new_tokens: completions are cut there.
            temperature: softmax temperature of sampling; 0 is greedy.
            generator: the source of all randomness on this side, so that equal states of it give equal requests, and
                the same state afterwards, whatever had to be tried again.
            is_program: whether the completion is a program, which may end where its function is complete, or prose.
            on_answer: called once for every prompt, in this thread, as soon as its answer is there. What it raises ends
                the call.

        Raises:
            ModelUnavailable: there is no answer to be had.
        """
        ...
