"""The command line of the verification."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.cli import make_console
from benchmarks.errors import BadInput, MeasurementFailed, ResultError, StorageError
from benchmarks.measurement_cli import EXIT_BAD_INPUT, EXIT_FAILED, EXIT_INTERRUPTED, Display, fail, run_command
from benchmarks.provenance import available_cores


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    help="Execute so many attempts of each run, drawn by --seed, and the best programs.  [default: all attempts]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the sample.")
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Programs executed side by side.  [default: the cores that may be used]"
)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write all findings there.")
def command(results: tuple[Path, ...], sample: int | None, seed: int, jobs: int | None, json_file: Path | None) -> int:
    """Execute the programs of RESULTS again, without any model, and compare every reward bit for bit.

    RESULTS are folders, which are searched for results, or result.json files with their attempts beside them. What a
    result sums up (curve, last fifth, best programs and their held-out scores, failures) is computed again from the
    attempts. The figures of evaluations take the model: they are not verified, but must not contradict each other.

    Exit status: 0 if all agrees, 1 if something differs, 2 if something could not be read or executed (whatever the
    rest says), 130 after Ctrl-C.

    \b
    python benchmarks/verify.py runs/default
    python benchmarks/verify.py runs/mine/etpo/wine/seed-0 --sample 32 --json verified.json
    """
    return verify(results, sample, seed, jobs or available_cores(), json_file)


def verify(named: Sequence[Path], sample: int | None, seed: int, jobs: int, json_file: Path | None) -> int:
    """Verifies what was named, prints what came of it, and returns the exit code; see :func:`command`."""
    from benchmarks.verification.execution import Executor
    from benchmarks.verification.judge import all_programs, judge, make_inquiry
    from benchmarks.verification.report import (
        NOT_VERIFIED,
        Report,
        installed_versions,
        rich_table,
        version_warning,
        write_report,
    )
    from benchmarks.verification.runs import find_runs, read_run

    if json_file is not None:
        _make_folder_of(json_file)
    console = make_console()
    executor = Executor(jobs)
    paths, unreadable = find_runs(named)
    inquiries = []
    for path in paths:
        try:
            inquiries.append(make_inquiry(read_run(path), executor, sample, seed))
        except (ResultError, BadInput) as error:
            unreadable.append(str(error))
    for complaint in unreadable:
        fail(complaint, EXIT_BAD_INPUT)
    warning = version_warning([inquiry.run.result for inquiry in inquiries], installed_versions())
    if warning is not None:
        click.echo(f"warning: {warning}", err=True)
    programs = all_programs(inquiries)
    try:
        with Display(console) as display:
            if programs:
                display.begin("executing programs", len(programs))
            outcomes = executor.execute(programs, display.advance)
    except MeasurementFailed as error:
        return fail(str(error), EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        console.print("Stopped; nothing was compared.")
        return EXIT_INTERRUPTED
    verdicts = tuple(judge(inquiry, outcomes) for inquiry in inquiries)
    report = Report(verdicts, tuple(unreadable), sample, seed)
    if verdicts:
        console.print(rich_table(verdicts))
        console.print(NOT_VERIFIED, highlight=False, soft_wrap=True)
    console.print(report.summary, highlight=False, soft_wrap=True)
    if json_file is not None:
        try:
            write_report(json_file, report)
        except StorageError as error:
            return fail(str(error), EXIT_BAD_INPUT)
    if unreadable:
        return EXIT_BAD_INPUT
    return EXIT_FAILED if report.differing else 0


def _make_folder_of(json_file: Path) -> None:
    """Raises BadInput where there can be none: better now than when everything has been executed."""
    try:
        json_file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"--json {json_file}: cannot write there: {error.strerror or error}") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (something differs), 2 (bad input), 130 (Ctrl-C)."""
    return run_command(command, "python benchmarks/verify.py", arguments)
