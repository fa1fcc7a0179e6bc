"""The tables of agents that do not train the language model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from benchmarks.results import Mean, Repairs, RunResult
from benchmarks.studies import baselines
from benchmarks.studies.collect import collect_study
from benchmarks.studies.rows import Study, read_study, write_study
from benchmarks.suites import Suite
from tests.benchmarks.study_fakes import make_result, write_results

SUITE = Suite(
    description="three agents",
    agents=("sample", "ppo", "etpo"),
    tasks=("wine", "monks_1"),
    seeds=(0, 1),
    env_steps=384,
    num_envs=8,
    protocol="holdout",
    evaluation_attempts=64,
)


def of(label: str, task: str, seed: int, last_fifth: float, **changes: object) -> RunResult:
    result = make_result(label, task, seed)
    figures = {"last_fifth": Mean(last_fifth, 0.5, 76), "is_stationary": label == "sample"}
    return dataclasses.replace(result, **figures, **changes)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    results = [
        of(label, task, seed, level + seed / 10, repairs=Repairs(20, 5 * (1 + seed)))
        for label, level in (("sample", 0.0), ("ppo", 0.5), ("etpo", 0.75))
        for task in SUITE.tasks
        for seed in SUITE.seeds
    ]
    write_results(tmp_path, results)
    return collect_study(tmp_path, "baselines", SUITE)


def test_agents_stand_in_the_order_of_the_suite_task_by_task(study: Study) -> None:
    rows = baselines.reached_table(study).rows
    assert [row[:3] for row in rows] == [
        (task, label, "2 x 384") for task in SUITE.tasks for label in ("sample", "ppo", "etpo")
    ]


def test_a_stationary_agent_is_judged_by_all_its_attempts_and_others_by_the_last_fifth(study: Study) -> None:
    rows = {row[:2]: row for row in baselines.reached_table(study).rows}
    assert rows["wine", "ppo"][3] == "0.550 (0.50..0.60)"
    overall = [run.overall.reward for run in study.of("sample") if run.task == "wine" and run.overall is not None]
    assert rows["wine", "sample"][3].startswith(f"{sum(overall) / 2:.3f} ({min(overall):.2f}..")


def test_repairs_of_all_runs_are_counted_together(study: Study) -> None:
    rows = baselines.mended_table(study).rows
    assert [row[:4] for row in rows] == [(label, "80", "30", "38%") for label in ("sample", "ppo", "etpo")]


def test_every_other_agent_is_held_against_the_rival(study: Study) -> None:
    table = baselines.against_table(study, "ppo", "failures")
    assert [row[0] for row in table.rows] == ["sample", "etpo"]
    assert table.rows[1][1].startswith("+0.250 [")
    assert table.rows[1][2].startswith("1.00 [")


def test_a_study_of_baselines_comes_back_from_its_file(study: Study, tmp_path: Path) -> None:
    write_study(tmp_path / "study.json", study)
    assert read_study(tmp_path / "study.json") == study
