"""How long, and how often, a request is tried again; and how often a server is asked at all."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import TYPE_CHECKING

from agents.prompting.served.failure import Passing

if TYPE_CHECKING:
    from pyrate_limiter import Limiter
    from tenacity import AsyncRetrying, RetryCallState

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_MOST_RETRY_AFTER_S = 60.0  # a server may ask for longer; it is asked again all the same
_POLL_S = 0.02

_limiters: dict[tuple[str, int], Limiter] = {}
_limiters_lock = threading.Lock()


class Patience:
    """The tries of one request: waits grow from half a second to half a minute with full jitter, on top of what the
    server asks for, until the first failure is too long ago.

    Args:
        patience_s: seconds from the first failure.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._first_failure: float | None = None

    def tries(self) -> AsyncRetrying:
        """Attempts, of which the last one's :class:`Passing` is raised."""
        from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

        self._backoff = wait_random_exponential(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S)
        return AsyncRetrying(
            retry=retry_if_exception_type(Passing),
            wait=self._wait,
            stop=self._is_over,
            sleep=asyncio.sleep,
            reraise=True,
        )

    def _left(self) -> float:
        if self._first_failure is None:
            self._first_failure = time.monotonic()
        return self._patience_s - (time.monotonic() - self._first_failure)

    def _is_over(self, state: RetryCallState) -> bool:
        return self._left() <= 0

    def _wait(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome is not None else None
        asked_for = failure.retry_after_s if isinstance(failure, Passing) else None
        wait = self._backoff(state) + min(asked_for or 0.0, _MOST_RETRY_AFTER_S)
        return max(0.0, min(wait, self._left()))  # so that there is a last try when patience ends


async def next_turn(base_url: str, requests_per_minute: int | None) -> None:
    """Wait until the server may be asked once more. All threads of this process share one limit a server."""
    if requests_per_minute is None:
        return
    limiter = _limiter(base_url, requests_per_minute)
    while not limiter.try_acquire("request", blocking=False):
        await asyncio.sleep(_POLL_S)


def _limiter(base_url: str, requests_per_minute: int) -> Limiter:
    from pyrate_limiter import Limiter, Rate

    with _limiters_lock:
        chosen = (base_url, requests_per_minute)
        if chosen not in _limiters:
            # One a short while instead of many a minute: servers do not like bursts.
            _limiters[chosen] = Limiter(Rate(1, math.ceil(60_000 / requests_per_minute)))
        return _limiters[chosen]
