"""An attempt against an outcome; nothing is executed here."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from benchmarks.verification.attempts import RecordedAttempt, RecordedError
from benchmarks.verification.comparison import compare_attempt, inconsistencies
from benchmarks.verification.execution import Outcome
from ds_gym.env import DataSciEnv
from ds_gym.evaluation import Evaluator
from ds_gym.failures import Failure

SCORED = RecordedAttempt(3, "wine", 1, "scored", 0.75, 0.75, (0.5, 1.0), None, "code", 5)
FAILED = RecordedAttempt(4, "wine", 1, "failed", -1.0, None, (), RecordedError("syntax", 2), "code", 5)
SCORES_NOW = Outcome(0.75, 0.75, (0.5, 1.0), None)
RUNS_OUT_OF_TIME = Outcome(-1.0, None, (), Failure("timeout", "TimeoutError: 60 s"))


def test_an_equal_outcome_is_no_difference() -> None:
    comparison = compare_attempt(SCORED, SCORES_NOW)
    assert (comparison.difference, comparison.not_comparable, comparison.equal_reward) == (None, None, True)


def test_a_split_score_counts_where_the_mean_is_the_same() -> None:
    comparison = compare_attempt(SCORED, dataclasses.replace(SCORES_NOW, split_scores=(0.75, 0.75)))
    assert comparison.difference == "attempt 3: split scores [0.5, 1.0] recorded, [0.75, 0.75] now"
    assert comparison.equal_reward


def test_a_program_that_only_now_runs_out_of_time_differs_and_the_hint_says_why_that_may_be() -> None:
    comparison = compare_attempt(SCORED, RUNS_OUT_OF_TIME)
    assert comparison.difference is not None
    assert "failed (timeout, which depends on the machine) now" in comparison.difference


@pytest.mark.parametrize("kind", ["timeout", "memory", "killed"])
def test_recorded_failures_that_depend_on_the_machine_are_not_compared(kind: str) -> None:
    attempt = dataclasses.replace(FAILED, error=RecordedError(kind, None))
    comparison = compare_attempt(attempt, SCORES_NOW)
    assert comparison.difference is None
    assert comparison.not_comparable == f"attempt 4: failed ({kind}) recorded, scored 0.75 now"


@pytest.mark.parametrize(
    ("changes", "is_comparable"),
    [
        ({}, True),
        ({"error": RecordedError("syntax", None)}, False),
        ({"code": "x" * 2_000}, False),
        ({"code": "x = '\N{REPLACEMENT CHARACTER}'"}, False),
    ],
)
def test_an_action_that_is_not_recorded_in_full_is_not_compared(changes: dict[str, Any], is_comparable: bool) -> None:
    comparison = compare_attempt(dataclasses.replace(FAILED, **changes), SCORES_NOW)
    assert (comparison.difference is not None) == is_comparable
    assert (comparison.not_comparable is None) == is_comparable


@pytest.mark.parametrize(
    ("attempt", "changes", "expected"),
    [
        (SCORED, {}, []),
        (FAILED, {}, []),
        (SCORED, {"reward": 0.5}, ["attempt 3: reward 0.5, but score 0.75"]),
        (SCORED, {"split_scores": (0.5, 0.5)}, ["attempt 3: score 0.75, but the mean of its splits is 0.5"]),
        (SCORED, {"score": None}, ["attempt 3: scored, but without a score"]),
        (SCORED, {"error": RecordedError("syntax", 1)}, ["attempt 3: scored, but with an error"]),
        (FAILED, {"reward": 0.0}, ["attempt 4: failed, but with reward 0.0"]),
        (FAILED, {"score": 0.5}, ["attempt 4: failed, but with a score"]),
        (FAILED, {"error": None}, ["attempt 4: failed, but without an error"]),
    ],
)
def test_fields_of_an_attempt_that_contradict_each_other_are_named(
    attempt: RecordedAttempt, changes: dict[str, Any], expected: list[str]
) -> None:
    assert inconsistencies(dataclasses.replace(attempt, **changes)) == expected


def test_programs_are_executed_with_the_limits_that_environments_have() -> None:
    there, here = (inspect.signature(each).parameters for each in (DataSciEnv, Evaluator))
    for name in ("protocol", "n_splits", "test_size", "timeout_s", "memory_mb"):
        assert there[name].default == here[name].default
