"""Results by content: a converging policy writes the same program again and again."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

_CACHES: weakref.WeakSet[ResultCache[Any]] = weakref.WeakSet()


class ResultCache(Generic[Value]):
    """A bounded, thread-safe memory of results; the least recently used go first.

    Two threads that ask for the same key at the same time share one computation.

    Args:
        max_entries: how many results are kept; 0 keeps none (every request computes).
    """

    def __init__(self, max_entries: int = 20_000) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Value] = OrderedDict()
        self._running: dict[str, Future[Value]] = {}
        self.hits = 0
        self.misses = 0
        _CACHES.add(self)

    def __len__(self) -> int:
        return len(self._kept)

    def get_or_compute(self, key: str, compute: Callable[[], Value], keep: Callable[[Value], bool]) -> Value:
        """The kept result of ``key``, or that of ``compute()``, which is kept if ``keep(result)``.

        An exception of ``compute`` is raised to all who wait for it, and nothing is kept.
        """
        if self._max_entries == 0:
            return compute()
        with self._lock:
            if key in self._kept:
                self.hits += 1
                self._kept.move_to_end(key)
                return self._kept[key]
            running = self._running.get(key)
            if running is None:
                self.misses += 1
                mine: Future[Value] = Future()
                self._running[key] = mine
            else:
                self.hits += 1
        if running is not None:
            return running.result()
        try:
            value = compute()
        except BaseException as error:
            with self._lock:
                del self._running[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._running[key]
            if keep(value):
                self._kept[key] = value
                while len(self._kept) > self._max_entries:
                    self._kept.popitem(last=False)
        mine.set_result(value)
        return value

    def clear(self) -> None:
        """Forget all kept results."""
        with self._lock:
            self._kept.clear()

    def _forget_threads(self) -> None:
        """In a forked process: the threads that compute, or hold the lock, are not here."""
        self._lock = threading.Lock()
        self._running = {}


_SHARED: ResultCache = ResultCache()


def shared_cache() -> ResultCache:
    """The cache that all environments of this process share unless they are given their own."""
    return _SHARED


def _forget_all_threads() -> None:
    for cache in list(_CACHES):
        cache._forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all_threads)
