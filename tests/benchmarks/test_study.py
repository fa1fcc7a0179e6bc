from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import ResultError
from benchmarks.results import Mean, RunResult
from benchmarks.statistics import improvement_interval, iqm_difference, iqm_interval
from benchmarks.studies import tables
from benchmarks.studies.collect import collect_study, curve_points
from benchmarks.studies.rows import Figures, Study, read_study, write_study
from benchmarks.studies.summary import (
    changed_settings,
    difference,
    evaluation,
    improvement,
    last_fifth,
    learning_curve,
    score_rows,
    summaries,
    transfer_rows,
)
from benchmarks.suites import load_suite
from tests.benchmarks.study_fakes import (
    SEEDS,
    TASKS,
    diverged,
    make_result,
    study_results,
    transfer_results,
    write_results,
)

FEW = ("etpo", "ppo", "sample")


def collected(tmp_path: Path, results: list[RunResult], suite: str = "study") -> Study:
    folder = tmp_path / suite
    shutil.rmtree(folder, ignore_errors=True)
    write_results(folder, results)
    return collect_study(folder, suite, load_suite(suite))


def without(results: list[RunResult], label: str, task: str, *seeds: int) -> list[RunResult]:
    return [each for each in results if (each.label, each.task) != (label, task) or each.seed not in seeds]


def ending(results: list[RunResult], label: str, task: str, seed: int) -> list[RunResult]:
    """The same, with one run diverged."""
    return [diverged(each) if (each.label, each.task, each.seed) == (label, task, seed) else each for each in results]


def test_a_study_keeps_what_its_tables_need(tmp_path: Path) -> None:
    results = study_results(FEW)
    study = collected(tmp_path, results)
    assert study.labels == list(FEW)
    assert study.not_run == ["poad", "grpo", "rloo", "rft", "klq"]
    assert study.learners() == ["etpo", "ppo"]
    assert len(study.runs) == len(FEW) * len(TASKS) * len(SEEDS)
    result = make_result("etpo", "wine", 3)
    row = next(run for run in study.runs if run.run_key == result.run_key)
    assert result.last_fifth is not None
    assert result.evaluation is not None
    assert row.last_fifth is not None
    assert row.last_fifth.reward == pytest.approx(result.last_fifth.mean_reward, abs=1e-5)
    assert evaluation(row) == pytest.approx(result.evaluation.mean_reward, abs=1e-5)
    assert (row.held_out, row.base_perplexity, row.perplexity) == (0.96, 3.2, 3.4)
    assert study.configs["etpo"] == result.config["agent"]
    assert study.common["env_steps"] == 384


def test_what_is_written_is_read_back_equal_and_small(tmp_path: Path) -> None:
    study = collected(tmp_path, study_results(FEW))
    path = tmp_path / "study.json"
    write_study(path, study)
    assert read_study(path) == study
    assert path.stat().st_size < 1000 * len(study.runs)
    assert len(path.read_text().splitlines()) == len(study.runs) + len(dataclasses.fields(Study)) + 3


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    results = study_results(FEW)
    assert collected(tmp_path, results) == collected(tmp_path, results[::-1])


def test_other_tasks_and_seeds_do_not_belong_to_the_suite(tmp_path: Path) -> None:
    results = study_results(("etpo",))
    others = [make_result("etpo", "digits", 0), make_result("etpo", "wine", 99)]
    assert collected(tmp_path, [*results, *others]) == collected(tmp_path, results)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"config": {**make_result("ppo", "wine", 0).config, "num_envs": 4}}, "num_envs is"),
        ({"model": "another"}, "model is"),
        ({"protocol": "paper"}, "protocol is"),
        ({"config": {**make_result("ppo", "wine", 0).config, "agent": {"learning_rate": 1.0}}}, "beta is"),
    ],
)
def test_learners_that_did_not_have_the_same_are_not_compared(
    tmp_path: Path, change: Mapping[str, object], complaint: str
) -> None:
    results = [*without(study_results(("etpo", "ppo")), "ppo", "wine", 0), make_result("ppo", "wine", 0, **change)]
    with pytest.raises(ResultError, match=f"cannot be compared: {complaint}"):
        collected(tmp_path, results)


def test_the_base_model_may_have_another_budget(tmp_path: Path) -> None:
    results = [*study_results(("etpo", "ppo")), *(make_result("sample", "wine", seed, env_steps=96) for seed in SEEDS)]
    study = collected(tmp_path, results)
    assert study.common["env_steps"] == 384
    assert list(score_rows(study, "sample", last_fifth, "failures")) == ["wine"]


def test_curves_are_means_over_equal_shares() -> None:
    curve = [{"n_attempts": 16, "mean_reward": float(index)} for index in range(24)]
    assert curve_points(curve, 384) == [float(index) for index in range(24)]
    assert curve_points(curve, 384, 6) == [1.5, 5.5, 9.5, 13.5, 17.5, 21.5]
    uneven = [{"n_attempts": 10, "mean_reward": 1.0}, {"n_attempts": 30, "mean_reward": 0.0}]
    assert curve_points(uneven, 40, 2) == [0.5, 0.0]
    assert curve_points(curve[:12], 384) == [*map(float, range(12)), *[None] * 12]
    overshot = [{"n_attempts": 30, "mean_reward": 0.5}]
    assert curve_points(overshot, 20, 2) == [0.5, 0.5]


def test_the_mean_of_a_curve_is_that_of_its_attempts(tmp_path: Path) -> None:
    for run in collected(tmp_path, study_results(FEW)).runs:
        assert run.overall is not None
        assert np.mean([value for value in run.curve if value is not None]) == pytest.approx(
            run.overall.reward, abs=1e-4
        )


def test_summaries_are_the_statistics_of_the_runs(tmp_path: Path) -> None:
    results = study_results(FEW)
    study = collected(tmp_path, results)

    def matrix(label: str) -> np.ndarray:
        found = {(r.task, r.seed): r.last_fifth for r in results if r.label == label}
        return np.array([[round(found[t, s].mean_reward, 5) for s in SEEDS] for t in TASKS])

    etpo, ppo, sample = summaries(study, "failures")
    expected = iqm_interval(matrix("etpo"), np.random.default_rng(0))
    assert etpo.last_fifth.iqm == expected
    assert etpo.last_fifth.improvement == improvement_interval(matrix("etpo"), matrix("ppo"), np.random.default_rng(0))
    assert ppo.last_fifth.improvement is None
    assert (etpo.n_planned, etpo.n_finished, etpo.n_diverged) == (30, 30, 0)
    assert (etpo.valid, etpo.kl_to_base, etpo.seconds) == pytest.approx((0.9, 0.05, 65.0))
    overall = [r.overall.mean_reward for r in results if r.label == "sample" and r.overall]
    assert sample.last_fifth.iqm is not None
    assert sample.last_fifth.iqm.value == pytest.approx(
        iqm_interval([overall], np.random.default_rng()).value, abs=1e-5
    )
    assert difference(study, "etpo", "ppo", last_fifth, "failures") == iqm_difference(
        matrix("etpo"), matrix("ppo"), np.random.default_rng(0)
    )


@pytest.mark.parametrize("gone", ["missing", "diverged", "interrupted"])
def test_a_run_that_did_not_finish_counts_as_the_lowest_reward(tmp_path: Path, gone: str) -> None:
    results = study_results(FEW)
    whole = summaries(collected(tmp_path, results), "failures")[0]
    if gone == "missing":
        results = without(results, "etpo", "wine", 2)
    elif gone == "diverged":
        results = ending(results, "etpo", "wine", 2)
    else:
        results = [*without(results, "etpo", "wine", 2), make_result("etpo", "wine", 2, status="interrupted")]
    study = collected(tmp_path, results)
    for figure in (last_fifth, evaluation):
        assert score_rows(study, "etpo", figure, "failures")["wine"][2] == -1
        assert len(score_rows(study, "etpo", figure, "left-out")["wine"]) == 4
    counted, left_out = (summaries(study, missing)[0] for missing in ("failures", "left-out"))  # type: ignore[arg-type]
    assert counted.n_finished == 29
    assert counted.n_diverged == (gone == "diverged")
    for figure in ("last_fifth", "evaluation"):
        estimates = [getattr(summary, figure).iqm for summary in (counted, whole, left_out)]
        assert estimates[0].value < estimates[1].value
        assert estimates[0].low < estimates[2].low
    sentence = tables.claim(study, "failures")[-2]
    assert sentence.startswith("Runs that did not finish, each counted as the lowest reward: etpo 1 of 30")


def test_a_curve_falls_to_the_lowest_reward_where_runs_end(tmp_path: Path) -> None:
    results = study_results(("etpo", "ppo"))
    for seed in SEEDS:
        results = ending(results, "etpo", "wine", seed)
    study = collected(tmp_path, results)
    curve = learning_curve(study, "etpo", "failures", "wine")
    assert curve is not None
    assert list(curve.values[12:]) == [-1.0] * 12
    assert (curve.values[:12] > 0).all()
    assert learning_curve(study, "etpo", "left-out", "wine") is None
    everything = learning_curve(study, "ppo", "failures")
    assert everything is not None
    assert (everything.low <= everything.values).all()
    assert (everything.values <= everything.high).all()
    assert list(everything.attempts[[0, -1]]) == [16, 384]


def test_the_claim_is_what_the_numbers_say(tmp_path: Path) -> None:
    sentences = tables.claim(collected(tmp_path, study_results(("etpo", "ppo", "rft"))), "failures")
    assert sum("**yes**" in sentence for sentence in sentences) == 4
    assert not any("**no**" in sentence for sentence in sentences)
    assert sentences[-1] == "Not run: poad, grpo, rloo, klq."
    assert not any("the best of the others" in sentence for sentence in sentences)  # it is PPO itself
    swapped = {"etpo": "ppo", "ppo": "etpo"}
    results = [
        dataclasses.replace(each, agent=swapped[each.label], label=swapped[each.label])
        for each in study_results(("etpo", "ppo"))
    ]
    sentences = tables.claim(collected(tmp_path, results), "failures")
    assert sum("**no**" in sentence for sentence in sentences) == 4
    assert not any("**yes**" in sentence for sentence in sentences)
    assert "(place 2 of 2; PPO is first)" in sentences[0]


def test_the_claim_names_the_best_of_the_others(tmp_path: Path) -> None:
    results = [
        dataclasses.replace(each, last_fifth=Mean(0.8, 0.9, 76)) if each.label == "rft" else each
        for each in study_results(("etpo", "ppo", "rft"))
    ]
    study = collected(tmp_path, results)
    chance = improvement(study, "etpo", "rft", last_fifth, "failures")
    assert chance is not None
    expected = f"improves on RFT, the best of the others, in the mean reward of the last fifth: {chance.value:.2f} ["
    assert sum(expected in sentence for sentence in tables.claim(study, "failures")) == 1


def test_the_claim_is_also_made_without_what_was_seen(tmp_path: Path) -> None:
    """Where it holds on the tasks of development alone, the table says so."""
    study = collected(tmp_path, study_results(("etpo", "ppo")))
    assert (study.development_tasks, study.development_seeds) == (["balance_scale", "tic_tac_toe"], [0])
    runs = [
        dataclasses.replace(run, last_fifth=Figures(0.2, 0.5))
        if run.label == "etpo" and run.task not in study.development_tasks
        else run
        for run in study.runs
    ]
    study = dataclasses.replace(study, runs=runs)
    rows = {row[0]: row[1:] for row in tables.untouched_table(study, "failures").rows}
    seed, tasks = "without seed 0", "without balance_scale and tic_tac_toe"
    assert list(rows) == ["all", seed, tasks, f"{tasks}, {seed}"]
    assert [cells[0] for cells in rows.values()] == ["30", "24", "20", "16"]
    assert rows["all"][2] == str(summaries(study, "failures")[0].last_fifth.iqm)
    assert rows[tasks][1:4] == ("2 of 2", "0.200 [0.200, 0.200]", "0.00 [0.00, 0.00]")


def test_parts_that_leave_nothing_have_no_row(tmp_path: Path) -> None:
    study = collected(tmp_path, study_results(("etpo", "ppo")))
    all_seen = dataclasses.replace(study, development_tasks=study.tasks)
    assert [row[0] for row in tables.untouched_table(all_seen, "failures").rows] == ["all", "without seed 0"]
    none_seen = dataclasses.replace(study, development_tasks=[], development_seeds=[])
    assert tables.untouched_table(none_seen, "failures").rows == ()


def test_a_study_without_some_tasks_and_seeds_is_that_of_the_others(tmp_path: Path) -> None:
    results = study_results(FEW)
    study = collected(tmp_path, results).without(["wine"], [0, 3])
    assert (study.tasks, study.seeds) == (list(TASKS[:-1]), [1, 2, 4])
    others = [each for each in results if each.task != "wine" and each.seed in (1, 2, 4)]
    assert study.runs == collected(tmp_path, others).runs


def test_nothing_is_claimed_without_both(tmp_path: Path) -> None:
    study = collected(tmp_path, study_results(("etpo", "rft")))
    assert tables.claim(study, "failures") == ["Not decided: there is no run of ppo."]
    assert all(row.last_fifth.improvement is None for row in summaries(study, "failures"))


def test_equal_learners_are_not_told_apart(tmp_path: Path) -> None:
    results = study_results(("etpo",))
    same = [dataclasses.replace(each, agent="ppo", label="ppo") for each in results]
    study = collected(tmp_path, [*results, *same])
    chance = improvement(study, "etpo", "ppo", last_fifth, "failures")
    assert chance is not None
    assert chance.low < chance.value == 0.5 < chance.high
    assert "above one half: **no**" in tables.claim(study, "failures")[2]


def test_a_study_that_is_running_can_be_looked_at(tmp_path: Path) -> None:
    """The first seed of all learners, on some tasks."""
    results = [each for each in study_results(FEW) if each.seed == 0 and each.task in TASKS[:2]]
    study = collected(tmp_path, results)
    etpo = summaries(study, "left-out")[0]
    assert etpo.last_fifth.iqm is not None
    assert etpo.last_fifth.iqm.value > 0.5
    assert (etpo.n_finished, etpo.n_planned) == (2, 30)
    for table in (
        tables.reward_table(study, "left-out"),
        tables.model_table(study, "left-out"),
        tables.task_table(study),
    ):
        assert [row[0] for row in table.rows] == list(FEW)


def test_what_was_not_measured_leaves_a_cell_empty(tmp_path: Path) -> None:
    results = [
        dataclasses.replace(each, language_model=None, best_by_task={}) for each in study_results(("etpo", "ppo"))
    ]
    table = tables.model_table(collected(tmp_path, results), "failures")
    assert table.rows[0] == ("etpo", "", "90%", "", "", "", "65")


def test_transfer_is_compared_with_the_base_model(tmp_path: Path) -> None:
    study = collected(tmp_path, transfer_results(), "transfer")
    rows = {row.label: row for row in transfer_rows(study)}
    assert list(rows) == ["etpo", "ppo", "rloo", "sample"]
    assert rows["sample"].gain is None
    etpo = rows["etpo"]
    assert etpo.gain is not None
    assert etpo.iqm is not None
    assert rows["sample"].iqm is not None
    assert etpo.gain.value == pytest.approx(etpo.iqm.value - rows["sample"].iqm.value)
    assert etpo.gain.low > 0
    assert list(etpo.by_task) == ["wine", "digits", "monks_3", "waveform"]
    assert etpo.by_task["wine"] == pytest.approx(0.2 + 0.85 / 2 + 0.02)


def test_transfer_without_a_base_model_has_no_gain(tmp_path: Path) -> None:
    study = collected(tmp_path, [each for each in transfer_results() if each.label != "sample"], "transfer")
    assert [row.gain for row in transfer_rows(study)] == [None] * 3
    assert [row[-1] for row in tables.transfer_table(study).rows] == [""] * 3


def test_ablations_are_named_by_what_they_change(tmp_path: Path) -> None:
    results = [
        make_result(label, task, seed) for label in ("etpo", "etpo@paper") for task in TASKS[:2] for seed in (0, 1, 2)
    ]
    study = collected(tmp_path, results, "ablations")
    assert changed_settings(study, "etpo@paper", "etpo") == {"trace_lambda": (0.0, 0.95)}
    table = tables.ablation_table(study, "failures")
    assert [row[0] for row in table.rows] == ["etpo", "etpo@paper (trace_lambda 0.0)"]
    less = difference(study, "etpo@paper", "etpo", last_fifth, "failures")
    assert less is not None
    assert less.high < 0
    assert table.rows[1][3] == f"{less.value:+.3f} [{less.low:+.3f}, {less.high:+.3f}]"


def test_settings_that_differ_are_shown_and_no_others(tmp_path: Path) -> None:
    def other(result: RunResult) -> RunResult:
        if result.label != "ppo":
            return result
        agent = {"learning_rate": 1e-4, "beta": 0.01, "gae_lambda": 0.9}
        return dataclasses.replace(result, config={**result.config, "agent": agent})

    table = tables.settings_table(collected(tmp_path, [other(each) for each in study_results(("etpo", "ppo"))]))
    assert table.rows == (
        ("gae_lambda", "", "0.9"),
        ("learning_rate", "0.0002", "0.0001"),
        ("trace_lambda", "0.95", ""),
    )
