"""Tables of agents that do not train the language model: what they reach, what they mend, what they take."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.cost.tables import TextTable
from benchmarks.record import mean
from benchmarks.repairs import repair_row, repair_table
from benchmarks.studies.rows import RunRow, Study
from benchmarks.studies.summary import Missing, difference, evaluation, improvement, last_fifth
from benchmarks.studies.tables import chance_text, estimate_text


def reached_table(study: Study) -> TextTable:
    """A row a task and agent, over the seeds that finished."""
    rows = []
    for task in study.tasks:
        for label in study.labels:
            runs = [run for run in study.of(label) if run.task == task and run.reached is not None]
            if runs:
                rows.append((task, label, *_cells(runs, int(study.common["env_steps"]))))
    columns = (
        "task",
        "agent",
        "runs x attempts",
        "mean reward (lowest..highest)",
        "valid",
        "evaluation",
        "best score",
        "held out",
        "tokens",
        "seconds",
    )
    return TextTable("What agents reach that do not train the language model", columns, tuple(rows), n_left=2)


def mended_table(study: Study) -> TextTable:
    """Attempts after a failure in the same episode, all runs of an agent together; see :mod:`benchmarks.repairs`."""
    rows = []
    for label in study.labels:
        told = [run.repairs for run in study.of(label) if run.repairs is not None and run.generated_tokens]
        n_attempts = sum(repairs.n_attempts for repairs in told)
        if n_attempts:
            rows.append(repair_row(label, n_attempts, sum(repairs.n_scored for repairs in told)))
    return repair_table(rows)


def against_table(study: Study, rival: str, missing: Missing) -> TextTable:
    """Every other agent against one, over all tasks and seeds."""
    rows = []
    for label in study.labels:
        if label == rival or rival not in study.labels:
            continue
        cells: list[str] = []
        for figure in (last_fifth, evaluation):
            cells.append(estimate_text(difference(study, label, rival, figure, missing), signed=True))
            cells.append(chance_text(improvement(study, label, rival, figure, missing)))
        rows.append((label, *cells))
    names = ("mean reward", "evaluation")
    figures = [column for name in names for column in (f"{name}, difference", f"{name}, P(> {rival})")]
    return TextTable(f"Against {rival}", ("agent", *figures), tuple(rows))


def _cells(runs: Sequence[RunRow], attempts: int) -> tuple[str, ...]:
    reached = [run.reached for run in runs if run.reached is not None]
    rewards = [figures.reward for figures in reached]
    spread = f" ({min(rewards):.2f}..{max(rewards):.2f})" if len(rewards) > 1 else ""
    seconds = mean([run.seconds.generation + run.seconds.environment + run.seconds.update for run in runs])
    return (
        f"{len(runs)} x {attempts}",
        f"{mean(rewards):.3f}{spread}",
        f"{mean([figures.valid for figures in reached]):.0%}",
        _mean([None if run.evaluation is None else run.evaluation.reward for run in runs]),
        _mean([run.best_score for run in runs]),
        _mean([run.held_out for run in runs]),
        f"{mean([run.generated_tokens for run in runs]):,.0f}",
        f"{seconds:.0f}",
    )


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{mean(known):.3f}" if known else "none"
