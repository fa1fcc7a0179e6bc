"""The client of one server: one request, one answer or one :class:`Failure`, in bounded time."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agents.prompting.served.address import Address
from agents.prompting.served.failure import Passing, Unreachable, failure_of, words
from agents.prompting.served.request import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_MOST_BYTES = 64 * 2**20  # of an answer
_LIBRARIES = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")
_NETWORK = ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "h11", "h2", "anyio")


class Connection:
    """An open client; an asynchronous context of the event loop that uses it.

    Args:
        address: of the server. Its key is read from the environment at this moment, and kept by the client alone.
        timeout_s: seconds that a request may take in all.
    """

    def __init__(self, address: Address, timeout_s: float) -> None:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        _be_quiet()
        self._address = address
        self._timeout_s = timeout_s
        self._client: AsyncOpenAI = AsyncOpenAI(
            api_key=address.key(),
            base_url=address.url,
            max_retries=0,
            timeout=timeout_s,
            # A proxy that the environment names cannot reach this machine's own loopback.
            http_client=DefaultAsyncHttpxClient(trust_env=False) if address.is_loopback else None,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.close()

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Any:
        """The server's answer to a request, parsed.

        Raises:
            Failure: there was none, or an error.
        """
        if endpoint == "chat/completions":
            return await self._read(self._client.chat.completions.with_streaming_response.create(**body), body)
        return await self._read(self._client.completions.with_streaming_response.create(**body), body)

    async def models(self) -> list[str] | None:
        """The names of the server's models; None if what it answers is no list of models. Raises Failure for errors."""
        answer = await self._read(self._client.models.with_streaming_response.list(), {})
        entries = answer.get("data") if isinstance(answer, dict) else answer
        if not isinstance(entries, list):
            return None
        named = [entry.get("id") if isinstance(entry, dict) else None for entry in entries]
        return [name for name in named if isinstance(name, str)]

    async def _read(self, opening: Any, sent: Mapping[str, Any]) -> Any:
        from openai import APIStatusError

        content = bytearray()
        try:
            # The client's own time-out is one for each read, which a server that dribbles never exceeds.
            async with asyncio.timeout(self._timeout_s), opening as response:
                async for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > _MOST_BYTES:
                        raise Passing("an answer without end")
        except TimeoutError:
            raise Unreachable(f"no complete answer within {self._timeout_s:g} s") from None
        except APIStatusError as error:
            described = self._described(error.response.content)
            raise failure_of(error.status_code, described, error.response.headers, sent) from None
        except Exception as error:
            if not _is_of_network(error):
                raise
            raise Unreachable(words(self._address.without_key(_root(error)))) from None
        text = self._text(bytes(content))
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise Passing(f"no JSON but {_beginning(text)}") from None

    def _text(self, content: bytes) -> str:
        return self._address.without_key(content.decode("utf-8-sig", "replace"))

    def _described(self, content: bytes) -> Any:
        """The error in the body of an answer: parsed, or its text if it is no JSON."""
        text = self._text(content)
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return parsed.get("error") or parsed if isinstance(parsed, dict) else parsed


def _be_quiet() -> None:
    """The libraries log every request; a program that wants to see that sets their levels itself."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)


def _is_of_network(error: BaseException) -> bool:
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _NETWORK


def _root(error: BaseException) -> str:
    """What the system said at the bottom of a chain of errors, which says more than "Connection error."."""
    said = type(error).__name__
    step: BaseException | None = error
    for _ in range(10):
        if step is None:
            break
        if isinstance(step, ConnectionError) and step.errno:
            return os.strerror(step.errno)
        if isinstance(step, OSError) and step.strerror:
            return str(step.strerror)
        if isinstance(step, BaseExceptionGroup):  # a host of several addresses, none of which answered
            step = step.exceptions[0]
            continue
        said = str(step).strip() or said
        step = step.__cause__ or step.__context__
    return said


def _beginning(text: str) -> str:
    shown = words(text[:80])
    return shown if shown == "a page of HTML" else repr(shown) if shown else "an empty body"
