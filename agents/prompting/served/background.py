"""An event loop in a thread of its own, whose results are taken in the thread that asked."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")

_GRACE_S = 5.0  # cancelled requests close their sockets at once; looking up a name cannot be cancelled, nor waited for


class Background(Generic[T]):
    """Work that goes on beside the thread that asked for it; iterate over it for what it hands out.

    Leaving it as a context cancels what has not ended, without waiting for a server. What the work raises is raised by
    the iteration.

    Args:
        work: is given a function that hands out a result.
    """

    def __init__(self, work: Callable[[Callable[[T], None]], Awaitable[None]]) -> None:
        self._work = work
        self._results: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="served model", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __iter__(self) -> Iterator[T]:
        while (result := self._results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._begun.wait(_GRACE_S)
        if self._loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(_GRACE_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            self._results.put(error)
        finally:
            self._begun.set()
            self._results.put(None)

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        await self._work(lambda result: self._results.put((result,)))
