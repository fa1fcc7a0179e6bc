"""Answers that were paid for once, kept in a file that several processes share."""

from __future__ import annotations

import sqlite3
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, get_args

from agents.prompting.text_model import Completion
from agents.sampler import StopReason

_BUSY_S = 10.0  # for which a process waits while others write

_TABLE = """
CREATE TABLE IF NOT EXISTS responses (
    request TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    generated_tokens INTEGER NOT NULL,
    stop_reason TEXT NOT NULL
) WITHOUT ROWID
"""


class ResponseCache:
    """Completions by the request that they answer. Neither prompts nor keys are in it, but the texts are.

    Every call opens the file anew, so that threads, processes and forks of them may use it, and nothing of it is lost
    with a process. A file that cannot be read or written is left alone from then on, with one warning: a run never
    fails for it.

    Args:
        path: the file, made when the first answer is kept; None to keep nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._is_usable = path is not None

    def lookup(self, requests: Iterable[str]) -> dict[str, Completion]:
        """The completions that are known, marked as cached, by :meth:`agents.prompting.served.request.Request.key`."""
        known: dict[str, Completion] = {}
        if self._path is None or not self._is_usable:
            return known
        try:
            if not self._path.exists():
                return known
            with self._open(self._path) as file:
                for request in requests:
                    row = file.execute(
                        "SELECT text, prompt_tokens, generated_tokens, stop_reason FROM responses WHERE request = ?",
                        (request,),
                    ).fetchone()
                    if row is not None and _is_completion(row):
                        text, prompt_tokens, generated_tokens, stop_reason = row
                        known[request] = Completion(text, prompt_tokens, generated_tokens, stop_reason, cached=True)
        except (sqlite3.Error, OSError) as error:
            self._give_up("read", error)
        return known

    def store(self, request: str, completion: Completion) -> None:
        """Keep a completion."""
        if self._path is None or not self._is_usable:
            return
        row = (completion.text, completion.prompt_tokens, completion.generated_tokens, completion.stop_reason)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._open(self._path) as file:
                file.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)", (request, *row))
        except (sqlite3.Error, OSError) as error:
            self._give_up("written", error)

    @contextmanager
    def _open(self, path: Path) -> Iterator[sqlite3.Connection]:
        with self._lock, closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as file:
            # With a log of writes ahead, readers do not wait for writers, and a killed process leaves no half answer.
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = NORMAL")
            file.execute(_TABLE)
            yield file

    def _give_up(self, what: str, error: Exception) -> None:
        with self._lock:
            was_usable, self._is_usable = self._is_usable, False
        if was_usable:
            warnings.warn(
                f"the cache of answers {self._path} cannot be {what} ({error}), and is not used any more: "
                f"answers are asked for anew. Delete the file if it is damaged, or choose another one",
                stacklevel=3,
            )


def _is_completion(row: tuple[Any, ...]) -> bool:
    text, prompt_tokens, generated_tokens, stop_reason = row
    counts = isinstance(prompt_tokens, int) and isinstance(generated_tokens, int)
    return isinstance(text, str) and counts and stop_reason in get_args(StopReason)
