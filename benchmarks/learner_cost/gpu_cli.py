"""The command line of the measurement at the size of real models."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.cli import make_console
from benchmarks.errors import BadInput
from benchmarks.learner_cost.gpu_report import RESULT_NAME, Settings, write_report
from benchmarks.learner_cost.shapes import SHAPES
from benchmarks.measurement_cli import Display, conclude, run_command
from benchmarks.preflight import prepare_folder
from benchmarks.storage import write_atomically

TABLE_NAME = "table.md"
START = "<!-- computed:start -->"
END = "<!-- computed:end -->"
TOY = Settings(
    shape="toy",
    device="cpu",
    dtype="float32",
    episodes=2,
    prompt_tokens=8,
    shared_tokens=6,
    action_tokens=8,
    repeats=1,
    matrix_size=256,
)
"""What is measured on a CPU: enough to show that the script runs."""
_POSITIVE = click.IntRange(min=1)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/gpu_cost"),
    show_default=True,
    help="Folder of the results.",
)
@click.option(
    "--shape", type=click.Choice(list(SHAPES)), help="Of the model.  [default: 7b; toy where there is no GPU]"
)
@click.option("--device", type=click.Choice(["auto", "cuda", "cpu"]), default="auto", show_default=True)
@click.option("--episodes", type=_POSITIVE, help=f"Actions of the batch.  [default: {Settings.episodes}]")
@click.option("--prompt-tokens", type=_POSITIVE, help=f"Of each prompt.  [default: {Settings.prompt_tokens}]")
@click.option(
    "--shared-tokens",
    type=click.IntRange(min=0),
    help=f"Of these, common to all prompts.  [default: {Settings.shared_tokens}]",
)
@click.option("--action-tokens", type=_POSITIVE, help=f"Of each action.  [default: {Settings.action_tokens}]")
@click.option("--micro-batch-tokens", type=_POSITIVE, help="The learners' setting.  [default: the batch at once]")
@click.option("--checkpointing", is_flag=True, help="Keep only the inputs of layers for the backward pass.")
@click.option("--repeats", type=_POSITIVE, help=f"Updates a median.  [default: {Settings.repeats}]")
@click.option(
    "--docs",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Only put the computed tables between the markers of this Markdown file.",
)
def command(out: Path, shape: str | None, device: str, docs: Path | None, **given: Any) -> int:
    """Measure generation and updates of ETPO and PPO for a model of real size with random weights, in bfloat16 with
    LoRA; and compute what they need on paper.

    Without a GPU a toy is measured, and the rest is computed.

    \b
    python benchmarks/gpu_cost.py --out benchmarks/results/gpu_cost
    python benchmarks/gpu_cost.py --docs docs/cost.md
    """
    if docs is not None:
        return _fill(docs)
    settings = _settings(shape, device, {name: value for name, value in given.items() if value})
    console = make_console()
    with prepare_folder(out):
        from benchmarks.learner_cost.gpu_measure import batch_shape, measure_device
        from benchmarks.learner_cost.gpu_tables import markdown, measured_tables

        try:
            batch_shape(settings)
        except ValueError as error:
            raise BadInput(str(error)) from None
        with Display(console) as display:
            report = measure_device(settings, display)
        write_report(out / RESULT_NAME, report)
        write_atomically(out / TABLE_NAME, markdown(report).encode())
    if shape not in (None, settings.shape):
        console.print(f"There is no GPU: {settings.shape} was measured, {shape} is computed in {TABLE_NAME}.")
    files = {"Results": out / RESULT_NAME, "Tables": out / TABLE_NAME}
    return conclude(console, report, measured_tables(report), files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (could not be measured), 2 (bad input), 130 (Ctrl-C)."""
    return run_command(command, "python benchmarks/gpu_cost.py", arguments)


def computed_text() -> str:
    """The computed tables as Markdown, a level deeper than in a report of their own."""
    from benchmarks.learner_cost.gpu_tables import paper_tables
    from benchmarks.learner_cost.paper import BatchShape

    return "\n".join(f"#{table.markdown()}" for table in paper_tables(BatchShape()))


def _fill(path: Path) -> int:
    from benchmarks.readme import fill

    try:
        filled = fill(path.read_text(), computed_text(), START, END)
    except ValueError as error:
        raise BadInput(f"--docs {path}: {error}") from None
    write_atomically(path, filled.encode())
    return 0


def _settings(shape: str | None, device: str, given: dict[str, Any]) -> Settings:
    """What is measured here: the shape that was asked for, but a toy where there is no GPU."""
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        if not torch.cuda.is_available():
            raise BadInput("--device cuda: torch finds no GPU here")
        return dataclasses.replace(Settings(), shape=shape or Settings.shape, **given)
    return dataclasses.replace(TOY, **{name: value for name, value in given.items() if name in _FOR_A_TOY})


_FOR_A_TOY = ("checkpointing", "micro_batch_tokens", "repeats")
"""Options that a toy on a CPU follows; its batch is small, whatever was asked for."""
