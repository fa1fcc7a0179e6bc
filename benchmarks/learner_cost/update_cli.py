"""The command line of the measurement of updates."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.cli import make_console
from benchmarks.errors import BadInput
from benchmarks.learner_cost.update_report import RESULT_NAME, Settings, write_report
from benchmarks.measurement_cli import Display, conclude, run_command
from benchmarks.preflight import prepare_folder
from benchmarks.storage import write_atomically

TABLE_NAME = "table.md"
QUICK = Settings(
    vocabularies=(300,),
    action_lengths=(4, 8, 16),
    episodes=2,
    prompt_length=4,
    hidden_size=16,
    layers=1,
    heads=2,
    repeats=1,
)
"""To see whether it works; its figures mean nothing."""


class _Numbers(click.ParamType):
    """Comma-separated whole numbers above 0."""

    name = "n,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"'{value}' is not a list of whole numbers above 0, such as 32,64", param, ctx)
        return tuple(dict.fromkeys(map(int, parts)))


_POSITIVE = click.IntRange(min=1)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/update_cost"),
    show_default=True,
    help="Folder of the results.",
)
@click.option("--vocabularies", type=_Numbers(), help="Numbers of tokens, from 300.  [default: 1000,32000,152000]")
@click.option("--action-lengths", type=_Numbers(), help="Tokens an action.  [default: 32,64,128,256,512]")
@click.option("--episodes", type=_POSITIVE, help=f"Actions of a batch.  [default: {Settings.episodes}]")
@click.option("--hidden-size", type=_POSITIVE, help=f"Of the model.  [default: {Settings.hidden_size}]")
@click.option("--layers", type=_POSITIVE, help=f"Of the model.  [default: {Settings.layers}]")
@click.option("--tied/--untied", default=None, help="Embeddings of the model.  [default: untied]")
@click.option("--critic", type=click.Choice(["heads", "adapter"]), help="The learners' critic.  [default: heads]")
@click.option("--repeats", type=_POSITIVE, help=f"Updates a median.  [default: {Settings.repeats}]")
@click.option("--threads", type=_POSITIVE, help=f"Of torch.  [default: {Settings.threads}]")
@click.option("--quick", is_flag=True, help="Very little of everything, to see whether it works.")
def command(out: Path, quick: bool, **given: Any) -> int:
    """Measure time and memory of one update of ETPO and of PPO: as it is, with whole tensors [tokens, vocabulary], and
    with four models and three buffers of that shape.

    Takes about ten minutes; let nothing else run. Ctrl-C ends it with the cells that were measured.

    \b
    python benchmarks/update_cost.py --out benchmarks/results/update_cost
    """
    if not sys.platform.startswith("linux"):
        raise BadInput("an update's cost is measured on Linux only: peaks of memory are read from /proc")
    settings = dataclasses.replace(
        QUICK if quick else Settings(), **{name: value for name, value in given.items() if value is not None}
    )
    _check(settings)
    console = make_console()
    with prepare_folder(out):
        from benchmarks.learner_cost.update_measure import measure_updates
        from benchmarks.learner_cost.update_tables import markdown, tables_of

        with Display(console) as display:
            report = measure_updates(settings, display)
        write_report(out / RESULT_NAME, report)
        write_atomically(out / TABLE_NAME, markdown(report).encode())
    files = {"Results": out / RESULT_NAME, "Tables": out / TABLE_NAME}
    return conclude(console, report, tables_of(report), files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (could not be measured), 2 (bad input), 130 (Ctrl-C)."""
    return run_command(command, "python benchmarks/update_cost.py", arguments)


def _check(settings: Settings) -> None:
    if settings.hidden_size % (2 * settings.heads):
        raise BadInput(f"--hidden-size {settings.hidden_size}: it must be a multiple of {2 * settings.heads}")
    if min(settings.vocabularies) < 300:
        raise BadInput(f"--vocabularies: {min(settings.vocabularies)} is not allowed: at least 300")
