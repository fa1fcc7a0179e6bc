"""What a result sums up, computed again from its attempts.

:class:`benchmarks.record.Record`, which computed it the first time, is not used: a mistake there is to be found.
Each function returns what differs, in words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.results import Best, Evaluation, RunResult
from benchmarks.verification.attempts import RecordedAttempt

_ROUNDING = 1e-9
"""Allowed where a mean was computed from what a result does not hold; nothing else is rounded."""


def aggregate_differences(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    """What in a result does not follow from its attempts, which are those of its budget."""
    checks: tuple[Callable[[RunResult, Sequence[RecordedAttempt]], list[str]], ...] = (
        _budget,
        _failures,
        _curve,
        _last_fifth,
        _best,
        _usage,
    )
    return [difference for check in checks for difference in check(result, attempts)]


def evaluation_contradictions(result: RunResult) -> list[str]:
    """Where figures of the evaluations contradict each other. That they are right, only the model could tell."""
    found = []
    is_finished = result.status == "finished"
    if (result.evaluation is not None) != is_finished:
        found.append(f"evaluation: {'missing' if is_finished else 'there, but'} in a run that is {result.status}")
    transfer_tasks = result.config.get("transfer_tasks") if is_finished else []
    if isinstance(transfer_tasks, list) and sorted(map(str, transfer_tasks)) != sorted(result.transfer):
        found.append(f"transfer: of {', '.join(sorted(result.transfer)) or 'no task'}, not of those in config")
    evaluations = {} if result.evaluation is None else {"evaluation": result.evaluation}
    evaluations |= {f"transfer to {task}": figures for task, figures in result.transfer.items()}
    for name, figures in evaluations.items():
        found += [f"{name}: {what}" for what in _evaluation(figures, result.config.get("evaluation_attempts"))]
    return found


def _evaluation(figures: Evaluation, planned: Any) -> list[str]:
    n = figures.n_attempts
    if isinstance(planned, int) and n != planned:
        return [f"n_attempts {n} recorded, but {planned} in config"]
    if n < 1:
        return [f"n_attempts {n} recorded"]
    n_scored = round(figures.valid_rate * n)
    if n_scored / n != figures.valid_rate or not 0 <= n_scored <= n:
        return [f"valid_rate {figures.valid_rate!r} recorded, which is no share of {n} attempts"]
    if (figures.mean_score is None) != (n_scored == 0):
        return [f"mean_score {figures.mean_score!r} recorded, with {n_scored} scored attempts"]
    score = 0.0 if figures.mean_score is None else figures.mean_score
    if not 0 <= score <= 1:
        return [f"mean_score {score!r} recorded, which is no ROC AUC"]
    reward = (n_scored * score - (n - n_scored)) / n
    if not math.isclose(reward, figures.mean_reward, abs_tol=_ROUNDING):
        return [f"mean_reward {figures.mean_reward!r} recorded, {reward!r} by mean_score and valid_rate"]
    return []


def _budget(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    found = _compared("budget.generated_tokens", result.budget.generated_tokens, sum(each.tokens for each in attempts))
    planned = result.config.get("env_steps")
    if result.status == "finished" and isinstance(planned, int) and len(attempts) < planned:
        found.append(f"finished after {len(attempts)} attempts, but {planned} in config")
    strangers = [each for each in attempts if each.task not in result.tasks]
    return found + [f"attempt {each.env_step}: of task {each.task}, which is none of the run's" for each in strangers]


def _failures(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    kinds = Counter(each.error.kind for each in attempts if each.error is not None)
    found = [
        difference
        for kind in sorted({*kinds, *result.failures})
        for difference in _compared(f"failures.{kind}", result.failures.get(kind, 0), kinds[kind])
    ]
    if result.repairs is not None:
        repairs = [each for each in attempts if each.attempt > 1]
        found += _compared("repairs.n_attempts", result.repairs.n_attempts, len(repairs))
        found += _compared("repairs.n_scored", result.repairs.n_scored, sum(map(_is_scored, repairs)))
    return found


def _curve(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    found: list[str] = []
    start = 0
    for number, point in enumerate(result.curve, start=1):
        n = point.get("n_attempts")
        if not isinstance(n, int) or n < 1 or start + n > len(attempts):
            return [*found, f"curve, iteration {number}: n_attempts {n!r} recorded, {len(attempts) - start} are left"]
        own = attempts[start : start + n]
        start += n
        expected: dict[str, float | None] = {
            "env_steps": start,
            "generated_tokens": sum(each.tokens for each in attempts[:start]),
            **_figures(own),
        }
        if len(result.tasks) > 1:
            for task in result.tasks:
                figures = _figures([each for each in own if each.task == task])
                expected |= {f"{name}/{task}": value for name, value in figures.items()}
        for name, value in expected.items():
            found += _compared(f"curve, iteration {number}: {name}", point.get(name), value)
    if start < len(attempts):
        found.append(f"curve: tells of {start} attempts, but there are {len(attempts)}")
    return found


def _last_fifth(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    planned = result.config.get("env_steps")
    if not isinstance(planned, int) or planned < 1:
        return [f"config.env_steps: {planned!r} recorded, which is no number of attempts"]
    told = result.last_fifth
    if len(attempts) < planned or told is None:
        return [] if (told is None) == (len(attempts) < planned) else ["last_fifth: there too early, or missing"]
    last = attempts[planned - max(1, planned // 5) :]
    found = _compared("last_fifth.n_attempts", told.n_attempts, len(last))
    for name, value in _figures(last).items():
        found += _compared(f"last_fifth.{name}", getattr(told, name), value)
    return found


def _best(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    found = [f"best_by_task: {task} is no task of the run" for task in result.best_by_task if task not in result.tasks]
    for task in result.tasks:
        scored = [each for each in attempts if each.task == task and each.score is not None and _is_scored(each)]
        first = max(scored, key=lambda each: each.score or 0.0, default=None)  # max keeps the first among equals
        found += _best_of_task(f"best program of {task}", result.best_by_task.get(task), first)
    single = result.best_by_task.get(result.task)
    if result.best != single:
        found.append("best: is another than in best_by_task")
    return found


def _best_of_task(name: str, best: Best | None, first: RecordedAttempt | None) -> list[str]:
    if best is None or first is None:
        is_same = best is None and first is None
        return [] if is_same else [f"{name}: {'missing' if best is None else 'told, but no attempt was scored'}"]
    found = _compared(f"{name}: selected_score", best.selected_score, first.score)
    found += _compared(f"{name}: env_step", best.env_step, first.env_step)
    return found + [f"{name}: its code is not that of attempt {first.env_step}"] * (best.code != first.code)


def _usage(result: RunResult, attempts: Sequence[RecordedAttempt]) -> list[str]:
    if result.usage is None:
        return []
    found = _compared("usage.generated_tokens", result.usage.generated_tokens, result.budget.generated_tokens)
    for name in ("model_calls", "prompt_tokens", "shortened_prompts"):
        total = round(math.fsum(point.get(name) or 0 for point in result.curve))
        found += _compared(f"usage.{name}", getattr(result.usage, name), total)
    return found


def _figures(attempts: Sequence[RecordedAttempt]) -> dict[str, float | None]:
    """Mean reward and share of scored attempts, as exact sums divided once; None for no attempts."""
    if not attempts:
        return {"mean_reward": None, "valid_rate": None}
    n = len(attempts)
    return {
        "mean_reward": math.fsum(each.reward for each in attempts) / n,
        "valid_rate": math.fsum(map(_is_scored, attempts)) / n,
    }


def _is_scored(attempt: RecordedAttempt) -> bool:
    return attempt.status == "scored"


def _compared(name: str, recorded: float | None, computed: float | None) -> list[str]:
    return [] if recorded == computed else [f"{name} {recorded!r} recorded, {computed!r} by the attempts"]
