"""Calling a function in a process of its own, forked from one that has imported everything and computed nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from benchmarks.errors import MeasurementFailed

Result = TypeVar("Result")


class FreshProcesses:
    """Makes such processes; where the system cannot fork, each imports everything anew.

    Args:
        module: what every process will have imported.
    """

    def __init__(self, module: str) -> None:
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            self._context.set_forkserver_preload([module])

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """``function(*arguments)``, computed there.

        Raises:
            MeasurementFailed: it raised an exception, or the process was killed, as systems without memory do.
        """
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_answer, args=(sender, function, arguments), daemon=True)
        process.start()
        sender.close()
        try:
            succeeded, result = receiver.recv()
        except EOFError:
            process.join()
            raise MeasurementFailed(f"the measuring process was killed (exit code {process.exitcode})") from None
        finally:
            receiver.close()
            process.kill()
            process.join()
        if not succeeded:
            raise MeasurementFailed(str(result))
        return result


def _answer(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        sender.send((True, function(*arguments)))
    except Exception as error:
        sender.send((False, f"{type(error).__name__}: {' '.join(str(error).split())}"))
