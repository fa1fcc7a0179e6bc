"""What the embedded model does in the environment before any learning: the figures of its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

import ds_gym  # noqa: F401  (registers DataSci-v0)
from agents.agent import make_agent, make_config
from agents.language_model import load_language_model

TASKS = ("tic_tac_toe", "balance_scale", "breast_cancer", "wine", "digits")
HEADROOM_TASKS = ("tic_tac_toe", "balance_scale")
TEMPERATURES = (0.0, 0.3, 0.5, 0.7, 1.0)
MEASUREMENTS = tuple(
    (task, temperature) for task in TASKS for temperature in (TEMPERATURES if task in HEADROOM_TASKS else (1.0,))
)
"""(task, temperature): every embedded task at temperature 1, those of the default suite at every temperature."""
NUM_ENVS = 16


@dataclass(frozen=True)
class Measurement:
    """Attempts of the base model on one task at one temperature.

    Attributes:
        first_valid: fraction of first attempts that were scored.
        repair_valid: fraction of later attempts (which see the previous code and its error) that were scored; NaN
            without any.
        mean_reward: over all attempts, failures counting -1.
        scores: ROC AUC of the scored first attempts.
        unique: distinct programs divided by attempts.
        best_of: n -> expected best reward of n first attempts.
    """

    task: str
    temperature: float
    n_attempts: int
    first_valid: float
    repair_valid: float
    n_repairs: int
    mean_reward: float
    scores: tuple[float, ...]
    unique: float
    best_of: dict[int, float]


def expected_best(rewards: list[float], n: int) -> float:
    """Expected maximum of ``n`` rewards drawn without replacement; the unbiased estimate from one sample.

    The i-th smallest of N rewards is the maximum of C(i - 1, n - 1) of the C(N, n) subsets.
    """
    ordered = np.sort(np.asarray(rewards, dtype=np.float64))
    total = len(ordered)
    if n >= total:
        return float(ordered[-1])
    # P(rank i is the maximum), from the largest down: n/N, then times (N - n - k) / (N - 1 - k).
    probability, expectation = n / total, 0.0
    for k, reward in enumerate(ordered[::-1]):
        expectation += probability * reward
        probability *= (total - n - k) / (total - 1 - k) if k < total - 1 else 0.0
    return float(expectation)


def measure(model: Path, task: str, temperature: float, n_attempts: int, seed: int) -> Measurement:
    """Let the base model make ``n_attempts`` attempts at ``task``."""
    # Greedy decoding repeats itself: one round of the environments shows all that it does.
    n_attempts = n_attempts if temperature > 0 else 5 * NUM_ENVS
    agent = make_agent("sample", load_language_model(str(model)), make_config("sample", temperature=temperature), seed)
    envs = gym.make_vec("DataSci-v0", num_envs=NUM_ENVS, task=task, autoreset_mode="SameStep")
    try:
        infos = [turn.info for iteration in agent.learn(envs, n_attempts) for turn in iteration.turns]
    finally:
        envs.close()
    first = [info for info in infos if info["attempt"] == 1]
    later = [info for info in infos if info["attempt"] > 1]
    rewards = [_reward(info) for info in first]
    return Measurement(
        task=task,
        temperature=temperature,
        n_attempts=len(infos),
        first_valid=float(np.mean([info["status"] == "scored" for info in first])),
        repair_valid=float(np.mean([info["status"] == "scored" for info in later])) if later else float("nan"),
        n_repairs=len(later),
        mean_reward=float(np.mean([_reward(info) for info in infos])),
        scores=tuple(info["score"] for info in first if info["status"] == "scored"),
        unique=len({info["code"] for info in infos}) / len(infos),
        best_of={n: expected_best(rewards, n) for n in (1, 8, 64)},
    )


def _reward(info: Mapping[str, Any]) -> float:
    return float(info["score"]) if info["status"] == "scored" else -1.0
