"""An attempt as it is recorded against what comes of its program now."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.results import Best
from benchmarks.verification.attempts import RecordedAttempt
from benchmarks.verification.execution import Outcome

FAILED_REWARD = -1.0
MACHINE_DEPENDENT = ("timeout", "memory", "killed")
"""Kinds of failures that depend on the machine and on what else runs on it."""

_CUT_LENGTHS = (2_000, 20_000)
"""Characters to which :mod:`ds_gym.actions` cuts an action that is no program."""

_REPLACED = "\N{REPLACEMENT CHARACTER}"
"""Stands there for what is no text, or would be read as another one."""


@dataclass(frozen=True)
class Comparison:
    """What a comparison found; all fields None or true where everything is equal.

    Attributes:
        difference: the first one, in words.
        not_comparable: why an outcome says nothing, in words; there is then no difference.
        equal_reward: whether the rewards are equal bit for bit.
    """

    difference: str | None = None
    not_comparable: str | None = None
    equal_reward: bool = True


def compare_attempt(attempt: RecordedAttempt, now: Outcome) -> Comparison:
    """Status, score, split scores, reward and kind of error; the message of an error is left out."""
    where = f"attempt {attempt.env_step}"
    kind = None if attempt.error is None else attempt.error.kind
    if attempt.status == "failed" and attempt.reward == FAILED_REWARD:
        if kind in MACHINE_DEPENDENT:
            return Comparison(not_comparable=f"{where}: failed ({kind}) recorded, {_outcome_in_words(now)} now")
        if kind == "syntax" and (now.error is None or now.error.kind != kind) and not _is_whole(attempt):
            return Comparison(not_comparable=f"{where}: only a part of an action that is no program is recorded")
    return Comparison(_difference(where, attempt, now), equal_reward=attempt.reward == now.reward)


def difference_on_held_out_rows(task: str, best: Best, now: Outcome) -> str | None:
    """In words; None where the recorded score of the best program is exactly what it gets."""
    if best.holdout_score == now.reward:
        return None
    outcome = repr(now.reward) if now.error is None else _outcome_in_words(now)
    return f"best program of {task}: held-out score {best.holdout_score!r} recorded, {outcome} now"


def inconsistencies(attempt: RecordedAttempt) -> list[str]:
    """Where fields of a recorded attempt contradict each other, in words; nothing is executed for this."""
    where = f"attempt {attempt.env_step}"
    if attempt.status == "failed":
        found = [f"{where}: failed, but with reward {attempt.reward!r}"] * (attempt.reward != FAILED_REWARD)
        found += [f"{where}: failed, but with a score"] * (attempt.score is not None or bool(attempt.split_scores))
        return found + [f"{where}: failed, but without an error"] * (attempt.error is None)
    found = [f"{where}: scored, but with an error"] * (attempt.error is not None)
    if attempt.score is None or not attempt.split_scores:
        return [*found, f"{where}: scored, but without a score"]
    if attempt.reward != attempt.score:
        found.append(f"{where}: reward {attempt.reward!r}, but score {attempt.score!r}")
    average = math.fsum(attempt.split_scores) / len(attempt.split_scores)
    if not math.isclose(attempt.score, average, rel_tol=1e-12):
        found.append(f"{where}: score {attempt.score!r}, but the mean of its splits is {average!r}")
    return found


def _difference(where: str, attempt: RecordedAttempt, now: Outcome) -> str | None:
    if attempt.status != now.status:
        recorded = f"{attempt.status} with reward {attempt.reward!r}"
        return f"{where}: {recorded} recorded, {_outcome_in_words(now)} now"
    if attempt.reward != now.reward:
        return f"{where}: reward {attempt.reward!r} recorded, {now.reward!r} now"
    if attempt.score != now.score:
        return f"{where}: score {attempt.score!r} recorded, {now.score!r} now"
    if attempt.split_scores != now.split_scores:
        return f"{where}: split scores {list(attempt.split_scores)} recorded, {list(now.split_scores)} now"
    if attempt.error is not None and now.error is not None and attempt.error.kind != now.error.kind:
        return f"{where}: failed ({attempt.error.kind}) recorded, {_outcome_in_words(now)} now"
    return None


def _outcome_in_words(now: Outcome) -> str:
    if now.error is None:
        return f"scored {now.reward!r}"
    hint = ", which depends on the machine" if now.error.kind in MACHINE_DEPENDENT else ""
    return f"failed ({now.error.kind}{hint})"


def _is_whole(attempt: RecordedAttempt) -> bool:
    """Whether the recorded code is all that the environment read: of an action that is no program, it keeps what can be
    shown. An error that points to no line of the code may be about something else in the action."""
    points_to_line = attempt.error is not None and attempt.error.line is not None
    return points_to_line and len(attempt.code) not in _CUT_LENGTHS and _REPLACED not in attempt.code
