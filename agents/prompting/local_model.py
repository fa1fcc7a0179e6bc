"""A language model of this process as a text model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from agents.generation import LocalSampler
from agents.language_model import LanguageModel
from agents.model_options import PromptStyle
from agents.prompting.text_model import Answer, Completion, OnAnswer, PromptTooLong
from agents.sampler import Generation


class LocalTextModel:
    """Any causal language model of transformers; an :class:`agents.prompting.text_model.TextModel`.

    Args:
        language_model: whose policy writes.
    """

    def __init__(self, language_model: LanguageModel) -> None:
        self._language_model = language_model
        self._program_sampler = LocalSampler(language_model)
        self._prose_sampler = LocalSampler(language_model, stop_at_function_end=False)

    @property
    def name(self) -> str:
        """As the model was loaded."""
        return self._language_model.name

    @property
    def prompt_style(self) -> PromptStyle:
        """What the model was made for, or what its options say."""
        return self._language_model.prompt_style

    def identity(self) -> dict[str, Any]:
        """Name, number format and weights."""
        model = self._language_model
        dtype = str(model.head("base").weight.dtype).removeprefix("torch.")
        return {"name": model.name, "weights": model.fingerprint, "dtype": dtype, "prompt_style": model.prompt_style}

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
        """Draw one completion a prompt, see :meth:`agents.prompting.text_model.TextModel.complete`."""
        encoded = [self._language_model.encode_prompt(prompt) for prompt in prompts]
        room = self._language_model.context_length - max_new_tokens
        answers: list[Answer] = [
            PromptTooLong(
                f"the prompt has {len(token_ids)} tokens, which leaves no room for {max_new_tokens} more in a context "
                f"of {self._language_model.context_length}"
            )
            for token_ids in encoded
        ]
        fitting = [index for index, token_ids in enumerate(encoded) if len(token_ids) <= room]

        def tell(index: int, answer: Answer) -> None:
            answers[index] = answer
            if on_answer is not None:
                on_answer(index, answer)

        for index in sorted(set(range(len(prompts))) - set(fitting)):
            tell(index, answers[index])
        if fitting:
            sampler = self._program_sampler if is_program else self._prose_sampler
            sampler.sample(
                [encoded[index] for index in fitting],
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                generator=generator,
                on_end=lambda place, generation: tell(fitting[place], _completion(encoded[fitting[place]], generation)),
            )
        return answers


def _completion(prompt_ids: tuple[int, ...], generation: Generation) -> Completion:
    return Completion(generation.text, len(prompt_ids), len(generation.token_ids), generation.stop_reason)
