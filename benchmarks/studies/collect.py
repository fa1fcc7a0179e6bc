"""From a folder of results to a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.errors import ResultError
from benchmarks.record import mean
from benchmarks.results import Evaluation, Mean, RunResult, find_results, read_result
from benchmarks.studies.rows import N_CURVE_POINTS, SCHEMA_VERSION, Figures, RunRow, Study
from benchmarks.suites import Suite

_DIGITS = 5
"""Kept of rewards and scores: far below what differs between seeds."""
Value = TypeVar("Value")


def collect_study(folder: Path, name: str, suite: Suite) -> Study:
    """The runs under ``folder`` that belong to a suite: its seeds, and its tasks.

    Raises:
        ResultError: no results, one that cannot be read, or learners that did not have the same model, budget and
            evaluation.
    """
    results = [read_result(path) for path in find_results(folder)]
    results = [each for each in results if each.seed in suite.seeds and each.task in suite.tasks]
    if not results:
        raise ResultError(f"{folder}: no results of the suite {name} (tasks {', '.join(suite.tasks)})")
    learned = {result.label for result in results if result.learned}
    planned = list(suite.agents)
    found = list(dict.fromkeys(result.label for result in results))
    labels = sorted(found, key=lambda label: (_place(label, planned), label not in learned, label))
    shared = [_shared(result) for result in results if result.label in learned] or [_shared(results[0])]
    return Study(
        schema_version=SCHEMA_VERSION,
        suite=name,
        command=f"python benchmarks/run.py --suite {name} --out {_relative(folder)}",
        labels=labels,
        not_run=[agent for agent in planned if agent not in labels],
        tasks=list(suite.tasks),
        seeds=list(suite.seeds),
        transfer_tasks=list(suite.transfer_tasks),
        development_tasks=list(suite.development_tasks),
        development_seeds=list(suite.development_seeds),
        common=_same(shared, folder),
        configs={label: _same([r.config["agent"] for r in results if r.label == label], folder) for label in labels},
        versions=_distinct(result.versions for result in results),
        hardware=_distinct(result.hardware for result in results),
        git=_distinct(result.git for result in results),
        runs=[make_row(result) for label in labels for result in results if result.label == label],
    )


def make_row(result: RunResult) -> RunRow:
    """What a study keeps of a result."""
    change = result.language_model
    selected = [best.selected_score for best in result.best_by_task.values()]
    held_out = [best.holdout_score for best in result.best_by_task.values() if best.holdout_score is not None]
    return RunRow(
        label=result.label,
        agent=result.agent,
        task=result.task,
        seed=result.seed,
        run_key=result.run_key,
        status=result.status,
        learned=result.learned,
        last_fifth=_figures(result.last_fifth),
        overall=_figures(result.overall),
        evaluation=_figures(result.evaluation),
        curve=curve_points(result.curve, int(result.config["env_steps"])),
        held_out=round(mean(held_out), _DIGITS) if held_out else None,
        kl_to_base=_short(change.kl_to_base if change else None),
        kl_to_base_per_action=_short(change.kl_to_base_per_action if change else None),
        base_perplexity=_short(change.base_perplexity if change else None),
        perplexity=_short(change.perplexity if change else None),
        transfer={task: _known(evaluation) for task, evaluation in result.transfer.items()},
        gradient_steps=result.budget.gradient_steps,
        generated_tokens=result.budget.generated_tokens,
        seconds=result.budget.seconds,
        error=result.error,
        best_score=round(mean(selected), _DIGITS) if selected else None,
        repairs=result.repairs,
        usage=result.usage,
        is_stationary=result.is_stationary,
    )


def curve_points(
    curve: Sequence[Mapping[str, Any]], planned: int, n_points: int = N_CURVE_POINTS
) -> list[float | None]:
    """Mean reward over each of ``n_points`` equal shares of the ``planned`` attempts.

    The attempts of an iteration all count with the iteration's mean, so that the mean of the points is that of the
    attempts. None for shares of which attempts are missing.
    """
    ends = np.cumsum([0, *(point["n_attempts"] for point in curve)])
    sums = np.cumsum([0.0, *(point["mean_reward"] * point["n_attempts"] for point in curve)])
    bounds = np.linspace(0, planned, n_points + 1)
    means = np.diff(np.interp(bounds, ends, sums)) / np.diff(bounds)
    made = bounds[1:] <= ends[-1]
    return [round(float(value), _DIGITS) if known else None for value, known in zip(means, made, strict=True)]


def _shared(result: RunResult) -> dict[str, Any]:
    """What learners that are compared must have in common."""
    config = {key: value for key, value in result.config.items() if key != "agent"}
    return {"model": result.model, "protocol": result.protocol, **config}


def _same(configs: Sequence[Mapping[str, Any]], folder: Path) -> dict[str, Any]:
    first = configs[0]
    for other in configs[1:]:
        differing = [key for key in first.keys() | other.keys() if first.get(key) != other.get(key)]
        if differing:
            key = sorted(differing)[0]
            raise ResultError(
                f"{folder}: runs that cannot be compared: {key} is {first.get(key)!r} in one and {other.get(key)!r} in "
                "another; run them with the same settings"
            )
    return dict(first)


def _figures(figure: Mean | Evaluation | None) -> Figures | None:
    return None if figure is None else _known(figure)


def _known(figure: Mean | Evaluation) -> Figures:
    return Figures(round(figure.mean_reward, _DIGITS), round(figure.valid_rate, _DIGITS))


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _distinct(values: Iterable[Value]) -> list[Value]:
    distinct: list[Value] = []
    for value in values:
        if value not in distinct:
            distinct.append(value)
    return distinct


def _place(label: str, planned: Sequence[str]) -> int:
    return planned.index(label) if label in planned else len(planned)


def _relative(folder: Path) -> Path:
    """Without the part of a path that is only this machine's."""
    return Path(folder.name) if folder.is_absolute() else folder
