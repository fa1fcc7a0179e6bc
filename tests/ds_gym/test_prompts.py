"""What an agent reads."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import pytest

from ds_gym.actions import normalise_program
from ds_gym.failures import Failure
from ds_gym.prompts import FILL_MARK, PROMPT_STYLES, PromptContext, completion_prompt, infill_prompt

FIRST = PromptContext("Wine", "Predict the cultivar.", ("alcohol", "hue"), n_rows=89, n_classes=3)
FAILED = replace(
    FIRST,
    attempt=2,
    previous_code="def build_model(x_train, y_train):\n    # <FILL_ME> 漢字\n    return fit(x_train)",
    failure=Failure("exception", "NameError: name 'fit' is not defined <FILL_ME>", 3),
)


@pytest.mark.parametrize("prompt", PROMPT_STYLES.values(), ids=PROMPT_STYLES.keys())
def test_every_style_says_what_an_agent_needs(prompt: Callable[[PromptContext], str]) -> None:
    first, second = prompt(FIRST), prompt(FAILED)
    for part in ("Wine", "Predict the cultivar.", "alcohol, hue", "(89, 2)", "3 classes", "ttempt 1 of 5."):
        assert part in first
    for part in ("ttempt 2 of 5.", "漢字", "return fit(x_train)", "NameError: name 'fit' is not defined"):
        assert part in second
    assert prompt(FIRST) == first


@pytest.mark.parametrize("context", [FIRST, FAILED])
def test_infill_is_the_completion_with_a_hole(context: PromptContext) -> None:
    prefix, suffix = infill_prompt(context).split(FILL_MARK)  # one mark, whatever the previous program holds
    assert prefix == completion_prompt(context).replace(FILL_MARK, "<FILL ME>")
    action = "\n    model = Classifier().fit(x_train, y_train)"
    assert ast.parse(prefix + action + suffix)
    assert normalise_program(action) == f"def build_model(x_train, y_train):{action}{suffix}"
