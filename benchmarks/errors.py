"""What can go wrong at the boundary of the benchmark, each told to the user in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class BadInput(ValueError):
    """Something the user gave cannot be used. The message is one line: what was given, what is allowed."""


class ResultError(Exception):
    """A result file cannot be read. The message is one line that names the file."""


class MeasurementFailed(Exception):
    """Something that was to be measured did not run. The message is one line."""


class StorageError(Exception):
    """A file of a run cannot be written (no space, no permission). The message is one line that names the file."""

    @classmethod
    def from_os_error(cls, path: Path, error: OSError) -> StorageError:
        return cls(f"cannot write {path}: {error.strerror or error}")


def choose(what: str, given: str, allowed: Iterable[str]) -> str:
    """``given`` if it is allowed.

    Raises:
        BadInput: naming the closest allowed value, or all of them.
    """
    names = sorted(allowed)
    if given in names:
        return given
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else ""
    raise BadInput(" ".join(filter(None, [f"unknown {what} '{given}';", hint, f"known: {', '.join(names)}"])))


def one_line(error: BaseException) -> str:
    """The message of an error, without line breaks."""
    return " ".join(str(error).split())
