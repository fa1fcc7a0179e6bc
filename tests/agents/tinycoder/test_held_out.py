"""The held-out documents are of the kind that pretraining saw, and come from a seed of their own."""

from __future__ import annotations

import json

import numpy as np

from agents.corpus import HELD_OUT_NAME, read_corpus
from agents.tinycoder import WEIGHTS
from agents.tinycoder.corpus import RepairPair
from agents.tinycoder.held_out import HELD_OUT_SEED, N_DOCUMENTS, make_held_out
from agents.tinycoder.pretrain import PretrainConfig, draw_texts


def test_the_committed_documents_are_first_attempts_and_repairs() -> None:
    path = WEIGHTS / HELD_OUT_NAME
    assert path.stat().st_size < 200_000
    documents = read_corpus(path).documents
    assert len(documents) == N_DOCUMENTS
    prompts = [document.prompt or "" for document in documents]
    repairs = ["# Error: " in prompt for prompt in prompts]
    assert 0.3 < np.mean(repairs) < 0.7
    assert ["# Attempt 1 of 5." in prompt for prompt in prompts] == [not repair for repair in repairs]
    assert all(document.text.startswith("\n    ") for document in documents)


def test_the_same_seed_gives_the_same_documents() -> None:
    assert make_held_out(4, seed=5) == make_held_out(4, seed=5)
    assert make_held_out(4, seed=5) != make_held_out(4, seed=6)


def test_the_documents_are_none_of_those_that_training_begins_with() -> None:
    pairs = [RepairPair("return SVC", "return SVC()", "name", "exception", "m", 1)]
    rng = np.random.default_rng(PretrainConfig.seed)
    trained_on = {draw_texts(rng, pairs, PretrainConfig())[0] for _ in range(2_000)}
    lines = (WEIGHTS / HELD_OUT_NAME).read_text(encoding="utf-8").splitlines()
    assert not trained_on & {json.loads(line)["prompt"] for line in lines}
    assert PretrainConfig.seed != HELD_OUT_SEED
