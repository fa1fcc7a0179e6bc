from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from ds_gym.cache import ResultCache
from ds_gym.evaluation import Evaluation, Evaluator
from ds_gym.failures import Failure, SandboxError
from ds_gym.sandbox import SplitJob
from ds_gym.tasks import Task

SOURCE = "def build_model(x_train, y_train):\n    return None"


def rows_of(features: np.ndarray) -> list[int]:
    """The numbers of the rows, which the task `separable` carries as its second feature."""
    return features[:, 1].astype(int).tolist()


def make(task: Task, sandbox: Any, **settings: Any) -> Evaluator:
    return Evaluator(task, sandbox=sandbox, **{"cache": ResultCache(), **settings})


def test_paper_protocol_uses_the_published_splits(task: Task, fake_sandbox: Any) -> None:
    make(task, fake_sandbox, protocol="paper").evaluate(SOURCE)
    assert len(fake_sandbox.jobs) == 5
    for number, job in enumerate(fake_sandbox.jobs):
        x_train, x_eval, y_train, _ = train_test_split(task.x, task.y, test_size=0.5, random_state=number)
        np.testing.assert_array_equal(job.x_train, x_train)
        np.testing.assert_array_equal(job.y_train, y_train)
        assert sorted(rows_of(job.x_eval)) == sorted(rows_of(x_eval))
        assert rows_of(job.x_eval) != rows_of(x_eval)  # shuffled, so that the order tells nothing


def test_held_out_rows_never_enter_an_episode(task: Task, fake_sandbox: Any) -> None:
    evaluator = make(task, fake_sandbox)
    evaluator.evaluate(SOURCE)
    seen = {row for job in fake_sandbox.jobs for row in rows_of(job.x_train) + rows_of(job.x_eval)}
    fake_sandbox.jobs.clear()
    assert evaluator.holdout_score(SOURCE) == 1.0
    (job,) = fake_sandbox.jobs
    held_out = set(rows_of(job.x_eval))
    assert len(held_out) == 18
    assert not seen & held_out
    assert set(rows_of(job.x_train)) == seen
    assert np.mean(job.y_train) == 0.5


def test_held_out_rows_do_not_depend_on_the_splits(task: Task, make_fake_sandbox: Any) -> None:
    held_out = []
    for settings in ({}, {"n_splits": 2, "test_size": 0.3}):
        sandbox = make_fake_sandbox()
        make(task, sandbox, **settings).holdout_score(SOURCE)
        held_out.append(rows_of(sandbox.jobs[0].x_eval))
    assert held_out[0] == held_out[1]


def test_predictions_are_put_back_into_order(task: Task, make_fake_sandbox: Any) -> None:
    def by_row(job: SplitJob) -> np.ndarray:
        score = job.x_eval[:, 1] % 2  # the class of a row, from its number
        return np.column_stack([1 - score, score])

    evaluation = make(task, make_fake_sandbox(by_row)).evaluate(SOURCE)
    assert evaluation.split_scores == (1.0,) * 5
    assert (evaluation.status, evaluation.score, evaluation.score_std) == ("scored", 1.0, 0.0)


def test_the_score_is_the_mean_over_splits(task: Task, make_fake_sandbox: Any) -> None:
    def noisy(job: SplitJob) -> np.ndarray:
        score = np.random.default_rng(job.seed).uniform(size=len(job.x_eval)) + 0.3 * job.x_eval[:, 0]
        score = (score - score.min()) / np.ptp(score)
        return np.column_stack([1 - score, score])

    evaluation = make(task, make_fake_sandbox(noisy)).evaluate(SOURCE)
    assert len(set(evaluation.split_scores)) > 1
    assert evaluation.score == pytest.approx(np.mean(evaluation.split_scores))
    assert evaluation.score_std == pytest.approx(np.std(evaluation.split_scores))
    assert evaluation.reward == evaluation.score


def test_no_label_of_a_scored_row_reaches_the_sandbox() -> None:
    assert {field.name for field in dataclasses.fields(SplitJob)} == {
        "source", "x_train", "y_train", "x_eval", "n_classes", "seed", "timeout_s", "memory_mb", "columns",
    }  # fmt: skip


def test_stops_at_the_first_failure(task: Task, make_fake_sandbox: Any) -> None:
    failure = Failure("invalid_predictions", "probabilities are not finite")

    def second_fails(job: SplitJob) -> np.ndarray | Failure:
        return failure if job.seed == 1 else np.full((len(job.x_eval), 2), 0.5)

    sandbox = make_fake_sandbox(second_fails)
    evaluation = make(task, sandbox).evaluate(SOURCE)
    assert evaluation == Evaluation("failed", failure=failure)
    assert evaluation.reward == -1.0
    assert len(sandbox.jobs) == 2


def test_the_time_limit_is_that_of_the_whole_attempt(task: Task, make_fake_sandbox: Any) -> None:
    sandbox = make_fake_sandbox(seconds=4.0)
    evaluation = make(task, sandbox, timeout_s=10).evaluate(SOURCE)
    assert [job.timeout_s for job in sandbox.jobs] == [10.0, 6.0, 2.0]
    assert evaluation.failure is not None
    assert evaluation.failure.kind == "timeout"
    assert "10 s" in evaluation.failure.message


def test_a_timeout_message_does_not_depend_on_the_split(task: Task, make_fake_sandbox: Any) -> None:
    def times_out(job: SplitJob) -> np.ndarray | Failure:
        if job.seed < 2:
            return np.full((len(job.x_eval), 2), 0.5)
        return Failure("timeout", f"TimeoutError: timed out after {job.timeout_s} s", 3)

    def message(seconds: float) -> str:
        failure = make(task, make_fake_sandbox(times_out, seconds), timeout_s=10).evaluate(SOURCE).failure
        assert failure is not None
        return failure.message

    assert message(0.5) == message(0.7)


@pytest.mark.parametrize(
    ("kind", "runs"), [("exception", 1), ("invalid_predictions", 1), ("memory", 1), ("timeout", 2), ("killed", 2)]
)
def test_what_may_depend_on_the_machine_is_not_cached(task: Task, make_fake_sandbox: Any, kind: Any, runs: int) -> None:
    sandbox = make_fake_sandbox(lambda job: Failure(kind, "message"))
    evaluator = make(task, sandbox)
    assert evaluator.evaluate(SOURCE) == evaluator.evaluate(SOURCE)
    assert len(sandbox.jobs) == runs


def test_cached_by_content(task: Task, make_separable_task: Callable[..., Task], fake_sandbox: Any) -> None:
    cache: ResultCache[Evaluation] = ResultCache()

    def n_runs(which: Task, source: str = SOURCE, **settings: Any) -> int:
        before = len(fake_sandbox.jobs)
        make(which, fake_sandbox, cache=cache, **settings).evaluate(source)
        return len(fake_sandbox.jobs) - before

    assert n_runs(task) == 5
    assert n_runs(make_separable_task(name="same data")) == 0
    assert n_runs(make_separable_task(n_rows=80)) == 5
    assert n_runs(task, SOURCE + "  # other") == 5
    assert n_runs(task, protocol="paper") == 5
    assert n_runs(task, n_splits=3) == 3
    assert n_runs(task, test_size=0.4) == 5
    assert n_runs(task, timeout_s=5) == 5
    assert n_runs(task) == 0


def test_results_of_less_confined_sandboxes_are_kept_apart(task: Task, make_fake_sandbox: Any) -> None:
    cache: ResultCache[Evaluation] = ResultCache()
    for without in ((), ("seccomp",), ("seccomp",)):
        sandbox = make_fake_sandbox()
        sandbox.without = without
        make(task, sandbox, cache=cache).evaluate(SOURCE)
    assert (cache.misses, cache.hits) == (2, 1)


def test_machinery_faults_are_no_rewards(task: Task, make_fake_sandbox: Any) -> None:
    def broken(job: SplitJob) -> np.ndarray:
        raise SandboxError("no worker")

    with pytest.raises(SandboxError, match="no worker"):
        make(task, make_fake_sandbox(broken)).evaluate(SOURCE)


def test_limits_reach_the_sandbox(task: Task, fake_sandbox: Any) -> None:
    make(task, fake_sandbox, memory_mb=512, timeout_s=7).evaluate(SOURCE)
    assert {job.memory_mb for job in fake_sandbox.jobs} == {512}
    assert [job.seed for job in fake_sandbox.jobs] == [0, 1, 2, 3, 4]
    assert {job.n_classes for job in fake_sandbox.jobs} == {2}
    assert fake_sandbox.jobs[0].timeout_s == 7


def test_the_paper_protocol_holds_nothing_out(task: Task, fake_sandbox: Any) -> None:
    with pytest.raises(ValueError, match="holds no rows out"):
        make(task, fake_sandbox, protocol="paper").holdout_score(SOURCE)


def with_rare_class(n_rare: int) -> Task:
    labels = np.r_[np.zeros(40), np.ones(40), np.full(n_rare, 2)]
    return Task(
        name="rare",
        title="Rare",
        description="Predict it.",
        x=np.arange(len(labels))[:, None],
        y=labels,
        feature_names=("row",),
        class_names=("a", "b", "rare"),
    )


def test_a_task_that_cannot_be_scored_is_refused_at_once(fake_sandbox: Any) -> None:
    with pytest.raises(ValueError, match=r"class 2 \('rare'\) is missing from the .* of split \d"):
        make(with_rare_class(2), fake_sandbox, protocol="paper")
    with pytest.raises(ValueError, match=r"'rare'"):
        make(with_rare_class(2), fake_sandbox, protocol="holdout")
    make(with_rare_class(6), fake_sandbox, protocol="holdout")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"protocol": "papr"}, r"protocol: unknown value 'papr'.*Did you mean 'paper'\?"),
        ({"n_splits": 0}, "n_splits: given 0; allowed: an integer of at least 1"),
        ({"n_splits": 2.5}, "n_splits: given 2.5"),
        ({"test_size": 1.0}, "test_size: given 1.0; allowed: a number between 0 and 1"),
        ({"timeout_s": 0}, "timeout_s: given 0"),
        ({"timeout_s": float("nan")}, "timeout_s: given nan"),
        ({"memory_mb": True}, "memory_mb: given True"),
    ],
)
def test_bad_settings(task: Task, fake_sandbox: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(task, fake_sandbox, **settings)
