"""``python -m agents export``: the policy of a checkpoint, for transformers and peft."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from pathlib import Path

import click

from agents.cli.stored import StoredAgent, read_stored, rebuild
from agents.export import PolicyCard, save_policy


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--device", default="cpu", show_default=True, help="Where the model is loaded: auto, cpu, cuda, ...")
def command(checkpoint: Path, folder: Path, device: str) -> None:
    """Save the policy of a checkpoint into FOLDER: a peft adapter or a whole model, with a model card.

    CHECKPOINT is a file that save_checkpoint() wrote, the folder of an unfinished run, or its diverged.pt. A run
    that has finished has its policy in <run>/policy already.
    """
    stored = read_stored(checkpoint)
    _, language_model = rebuild(stored, device)
    save_policy(folder, language_model, _card(stored))
    click.echo(f"{folder}: the policy after {stored.env_steps:,} attempts; README.md tells how to load it.")


def _card(stored: StoredAgent) -> PolicyCard:
    state, run, record = stored.agent, stored.run, stored.record
    rewards = record.get("rewards", [])
    recent = rewards[-max(1, len(rewards) // 5) :]
    scores = {"mean reward, last fifth of the attempts so far": math.fsum(recent) / len(recent)} if recent else {}
    if record.get("best"):
        scores["best program, in its episode"] = record["best"]["selected_score"]
    packages = ("torch", "transformers", "peft")
    return PolicyCard(
        agent=run.get("label", state["agent"]),
        task=stored.task or "unknown",
        protocol=run.get("protocol", "unknown"),
        seed=state["seed"],
        env_steps=stored.env_steps,
        gradient_steps=record.get("gradient_steps"),
        config=state["config"],
        scores=scores,
        versions={"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in packages}},
        is_final=False,
    )
