"""How often a failed program is mended: the share of attempts after a failure that are scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from benchmarks.cost.tables import TextTable
from benchmarks.results import RunResult

COLUMNS = ("agent", "after a failure", "scored", "repair rate", "95 % interval")
CAPTION = (
    "Repairs: attempts that follow a failure in the same episode, of all tasks and seeds together, and how many of "
    "them were scored; Wilson's interval for a proportion, as if attempts were independent. zero-shot draws again "
    "blindly: what it mends is what seeing the error has to beat."
)


@dataclass(frozen=True)
class RepairRow:
    """Repairs of one agent, over its runs.

    Attributes:
        low, high: of the 95 % interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927) of the repair rate.
    """

    agent: str
    n_attempts: int
    n_scored: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        return self.n_scored / self.n_attempts

    def cells(self) -> tuple[str, ...]:
        return (
            self.agent,
            str(self.n_attempts),
            str(self.n_scored),
            f"{self.rate:.0%}",
            f"{self.low:.0%} to {self.high:.0%}",
        )


def repair_rows(results: Sequence[RunResult]) -> list[RepairRow]:
    """A row a label whose runs wrote programs with a model and failed at all, in the order of the results."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for result in results:
        if result.status == "finished" and result.repairs is not None and result.budget.generated_tokens:
            counts[result.label][0] += result.repairs.n_attempts
            counts[result.label][1] += result.repairs.n_scored
    return [repair_row(label, *numbers) for label, numbers in counts.items() if numbers[0]]


def repair_table(rows: Sequence[RepairRow]) -> TextTable:
    """The rows, for a terminal or for Markdown; :data:`CAPTION` says what they are."""
    return TextTable("How often a failed program is mended", COLUMNS, tuple(row.cells() for row in rows))


def repair_row(agent: str, n_attempts: int, n_scored: int) -> RepairRow:
    """The row of so many attempts, at least one."""
    interval = binomtest(n_scored, n_attempts).proportion_ci(confidence_level=0.95, method="wilson")
    return RepairRow(agent, n_attempts, n_scored, float(interval.low), float(interval.high))
