"""What the command lines of measurements share: a display of progress, exit codes, complaints of one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.errors import BadInput, StorageError

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class Report(Protocol):
    """What every report of a measurement says of how it ended."""

    @property
    def status(self) -> str: ...

    @property
    def error(self) -> str | None: ...


class PrintableTable(Protocol):
    """A table for the terminal."""

    def rich(self) -> Table: ...


class Display:
    """One line of progress a part. It is drawn only between measurements: a thread that draws would disturb them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (TextColumn("{task.description:<32}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal)

    def __enter__(self) -> Display:
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


def run_command(command: click.Command, program: str, arguments: Sequence[str] | None, obj: object = None) -> int:
    """Runs a command line and returns the exit code: the command's own, 2 (bad input), 1 (a file that cannot be
    written) or 130 (Ctrl-C). ``obj`` goes to commands that ask for it (``click.pass_obj``)."""
    try:
        code: int = command.main(
            args=None if arguments is None else list(arguments), prog_name=program, standalone_mode=False, obj=obj
        )
        return code
    except click.ClickException as error:
        return fail(error.format_message(), EXIT_BAD_INPUT)
    except BadInput as error:
        return fail(str(error), EXIT_BAD_INPUT)
    except StorageError as error:
        return fail(str(error), EXIT_FAILED)
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED


def conclude(console: Console, report: Report, tables: Iterable[PrintableTable], files: Mapping[str, Path]) -> int:
    """Shows the tables of a report and where its files lie, and returns the exit code.

    Args:
        console: where to.
        report: what was measured.
        tables: of the report.
        files: by what they hold.
    """
    for table in tables:
        console.print(table.rich())
    places = "   ".join(f"{what}: {path}" for what, path in files.items())
    console.print(places, highlight=False, soft_wrap=True)
    if report.error is not None:
        return fail(f"{report.error}. What was measured before is kept.", EXIT_FAILED)
    return EXIT_INTERRUPTED if report.status == "interrupted" else 0


def fail(message: str, code: int) -> int:
    """Says in one line what went wrong, and returns ``code``."""
    click.echo(f"error: {' '.join(message.split())}", err=True)
    return code
