from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ds_gym.cache import ResultCache


def always(value: object) -> bool:
    return True


def test_computes_once_a_key() -> None:
    cache: ResultCache[int] = ResultCache()
    values = iter(range(10))
    assert [cache.get_or_compute(key, lambda: next(values), always) for key in "aabab"] == [0, 0, 1, 0, 1]
    assert (cache.hits, cache.misses, len(cache)) == (3, 2, 2)


def test_keeps_only_what_it_is_told_to_keep() -> None:
    cache: ResultCache[int] = ResultCache()
    values = iter([1, 2, 3])
    assert [cache.get_or_compute("k", lambda: next(values), lambda value: value == 2) for _ in range(3)] == [1, 2, 2]


def test_forgets_the_least_recently_used() -> None:
    cache: ResultCache[str] = ResultCache(max_entries=2)
    for key in ("a", "b", "a", "c"):
        cache.get_or_compute(key, lambda key=key: key, always)  # type: ignore[misc]
    computed: list[str] = []
    for key in ("a", "b"):
        cache.get_or_compute(key, lambda key=key: computed.append(key) or key, always)  # type: ignore[misc, func-returns-value]
    assert computed == ["b"]


def test_without_entries_computes_every_time() -> None:
    cache: ResultCache[int] = ResultCache(max_entries=0)
    values = iter(range(3))
    assert [cache.get_or_compute("k", lambda: next(values), always) for _ in range(3)] == [0, 1, 2]


def test_threads_share_one_computation() -> None:
    cache: ResultCache[int] = ResultCache()
    started, release, calls = threading.Event(), threading.Event(), []

    def compute() -> int:
        calls.append(1)
        started.set()
        assert release.wait(timeout=30)
        return 7

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(cache.get_or_compute, "k", compute, always)
        assert started.wait(timeout=30)
        others = [threads.submit(cache.get_or_compute, "k", compute, always) for _ in range(3)]
        release.set()
        assert [first.result(), *(other.result() for other in others)] == [7] * 4
    assert len(calls) == 1


def test_an_error_is_raised_and_not_kept() -> None:
    cache: ResultCache[int] = ResultCache()

    def broken() -> int:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.get_or_compute("k", broken, always)
    assert cache.get_or_compute("k", lambda: 1, always) == 1
