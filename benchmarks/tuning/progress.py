"""The live display of tuning: that of runs, and a line for each trial that has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console

from benchmarks.plan import RunSpec
from benchmarks.progress import ProgressDisplay
from benchmarks.tuning.trials import Ended, Trial, record_trial
from benchmarks.worker import RunEnded


class TuningDisplay(ProgressDisplay):
    """Shows the runs in progress, and has the report written whenever a trial has ended.

    Args:
        console: where to.
        plan: the runs that are going to be done.
        trials: all trials.
        ended: takes in what the runs come to.
        write: writes the report.
    """

    def __init__(
        self,
        console: Console,
        plan: Sequence[RunSpec],
        trials: Sequence[Trial],
        ended: Ended,
        write: Callable[[Ended], object],
    ) -> None:
        super().__init__(console, plan)
        self._lines = console
        self._trials = {run.name: trial for trial in trials for run in trial.runs}
        self._ended = ended
        self._write = write

    def ended(self, ended: RunEnded) -> None:
        super().ended(ended)
        self._ended.add(ended)
        trial = self._trials[ended.spec.name]
        record = record_trial(trial, self._ended)
        if record.status == "pending":
            return
        self._write(self._ended)
        settings = ", ".join(f"{key}={value:g}" for key, value in record.settings.items())
        self._lines.print(
            f"{trial.name}  {record.status}  value {record.value:+.3f}  {settings}", highlight=False, soft_wrap=True
        )
