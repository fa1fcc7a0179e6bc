"""``ds-gym validate``: do programs with known scores still earn them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ds_gym.cli.console import NearestChoice, bad_input, make_console, make_table
from ds_gym.cli.environment import ALL_TASKS
from ds_gym.known_scores import ScoreCheck, validate_baselines, validate_tasks
from ds_gym.tasks import get_task, list_suites, list_tasks
from ds_gym.tasks.paper_scores import BASELINE_PROGRAMS, paper_scores

EXIT_FAILED = 1


@click.command()
@click.argument("tasks", type=NearestChoice(list_tasks(), ALL_TASKS), metavar="[TASK]...", nargs=-1)
@click.option("--suite", type=NearestChoice(list_suites()), help="The tasks of a suite.  [default: embedded]")
@click.option(
    "--model",
    "models",
    type=NearestChoice(BASELINE_PROGRAMS),
    multiple=True,
    metavar="MODEL",
    help=f"Only this baseline; may be repeated: {', '.join(BASELINE_PROGRAMS)}.",
)
def command(tasks: tuple[str, ...], suite: str | None, models: tuple[str, ...]) -> int:
    """Run programs with known scores again, under the protocol "paper".

    Of embedded tasks these are floor, reference and strong; of the paper's tables six baselines each. Exit status 1 if
    a score is not what it should be, or could not be measured.
    """
    if tasks and suite is not None:
        raise click.UsageError("name tasks or a suite, not both")
    names = list(tasks) or list_tasks(suite or "embedded")
    console = make_console()
    with bad_input():
        n_checks, checks = _plan(names, models, baselines=suite in ("paper", "paper-full"))
        done = _run(console, checks, n_checks)
    console.print(_table(done))
    console.print()
    return _verdict(console, done)


def _plan(names: Sequence[str], models: tuple[str, ...], *, baselines: bool) -> tuple[int, Iterator[ScoreCheck]]:
    """How many checks there will be, and the checks. ``baselines``: also of embedded tasks that the paper has."""
    known = paper_scores()
    embedded = () if baselines else list_tasks("embedded")
    of_paper = [name for name in names if name in known and name not in embedded]
    others = [name for name in names if name not in of_paper]
    if models and others:
        raise click.UsageError(f"--model: {others[0]!r} has no baselines; only tasks of the paper have")
    n_baselines = sum(len(set(models or BASELINE_PROGRAMS) & known[name].scores.keys()) for name in of_paper)
    return n_baselines + sum(len(get_task(name).solutions) for name in others), _checks(of_paper, others, models)


def _checks(of_paper: list[str], others: list[str], models: tuple[str, ...]) -> Iterator[ScoreCheck]:
    if others:
        yield from validate_tasks(others)
    if of_paper:
        yield from validate_baselines(of_paper, models or None)


def _run(console: Console, checks: Iterator[ScoreCheck], n_checks: int) -> list[ScoreCheck]:
    done = []
    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("starting", total=n_checks)
        for check in checks:
            done.append(check)
            progress.update(bar, advance=1, description=f"{check.task} {check.program}")
    return done


def _table(checks: Sequence[ScoreCheck]) -> Table:
    table = make_table()
    table.add_column("task", style="cyan", no_wrap=True)
    table.add_column("program", no_wrap=True)
    for header in ("expected", "measured", "off by"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    previous = None
    for check in checks:
        measured = "-" if check.measured is None else f"{check.measured:.4f}"
        off = "-" if check.measured is None else f"{abs(check.measured - check.expected):.4f}"
        verdict = Text("ok", "green") if check.ok else Text("MISS", "bold red")
        name = check.task if check.task != previous else ""
        table.add_row(name, check.program, f"{check.expected:.4f}", measured, off, verdict)
        previous = check.task
    return table


def _verdict(console: Console, checks: Sequence[ScoreCheck]) -> int:
    misses = [check for check in checks if not check.ok]
    for note in dict.fromkeys(check.note for check in checks if check.note):
        console.print(Text(note, "yellow"))
    tolerance = max((check.tolerance for check in checks), default=0.0)
    n_tasks = len({check.task for check in checks})
    if misses:
        console.print(Text(f"{len(misses)} of {len(checks)} scores miss (tolerance {tolerance:g}).", "bold red"))
        return EXIT_FAILED
    console.print(Text(f"All {len(checks)} scores of {n_tasks} tasks are within {tolerance:g}.", "green"))
    return 0
