"""Training documents for the embedded model: a prompt exactly as the environment writes it, and a program.

Half of the documents are first attempts, half are repairs: the previous program, the error that running it really
gave, and the program that was meant. Task titles, features, shapes and class counts are invented and drawn
independently of the program, so that nothing about any real table can be learnt here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from agents.tinycoder.grammar import sample_program
from agents.tinycoder.mistakes import Attempt, attempt_program
from ds_gym.actions import ProgramError, normalise_program
from ds_gym.failures import Failure, FailureKind
from ds_gym.prompts import PromptContext, completion_prompt
from ds_gym.sandbox import make_sandbox
from ds_gym.sandbox.protocol import Sandbox, SplitJob

WORDS: dict[str, list[str]] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
"""What invented tasks are named and described with."""

T = TypeVar("T")


@dataclass(frozen=True)
class RepairPair:
    """A program that failed (normalised), how it failed when it was run, and the action that was meant."""

    code: str
    fixed: str
    mistake: str
    kind: FailureKind
    message: str
    line: int | None


def sample_context(rng: np.random.Generator) -> PromptContext:
    """An invented task on its first attempt."""
    n_classes = _pick(rng, (2, 2, 2, 3, 3, 4, 5, 7, 10))
    n_features = _pick(rng, (3, 4, 6, 8, 9, 10, 13, 14, 15, 16, 18, 20, 22, 25, 30, 36, 40, 50, 64))
    names = list(dict.fromkeys(_feature_name(rng) for _ in range(n_features * 3)))[:n_features]
    names += [f"x{index}" for index in range(n_features - len(names))]
    subject, qualifier = _pick(rng, WORDS["subjects"]), _pick(rng, WORDS["qualifiers"])
    title = f"{subject} {qualifier}".capitalize() if rng.random() < 0.6 else subject.capitalize()
    description = f"{_pick(rng, WORDS['verbs'])} {_pick(rng, WORDS['objects'])}"
    if rng.random() < 0.5:
        description += f" from {'the' if rng.random() < 0.5 else 'its'} {n_features} {_pick(rng, WORDS['nouns'])}"
    return PromptContext(title, description + ".", tuple(names), int(rng.integers(40, 1200)), n_classes)


def _pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    return items[int(rng.integers(len(items)))]


def _feature_name(rng: np.random.Generator) -> str:
    first = _pick(rng, WORDS["features"])
    style = rng.random()
    if style < 0.35:
        return f"{first}_{_pick(rng, WORDS['features'])}"
    return f"{first} {_pick(rng, WORDS['features'])}" if style < 0.5 else first


def sample_first_prompt(rng: np.random.Generator) -> str:
    """The observation of a first attempt."""
    return completion_prompt(sample_context(rng))


def sample_first_action(rng: np.random.Generator) -> str:
    """A program as it would be typed on a first attempt: about half of them hold a mistake."""
    return attempt_program(rng, sample_program(rng)).body


def sample_repair(rng: np.random.Generator, pairs: list[RepairPair]) -> tuple[str, str]:
    """(prompt, action) of a later attempt: the action is the program that the error asks for."""
    pair = pairs[int(rng.integers(len(pairs)))]
    context = sample_context(rng)
    return completion_prompt(
        replace(
            context,
            attempt=int(rng.integers(2, context.max_attempts + 1)),
            previous_code=pair.code,
            failure=Failure(pair.kind, pair.message, pair.line),
        )
    ), pair.fixed


def make_repair_pairs(
    n_pairs: int, seed: int, progress: Callable[[int], object] = lambda done: None
) -> list[RepairPair]:
    """Draw mistaken programs, run each on a small invented table in the sandbox, and keep those that failed.

    Args:
        n_pairs: how many programs to run; mistakes that happen to run are dropped, so fewer pairs may come back.
        seed: of the programs and of the tables.
        progress: called with the number of programs finished since the last call.
    """
    rng = np.random.default_rng(seed)
    tables = [_small_table(rng, n_classes) for n_classes in (2, 2, 3, 5)]
    mistaken: list[Attempt] = []
    while len(mistaken) < n_pairs:
        attempt = attempt_program(rng, sample_program(rng))
        if attempt.mistake is not None:
            mistaken.append(attempt)
    sandbox = make_sandbox()

    def run(index: int) -> RepairPair | None:
        pair = _run_mistake(sandbox, mistaken[index], tables[index % len(tables)])
        progress(1)
        return pair

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [pair for pair in pool.map(run, range(n_pairs)) if pair is not None]


def _small_table(rng: np.random.Generator, n_classes: int, n_rows: int = 240, n_features: int = 6) -> SplitJob:
    """A job without a program: random rows, every class present."""
    x = rng.integers(0, 6, size=(n_rows, n_features)).astype(np.float64)
    y = np.arange(n_rows, dtype=np.int64) % n_classes
    return SplitJob("", x, y, x[:20].copy(), n_classes, seed=0, timeout_s=30.0, memory_mb=2048)


def _run_mistake(sandbox: Sandbox, attempt: Attempt, table: SplitJob) -> RepairPair | None:
    try:
        code = normalise_program(attempt.body)
    except ProgramError as error:
        failure, code = error.failure, error.code
    else:
        result = sandbox.run(replace(table, source=code)).failure
        if result is None:
            return None
        failure = result
    return RepairPair(code, attempt.fixed, str(attempt.mistake), failure.kind, failure.message, failure.line)
