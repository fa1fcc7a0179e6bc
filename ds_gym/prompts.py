"""Observations: the text that a language model reads before it writes the next program.

A prompt style is a pure function from a :class:`PromptContext` to text. The context holds all that an agent may
know; nothing else about a task reaches an observation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ds_gym.columns import Column
from ds_gym.failures import Failure

MAX_NAMED_FEATURES = 12
"""Tables with more features than this are described by their number of features alone."""

MAX_ERROR_CHARACTERS = 400
"""Longer error messages are cut in the prompt; ``info["error"]`` keeps the whole message."""

MAX_PREVIOUS_CODE_LINES = 40
"""Longer programs are cut in the prompt; ``info["code"]`` keeps the whole program."""

FILL_MARK = "<FILL_ME>"
"""Stands where a fill-in-the-middle model writes."""

_QUOTED_FILL_MARK = "<FILL ME>"  # what a mark in a previous program becomes: tokenisers allow only one


@dataclass(frozen=True)
class PromptContext:
    """Everything that an observation says.

    Attributes:
        title: name of the task, as a person writes it ("Balance scale").
        description: the task in one sentence ending in a full stop.
        feature_names: one name a column of ``x_train``.
        n_rows: rows of ``x_train`` in one split.
        n_classes: number of classes; labels are ``0 .. n_classes - 1``.
        attempt: the attempt about to be made, counted from 1.
        max_attempts: attempts an episode may take.
        previous_code: the program that just failed, normalised (``def build_model(x_train, y_train):`` and a body
            indented by four spaces), or None on a first attempt.
        failure: why it failed, or None on a first attempt.
        columns: empty where ``x_train`` is an array; else one description a column of the data frame that it is.
    """

    title: str
    description: str
    feature_names: tuple[str, ...]
    n_rows: int
    n_classes: int
    attempt: int = 1
    max_attempts: int = 5
    previous_code: str | None = None
    failure: Failure | None = None
    columns: tuple[Column, ...] = ()


def completion_prompt(context: PromptContext) -> str:
    """A Python prefix that ends right after the docstring of ``build_model``, without a newline.

    The action therefore begins with a newline and four spaces, and tokenising prompt and action apart gives the same
    tokens as tokenising them together.
    """
    lines = [
        f"# Task: {_one_line(context.title)}. {_one_line(context.description)}",
        f"# Data: {_data_sentence(context)}",
    ]
    if context.previous_code is None or context.failure is None:
        lines.append(f"# Attempt {context.attempt} of {context.max_attempts}.")
    else:
        lines.append(f"# Attempt {context.attempt} of {context.max_attempts}. The previous attempt:")
        lines += [f"#{line}" for line in _previous_body(context.previous_code)]
        lines += [f"# {line}" for line in f"Error: {_error_text(context)}".split("\n")]
    lines.append("def build_model(x_train, y_train):")
    lines.append(f'    """Return a fitted classifier with predict_proba for {context.n_classes} classes."""')
    return "\n".join(lines)


def infill_prompt(context: PromptContext) -> str:
    """The same prefix with :data:`FILL_MARK` after it and the line ``return model``, for fill-in-the-middle models.

    The format of arXiv 2402.06700, as the tokeniser of Code Llama reads it (B. Rozière et al., arXiv 2308.12950): the
    mark occurs once, the action takes its place and so begins with a newline, and binds the name ``model``.
    """
    prefix = completion_prompt(context).replace(FILL_MARK, _QUOTED_FILL_MARK)
    return f"{prefix}{FILL_MARK}\n    return model"


def instruct_prompt(context: PromptContext) -> str:
    """An instruction for a chat model, in Markdown; the answer is a whole ``build_model`` in a fenced block."""
    paragraphs = [
        f"## {_one_line(context.title)}\n{_one_line(context.description)}",
        f"Data: {_data_sentence(context)}",
        "Write a Python function `build_model(x_train, y_train)` that returns a fitted classifier with a method "
        f"`predict_proba(x)` giving an array of shape [n, {context.n_classes}], columns in the order of the classes. "
        "You may use numpy, scipy, pandas and scikit-learn; import what you use inside the function. The model is "
        "scored by ROC AUC on rows that the function does not see.",
        f"This is attempt {context.attempt} of {context.max_attempts}.",
    ]
    if context.previous_code is not None and context.failure is not None:
        paragraphs.append(f"Your previous attempt:\n```python\n{_cut_lines(context.previous_code)}\n```")
        paragraphs.append(f"It failed:\n```\n{_error_text(context)}\n```\nWrite a corrected version.")
    paragraphs.append("Answer with the function in one ```python block.")
    return "\n\n".join(paragraphs)


PROMPT_STYLES: dict[str, Callable[[PromptContext], str]] = {
    "completion": completion_prompt,
    "infill": infill_prompt,
    "instruct": instruct_prompt,
}


def _data_sentence(context: PromptContext) -> str:
    n_features = len(context.feature_names)
    shape = f"shape ({context.n_rows}, {n_features})"
    if context.columns:
        kind = f"a pandas DataFrame of {shape}, in which values may be missing"
        words = [
            f"{column.name}: {'number' if column.categories is None else 'category'}" for column in context.columns
        ]
        n_nominal = sum(column.categories is not None for column in context.columns)
        count = f"{n_features} features, {n_nominal} of them categories"
    else:
        kind = f"a float array of {shape}"
        words = list(context.feature_names)
        count = f"{n_features} features"
    names = f" ({', '.join(map(_one_line, words))})" if n_features <= MAX_NAMED_FEATURES else ""
    return f"{count}{names}, x_train is {kind}, y_train holds {context.n_classes} classes 0..{context.n_classes - 1}."


def _error_text(context: PromptContext) -> str:
    assert context.failure is not None
    assert context.previous_code is not None
    message = context.failure.message
    if len(message) > MAX_ERROR_CHARACTERS:
        message = message[: MAX_ERROR_CHARACTERS - 4] + " ..."
    source_lines = context.previous_code.split("\n")
    line = context.failure.line
    if line is not None and 1 <= line <= len(source_lines):
        return f"{message}\nin: {source_lines[line - 1].strip()}"
    return message


def _previous_body(code: str) -> list[str]:
    """The non-empty lines of a normalised program (see :mod:`ds_gym.actions`) below its signature."""
    return [line.rstrip() for line in _cut_lines(code).split("\n")[1:] if line.strip()]


def _cut_lines(code: str) -> str:
    lines = code.split("\n")
    if len(lines) > MAX_PREVIOUS_CODE_LINES:
        lines = [*lines[:MAX_PREVIOUS_CODE_LINES], f"    # ... {len(lines) - MAX_PREVIOUS_CODE_LINES} more lines"]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())
