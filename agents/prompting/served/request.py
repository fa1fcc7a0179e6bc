"""What is asked of a server, and which of its parameters the server takes."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from typing import Any, Literal

Endpoint = Literal["chat/completions", "completions"]

OPTIONAL = ("max_tokens", "temperature", "seed")
"""Parameters that some servers refuse: hosted reasoning models want ``max_completion_tokens`` and their own
temperature, and not every server knows seeds."""


@dataclass(frozen=True)
class Request:
    """One completion, as it is asked for.

    Attributes:
        endpoint: the prompt is the message of a user, or the beginning of a text.
        model: the server's name of it.
        prompt: valid Unicode.
        max_tokens: where the completion is cut.
        temperature: 0 is greedy.
        seed: of the server's sampling.
    """

    endpoint: Endpoint
    model: str
    prompt: str
    max_tokens: int
    temperature: float
    seed: int

    def body(self, refused: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What is sent to a server that refuses some of :data:`OPTIONAL`."""
        asked: dict[str, Any] = {"model": self.model}
        if self.endpoint == "chat/completions":
            asked["messages"] = [{"role": "user", "content": self.prompt}]
        else:
            asked["prompt"] = self.prompt
        asked["max_completion_tokens" if "max_tokens" in refused else "max_tokens"] = self.max_tokens
        wishes = {"temperature": float(self.temperature), "seed": self.seed}
        return asked | {name: value for name, value in wishes.items() if name not in refused}

    def key(self, base_url: str) -> str:
        """The same for equal requests to the same server alone: SHA-256 of everything that is asked.

        What the server refuses is asked all the same, so that a new process finds the answer before it learns of that.
        """
        whole = {"base_url": base_url, "endpoint": self.endpoint, "body": self.body()}
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def valid_unicode(text: str) -> str:
    """The text with half characters replaced, which no request, file or database takes."""
    return text.encode("utf-8", "replace").decode()


class Dialect:
    """Which parameters a server has refused so far."""

    def __init__(self) -> None:
        self.refused: frozenset[str] = frozenset()

    def learn(self, parameter: str) -> None:
        """The server does not take one of :data:`OPTIONAL`: it is left out from now on; a warning if that matters."""
        if parameter in self.refused:
            return
        self.refused |= {parameter}
        if parameter != "max_tokens":
            warnings.warn(
                f"the server refuses the parameter {parameter!r}: it is left out, and the server's own choice applies",
                stacklevel=2,
            )
