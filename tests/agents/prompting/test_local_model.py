"""The embedded model as a text model."""

from __future__ import annotations

import pytest
import torch

from agents.generation import generate
from agents.language_model import LanguageModel, load_language_model
from agents.prompting.local_model import LocalTextModel
from agents.prompting.text_model import Answer, Completion, PromptTooLong
from agents.token_pieces import TokenPieces

PROMPT = "# Task: Wine. Predict it.\n# Attempt 1 of 5.\ndef build_model(x_train, y_train):\n    '''Return it.'''"


@pytest.fixture(scope="module")
def language_model() -> LanguageModel:
    return load_language_model("tinycoder", device="cpu")


def test_it_writes_what_the_policy_writes(language_model: LanguageModel) -> None:
    told: list[tuple[int, Answer]] = []
    answers = LocalTextModel(language_model).complete(
        [PROMPT, PROMPT],
        max_new_tokens=32,
        temperature=1.0,
        generator=torch.Generator().manual_seed(3),
        on_answer=lambda index, answer: told.append((index, answer)),
    )
    generations = generate(
        language_model,
        [language_model.encode_prompt(PROMPT)] * 2,
        max_new_tokens=32,
        temperature=1.0,
        generator=torch.Generator().manual_seed(3),
        pieces=TokenPieces(language_model.tokenizer),
    )
    assert [answer.text for answer in answers if isinstance(answer, Completion)] == [g.text for g in generations]
    assert {(index, answer.text) for index, answer in told if isinstance(answer, Completion)} == {
        (index, generation.text) for index, generation in enumerate(generations)
    }
    for answer, generation in zip(answers, generations, strict=True):
        assert isinstance(answer, Completion)
        assert answer.generated_tokens == len(generation.token_ids)
        assert answer.prompt_tokens == len(language_model.encode_prompt(PROMPT))


def test_a_prompt_that_does_not_fit_is_told_and_the_others_are_answered(language_model: LanguageModel) -> None:
    model = LocalTextModel(language_model)
    long = PROMPT + "\n    x = 1" * 400
    answers = model.complete([long, PROMPT], max_new_tokens=8, temperature=0, generator=torch.Generator())
    assert isinstance(answers[0], PromptTooLong)
    assert str(language_model.context_length) in answers[0].reason
    assert isinstance(answers[1], Completion)
    (only,) = model.complete([long], max_new_tokens=8, temperature=0, generator=torch.Generator())
    assert isinstance(only, PromptTooLong)


def test_prose_does_not_end_where_a_function_would(language_model: LanguageModel) -> None:
    model = LocalTextModel(language_model)

    def write(is_program: bool) -> Completion:
        (answer,) = model.complete(
            [PROMPT], max_new_tokens=100, temperature=0, generator=torch.Generator(), is_program=is_program
        )
        assert isinstance(answer, Completion)
        return answer

    assert write(False).text.startswith(write(True).text.rstrip())
