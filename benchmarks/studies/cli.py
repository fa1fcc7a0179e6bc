"""The command line of studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

from benchmarks.cli import make_console
from benchmarks.errors import BadInput, ResultError
from benchmarks.measurement_cli import EXIT_FAILED, fail, run_command
from benchmarks.suites import load_suite

RESULTS = Path("benchmarks") / "results" / "study"
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=_SETTINGS)
def command() -> None:
    """Make the tables and figures of a study from the results of its runs.

    \b
    python benchmarks/run.py --suite study --out runs/study
    python benchmarks/study.py collect runs/study
    python benchmarks/study.py report --docs docs/study.md
    """


@command.command(context_settings=_SETTINGS)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--suite", help="The suite that was run: a name, or a YAML file.  [default: the folder's name]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File of the study.  [default: {RESULTS}/<suite>.json]",
)
def collect(folder: Path, suite: str | None, out: Path | None) -> int:
    """Gather the results under FOLDER in one small file, a line a run.

    \b
    python benchmarks/study.py collect runs/study
    python benchmarks/study.py collect runs/elsewhere --suite study --out runs/study.json
    """
    from benchmarks.studies.collect import collect_study
    from benchmarks.studies.rows import write_study

    suite = suite or folder.resolve().name
    name = Path(suite).stem
    study = collect_study(folder, name, load_suite(suite))
    path = out or RESULTS / f"{name}.json"
    write_study(path, study)
    finished = sum(run.status == "finished" for run in study.runs)
    diverged = sum(run.status == "diverged" for run in study.runs)
    make_console().print(
        f"{path}: {len(study.runs)} runs of {len(study.labels)} agents, {finished} finished, {diverged} diverged, "
        f"{path.stat().st_size // 1024} kB.",
        highlight=False,
        soft_wrap=True,
    )
    return 0


@command.command(context_settings=_SETTINGS)
@click.option(
    "--results",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=RESULTS,
    show_default=True,
    help="Folder of what `collect` has written.",
)
@click.option(
    "--docs",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="Also put the computed blocks between the markers of this Markdown file, and the pictures beside it; may be "
    "given several times.",
)
@click.option(
    "--missing",
    type=click.Choice(["failures", "left-out"]),
    default="failures",
    show_default=True,
    help="What runs count that did not finish: as the lowest reward, or nothing (to look at a study that is running).",
)
def report(results: Path, docs: tuple[Path, ...], missing: str) -> int:
    """Print what came of the studies: the claim, tables with 95 % bootstrap intervals.

    \b
    python benchmarks/study.py report --docs docs/study.md --docs docs/etpo.md --docs README.md
    """
    from benchmarks.studies import baselines, tables
    from benchmarks.studies.page import BASELINE_PARTS, PARTS, claim_text, fill_page
    from benchmarks.studies.rows import read_study
    from benchmarks.studies.summary import Missing

    counted = cast(Missing, missing)
    studies = {name: read_study(path) for name in PARTS if (path := results / f"{name}.json").exists()}
    if not studies:
        raise BadInput(f"--results {results}: none of {', '.join(f'{name}.json' for name in PARTS)} is there")
    console = make_console()
    for name, study in studies.items():
        if name == "transfer":
            console.print(tables.transfer_table(study).rich())
        elif name == "ablations":
            console.print(tables.ablation_table(study, counted).rich())
        elif name in BASELINE_PARTS:
            console.print(baselines.reached_table(study).rich())
            console.print(baselines.mended_table(study).rich())
        else:
            for table in (tables.reward_table(study, counted), tables.model_table(study, counted)):
                console.print(table.rich())
            console.print(tables.task_table(study).rich())
            if (untouched := tables.untouched_table(study, counted)).rows:
                console.print(untouched.rich())
    console.print(claim_text(studies, counted).replace("**", ""), highlight=False, markup=False, soft_wrap=True)
    for page in docs:
        for path in [page, *fill_page(page, studies, counted)]:
            console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (a file cannot be read or written), 2 (bad input)."""
    try:
        return run_command(command, "python benchmarks/study.py", arguments)
    except ResultError as error:
        return fail(str(error), EXIT_FAILED)
