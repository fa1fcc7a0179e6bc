"""Prompting any server that speaks OpenAI's protocol: vLLM, llama.cpp, Ollama, ``transformers serve``, hosted ones."""

from __future__ import annotations

import asyncio
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from agents.model_options import PromptStyle, require, require_one_of
from agents.prompting.served.address import find_server
from agents.prompting.served.answer import read_answer
from agents.prompting.served.availability import check_server, refused_key
from agents.prompting.served.background import Background
from agents.prompting.served.cache import ResponseCache
from agents.prompting.served.connection import Connection
from agents.prompting.served.failure import Failure, ParameterRefused, Passing, Refused, TooLong
from agents.prompting.served.options import ServedOptions
from agents.prompting.served.patience import Patience, next_turn
from agents.prompting.served.request import Dialect, Endpoint, Request, valid_unicode
from agents.prompting.text_model import Answer, Completion, ModelUnavailable, OnAnswer, PromptTooLong

_ENDPOINTS: dict[str, Endpoint] = {"instruct": "chat/completions", "completion": "completions"}
_LARGEST_SEED = 2**31 - 1  # servers in C++ and Java keep seeds in 32 bits
_PROBE = "def"
_TOLD_AFTER = 3  # failures: one or two are nothing unusual


class ServedModel:
    """A language model behind a server; a :class:`agents.prompting.text_model.TextModel`.

    The server's key is read from the environment whenever requests begin, and kept nowhere. Whether a prompt fits into
    the context is for the server to say, and not all do: Ollama cuts what does not fit, and ``transformers serve``
    writes on beyond the context. The latter also samples only if the model's own generation settings do.

    Args:
        model_name: the server's name of the model.
        base_url: of the server, such as "http://127.0.0.1:8000/v1"; None for ``OPENAI_BASE_URL`` or the hosted default.
        prompt_style: "instruct" for messages (``/chat/completions``), or "completion" for texts that are continued
            (``/completions``).
        options: how the server is asked.

    Raises:
        ValueError: one of them is not allowed, or the hosted server wants a key and there is none.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        prompt_style: PromptStyle = "instruct",
        options: ServedOptions | None = None,
    ) -> None:
        require(bool(model_name.strip()), "model_name", model_name, "the server's name of a model")
        require_one_of("prompt_style", prompt_style, tuple(_ENDPOINTS))
        self.name = model_name
        self.prompt_style: PromptStyle = prompt_style
        self.options = options if options is not None else ServedOptions()
        self._address = find_server(base_url, self.options.api_key_variable)
        self._address.key()
        path = None if self.options.cache is None else Path(self.options.cache).expanduser()
        self._cache = ResponseCache(path)
        self._dialect = Dialect()

    def __repr__(self) -> str:
        return f"ServedModel({self.name!r}, base_url={self.base_url!r}, prompt_style={self.prompt_style!r})"

    @property
    def base_url(self) -> str:
        """Of the server, without a slash at the end."""
        return self._address.url

    def identity(self) -> dict[str, Any]:
        """What tells the model from any other, as plain values."""
        return {
            "served": "openai",
            "name": self.name,
            "base_url": self.base_url,
            "prompt_style": self.prompt_style,
        }

    def cost(self, prompt_tokens: int, generated_tokens: int) -> float | None:
        """US dollars for so many tokens; None if the price is not known."""
        return self.options.cost(prompt_tokens, generated_tokens)

    def check(self) -> None:
        """Find out whether the server will answer, which costs one generated token at the most.

        Raises:
            ValueError: nothing answers, the key is refused, or the server does not know the model. One line.
        """
        probe = self._request(_PROBE, max_new_tokens=1, temperature=0.0, seed=0)

        async def check(_: Callable[[None], None]) -> None:
            await check_server(self._address, probe, self._dialect, self.options.timeout_s)

        with Background(check) as checking:
            list(checking)

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
        """One completion a prompt, see :meth:`agents.prompting.text_model.TextModel.complete`.

        The generator is drawn from once a prompt, for the seed that the server gets. Answers that are in the cache are
        given first. Programs end where the server ends them.
        """
        # All at once, before anything is sent: what is drawn must not depend on what the server does.
        seeds = torch.randint(_LARGEST_SEED, (len(prompts),), generator=generator, device=generator.device).tolist()
        requests = [
            self._request(prompt, max_new_tokens=max_new_tokens, temperature=temperature, seed=seed)
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
        keys = [request.key(self.base_url) for request in requests]
        known = self._cache.lookup(keys)
        answers: dict[int, Answer] = {}

        def give(index: int, answer: Answer) -> None:
            answers[index] = answer
            if on_answer is not None:
                on_answer(index, answer)

        missing = {index: request for index, request in enumerate(requests) if keys[index] not in known}
        hits = [index for index in range(len(requests)) if index not in missing]
        if not missing:
            for index in hits:
                give(index, known[keys[index]])
        else:
            with Background[tuple[int, Answer]](lambda put: self._ask_all(missing, put)) as asking:
                for index in hits:
                    give(index, known[keys[index]])
                for index, answer in asking:
                    give(index, answer)
        return [answers[index] for index in range(len(requests))]

    def _request(self, prompt: str, *, max_new_tokens: int, temperature: float, seed: int) -> Request:
        return Request(
            endpoint=_ENDPOINTS[self.prompt_style],
            model=self.name,
            prompt=valid_unicode(prompt),
            max_tokens=max_new_tokens,
            temperature=temperature,
            seed=seed,
        )

    async def _ask_all(self, requests: Mapping[int, Request], put: Callable[[tuple[int, Answer]], None]) -> None:
        waiting = deque(requests.items())

        async def work(connection: Connection) -> None:
            while waiting:
                index, request = waiting.popleft()
                put((index, await self._ask(connection, request)))

        async with self._connect() as connection:
            workers = [
                asyncio.create_task(work(connection)) for _ in range(min(self.options.concurrency, len(requests)))
            ]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    def _connect(self) -> Connection:
        try:
            return Connection(self._address, self.options.timeout_s)
        except ValueError as error:  # the key has vanished from the environment since
            raise ModelUnavailable(str(error)) from None

    async def _ask(self, connection: Connection, request: Request) -> Answer:
        """The answer to one request, tried again while it may go well. Raises ModelUnavailable if it does not."""
        failed = 0
        try:
            async for attempt in Patience(self.options.patience_s).tries():
                with attempt:
                    completion: Completion | None = None
                    while completion is None:
                        try:
                            await next_turn(self.base_url, self.options.requests_per_minute)
                            body = request.body(self._dialect.refused)
                            answer = await connection.ask(request.endpoint, body)
                            completion = read_answer(request, body, answer, retries=failed)
                        except ParameterRefused as failure:
                            failed += 1
                            self._dialect.learn(failure.parameter)
                        except Failure as failure:
                            failed += 1
                            if failed == _TOLD_AFTER and isinstance(failure, Passing):
                                self._tell_of_waiting(failure)
                            raise
        except TooLong as failure:
            return PromptTooLong(failure.reason)
        except Failure as failure:
            raise ModelUnavailable(self._explain(failure, failed)) from None
        assert completion is not None
        await asyncio.to_thread(self._cache.store, request.key(self.base_url), completion)
        return completion

    def _tell_of_waiting(self, failure: Failure) -> None:
        warnings.warn(
            f"the server at {self.base_url} gives no proper answer ({failure.reason}): it is asked again for up to "
            f"{self.options.patience_s:g} s",
            stacklevel=2,
        )

    def _explain(self, failure: Failure, failed: int) -> str:
        if isinstance(failure, Passing):
            tries = "1 try" if failed == 1 else f"{failed} tries over {self.options.patience_s:g} s"
            return (
                f"the server at {self.base_url} gave no proper answer in {tries} ({failure.reason}): "
                f"once it does, the same command with --resume goes on"
            )
        if failure.status in (401, 403):
            return f"{refused_key(self._address, failure)}; then the same command with --resume goes on"
        if failure.status == 404:
            advice = f"look at the model's name {self.name!r} and at the URL, which mostly ends in /v1"
        elif isinstance(failure, Refused) and failure.status in (402, 429):
            advice = "look at the account that the key belongs to; then the same command with --resume goes on"
        else:
            advice = (
                "the request would be refused again; once the server takes it, the same command with --resume goes on"
            )
        return f"the server at {self.base_url} refuses a request ({failure.reason}): {advice}"
