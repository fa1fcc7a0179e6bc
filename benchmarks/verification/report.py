"""What the verification says: a table, a verdict of one line, and a file for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from benchmarks.results import RunResult
from benchmarks.storage import write_atomically
from benchmarks.verification.judge import Verdict

COLUMNS = ("agent", "task", "seed", "attempts", "programs executed", "rewards equal", "what differs")
NOT_VERIFIED = (
    "Not verified, because it takes the model: the figures of evaluation and transfer (only that they do not "
    "contradict each other), the change of the language model, the agent's metrics in the curve, gradient steps, "
    "clock times."
)
SCORING_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn")
"""A score may depend on their versions in its last digits."""


@dataclass(frozen=True)
class Report:
    """What came of a verification.

    Attributes:
        verdicts: one a run.
        unreadable: what could not be read or executed, a line each.
        sample: attempts of a run that were executed again; None for all.
        seed: of the sample.
    """

    verdicts: tuple[Verdict, ...]
    unreadable: tuple[str, ...]
    sample: int | None
    seed: int

    @property
    def differing(self) -> int:
        """Runs in which something differs."""
        return sum(not verdict.agrees for verdict in self.verdicts)

    @property
    def summary(self) -> str:
        """One line."""
        n = len(self.verdicts)
        if not n:
            return "Nothing was verified."
        executed = sum(verdict.executed_attempts for verdict in self.verdicts)
        if self.differing:
            outcome = f"{self.differing} of {_counted(n, 'run')} {'differs' if self.differing == 1 else 'differ'}"
        else:
            outcome = f"{_counted(n, 'run')} {'agrees' if n == 1 else 'agree'}"
        parts = [f"{outcome}: {_counted(executed, 'attempt')} compared with what the programs earn now"]
        if self.sample is not None:
            parts.append(f"a sample of at most {self.sample} a run (seed {self.seed})")
        if apart := sum(len(verdict.not_comparable) for verdict in self.verdicts):
            parts.append(f"{apart} not comparable")
        if self.unreadable:
            parts.append(f"{len(self.unreadable)} could not be verified")
        return ", ".join(parts) + "."


def rich_table(verdicts: Sequence[Verdict]) -> Table:
    """For a terminal."""
    table = Table(box=box.SIMPLE_HEAD)
    for index, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if 2 <= index <= 5 else "left", overflow="fold")
    for verdict in verdicts:
        table.add_row(*(escape(cell) for cell in _cells(verdict)))
    return table


def write_report(path: Path, report: Report) -> None:
    """Writes JSON: everything that differs or cannot be compared, not the first only.

    Raises:
        StorageError: the file cannot be written.
    """
    runs = [{**asdict(verdict), "agrees": verdict.agrees} for verdict in report.verdicts]
    fields: dict[str, Any] = {
        "summary": report.summary,
        "sample": report.sample,
        "seed": report.seed,
        "versions": installed_versions(),
        "not_verified": NOT_VERIFIED,
        "unreadable": report.unreadable,
        "runs": runs,
    }
    write_atomically(path, json.dumps(fields, indent=1).encode() + b"\n")


def version_warning(results: Sequence[RunResult], installed: Mapping[str, str]) -> str | None:
    """One line that names packages of other versions, by which scores may differ in their last digits; else None."""
    others = {
        (name, result.versions[name])
        for result in results
        for name in SCORING_PACKAGES
        if name in result.versions and result.versions[name] != installed.get(name)
    }
    if not others:
        return None
    named = ", ".join(f"{name} {there} (here {installed.get(name, 'none')})" for name, there in sorted(others))
    return f"made with other versions, so that scores may differ in their last digits: {named}"


def installed_versions() -> dict[str, str]:
    """Of the packages that a score may depend on."""
    versions = {}
    for name in SCORING_PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _cells(verdict: Verdict) -> tuple[str, ...]:
    n = verdict.executed_attempts
    share = f"{verdict.equal_rewards} ({_percent(verdict.equal_rewards, n)})" if n else "none compared"
    return (
        verdict.agent,
        verdict.task,
        str(verdict.seed),
        str(verdict.attempts),
        str(verdict.executed_programs),
        share,
        _differences_in_words(verdict),
    )


def _percent(part: int, whole: int) -> str:
    """Never 100 % for less than all."""
    return f"{100 * part // whole} %"


def _differences_in_words(verdict: Verdict) -> str:
    parts = ["nothing" if verdict.agrees else _first(verdict.differences)]
    if verdict.not_comparable:
        parts.append(f"not comparable: {_first(verdict.not_comparable)}")
    if verdict.status != "finished":
        parts.append(f"the run is {verdict.status}")
    return "; ".join(parts)


def _first(texts: Sequence[str]) -> str:
    return texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else "")


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
