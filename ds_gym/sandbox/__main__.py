"""``python -m ds_gym.sandbox``: shows which layers hold here and runs the adversarial corpus against them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ds_gym import doctor
from ds_gym.failures import SandboxError
from ds_gym.sandbox import SANDBOX_NAMES, ForkServerSandbox, Sandbox, make_sandbox
from ds_gym.sandbox.corpus import BENIGN_CLASS, Program, load_corpus

EXIT_BROKEN = 1
_COLOURS = {"active": "green", "denied": "green", "ALLOWED": "bold red"}
_TESTED_NAMES = tuple(name for name in SANDBOX_NAMES if name != "in-process")


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--sandbox", "name", type=click.Choice(_TESTED_NAMES), default="auto", show_default=True, help="What to examine."
)
@click.option("--without", multiple=True, metavar="LAYER", help="Leave a layer off; may be repeated.")
@click.option(
    "--corpus",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder with attacks/ and benign/.  [default: tests/adversarial of the checkout]",
)
@click.option("--class", "classes", multiple=True, metavar="CLASS", help="Only programs of a class; may be repeated.")
@click.option("--threads", type=click.IntRange(min=1), help="Programs side by side.  [default: twice the processors]")
@click.option("--json", "as_json", is_flag=True, help="Write everything as JSON to the standard output.")
def main(
    name: str,
    without: tuple[str, ...],
    folder: Path | None,
    classes: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Show the layers of the sandbox and run the adversarial corpus against them.

    Exit status: 0 if all attacks were defeated, all honest programs ran and nothing was left behind, 1 if not, 2 for a
    bad argument.
    """
    console = Console(stderr=as_json)
    logging.getLogger("ds_gym").setLevel(logging.ERROR)  # what it warns of stands in the table
    folder = folder or doctor.default_corpus()
    try:
        programs = load_corpus(folder, classes) if folder is not None else []
        make = _sandbox_maker(name, without)
        if not programs:
            _show_report_only(make, console)
            return
        with _progress(console) as progress:
            n_runs = sum(2 if program.expect == "honest-score" else 1 for program in programs)
            bar = progress.add_task("starting the sandbox", total=n_runs)
            examination = doctor.examine(
                make,
                programs,
                n_threads=threads,
                on_done=lambda program: progress.update(bar, advance=1, description=str(program)),
            )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except (SandboxError, OSError) as error:
        console.print(Text(f"The sandbox does not run here: {error}", style="bold red"))
        raise click.exceptions.Exit(EXIT_BROKEN) from None
    if as_json:
        click.echo(json.dumps(examination.as_dict(), indent=1))
    else:
        console.print(_report_table(examination.report))
        _show_verdicts(examination, console)
    if examination.problems or _allowed(examination.report):
        raise click.exceptions.Exit(EXIT_BROKEN)


def _sandbox_maker(name: str, without: Sequence[str]) -> Callable[[], Sandbox]:
    if name in ("auto", "fork-server"):  # an own one: the one that "auto" shares stays warm for others
        ForkServerSandbox(without=without)  # a ValueError now rather than in the middle; nothing starts before its use
        return lambda: ForkServerSandbox(without=without)
    if without:
        raise ValueError(f"--without goes with --sandbox auto or fork-server, not with {name!r}")
    return lambda: make_sandbox(name)


def _show_report_only(make: Callable[[], Sandbox], console: Console) -> None:
    sandbox = make()
    try:
        report = sandbox.report()
    finally:
        sandbox.close()
    console.print(_report_table(report))
    console.print(
        "No corpus was run: an installed package has none. In a checkout of the repository it is in "
        "tests/adversarial; name it with --corpus."
    )
    if _allowed(report):
        raise click.exceptions.Exit(EXIT_BROKEN)


def _allowed(report: dict[str, str]) -> list[str]:
    return [act for act, state in report.items() if state == "ALLOWED"]


def _report_table(report: dict[str, str]) -> Table:
    """Layers on the left, acts of the self-test on the right."""
    acts = [(what, state) for what, state in report.items() if state in ("denied", "ALLOWED")]
    layers = [(what, state) for what, state in report.items() if (what, state) not in acts]
    table = Table(title="The sandbox on this machine", title_justify="left")
    for header in ("layer", "state", "a program tries to", "it is"):
        table.add_column(header, overflow="fold")
    for i in range(max(len(layers), len(acts))):
        row = [*(layers[i] if i < len(layers) else ("", "")), *(acts[i] if i < len(acts) else ("", ""))]
        table.add_row(*[_coloured(cell) for cell in row])
    return table


def _coloured(cell: str) -> Text:
    return Text(cell, style="yellow" if cell.startswith("missing") else _COLOURS.get(cell, ""))


def _progress(console: Console) -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
    )


def _show_verdicts(examination: doctor.Examination, console: Console) -> None:
    programs = list({verdict.program: None for verdict in examination.verdicts})
    n_attacks = sum(program.kind == "attack" for program in programs)
    n_benign = len(programs) - n_attacks
    allowed = _allowed(examination.report)
    if not examination.problems:
        what = [f"all {n_attacks} attacks were defeated"] if n_attacks else []
        what += [f"all {n_benign} honest programs ran"] if n_benign else []
        console.print(
            Text(
                f"{' and '.join(what).capitalize()} in {examination.seconds:.0f} s; nothing was left behind. "
                f"Classes: {', '.join(_classes(programs))}.",
                style="yellow" if allowed else "green",
            )
        )
    else:
        n_broken = len({verdict.program for verdict in examination.verdicts if verdict.breach})
        title = f"{n_broken} of {len(programs)} programs did not end as they should"
        table = Table(title=title, title_justify="left")
        for header in ("program", "expected", "what happened", "what it tries"):
            table.add_column(header, overflow="fold")
        for verdict in examination.verdicts:
            if verdict.breach:
                program = verdict.program
                row = (str(program), program.expect, f"{verdict.breach} [{verdict.table}]", program.summary)
                table.add_row(*map(Text, row))
        if n_broken:
            console.print(table)
        for problem in examination.problems[table.row_count :]:
            console.print(Text(problem, style="bold red"))
    if allowed:
        console.print(Text(f"Not denied: {', '.join(allowed)}.", style="bold red"))


def _classes(programs: Iterable[Program]) -> list[str]:
    return sorted({program.category for program in programs} - {BENIGN_CLASS})


if __name__ == "__main__":
    main(prog_name="python -m ds_gym.sandbox")
