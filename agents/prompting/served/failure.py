"""What can go wrong with one request, and what of it passes."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from agents.prompting.served.request import OPTIONAL

PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 that another try may be spared."""

_MOST_WORDS = 300  # characters of what a server says that are shown

_TOO_LONG = re.compile(
    r"context_length_exceeded"  # OpenAI's code
    r"|maximum context length"  # OpenAI and vLLM
    r"|longer than the maximum model length|too long to fit into the model"  # vLLM
    r"|exceed_context_size_error|exceeds? the available context size"  # llama.cpp
    r"|exceeds? (the )?(model's )?(maximum )?context"  # Ollama, llama-cpp-python
    r"|prompt is too long|input is too long|too many (input )?tokens"  # Anthropic and those who follow it
    r"|maximum allowed (input )?length|must have less than \d+ tokens",  # SGLang, text-generation-inference
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"unsupported|not support|n't support|unrecogni[sz]ed|unknown|unexpected|not permitted|forbidden|extra input", re.I
)
_QUOTA = re.compile(r"insufficient_quota|billing_hard_limit|insufficient (balance|credits|funds)", re.IGNORECASE)


class Failure(Exception):
    """A request failed; one line says why.

    Attributes:
        reason: one line.
        status: the HTTP status that the server answered with, if it did.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Passing(Failure):
    """It may go well another time.

    Attributes:
        retry_after_s: seconds after which the server wants to be asked again, if it said.
    """

    def __init__(self, reason: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(reason, status)
        self.retry_after_s = retry_after_s


class Unreachable(Passing):
    """There was no answer at all, or none in time."""


class Refused(Failure):
    """It will not go well another time."""


class TooLong(Failure):
    """Prompt and completion do not fit into the model's context."""


class ParameterRefused(Failure):
    """The server does not take a parameter.

    Attributes:
        parameter: one of :data:`agents.prompting.served.request.OPTIONAL`.
    """

    def __init__(self, reason: str, status: int, parameter: str) -> None:
        super().__init__(reason, status)
        self.parameter = parameter


def failure_of(status: int, error: Any, headers: Mapping[str, str], sent: Mapping[str, Any]) -> Failure:
    """What an answer with an error stands for.

    Args:
        status: of HTTP.
        error: the error that the server describes: parsed JSON, or text.
        headers: of the answer.
        sent: the body of the request.
    """
    said = _message(error)
    everything = f"{said} {json.dumps(error, default=str)}"
    reason = f"{status}: {words(said)}" if said.strip() else f"status {status}"
    if status in (400, 413, 422, 500) and _TOO_LONG.search(everything):
        return TooLong(words(said) or reason, status)
    if status in (400, 422):
        for parameter in _suspects(error):
            if parameter in sent and _REFUSAL.search(everything) and re.search(rf"\b{parameter}\b", everything):
                return ParameterRefused(reason, status, parameter)
    if status == 429 and _QUOTA.search(everything):
        return Refused(reason, status)
    if status in PASSING or status >= 500:
        return Passing(reason, status, retry_after_s(headers))
    return Refused(reason, status)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the server asks to be left alone (``retry-after-ms``, ``retry-after``); None if it does not."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = headers.get(name, "")
        try:
            seconds = float(given) * unit
        except ValueError:
            date = _date(given) if name == "retry-after" else None
            if date is None:
                continue
            seconds = date - time.time()
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def words(text: str) -> str:
    """What a server said, for a line of an error message: no markup, no control characters, not at length."""
    if text.lstrip()[:1] == "<":
        return "a page of HTML"
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _MOST_WORDS else line[:_MOST_WORDS] + "…"


def _message(error: Any) -> str:
    """The sentence in an error as OpenAI's, FastAPI's and other servers write it."""
    if isinstance(error, str):
        return error
    if isinstance(error, dict):
        for name in ("message", "detail", "error", "msg"):
            if error.get(name):
                return _message(error[name])
    return "" if error is None else json.dumps(error, default=str)


def _suspects(error: Any) -> tuple[str, ...]:
    named = error.get("param") if isinstance(error, dict) else None
    return (named,) if named in OPTIONAL else OPTIONAL


def _date(given: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(given).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
