"""The live display of a running plan; plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Sequence
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

from benchmarks import execution
from benchmarks.harness import Listener, RunEnded
from benchmarks.plan import RunSpec
from benchmarks.results import RunResult

_LINES_A_RUN = 4


class ProgressDisplay(Listener):
    """One line for each run in progress and one for the whole."""

    def __init__(self, console: Console, plan: Sequence[RunSpec]) -> None:
        self._console = console
        self._live = console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            disable=not self._live,
        )
        self._width = max(len(spec.name) for spec in plan)
        self._total = self._progress.add_task("all runs".ljust(self._width), total=_attempts(plan), figures="")
        self._runs: dict[str, TaskID] = {}
        self._steps: dict[str, int] = {}

    def __enter__(self) -> ProgressDisplay:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def started(self, spec: RunSpec) -> None:
        self._steps[spec.name] = 0
        start = figures(execution.Progress(execution.STARTING, 0))
        description = spec.name.ljust(self._width)
        self._runs[spec.name] = self._progress.add_task(description, total=spec.env_steps, figures=start)

    def progressed(self, spec: RunSpec, progress: execution.Progress) -> None:
        before, now = self._steps[spec.name], min(progress.env_steps, spec.env_steps)
        self._steps[spec.name] = now
        self._progress.advance(self._total, now - before)
        self._progress.update(self._runs[spec.name], completed=now, figures=figures(progress))
        if not self._live and now * _LINES_A_RUN // spec.env_steps > before * _LINES_A_RUN // spec.env_steps:
            self._console.print(f"{spec.name:{self._width}}  {now:>5}/{spec.env_steps}  {figures(progress)}")

    def ended(self, ended: RunEnded) -> None:
        spec = ended.spec
        self._progress.remove_task(self._runs.pop(spec.name))
        if ended.error is not None:
            self._progress.advance(self._total, spec.env_steps - self._steps[spec.name])
            self._console.print(f"{spec.name:{self._width}}  [red]failed[/red]: {escape(ended.error)}", highlight=False)
        elif self._live and ended.result is not None and ended.result.status == "finished":
            self._console.print(f"{spec.name:{self._width}}  {_result_figures(ended.result)}", highlight=False)

    def stopping(self) -> None:
        self._console.print("Stopping after the current iteration of each run. Ctrl-C again stops at once.")


def figures(progress: execution.Progress) -> str:
    """Running reward and valid rate, or what the run does where there are none yet."""
    if progress.mean_reward is None or progress.valid_rate is None:
        return f"{progress.phase:<24}"
    phase = "" if progress.phase == "learning" else f" {progress.phase}"
    return f"return {progress.mean_reward:+.2f} valid {progress.valid_rate:4.0%}{phase}"


def _result_figures(result: RunResult) -> str:
    reward = f"return {result.last_fifth.mean_reward:+.2f}" if result.last_fifth is not None else ""
    best = f"best {result.best.selected_score:.4f}" if result.best is not None else "no valid program"
    return f"{reward}  {best}  {result.budget.seconds.total:.0f} s"


def _attempts(plan: Sequence[RunSpec]) -> int:
    return sum(spec.env_steps for spec in plan)
