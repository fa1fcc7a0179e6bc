"""The policy of a finished run, written for use elsewhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import StorageError

if TYPE_CHECKING:
    from agents.agent import AgentConfig
    from agents.language_model import LanguageModel
    from benchmarks.results import RunResult


def save_policy(language_model: LanguageModel, config: AgentConfig, folder: Path, result: RunResult) -> None:
    """Writes the policy of a finished run into a folder, with a card that tells of its result.

    Raises:
        StorageError: the folder cannot be written.
    """
    from agents.export import PolicyCard
    from agents.export import save_policy as export

    scores: dict[str, float | None] = {}
    if result.last_fifth is not None:
        scores["mean reward, last fifth of the attempts"] = result.last_fifth.mean_reward
    if result.evaluation is not None:
        scores["mean reward, evaluation"] = result.evaluation.mean_reward
        scores["share of valid programs, evaluation"] = result.evaluation.valid_rate
    for task, best in result.best_by_task.items():
        scores[f"best program for {task}, in its episode"] = best.selected_score
        scores[f"best program for {task}, held-out rows"] = best.holdout_score
    card = PolicyCard(
        agent=result.label,
        task=result.task,
        protocol=result.protocol,
        seed=result.seed,
        env_steps=result.budget.env_steps,
        gradient_steps=result.budget.gradient_steps,
        config=dataclasses.asdict(config),
        scores={name: score for name, score in scores.items() if score is not None},
        versions=result.versions,
    )
    try:
        export(folder, language_model, card)
    except OSError as error:
        raise StorageError.from_os_error(folder, error) from error
