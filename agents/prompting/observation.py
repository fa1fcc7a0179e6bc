"""Observations of ``DataSci-v0`` taken apart: the task, what came before in the episode, and what is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.prompt_format import FILL_MARK

_COMMENTS = re.compile(  # styles "completion" and "infill": comments, then the head of a function
    r"(?P<statement>(?:#[^\n]*\n)+?)"
    r"# Attempt \d+ of (?P<max_attempts>\d+)\."
    r"(?P<history> The previous attempt:\n(?:#[^\n]*\n)+|\n)"
    r"(?P<request>def build_model\(.*)",
    re.DOTALL,
)
_COMMENTED_FAILURE = re.compile(
    r" The previous attempt:\n(?P<code>.*?)^# Error: (?P<error>.*)\n", re.DOTALL | re.MULTILINE
)
_INSTRUCTIONS = re.compile(
    r"(?P<statement>.*\n)"
    r"This is attempt \d+ of (?P<max_attempts>\d+)\.\n\n"
    r"(?P<history>Your previous attempt:\n```python\n(?P<code>.*)\n```\n\n"
    r"It failed:\n```\n(?P<error>.*)\n```\nWrite a corrected version\.\n\n)?"
    r"(?P<request>Answer with .*)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Observation:
    """An observation and its parts. ``text == opening + request`` and ``first == first_opening + request``.

    Attributes:
        text: all of it.
        task: what all observations of one task have in common and those of others have not.
        opening: all that stands before the request, with what failed before in the episode.
        first_opening: the same as at the first attempt of an episode.
        request: what is asked for: the head of a function to be continued, or an instruction.
        previous_code: the program that failed in the attempt before; None at the first attempt.
        error: why it failed; None likewise.
    """

    text: str
    task: str
    opening: str
    first_opening: str
    request: str
    previous_code: str | None = None
    error: str | None = None

    @property
    def first(self) -> str:
        """The observation of a first attempt at the same task: nothing of the episode so far is in it."""
        return self.first_opening + self.request

    @property
    def head(self) -> str:
        """The request without the gap that is to be filled, where there is one, and what stands behind it."""
        return self.request.partition(FILL_MARK)[0]

    @property
    def is_repair(self) -> bool:
        """Whether an attempt of the same episode has failed before."""
        return self.first != self.text

    def without_history(self) -> Observation:
        """The observation of the first attempt."""
        return Observation(self.first, self.task, self.first_opening, self.first_opening, self.request)


def read_observation(text: str) -> Observation:
    """Take an observation apart. One of another form is all request, and a task of its own."""
    if match := _COMMENTS.fullmatch(text):
        opening = f"{match['statement']}# Attempt 1 of {match['max_attempts']}.\n"
        failure = _COMMENTED_FAILURE.fullmatch(match["history"])
        code = None if failure is None else "\n".join(line[1:] for line in failure["code"].splitlines())
        error = None if failure is None else failure["error"].replace("\n# ", "\n")
    elif match := _INSTRUCTIONS.fullmatch(text):
        opening = f"{match['statement']}This is attempt 1 of {match['max_attempts']}.\n\n"
        code, error = match["code"], match["error"]
    else:
        return Observation(text, text, "", "", text)
    request = match["request"]
    task = text.partition("\n")[0]
    return Observation(text, task, text.removesuffix(request), opening, request, code, error)
