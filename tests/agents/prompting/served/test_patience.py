"""How long a request waits before it is tried again, and how often a server is asked."""

from __future__ import annotations

import asyncio
import email.utils
import time

import pytest

from agents.prompting.served.failure import Passing, retry_after_s
from agents.prompting.served.patience import Patience, _limiter


def waits_of(patience_s: float, tries: int, retry_after: float | None) -> list[float]:
    """Seconds before the second and later tries, all failing, of which none is waited for."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    async def fail() -> None:
        retrying = Patience(patience_s).tries()
        retrying.sleep = note
        async for attempt in retrying:
            with attempt:
                if len(waits) + 1 < tries:
                    raise Passing("again", retry_after_s=retry_after)

    asyncio.run(fail())
    return waits


def test_waits_grow_to_half_a_minute() -> None:
    waits = waits_of(10_000, 12, None)
    assert len(waits) == 11
    assert all(0 <= wait <= min(30, 0.5 * 2**index) for index, wait in enumerate(waits))
    assert len(set(waits)) == len(waits)


def test_a_server_is_left_alone_for_as_long_as_it_asks_for_within_reason() -> None:
    assert all(7 <= wait <= 37 for wait in waits_of(10_000, 5, 7.0))
    assert all(60 <= wait <= 90 for wait in waits_of(10_000, 5, 100_000.0))
    assert all(wait <= 3 for wait in waits_of(3, 5, 100_000.0))  # the last try is when patience ends


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "3", "retry-after-ms": "soon"}, 3.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_what_a_server_asks_for_is_read_in_all_its_forms(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers) == expected


def test_a_date_is_so_many_seconds_away() -> None:
    seconds = retry_after_s({"retry-after": email.utils.formatdate(time.time() + 3600, usegmt=True)})
    assert seconds == pytest.approx(3600, abs=600)


def test_one_limit_is_shared_by_all_that_ask_a_server() -> None:
    first = _limiter("http://a-server/v1", 1)
    assert first.try_acquire("request", blocking=False)
    assert _limiter("http://a-server/v1", 1) is first
    assert not first.try_acquire("request", blocking=False)
    assert _limiter("http://another/v1", 1).try_acquire("request", blocking=False)
