"""The embedded model's card: how it was made, what it does before learning."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from jinja2 import Template
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import AutoModelForCausalLM

from agents.tinycoder import WEIGHTS
from agents.tinycoder.measure import HEADROOM_TASKS, MEASUREMENTS, measure


@dataclass(frozen=True)
class BuildRecord:
    """How a build went.

    Attributes:
        config: of the pretraining.
        n_repair_pairs: mistaken programs that were run.
        seconds: to make repairs, tokenizer and weights, on ``n_threads`` threads.
    """

    config: dict[str, Any]
    n_repair_pairs: int
    seconds: float
    n_threads: int
    torch_version: str


TEMPLATE = Path(__file__).with_name("model_card.md.j2")


def progress_bars() -> Progress:
    """Bars for long work on the terminal."""
    return Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


def write_model_card(folder: Path, n_attempts: int, progress: Progress) -> None:
    """Measure the model in ``folder`` and write ``README.md`` beside the weights, where Hugging Face looks for it.

    Args:
        folder: holds the model, its tokenizer and ``build.json`` (a :class:`BuildRecord`).
        n_attempts: attempts a task and temperature.
        progress: shows how far it is.
    """
    record = BuildRecord(**json.loads((folder / "build.json").read_text(encoding="utf-8")))
    bar = progress.add_task("measure", total=len(MEASUREMENTS))
    measurements = []
    for table, temperature in MEASUREMENTS:
        measurements.append(measure(folder, table, temperature, n_attempts, record.config["seed"]))
        progress.advance(bar)
    at_one = [m for m in measurements if m.temperature == 1.0]
    n_first = [m.n_attempts - m.n_repairs for m in at_one]
    n_repairs = [m.n_repairs for m in at_one]
    best = {}
    for task in HEADROOM_TASKS:
        top = max((m for m in measurements if m.task == task), key=lambda m: m.mean_reward)
        best[task] = (top.temperature, top.mean_reward)
    text = Template(TEMPLATE.read_text(encoding="utf-8")).render(
        n_parameters=AutoModelForCausalLM.from_pretrained(folder).num_parameters(),
        config=record.config,
        record=record,
        machine=platform.machine(),
        measurements=measurements,
        percent=lambda value: "-" if np.isnan(value) else f"{value:.0%}",
        quantiles=_quantiles,
        repair=np.average([m.repair_valid for m in at_one], weights=n_repairs),
        n_repairs=sum(n_repairs),
        redraw=np.average([m.first_valid for m in at_one], weights=n_first),
        n_redraws=sum(n_first),
        best=best,
    )
    (folder / "README.md").write_text(text + "\n", encoding="utf-8")


def _quantiles(scores: tuple[float, ...]) -> str:
    return " / ".join(f"{q:.2f}" for q in np.quantile(scores, [0.1, 0.5, 0.9])) if scores else "-"


@click.command(context_settings={"show_default": True})
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=WEIGHTS)
@click.option("--attempts", type=click.IntRange(min=64), default=256, help="Attempts a task in the measurement.")
def main(folder: Path, attempts: int) -> None:
    """Measure a built model again and rewrite its card."""
    with progress_bars() as progress:
        write_model_card(folder, attempts, progress)


if __name__ == "__main__":
    main()
