"""The attempts of a run as its file tells them, validated: whoever verifies them trusts none of them."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, StrictFloat, StrictInt, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from benchmarks.errors import ResultError

_FINITE = ConfigDict(extra="ignore", allow_inf_nan=False)


@dataclass(frozen=True, config=_FINITE)
class RecordedError:
    """Why an attempt failed; ``kind`` is one of :data:`ds_gym.failures.FAILURE_KINDS`, ``line`` counts in the code."""

    kind: StrictStr
    line: StrictInt | None = None


@dataclass(frozen=True, config=_FINITE)
class RecordedAttempt:
    """What a line of the attempts file says, as far as it can be verified.

    See :func:`benchmarks.record.attempt_record`.

    Attributes:
        env_step: number of the attempt in the run, from 1.
        attempt: its number within the episode, from 1.
        score, split_scores: ROC AUC; None and empty for a failed attempt.
        tokens: generated for it.
    """

    env_step: StrictInt
    task: StrictStr
    attempt: StrictInt
    status: Literal["scored", "failed"]
    reward: StrictFloat
    score: StrictFloat | None
    split_scores: tuple[StrictFloat, ...]
    error: RecordedError | None
    code: StrictStr
    tokens: StrictInt


_NAMED = 1000
"""Missing attempts that are named at most: a budget may say any number."""

_ADAPTER = TypeAdapter(RecordedAttempt)


def read_recorded_attempts(path: Path, *, may_be_cut: bool) -> tuple[RecordedAttempt, ...]:
    """All attempts of the file, in its order.

    Args:
        path: the file.
        may_be_cut: leave out a tail that a killed run had begun to write, instead of complaining.

    Raises:
        ResultError: the file is missing, cannot be read to its end, or holds something else; one line.
    """
    attempts = []
    try:
        for number, line in enumerate(_lines(path), start=1):
            attempts.append(_attempt(path, number, line))
    except FileNotFoundError:
        raise ResultError(f"{path}: the file of attempts is missing") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if not may_be_cut:
            raise ResultError(f"{path}: damaged after {len(attempts)} attempts: {error}") from None
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {error.strerror or error}") from None
    return tuple(attempts)


def numbering_differences(attempts: Sequence[RecordedAttempt], env_steps: int) -> list[str]:
    """What keeps the attempts from being those numbered 1 to ``env_steps``, each once and in order; in words."""
    counts = Counter(attempt.env_step for attempt in attempts)
    missing = (number for number in range(1, env_steps + 1) if number not in counts)
    found = [f"attempt {number} is missing" for number in itertools.islice(missing, _NAMED)]
    found += [f"attempt {number} is there {count} times" for number, count in sorted(counts.items()) if count > 1]
    found += [
        f"attempt {number} is there, but the budget tells of {env_steps} attempts"
        for number in sorted(counts)
        if not 1 <= number <= env_steps
    ]
    if not found:
        places = ((attempt.env_step, place) for place, attempt in enumerate(attempts, start=1))
        moved = [f"attempt {number} stands at place {place}" for number, place in places if number != place]
        found += moved[:1]
    return found


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                raise EOFError("the last line has no end")
            yield line


def _attempt(path: Path, number: int, line: bytes) -> RecordedAttempt:
    try:
        return _ADAPTER.validate_python(json.loads(line))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ResultError(f"{path}: line {number}: not a valid attempt: {where}: {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path}: line {number}: not an attempt: not JSON ({error})") from None
