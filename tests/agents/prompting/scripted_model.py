"""A text model that answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from agents.model_options import PromptStyle
from agents.prompting.text_model import Answer, Completion, OnAnswer, PromptTooLong


class ScriptedModel:
    """Answers ``answer(prompt)``; prompts of more than ``limit`` characters are too long.

    Attributes:
        asked: all prompts so far, with whether a program was wanted.
    """

    name = "scripted"

    def __init__(
        self, answer: Callable[[str], str], prompt_style: PromptStyle = "completion", limit: int = 10**6
    ) -> None:
        self.prompt_style = prompt_style
        self.asked: list[tuple[str, bool]] = []
        self._answer = answer
        self._limit = limit

    def identity(self) -> dict[str, Any]:
        return {"name": self.name}

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
        answers: list[Answer] = []
        for index, prompt in enumerate(prompts):
            self.asked.append((prompt, is_program))
            if len(prompt) > self._limit:
                answers.append(PromptTooLong(f"{len(prompt)} characters of {self._limit}"))
            else:
                text = self._answer(prompt)
                answers.append(Completion(text, len(prompt), len(text), "eos"))
            if on_answer is not None:
                on_answer(index, answers[-1])
        return answers

    def programs(self) -> list[str]:
        """The prompts that asked for a program."""
        return [prompt for prompt, is_program in self.asked if is_program]

    def thoughts(self) -> list[str]:
        """The prompts that asked for something else."""
        return [prompt for prompt, is_program in self.asked if not is_program]
