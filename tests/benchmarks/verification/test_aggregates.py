"""What a result sums up is computed again; nothing is executed here."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.verification.aggregates import aggregate_differences, evaluation_contradictions
from benchmarks.verification.runs import read_run
from tests.benchmarks.verification.recorded import Recorded


def found(run: Recorded) -> list[str]:
    recorded = read_run(run.files.result)
    return aggregate_differences(recorded.result, recorded.attempts) + evaluation_contradictions(recorded.result)


def test_nothing_differs_in_untouched_results(run: Recorded, joined_run: Recorded) -> None:
    assert found(run) == found(joined_run) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda fields: fields["curve"][1].update(mean_reward=0.9), "curve, iteration 2: mean_reward 0.9 recorded"),
        (lambda fields: fields["curve"][1].update(valid_rate=0.9), "curve, iteration 2: valid_rate 0.9 recorded"),
        (lambda fields: fields["curve"][1].update(env_steps=9), "curve, iteration 2: env_steps 9 recorded, 8 by"),
        (lambda fields: fields["curve"][1].update(generated_tokens=9), "curve, iteration 2: generated_tokens 9"),
        (lambda fields: fields["curve"].pop(), "curve: tells of 12 attempts, but there are 16"),
        (lambda fields: fields["curve"].pop(0), "curve, iteration 1: env_steps 8 recorded, 4 by the attempts"),
        (
            lambda fields: fields["curve"][3].update(n_attempts=5),
            "iteration 4: n_attempts 5 recorded, 4 are left",
        ),
        (lambda fields: fields["curve"][0].update(n_attempts=None), "curve, iteration 1: n_attempts None recorded"),
        (lambda fields: fields["last_fifth"].update(mean_reward=0.9), "last_fifth.mean_reward 0.9 recorded"),
        (lambda fields: fields["last_fifth"].update(valid_rate=1.5), "last_fifth.valid_rate 1.5 recorded"),
        (lambda fields: fields["last_fifth"].update(n_attempts=4), "last_fifth.n_attempts 4 recorded, 3 by"),
        (lambda fields: fields.update(last_fifth=None), "last_fifth: there too early, or missing"),
        (lambda fields: fields["config"].update(env_steps="16"), "config.env_steps: '16' recorded"),
        (lambda fields: fields["config"].update(env_steps=20), "finished after 16 attempts, but 20 in config"),
        (lambda fields: fields["failures"].update(denied=1), "failures.denied 1 recorded, 0 by the attempts"),
        (lambda fields: fields.update(failures={}), " recorded, "),
        (lambda fields: fields["budget"].update(generated_tokens=1), "budget.generated_tokens 1 recorded"),
        (lambda fields: fields["repairs"].update(n_attempts=99), "repairs.n_attempts 99 recorded"),
        (lambda fields: fields["repairs"].update(n_scored=99), "repairs.n_scored 99 recorded"),
        (lambda fields: fields["best"].update(code="pass"), "best: is another than in best_by_task"),
        (lambda fields: fields.update(best=None, best_by_task={}), "best program of monks_1: missing"),
        (lambda fields: fields["best_by_task"]["monks_1"].update(env_step=99), "env_step 99 recorded"),
        (lambda fields: fields["best_by_task"]["monks_1"].update(code="pass"), "its code is not that of attempt"),
        (
            lambda fields: fields["best_by_task"].update(wine=fields["best"]),
            "best_by_task: wine is no task of the run",
        ),
    ],
)
def test_what_does_not_follow_from_the_attempts_is_named(run: Recorded, change: Any, difference: str) -> None:
    run.change_result(change)
    assert any(difference in each for each in found(run)), found(run)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda figures: figures.update(n_attempts=400), "evaluation: n_attempts 400 recorded, but 4 in config"),
        (lambda figures: figures.update(valid_rate=0.9), "evaluation: valid_rate 0.9 recorded, which is no share of 4"),
        (lambda figures: figures.update(mean_reward=0.99), "evaluation: mean_reward 0.99 recorded"),
        (lambda figures: figures.update(valid_rate=0.5, mean_score=None), "evaluation: mean_score None recorded"),
        (lambda figures: figures.update(valid_rate=0.5, mean_score=1.5), "which is no ROC AUC"),
    ],
)
def test_figures_of_an_evaluation_that_contradict_each_other_are_named(
    run: Recorded, change: Any, difference: str
) -> None:
    run.change_result(lambda fields: change(fields["evaluation"]))
    assert any(difference in each for each in found(run)), found(run)


def test_an_evaluation_is_where_a_run_has_finished_and_only_there(run: Recorded) -> None:
    run.change_result(lambda fields: fields.update(status="interrupted"))
    assert "evaluation: there, but in a run that is interrupted" in found(run)
    run.change_result(lambda fields: fields.update(status="finished", evaluation=None))
    assert "evaluation: missing in a run that is finished" in found(run)


def test_transfer_is_to_the_tasks_of_the_configuration(run: Recorded) -> None:
    run.change_result(lambda fields: fields["transfer"].update(wine=fields["evaluation"]))
    assert "transfer: of wine, not of those in config" in found(run)


def test_the_curve_of_each_task_is_computed_again(joined_run: Recorded) -> None:
    joined_run.change_result(lambda fields: fields["curve"][2].update({"mean_reward/wine": 0.99}))
    (difference,) = found(joined_run)
    assert difference.startswith("curve, iteration 3: mean_reward/wine 0.99 recorded")


def test_the_first_of_equally_good_programs_is_the_best(run: Recorded) -> None:
    best = run.result["best"]["env_step"] - 1
    twin = run.attempts[best]
    later = next(index for index in range(best + 1, 16) if run.attempts[index]["status"] == "scored")
    run.change_attempt(later, score=twin["score"], code="another")
    assert not [difference for difference in found(run) if difference.startswith("best")]
    run.change_attempt(later, score=2.0)
    assert f"best program of monks_1: env_step {best + 1} recorded, {later + 1} by the attempts" in found(run)
