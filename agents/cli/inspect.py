"""``python -m agents inspect``: what a checkpoint holds, and what its policy writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import gymnasium as gym
import torch
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.cli.stored import StoredAgent, read_stored, rebuild
from agents.cli.summary import Summary, summarise
from agents.generation import LocalSampler

PIPED_WIDTH = 140


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--task", metavar="NAME", help="Whose first observation is answered.  [default: that of the run]")
@click.option("--samples", type=click.IntRange(min=0), default=3, show_default=True, help="How many programs to draw.")
@click.option("--temperature", type=click.FloatRange(min=0), help="Of sampling.  [default: that of the agent]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of sampling and environment.")
@click.option("--device", default="cpu", show_default=True, help="Where the model is loaded: auto, cpu, cuda, ...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    checkpoint: Path,
    task: str | None,
    samples: int,
    temperature: float | None,
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Print what a checkpoint holds, and sample programs from its policy.

    CHECKPOINT is a file that save_checkpoint() wrote, the folder of an unfinished run, or its diverged.pt. The model is
    loaded only for samples; with --samples 0 nothing is run.
    """
    stored = read_stored(checkpoint)
    summary = summarise(stored)
    task = task or (stored.task or "").partition("+")[0]
    if samples and not task:
        raise click.UsageError(f"{stored.path} does not tell its task: name one with --task, or say --samples 0")
    drawn = _draw(stored, task, samples, temperature, seed, device) if samples else []
    if as_json:
        click.echo(json.dumps({**summary.to_dict(), "samples": drawn}, indent=1))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=max(console.width, PIPED_WIDTH))
    _print_summary(console, summary)
    for number, sample in enumerate(drawn, 1):
        _print_sample(console, f"sample {number} of {len(drawn)}, {task}", sample)


def _draw(
    stored: StoredAgent, task: str, n: int, temperature: float | None, seed: int, device: str
) -> list[dict[str, Any]]:
    """Programs for the first observation of a task, each with what the environment says of it."""
    _, language_model = rebuild(stored, device)
    config = stored.agent["config"]
    protocol = stored.run.get("protocol", "holdout")
    env: Any = gym.make("ds_gym:DataSci-v0", task=task, protocol=protocol, prompt=language_model.prompt_style)
    try:
        observation, _ = env.reset(seed=seed)
        prompt = language_model.encode_prompt(observation, reserve=config["max_new_tokens"])
        generations = LocalSampler(language_model, stop_at_function_end=config["stop_at_function_end"]).sample(
            [prompt] * n,
            max_new_tokens=config["max_new_tokens"],
            temperature=config["temperature"] if temperature is None else temperature,
            generator=torch.Generator().manual_seed(seed),
        )
        drawn = []
        for generation in generations:
            env.reset(seed=seed)
            _, reward, _, _, info = env.step(generation.text)
            drawn.append(
                {
                    "action": generation.text,
                    "tokens": len(generation.token_ids),
                    "stop_reason": generation.stop_reason,
                    "reward": float(reward),
                    "status": info["status"],
                    "error": None if info["error"] is None else dict(info["error"]),
                }
            )
        return drawn
    finally:
        env.close()


def _print_summary(console: Console, summary: Summary) -> None:
    console.print(Text(summary.file, style="bold"))
    facts = _table("", "")
    for name, value in _facts(summary):
        facts.add_row(name, Text(str(value)))
    console.print(facts)
    networks = _table("network", "tensors", "parameters", "norm")
    for network in summary.networks:
        networks.add_row(network.name, str(network.n_tensors), f"{network.n_parameters:,}", f"{network.norm:.4f}")
    optimizers = _table("optimiser", "steps", "step size", "numbers kept")
    for optimizer in summary.optimizers:
        rate = "" if optimizer.learning_rate is None else f"{optimizer.learning_rate:g}"
        optimizers.add_row(optimizer.name, str(optimizer.steps), rate, f"{optimizer.n_numbers:,}")
    for table in (networks, optimizers):
        if table.row_count:
            console.print()
            console.print(table)


def _facts(summary: Summary) -> list[tuple[str, object]]:
    """Name and value of what the file tells, one a line."""
    config = ", ".join(f"{name}={value}" for name, value in summary.config.items())
    options = ", ".join(f"{name}={value}" for name, value in summary.model_options.items())
    replay = None if summary.replay_turns is None else f"{summary.replay_turns:,} attempts"
    facts: list[tuple[str, object]] = [
        ("file", f"{summary.bytes:,} bytes, format version {summary.version}"),
        ("agent", summary.agent),
        ("model", None if summary.model is None else f"{summary.model} ({summary.tuning}, {summary.dtype})"),
        ("weights of the base", summary.weights),
        ("model options", options or None),
        ("seed", summary.seed),
        ("task", summary.task),
        ("attempts made", f"{summary.env_steps:,}"),
        ("updates", summary.updates),
        ("gradient steps", summary.gradient_steps),
        ("settings", config or None),
        ("replay", replay),
        ("random states", ", ".join(summary.random_states) or None),
        ("environments", summary.environments),
        ("diverged", summary.error),
    ]
    return [(name, value) for name, value in facts if value is not None]


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_header=any(headers))
    for i, header in enumerate(headers):
        numbers = i > 0 and any(headers)
        table.add_column(header, justify="right" if numbers else "left", no_wrap=i == 0 or numbers)
    return table


def _print_sample(console: Console, title: str, sample: dict[str, Any]) -> None:
    error = sample["error"]
    outcome = f"reward {sample['reward']:+.4f}" + (f", {error['kind']}: {error['message']}" if error else ", scored")
    console.print()
    console.print(Text(f"{title}: {' '.join(outcome.split())}", style="bold"))
    console.print(Text(sample["action"].strip("\n")))
