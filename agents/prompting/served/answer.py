"""Reading a server's answer, of which nothing is believed before it is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.prompting.served.failure import Passing, failure_of
from agents.prompting.served.request import Request, valid_unicode
from agents.prompting.text_model import Completion
from agents.sampler import StopReason

MOST_CHARACTERS = 200_000
"""Longer texts are cut there."""

_BYTES_PER_TOKEN = 4
_MOST_TOKENS = 2**53

_ENDS = ("stop", "length", "content_filter", "eos", "eos_token", "end_turn", "stop_sequence")
"""Reasons to finish with which an empty text is an answer; without one of them it is a server's mishap."""


def read_answer(request: Request, sent: Mapping[str, Any], answer: Any, retries: int) -> Completion:
    """The completion in an answer.

    Token counts are the server's; where it gives none, a token is taken to be four bytes of UTF-8.

    Args:
        request: what was asked.
        sent: the body in which the server was asked.
        answer: parsed JSON.
        retries: requests that failed before.

    Raises:
        Failure: there is no completion in it.
    """
    if not isinstance(answer, dict):
        raise Passing(f"an answer that is no JSON object but {type(answer).__name__}")
    error = answer.get("error")
    if error and not answer.get("choices"):  # some gateways and servers report errors with status 200
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 502
        raise failure_of(status, error, {}, sent)
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Passing("an answer without choices")
    choice = choices[0]
    finish_reason = choice.get("finish_reason")
    if finish_reason == "error":
        raise Passing("an answer that broke off with an error")
    text = _text(request, choice, finish_reason)
    prompt_tokens, generated_tokens = _usage(answer.get("usage"))
    if prompt_tokens is None:
        prompt_tokens = _estimate(request.prompt)
    if generated_tokens is None:
        generated_tokens = _estimate(text)
    stop_reason: StopReason = "length" if finish_reason == "length" else "eos"
    return Completion(text[:MOST_CHARACTERS], prompt_tokens, generated_tokens, stop_reason, retries=retries)


def _text(request: Request, choice: dict[str, Any], finish_reason: Any) -> str:
    text: Any
    if request.endpoint == "completions":
        text = choice.get("text")
    else:
        message = choice.get("message")
        if not isinstance(message, dict):
            raise Passing("an answer without a message")
        text = message.get("content")
        if text is None:
            text = _instead_of_content(message, finish_reason)
    if not isinstance(text, str):
        raise Passing(f"an answer whose text is {type(text).__name__}")
    if not text and finish_reason not in _ENDS:
        raise Passing("an answer without text")
    return valid_unicode(text)


def _instead_of_content(message: dict[str, Any], finish_reason: Any) -> str | None:
    """What stands for a missing text: a refusal, or nothing if thinking took all tokens or a filter cut in."""
    if isinstance(message.get("refusal"), str):
        return str(message["refusal"])
    has_thought = any(isinstance(message.get(name), str) for name in ("reasoning_content", "reasoning"))
    if finish_reason == "content_filter" or (finish_reason == "length" and has_thought):
        return ""
    return None


def _usage(usage: Any) -> tuple[int | None, int | None]:
    if not isinstance(usage, dict):
        return None, None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(given: Any) -> int | None:
    is_count = isinstance(given, int) and not isinstance(given, bool) and 0 <= given < _MOST_TOKENS
    return given if is_count else None


def _estimate(text: str) -> int:
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)
