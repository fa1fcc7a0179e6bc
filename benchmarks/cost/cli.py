"""The command line of the measurement."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.cli import EXIT_BAD_INPUT, EXIT_FAILED, make_console
from benchmarks.cost.report import LOGISTIC_REGRESSION, RESULT_NAME, Settings, write_report
from benchmarks.errors import BadInput, StorageError
from benchmarks.preflight import prepare_folder
from benchmarks.storage import write_atomically

TABLE_NAME = "table.md"
SANDBOXES = ("fork-server", "bubblewrap")
"""Those that are one's own: starting and closing a shared one would measure nothing."""
QUICK = Settings(
    tables=((60, 4),),
    compared=(LOGISTIC_REGRESSION,),
    n_splits=2,
    repeats=2,
    rival_repeats=1,
    starts=1,
    pause_s=0.02,
    throughput_rounds=1,
    throughput_seconds=0.5,
    soak_attempts=20,
)
"""To see whether it works; its figures mean nothing."""


class _Display:
    """One line of progress a part. It is drawn only between measurements: a thread that draws would disturb them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (TextColumn("{task.description:<32}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal)

    def __enter__(self) -> _Display:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, part: str, n_steps: int) -> None:
        if not self._console.is_terminal:
            self._console.print(f"{part} ...")
        self._task = self._progress.add_task(part, total=n_steps)
        self._progress.refresh()

    def advance(self) -> None:
        self._progress.advance(self._task)
        self._progress.refresh()


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/sandbox_cost"),
    show_default=True,
    help="Folder of the results.",
)
@click.option("--sandbox", type=click.Choice(SANDBOXES), help=f"What to measure.  [default: {Settings.sandbox}]")
@click.option("--repeats", type=click.IntRange(min=1), help=f"Attempts a median.  [default: {Settings.repeats}]")
@click.option(
    "--soak",
    type=click.IntRange(min=0),
    help=f"Attempts whose growth of memory is watched, 0 for none.  [default: {Settings.soak_attempts}]",
)
@click.option("--quick", is_flag=True, help="Very little of everything, to see whether it works.")
def command(out: Path, sandbox: str | None, repeats: int | None, soak: int | None, quick: bool) -> int:
    """Measure what the sandbox costs: a split, an attempt, against other ways, throughput, start-up, memory, growth.

    Takes about fifteen minutes on two cores; let nothing else run. Ctrl-C ends it with the parts that were finished.

    \b
    python benchmarks/sandbox_cost.py --out benchmarks/results/sandbox_cost
    """
    if not sys.platform.startswith("linux"):
        raise BadInput("the sandbox's cost is measured on Linux only: processes and their memory are read from /proc")
    console = make_console()
    given: dict[str, Any] = {"sandbox": sandbox, "repeats": repeats, "soak_attempts": soak}
    settings = dataclasses.replace(
        QUICK if quick else Settings(), **{name: value for name, value in given.items() if value is not None}
    )
    with prepare_folder(out):
        from benchmarks.cost.measure import measure_cost
        from benchmarks.cost.tables import markdown, tables_of

        with _Display(console) as display:
            report = measure_cost(settings, display)
        write_report(out / RESULT_NAME, report)
        write_atomically(out / TABLE_NAME, markdown(report).encode())
    for table in tables_of(report):
        console.print(table.rich())
    console.print(f"Results: {out / RESULT_NAME}   Tables: {out / TABLE_NAME}", highlight=False, soft_wrap=True)
    if report.error is not None:
        return _fail(f"{report.error}. What was measured before is kept.", EXIT_FAILED)
    return 130 if report.status == "interrupted" else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (could not be measured), 2 (bad input), 130 (Ctrl-C)."""
    try:
        code: int = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="python benchmarks/sandbox_cost.py",
            standalone_mode=False,
        )
        return code
    except click.ClickException as error:
        return _fail(error.format_message(), EXIT_BAD_INPUT)
    except BadInput as error:
        return _fail(str(error), EXIT_BAD_INPUT)
    except StorageError as error:
        return _fail(str(error), EXIT_FAILED)
    except (KeyboardInterrupt, click.Abort):
        return 130


def _fail(message: str, code: int) -> int:
    click.echo(f"error: {' '.join(message.split())}", err=True)
    return code
