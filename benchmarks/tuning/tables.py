"""Search space and trials, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from benchmarks.tuning.report import LearnerTuning
from benchmarks.tuning.space import Levels, Point, SearchSpace


def design_table(space: SearchSpace, learners: Sequence[str], design: Sequence[Point]) -> Table:
    """A row a trial; the columns of learners hold what each tries of its own setting."""
    rate = space.learning_rate
    title = (
        f"learning_rate: {rate.low:g} to {rate.high:g}, log-uniform; batch_uses: {_values(space.batch_uses)}; "
        "and one setting of each learner's own"
    )
    own = {learner: space.own[learner] for learner in learners}
    heads = (f"{learner}\n{setting.name}" for learner, setting in own.items())
    table = Table(
        "trial", "learning_rate", "batch_uses", *heads, title=title, title_justify="left", box=box.SIMPLE_HEAD
    )
    for number, point in enumerate(design):
        table.add_row(
            str(number),
            f"{point.learning_rate:g}",
            f"{space.batch_uses.values[point.batch_uses]:g}",
            *(f"{setting.levels.values[point.own]:g}" for setting in own.values()),
        )
    return table


def trials_table(learner: str, tuning: LearnerTuning) -> Table:
    """The trials of one learner, the best one marked."""
    tasks = list(dict.fromkeys(task for trial in tuning.trials for task in trial.tasks))
    names = list(tuning.trials[0].settings)
    heads = ["trial", *names, *tasks, "value", "status"]
    table = Table(*heads, title=learner, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for trial in tuning.trials:
        values = [f"{trial.tasks[task]:+.3f}" if task in trial.tasks else "" for task in tasks]
        value = "" if trial.value is None else f"{trial.value:+.3f}"
        status = f"{trial.status}, best" if trial.number == tuning.best_trial else trial.status
        table.add_row(str(trial.number), *(f"{trial.settings[name]:g}" for name in names), *values, value, status)
    return table


def _values(levels: Levels) -> str:
    return ", ".join(f"{value:g}" for value in levels.values)
