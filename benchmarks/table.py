"""The results table: one row an agent and task, over its seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from benchmarks.record import mean
from benchmarks.results import Best, RunResult

COLUMNS = (
    "agent",
    "seeds x steps",
    "mean reward",
    "range",
    "valid",
    "best score",
    "held out",
    "tokens",
    "seconds",
)
CAPTION = (
    "Mean reward and valid rate: over the last fifth of the attempts, or over all of them for an agent that neither "
    "learns nor remembers, such as the base model (sample); T: temperature. Range: lowest and highest seed. Best "
    "score: the best program of each seed by its score in the episode, mean over seeds (and over tasks, where a run "
    "plays several in turn: a+b); held out: the same programs on rows that no episode sees. Steps are the attempts of "
    "a run; generated tokens and seconds of learning are those of one run, too."
)
BASE_AGENT = "sample"
"""The language model as it is; it is also run at other temperatures, of which the best one is shown."""


@dataclass(frozen=True)
class Row:
    """Figures of one agent on one task.

    Attributes:
        rewards: one mean reward a seed: of the last fifth of the attempts, or of all of a stationary agent's.
        task: the tasks of its runs, joined by "+" where they are several.
        selected_scores, holdout_scores: of the best program of each seed that has one (of several tasks: the mean).
        attempts, tokens: means over seeds; None where they are another row's.
        seconds: of generation, environment and update, without evaluation; mean over seeds; None likewise.
    """

    task: str
    agent: str
    n_seeds: int
    rewards: tuple[float, ...]
    valid_rate: float | None
    selected_scores: tuple[float, ...]
    holdout_scores: tuple[float, ...]
    attempts: float | None
    tokens: float | None
    seconds: float | None

    def cells(self) -> tuple[str, ...]:
        return (
            self.agent,
            f"{self.n_seeds} x {self.attempts:.0f}" if self.attempts is not None else str(self.n_seeds),
            f"{mean(self.rewards):.3f}" if self.rewards else "",
            f"{min(self.rewards):.2f}..{max(self.rewards):.2f}" if len(self.rewards) > 1 else "",
            f"{self.valid_rate:.0%}" if self.valid_rate is not None else "",
            f"{mean(self.selected_scores):.3f}" if self.selected_scores else "none",
            f"{mean(self.holdout_scores):.3f}" if self.holdout_scores else "",
            _count(self.tokens) if self.tokens is not None else "",
            f"{self.seconds:.0f}" if self.seconds is not None else "",
        )


def make_rows(results: Iterable[RunResult]) -> list[Row]:
    """Rows by task and agent in the order of the results; unfinished runs are left out.

    Of the variants of the base model, only the one with the highest mean reward is shown beside the plain one, and a
    row says what its best of all attempts was.
    """
    groups: dict[str, dict[str, list[RunResult]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if result.status == "finished":
            groups[result.task][result.label].append(result)
    return [row for task, labels in groups.items() for row in _task_rows(task, labels)]


def _task_rows(task: str, labels: dict[str, list[RunResult]]) -> list[Row]:
    base = {label: runs for label, runs in labels.items() if runs[0].agent == BASE_AGENT}
    others = [_row(task, label, runs) for label, runs in labels.items() if label not in base]
    return [*others, *(_base_rows(task, base) if base else [])]


def _base_rows(task: str, variants: dict[str, list[RunResult]]) -> list[Row]:
    agent = BASE_AGENT
    rows = []
    plain = variants.get(agent)
    if plain is not None:
        rows.append(_row(task, variant_name(plain[0]), plain))
    if len(variants) > 1 or plain is None:
        best = best_variant(variants)
        rows.append(_row(task, f"{agent} best {_temperature(best[0])}", best))
    if plain is not None:
        n = max(run.budget.env_steps for run in plain)
        whole = rows[0]
        rows.append(
            Row(
                task,
                f"{agent} best of {n}",
                len(plain),
                (),
                None,
                whole.selected_scores,
                whole.holdout_scores,
                attempts=None,
                tokens=None,
                seconds=None,
            )
        )
    return rows


def best_variant(variants: dict[str, list[RunResult]]) -> list[RunResult]:
    """The runs of the label with the highest mean reward over all attempts."""
    return max(variants.values(), key=stationary_reward)


def variant_name(run: RunResult) -> str:
    """Name of an agent that does not learn, with its temperature: "sample T=0.5"."""
    return f"{run.agent} {_temperature(run)}".rstrip()


def _temperature(run: RunResult) -> str:
    temperature = run.config["agent"].get("temperature")
    return f"T={temperature:g}" if temperature is not None else ""


def _row(task: str, name: str, runs: Sequence[RunResult]) -> Row:
    figures = [figure for run in runs if (figure := run.figure) is not None]
    best = [programs for run in runs if (programs := _best_programs(run))]
    seconds = [run.budget.seconds for run in runs]
    return Row(
        task=task,
        agent=name,
        n_seeds=len(runs),
        rewards=tuple(figure.mean_reward for figure in figures),
        valid_rate=mean([figure.valid_rate for figure in figures]) if figures else None,
        selected_scores=tuple(mean([program.selected_score for program in programs]) for programs in best),
        holdout_scores=tuple(mean(scores) for programs in best if (scores := _holdout_scores(programs))),
        attempts=mean([run.budget.env_steps for run in runs]),
        tokens=mean([run.budget.generated_tokens for run in runs]),
        seconds=mean([phase.generation + phase.environment + phase.update for phase in seconds]),
    )


def _best_programs(run: RunResult) -> list[Best]:
    """The best program of each task of a run; none unless every task has one, so that means are over the same tasks."""
    return list(run.best_by_task.values()) if set(run.best_by_task) == set(run.tasks) else []


def _holdout_scores(programs: Sequence[Best]) -> list[float]:
    return [program.holdout_score for program in programs if program.holdout_score is not None]


def _count(number: float) -> str:
    """A number of tokens in at most five characters."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.{0 if number >= 100 * size else 1}f}{unit}"
    return f"{number:.0f}"


def stationary_reward(runs: Sequence[RunResult]) -> float:
    """Mean reward over all attempts, and over the runs: what an agent that does not learn is worth."""
    return mean([run.overall.mean_reward if run.overall is not None else -1.0 for run in runs])


def rich_table(rows: Sequence[Row]) -> Table:
    """For a terminal of at least 80 columns, a section a task. Long names take several lines."""
    table = Table(box=box.SIMPLE_HEAD, caption=CAPTION, caption_justify="left", padding=0)
    for index, column in enumerate(COLUMNS):
        header = column.replace(" x ", "\u00a0x ").replace(" ", "\n").replace("\u00a0", " ")
        table.add_column(
            header, justify="right" if index else "left", vertical="bottom", no_wrap=index > 0, overflow="fold"
        )
    for index, row in enumerate(rows):
        if index == 0 or rows[index - 1].task != row.task:
            table.add_section()
            table.add_row(f"[bold]{row.task}[/bold]")
        table.add_row(*row.cells())
    return table


def markdown_table(rows: Sequence[Row]) -> str:
    """The same for a README."""
    align = ["---", "---", *["--:"] * (len(COLUMNS) - 1)]
    lines = [("task", *COLUMNS), align, *((row.task, *row.cells()) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + f"\n\n{CAPTION}\n"
