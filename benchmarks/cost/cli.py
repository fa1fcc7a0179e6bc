"""The command line of the measurement."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.cli import make_console
from benchmarks.cost.report import LOGISTIC_REGRESSION, RESULT_NAME, Settings, write_report
from benchmarks.errors import BadInput
from benchmarks.measurement_cli import Display, conclude, run_command
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

        with Display(console) as display:
            report = measure_cost(settings, display)
        write_report(out / RESULT_NAME, report)
        write_atomically(out / TABLE_NAME, markdown(report).encode())
    files = {"Results": out / RESULT_NAME, "Tables": out / TABLE_NAME}
    return conclude(console, report, tables_of(report), files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (could not be measured), 2 (bad input), 130 (Ctrl-C)."""
    return run_command(command, "python benchmarks/sandbox_cost.py", arguments)
