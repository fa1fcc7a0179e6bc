"""Documents that pretraining never saw: ``python -m agents.tinycoder.held_out``.

They are drawn from the same distribution as the training documents, with a seed of their own, and lie beside the
weights. The perplexity of the model on them, before and after it has learnt in an environment, says what became of
the language model.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from agents.corpus import HELD_OUT_NAME
from agents.tinycoder import WEIGHTS
from agents.tinycoder.corpus import make_repair_pairs
from agents.tinycoder.pretrain import PretrainConfig, draw_texts

HELD_OUT_SEED = 1_000_003
"""Builds use small seeds: neither programs nor mistakes of the training documents are drawn with this one."""
N_DOCUMENTS = 64


def make_held_out(n_documents: int = N_DOCUMENTS, seed: int = HELD_OUT_SEED) -> list[dict[str, str]]:
    """Documents of a prompt and one completion each: first attempts and repairs, as often as in pretraining."""
    # Every prompt is followed by one action here, so that no prompt counts more than others.
    config = replace(PretrainConfig(), actions_per_prompt=1)
    pairs = make_repair_pairs(n_documents, seed)
    rng = np.random.default_rng([seed, 1])
    documents = []
    for _ in range(n_documents):
        prompt, (action,) = draw_texts(rng, pairs, config)
        documents.append({"prompt": prompt, "completion": action})
    return documents


def write_held_out(folder: Path) -> Path:
    """Writes the documents into a model's folder, a line of JSON each."""
    path = folder / HELD_OUT_NAME
    lines = [json.dumps(document) for document in make_held_out()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@click.command()
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=WEIGHTS)
def main(folder: Path) -> None:
    """Draw the held-out documents again."""
    click.echo(f"{write_held_out(folder)}: {N_DOCUMENTS} documents")


if __name__ == "__main__":
    main()
