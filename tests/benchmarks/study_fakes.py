"""Results of a study that was never run: learners of a known order on tasks of a known difficulty."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import (
    SCHEMA_VERSION,
    Best,
    Budget,
    Evaluation,
    Git,
    LanguageModelChange,
    Mean,
    RunResult,
    Seconds,
    write_result,
)

LEVELS = {"etpo": 0.85, "ppo": 0.7, "poad": 0.6, "grpo": 0.65, "rloo": 0.68, "rft": 0.4, "klq": 0.5, "sample": 0.1}
TASKS = ("balance_scale", "tic_tac_toe", "monks_1", "monks_3", "breast_cancer", "wine")
SEEDS = (0, 1, 2, 3, 4)


def make_result(label: str, task: str, seed: int, *, env_steps: int = 384, **changes: Any) -> RunResult:
    """A finished run: rewards rise to the level of its agent, with noise that depends on task and seed."""
    agent = label.partition("@")[0]
    rng = np.random.default_rng([seed, *task.encode(), *label.encode()])
    level = LEVELS[agent] - (0.2 if "@" in label else 0.0) + 0.06 * rng.normal()
    n = env_steps // 16
    learns = agent != "sample"
    progress = 1 - np.exp(-4 * np.arange(1, n + 1) / n) if learns else np.zeros(n)
    start = LEVELS["sample"]
    rewards = start + (level - start) * progress + 0.08 * rng.normal(size=n)
    curve = [
        {"env_steps": 16 * (i + 1), "n_attempts": 16, "mean_reward": float(value), "valid_rate": 0.5 + float(value) / 2}
        for i, value in enumerate(rewards)
    ]
    last = float(rewards[-(n // 5) :].mean())
    config = {
        "agent": {"learning_rate": 2e-4, "beta": 0.01, "trace_lambda": 0.0 if "@" in label else 0.95},
        "corpus_fingerprint": "c",
        "device": "cpu",
        "env_steps": env_steps,
        "evaluation_attempts": 64,
        "model_fingerprint": "f",
        "num_envs": 8,
        "perplexity_corpus": None,
        "transfer_tasks": [],
    }
    best = Best("def build_model(x_train, y_train): ...", 0.97, 0.96, 12)
    result = RunResult(
        schema_version=SCHEMA_VERSION,
        run_key=f"{label}-{task}-{seed}",
        status="finished",
        agent=agent,
        label=label,
        model="tinycoder",
        task=task,
        task_fingerprint=f"fingerprint of {task}",
        seed=seed,
        protocol="holdout",
        config=config,
        curve=curve,  # type: ignore[arg-type]
        last_fifth=Mean(last, 0.9, env_steps // 5),
        evaluation=Evaluation(last + 0.02, 0.92, 0.95, 64),
        best=best,
        best_by_task={task: best},
        language_model=LanguageModelChange(0.05, 1.5, 3.2, 3.3 + 0.1 * float(learns), "c"),
        transfer={},
        budget=Budget(env_steps, 40 * env_steps, 100 if learns else 0, Seconds(10.0, 20.0, 30.0, 65.0)),
        failures={"syntax": 3},
        throughput=[],
        peak_memory_mb=700.0,
        versions={"python": "3.11.7", "torch": "2.13.0"},
        hardware={"cpu": "a CPU", "cores": 2},
        git=Git("0123456789abcdef", False),
        created_at="2026-01-01T00:00:00+00:00",
    )
    return dataclasses.replace(result, **changes)


def diverged(result: RunResult) -> RunResult:
    """The same, had it diverged after half of its attempts."""
    half = result.curve[: len(result.curve) // 2]
    gone: Mapping[str, Any] = {"last_fifth": None, "evaluation": None, "language_model": None, "transfer": {}}
    return dataclasses.replace(result, status="diverged", error="policy_loss became nan", curve=half, **gone)


def write_results(out: Path, results: Sequence[RunResult]) -> None:
    for result in results:
        write_result(out / result.label / result.task / f"seed-{result.seed}" / "result.json", result)


def study_results(labels: Sequence[str] = tuple(LEVELS), **changes: Any) -> list[RunResult]:
    """Every label on every task and seed of the suite ``study``."""
    return [make_result(label, task, seed, **changes) for seed in SEEDS for task in TASKS for label in labels]


def transfer_results() -> list[RunResult]:
    """Of the suite ``transfer``: what was learned helps on some held-out tasks."""
    task, held_out = "balance_scale+tic_tac_toe+monks_1+breast_cancer", ("wine", "digits", "monks_3", "waveform")
    results = []
    for label in ("etpo", "ppo", "rloo", "sample"):
        for seed in SEEDS:
            result = make_result(label, task, seed, env_steps=768)
            level = 0.2 + LEVELS[label] / 2
            transfer = {each: Evaluation(level + 0.01 * seed, 0.8, 0.9, 64) for each in held_out}
            config = {**result.config, "transfer_tasks": list(held_out)}
            results.append(dataclasses.replace(result, best=None, transfer=transfer, config=config))
    return results
