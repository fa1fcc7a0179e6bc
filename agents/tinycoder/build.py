"""Make the embedded model from nothing: ``python -m agents.tinycoder.build``.

Runs mistaken programs to learn their error messages, trains the tokenizer, pretrains the model, draws its held-out
documents, measures it in the environment and writes its card.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
import torch
from rich.progress import Progress

from agents.tinycoder import WEIGHTS
from agents.tinycoder.corpus import (
    RepairPair,
    make_repair_pairs,
    sample_first_action,
    sample_first_prompt,
    sample_repair,
)
from agents.tinycoder.held_out import write_held_out
from agents.tinycoder.model_card import BuildRecord, progress_bars, write_model_card
from agents.tinycoder.pretrain import PretrainConfig, new_model, pretrain
from agents.tinycoder.tokenizer import train_tokenizer

TOKENIZER_DOCUMENTS = 4_000


@click.command(context_settings={"show_default": True})
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=WEIGHTS, help="Folder to write.")
@click.option(
    "--tokens", type=click.IntRange(min=1), default=PretrainConfig.n_tokens, help="Document tokens to train on."
)
@click.option("--mistakes", type=click.IntRange(min=1), default=3_000, help="Mistaken programs to run for repairs.")
@click.option("--attempts", type=click.IntRange(min=64), default=256, help="Attempts a task in the measurement.")
@click.option("--seed", type=int, default=0, help="Seeds everything.")
def main(out: Path, tokens: int, mistakes: int, attempts: int, seed: int) -> None:
    """Remake the embedded model from nothing (about 20 minutes on two cores)."""
    started = time.monotonic()
    config = PretrainConfig(n_tokens=tokens, seed=seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".tinycoder-") as folder, progress_bars() as progress:
        staging = Path(folder) / "weights"
        pairs = _repair_pairs(progress, mistakes, seed)
        _train(progress, staging, pairs, config)
        write_held_out(staging)
        _replace_folder(staging, out)
        record = BuildRecord(
            asdict(config), len(pairs), time.monotonic() - started, torch.get_num_threads(), str(torch.__version__)
        )
        (out / "build.json").write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
        write_model_card(out, attempts, progress)
    click.echo(f"{out}: {(time.monotonic() - started) / 60:.1f} minutes, {asdict(config)}")


def _repair_pairs(progress: Progress, n_mistakes: int, seed: int) -> list[RepairPair]:
    task = progress.add_task("run mistakes", total=n_mistakes)
    return make_repair_pairs(n_mistakes, seed, lambda done: progress.advance(task, done))


def _train(progress: Progress, folder: Path, pairs: list[RepairPair], config: PretrainConfig) -> None:
    rng = np.random.default_rng([config.seed, 1])
    texts: list[str] = []
    for _ in range(TOKENIZER_DOCUMENTS // 2):
        texts += [sample_first_prompt(rng), sample_first_action(rng), *sample_repair(rng, pairs)]
    tokenizer = train_tokenizer(texts)
    model = new_model(tokenizer, config)
    task = progress.add_task("pretrain", total=config.n_tokens)

    def report(n_tokens: int, loss: float) -> None:
        progress.update(task, advance=n_tokens, description=f"pretrain (loss {loss:.2f})")

    pretrain(model, tokenizer, pairs, config, report)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _replace_folder(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target``; the old folder stays until the new one is whole."""
    old = target.with_name(target.name + ".old")
    if target.exists():
        os.replace(target, old)
    os.replace(source, target)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    main()
