from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from scipy.stats import norm

from benchmarks.execution import execute_run
from benchmarks.repairs import COLUMNS, repair_rows, repair_table
from benchmarks.results import ModelUsage, Repairs, RunResult
from benchmarks.storage import RunFiles
from benchmarks.usage_notes import usage_notes
from tests.benchmarks.fakes import FakeBackend, make_spec


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return execute_run(make_spec(), RunFiles(tmp_path_factory.mktemp("run")), FakeBackend())


def with_repairs(result: RunResult, label: str, n_attempts: int, n_scored: int) -> RunResult:
    return dataclasses.replace(result, label=label, repairs=Repairs(n_attempts, n_scored))


def test_repairs_of_all_runs_of_a_label_are_counted_together(result: RunResult) -> None:
    runs = [with_repairs(result, "a", 10, 3), with_repairs(result, "b", 5, 5), with_repairs(result, "a", 30, 7)]
    first, second = repair_rows(runs)
    assert (first.agent, first.n_attempts, first.n_scored, first.rate) == ("a", 40, 10, 0.25)
    assert (second.agent, second.rate) == ("b", 1.0)


def test_the_interval_is_that_of_wilson(result: RunResult) -> None:
    (row,) = repair_rows([with_repairs(result, "a", 40, 10)])
    z, n, rate = norm.ppf(0.975), 40, 0.25
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5
    assert (row.low, row.high) == pytest.approx((centre - half, centre + half))


def test_runs_that_do_not_tell_or_never_failed_or_write_nothing_have_no_row(result: RunResult) -> None:
    silent = dataclasses.replace(
        with_repairs(result, "c", 4, 1), budget=dataclasses.replace(result.budget, generated_tokens=0)
    )
    unfinished = dataclasses.replace(with_repairs(result, "d", 4, 1), status="interrupted")
    assert repair_rows([dataclasses.replace(result, repairs=None), with_repairs(result, "b", 0, 0)]) == []
    assert repair_rows([silent, unfinished]) == []


def test_the_markdown_table_has_a_line_a_row(result: RunResult) -> None:
    rows = repair_rows([with_repairs(result, "a", 40, 10)])
    lines = [line for line in repair_table(rows).markdown().splitlines() if line.startswith("|")]
    assert len(lines) == 3
    assert {line.count("|") for line in lines} == {len(COLUMNS) + 1}


def test_notes_tell_of_lost_history_and_of_costs(result: RunResult) -> None:
    used = dataclasses.replace(result, label="few-shot", usage=ModelUsage(100, 5000, 700, 12, 0.25))
    evaluated = dataclasses.replace(used, evaluation_usage=ModelUsage(10, 500, 70, 0, 0.5))
    assert usage_notes([result]) == []
    lost, spent = usage_notes([evaluated])
    assert lost.startswith("few-shot: 12 of 110 prompts lost their oldest history")
    assert "5,500 tokens read and 770 written" in spent
    assert "0.75 US dollars" in spent
    free = dataclasses.replace(used, usage=ModelUsage(100, 5000, 700, 0))
    assert usage_notes([free]) == []


def test_attempts_behind_a_failure_are_counted(tmp_path: Path) -> None:
    from benchmarks.record import Record
    from tests.benchmarks.fakes import FakeAgent, FakeConfig, FakeEnvs

    record = Record()
    iteration = next(FakeAgent(FakeConfig(), 0).learn(FakeEnvs(4), 4))
    for attempt, (turn, is_scored) in enumerate(zip(iteration.turns, (False, True, False, True), strict=True), 1):
        turn.info.update(attempt=attempt, status="scored" if is_scored else "failed", score=0.5 if is_scored else None)
        turn.info["error"] = None if is_scored else {"kind": "exception", "message": "no", "line": 1}
    record.add(iteration, 1.0)
    assert (record.repair_attempts, record.repaired) == (3, 2)
