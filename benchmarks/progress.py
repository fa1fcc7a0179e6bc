"""The live display of a running plan; plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from benchmarks import record
from benchmarks.execution import STARTING
from benchmarks.harness import Listener
from benchmarks.plan import RunSpec
from benchmarks.report import program
from benchmarks.results import RunResult
from benchmarks.samples import attempt_title
from benchmarks.worker import RunEnded

_LINES_A_RUN = 4


class ProgressDisplay(Listener):
    """One line for each run in progress and one for the whole.

    Args:
        console: where to.
        plan: the runs that are going to be done.
        show_samples: also print the sample programs.
    """

    def __init__(self, console: Console, plan: Sequence[RunSpec], show_samples: bool = False) -> None:
        self._console = console
        self._show_samples = show_samples
        self._live = console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
            disable=not self._live,
        )
        self._width = max(len(spec.name) for spec in plan)
        self._total = self._progress.add_task("all runs".ljust(self._width), total=_attempts(plan), figures="")
        self._runs: dict[str, TaskID] = {}
        self._steps: dict[str, int] = {}
        self._learning: dict[str, bool] = {}

    def __enter__(self) -> ProgressDisplay:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def started(self, spec: RunSpec) -> None:
        self._steps[spec.name] = 0
        start = figures(record.Progress(STARTING, 0))
        description = spec.name.ljust(self._width)
        self._runs[spec.name] = self._progress.add_task(description, total=spec.env_steps, figures=start)
        self._learning[spec.name] = False

    def progressed(self, spec: RunSpec, progress: record.Progress) -> None:
        task = self._runs[spec.name]
        before, now = self._steps[spec.name], min(progress.env_steps, spec.env_steps)
        self._steps[spec.name] = now
        if progress.phase == "learning" and not self._learning[spec.name]:
            self._learning[spec.name] = True
            # From here on the speed is measured: without the loading, and without what was done before a resume.
            self._progress.reset(task, completed=now)
        self._progress.advance(self._total, now - before)
        self._progress.update(task, completed=now, figures=figures(progress))
        if not self._live and now * _LINES_A_RUN // spec.env_steps > before * _LINES_A_RUN // spec.env_steps:
            line = f"{spec.name:{self._width}}  {now:>5}/{spec.env_steps}  {figures(progress)}{self._eta(task)}"
            self._console.print(line, highlight=False, soft_wrap=True)
        if self._show_samples:
            for attempt in progress.samples:
                title = f"{spec.name}, {attempt_title(attempt)}"
                self._console.print(title, markup=False, highlight=False, soft_wrap=True)
                self._console.print(program(attempt["code"]))

    def ended(self, ended: RunEnded) -> None:
        spec = ended.spec
        self._progress.remove_task(self._runs.pop(spec.name))
        if ended.error is not None:
            self._progress.advance(self._total, spec.env_steps - self._steps[spec.name])
            what = "diverged" if ended.diverged else "failed"
            self._console.print(f"{spec.name:{self._width}}  [red]{what}[/red]: {escape(ended.error)}", highlight=False)
        elif self._live and ended.result is not None and ended.result.status == "finished":
            self._console.print(f"{spec.name:{self._width}}  {_result_figures(ended.result)}", highlight=False)

    def _eta(self, task: TaskID) -> str:
        """What is left of a run by its speed so far; nothing where that is not known, or where it is done."""
        remaining = next(each for each in self._progress.tasks if each.id == task).time_remaining
        return f" ETA {timedelta(seconds=round(remaining))}" if remaining else ""

    def stopping(self) -> None:
        self._console.print("Stopping after the current iteration of each run. Ctrl-C again stops at once.")


def figures(progress: record.Progress) -> str:
    """Running reward and valid rate, KL and speed of the last iteration; or the phase where there are none yet."""
    if progress.mean_reward is None or progress.valid_rate is None:
        return f"{progress.phase:<24}"
    parts = [f"return {progress.mean_reward:+.2f} valid {progress.valid_rate:4.0%}"]
    if progress.kl is not None:
        parts.append(f"KL {progress.kl:.3f}")
    if progress.tokens_per_second is not None:
        parts.append(f"{progress.tokens_per_second:,.0f} tok/s")
    if progress.phase != "learning":
        parts.append(progress.phase)
    return " ".join(parts)


def _result_figures(result: RunResult) -> str:
    reward = f"return {result.last_fifth.mean_reward:+.2f}" if result.last_fifth is not None else ""
    found = [result.best_by_task[task].selected_score for task in result.tasks if task in result.best_by_task]
    best = f"best {' '.join(f'{score:.4f}' for score in found)}" if found else "no valid program"
    return f"{reward}  {best}  {result.budget.seconds.total:.0f} s"


def _attempts(plan: Sequence[RunSpec]) -> int:
    return sum(spec.env_steps for spec in plan)
