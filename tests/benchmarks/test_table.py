from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from matplotlib.image import imread
from rich.console import Console

from benchmarks.execution import execute_run
from benchmarks.plots import MOST_IN_PANEL, moving_average, plot_learning_curves
from benchmarks.results import Mean, RunResult, read_result
from benchmarks.storage import RunFiles
from benchmarks.table import make_rows, markdown_table, rich_table
from tests.benchmarks.fakes import FakeBackend, make_spec


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[RunResult]:
    folder = tmp_path_factory.mktemp("runs")
    specs = [
        *(make_spec(task=task, seed=seed) for task in ("easy", "hard") for seed in (0, 1)),
        *(make_spec(task=task, agent="sample", label="sample", agent_config=FIXED) for task in ("easy", "hard")),
        *(
            make_spec(
                agent="sample", label=f"sample-temperature={t}", env_steps=8, agent_config={**FIXED, "temperature": t}
            )
            for t in (0.25, 0.5)
        ),
    ]
    return [execute_run(spec, RunFiles(folder / str(i)), FakeBackend()) for i, spec in enumerate(specs)]


FIXED = {"learns": False}


def with_level(result: RunResult, reward: float) -> RunResult:
    return dataclasses.replace(result, curve=[{**point, "mean_reward": reward} for point in result.curve])


def test_a_learner_is_judged_by_its_last_fifth(results: list[RunResult]) -> None:
    runs = [dataclasses.replace(results[seed], last_fifth=Mean(0.5 + seed / 4, 0.5, 8)) for seed in (0, 1)]
    (row,) = make_rows(runs)
    assert row.rewards == (0.5, 0.75)
    cells = row.cells()
    assert (cells[0], cells[1], cells[2], cells[3], cells[4]) == ("learner", "2 x 40", "0.625", "0.50..0.75", "50%")


def test_the_base_model_is_judged_by_all_its_attempts_and_shown_at_its_best_temperature(
    results: list[RunResult],
) -> None:
    plain, *variants = [result for result in results if result.agent == "sample" and result.task == "easy"]
    runs = [with_level(plain, -0.25), with_level(variants[0], 0.5), with_level(variants[1], 0.25)]
    rows = {row.agent: row for row in make_rows(runs)}
    assert list(rows) == ["sample T=1", "sample best T=0.25", "sample best of 40"]
    assert rows["sample T=1"].rewards == (-0.25,)
    assert rows["sample best T=0.25"].rewards == (0.5,)
    assert rows["sample best of 40"].selected_scores == rows["sample T=1"].selected_scores


def test_unfinished_runs_are_left_out(results: list[RunResult]) -> None:
    assert make_rows([dataclasses.replace(result, status="interrupted") for result in results]) == []


def test_a_run_without_a_valid_program_says_so(results: list[RunResult]) -> None:
    (row,) = make_rows([dataclasses.replace(results[0], best=None, best_by_task={})])
    assert row.cells()[5:7] == ("none", "")


def test_runs_on_several_tasks_have_a_row_under_the_joined_name(tmp_path: Path) -> None:
    spec = make_spec(task="easy+hard", label="learner@cold")
    (row,) = make_rows([execute_run(spec, RunFiles(tmp_path), FakeBackend())])
    assert (row.task, row.agent, row.n_seeds) == ("easy+hard", "learner@cold", 1)
    (score,) = row.selected_scores
    best = read_result(RunFiles(tmp_path).result).best_by_task
    assert score == pytest.approx((best["easy"].selected_score + best["hard"].selected_score) / 2)


def test_a_seed_without_a_valid_program_on_one_of_several_tasks_has_no_best_score(tmp_path: Path) -> None:
    result = execute_run(make_spec(task="easy+hard"), RunFiles(tmp_path), FakeBackend())
    (row,) = make_rows([dataclasses.replace(result, best_by_task={"easy": result.best_by_task["easy"]})])
    assert (row.selected_scores, row.holdout_scores) == ((), ())


def test_long_names_do_not_lose_figures_in_a_terminal_of_80_columns(results: list[RunResult]) -> None:
    name = "balance_scale+tic_tac_toe+monks_1+breast_cancer"
    rows = [dataclasses.replace(row, task=name, agent="learner@with_a_long_preset") for row in make_rows(results)]
    console = Console(width=80, file=io.StringIO())
    console.print(rich_table(rows))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in text
    assert all(cell in text for row in rows for cell in row.cells()[1:])
    assert name in "".join(line.split()[0] for line in text.splitlines()[:12] if line.split())


def test_the_table_fits_a_terminal_of_80_columns(results: list[RunResult]) -> None:
    rows = [
        dataclasses.replace(row, rewards=row.rewards and (-0.123, 0.912), seconds=row.seconds and 12345.0)
        for row in make_rows(results)
    ]
    console = Console(width=80, file=io.StringIO())
    console.print(rich_table(rows))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in text
    for row in rows:
        assert all(cell in text for cell in row.cells())


def test_the_markdown_table_has_the_same_cells(results: list[RunResult]) -> None:
    rows = make_rows(results)
    lines = markdown_table(rows).splitlines()
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
    for row, line in zip(rows, lines[2:], strict=False):
        assert [cell.strip() for cell in line.strip("|").split("|")] == [row.task, *row.cells()]


def test_the_picture_is_the_same_for_the_same_results(results: list[RunResult], tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        plot_learning_curves(tmp_path / name, results)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    plot_learning_curves(tmp_path / "c.png", [with_level(result, 0.0) for result in results])
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "c.png").read_bytes()


def test_the_moving_average_looks_back() -> None:
    import numpy as np

    averages = moving_average(np.array([1.0, 3.0, 5.0, 10.0]), 3)
    assert averages.tolist() == pytest.approx([1, 2, 3, 6])


def test_a_legend_too_long_for_a_panel_goes_below_the_panels(results: list[RunResult], tmp_path: Path) -> None:
    def height(n_labels: int) -> int:
        runs = [dataclasses.replace(results[0], label=f"learner@{i}") for i in range(n_labels)]
        path = tmp_path / f"{n_labels}.png"
        plot_learning_curves(path, runs)
        return int(imread(path).shape[0])

    assert height(1) == height(MOST_IN_PANEL) < height(MOST_IN_PANEL + 1)
