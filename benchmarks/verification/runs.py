"""From what the user named to the runs that are to be verified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import ResultError
from benchmarks.results import RunResult, find_results, read_result
from benchmarks.storage import RESULT_NAME, RunFiles
from benchmarks.verification.attempts import RecordedAttempt, read_recorded_attempts

UNSAVED_STATUSES = ("running", "failed")
"""Results of runs that were killed or broke: the attempts file may be ahead of them."""


@dataclass(frozen=True)
class RecordedRun:
    """A result and its attempts.

    Attributes:
        path: of the result file.
        attempts: without those that are ahead of an unfinished result.
    """

    path: Path
    result: RunResult
    attempts: tuple[RecordedAttempt, ...]


def find_runs(named: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The result files that were named, or that lie in folders that were; each once, in order.

    Returns:
        The files, and for each argument without any a line that says so.
    """
    found: dict[Path, Path] = {}
    complaints = []
    for path in named:
        files = _results_at(path)
        if not files:
            complaints.append(f"{path}: {'no results there' if path.is_dir() else 'no such file or folder'}")
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values()), complaints


def read_run(path: Path) -> RecordedRun:
    """Reads a result and the attempts beside it.

    Raises:
        ResultError: one of the two is missing, cannot be read, or is something else; one line.
    """
    try:
        result = read_result(path)
    except RecursionError:
        raise ResultError(f"{path}: not a result: nested too deeply") from None
    file = RunFiles(path.parent).attempts
    is_unsaved = result.status in UNSAVED_STATUSES
    if is_unsaved and result.budget.env_steps == 0 and not file.exists():
        return RecordedRun(path, result, ())
    attempts = read_recorded_attempts(file, may_be_cut=is_unsaved)
    return RecordedRun(path, result, attempts[: result.budget.env_steps] if is_unsaved else attempts)


def _results_at(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if (path / RESULT_NAME).is_file():
        return [path / RESULT_NAME]
    # A folder of one agent or task, or one that holds several outputs, is searched too.
    return list(find_results(path)) or sorted(path.rglob(f"seed-*/{RESULT_NAME}"))
