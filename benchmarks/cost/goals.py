"""What the sandbox is meant to cost at most, beside what it was measured to cost."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.cost.report import (
    LOGISTIC_REGRESSION,
    RANDOM_FOREST,
    SOAK_COUNTS,
    SOAK_MEMORIES,
    AttemptCost,
    CostReport,
    Throughput,
    growth,
)

MAX_OVERHEAD_MS = 6.0
MAX_FOREST_RATIO = 1.15
MIN_SPEED_UP = 1.8
MAX_READY_S = 2.5
MAX_GROWTH_MIB = 2.0


@dataclass(frozen=True)
class Goal:
    """One goal.

    Attributes:
        name: what is measured, with its unit.
        limit: the goal.
        value: what was measured.
        at_least: whether more is better.
    """

    name: str
    limit: float
    value: float
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def cells(self) -> tuple[str, str, str, str]:
        """Name, goal, measured, verdict."""
        margin = abs(self.value - self.limit)
        verdict = f"reached by {margin:.2f}" if self.reached else f"missed by {margin:.2f}"
        return self.name, f"{'>=' if self.at_least else '<='} {self.limit:g}", f"{self.value:.2f}", verdict


def goals_of(report: CostReport) -> list[Goal]:
    """The goals of which the report tells, each at its worst over the tables."""
    goals = []
    logistic = [cost for cost in report.attempts if cost.model == LOGISTIC_REGRESSION]
    for what, field in _KINDS:
        if logistic:
            overhead = max(cost.overhead_ms(getattr(cost, field)) for cost in logistic)
            goals.append(Goal(f"logistic regression {what}: ms a split above bare", MAX_OVERHEAD_MS, overhead))
    forest = [cost for cost in report.attempts if cost.model == RANDOM_FOREST]
    for what, field in _KINDS:
        if forest:
            goals.append(Goal(f"random forest {what}: times bare", MAX_FOREST_RATIO, _worst_ratio(forest, field)))
    for model in (LOGISTIC_REGRESSION, RANDOM_FOREST):
        ratio = speed_up([entry for entry in report.throughput if entry.model == model])
        if ratio is not None:
            goals.append(Goal(f"{model}: throughput of 2 cores to 1", MIN_SPEED_UP, ratio, at_least=True))
    if report.start_up is not None:
        goals.append(Goal("seconds until the pool is ready", MAX_READY_S, report.start_up.ready_s))
    if report.soak:
        goals += _soak_goals(report)
    return goals


_KINDS = (("rested", "sandboxed_ms"), ("in a row", "in_a_row_ms"), ("env.step", "step_ms"))


def _worst_ratio(costs: list[AttemptCost], field: str) -> float:
    return max(float(getattr(cost, field)) / cost.bare_ms for cost in costs)


def speed_up(entries: list[Throughput]) -> float | None:
    """Attempts a second on two cores divided by those on one; None where either was not measured."""
    by_cores = {entry.cores: entry.attempts_per_second for entry in entries}
    return by_cores[2] / by_cores[1] if {1, 2} <= set(by_cores) else None


def _soak_goals(report: CostReport) -> list[Goal]:
    goals = []
    n_attempts = report.soak[-1].n_attempts
    for field, limit in [*((field, 0.0) for field in SOAK_COUNTS), *((f, MAX_GROWTH_MIB) for f in SOAK_MEMORIES)]:
        grown = growth(report.soak, field)
        if grown is not None:
            name = field.replace("_mib", " MiB").replace("_", " ")
            goals.append(Goal(f"{n_attempts:,} attempts, growth: {name}", limit, grown))
    return goals
