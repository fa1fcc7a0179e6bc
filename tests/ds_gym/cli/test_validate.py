from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ds_gym.known_scores import ScoreCheck
from ds_gym.tasks import get_task
from ds_gym.tasks.paper_scores import BASELINE_PROGRAMS, paper_scores


def test_an_embedded_task(cli: Callable[..., Any]) -> None:
    result = cli("validate", "wine")
    assert result.status == 0
    for solution in get_task("wine").solutions:
        row = next(line.split() for line in result.out.splitlines() if f" {solution.role} " in f" {line} ")
        assert f"{solution.score:.4f}" in row
        assert row[-1] == "ok"
    assert "All 3 scores of 1 tasks are within 0.002." in result.out
    assert "\x1b" not in result.out


def test_a_baseline_of_the_paper_on_an_embedded_table(cli: Callable[..., Any]) -> None:
    result = cli("validate", "tic_tac_toe@reference", "--model", "logreg_scaled", "--model", "dummy_prior")
    assert result.status == 0, result.out
    assert "All 2 scores" in result.out
    assert f"{paper_scores()['tic_tac_toe@reference'].scores['logreg_scaled']:.4f}" in result.out


def test_a_missing_table_is_a_miss_that_says_where_to_put_it(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("DS_GYM_DATA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("ds_gym.tasks.registry._LOADED", {})
    result = cli("validate", "pharyngitis@reference")
    assert result.status == 1
    assert result.out.count("where to put it: ") == 1
    n_models = len(paper_scores()["pharyngitis@reference"].scores)
    assert f"{n_models} of {n_models} scores miss" in result.out


@pytest.mark.parametrize(("measured", "status"), [(0.901, 0), (0.91, 1), (None, 1)])
def test_a_miss_is_status_1(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, measured: float | None, status: int
) -> None:
    def checks(names: list[str]) -> Iterator[ScoreCheck]:
        yield ScoreCheck(names[0], "floor", 0.5, 0.5)
        yield ScoreCheck(names[0], "strong", 0.9, measured, note="" if measured else "[bold]no markup[/bold]")

    monkeypatch.setattr("ds_gym.cli.validate.validate_tasks", checks)
    result = cli("validate", "wine")
    assert result.status == status
    assert ("MISS" in result.out) is bool(status)
    assert ("1 of 2 scores miss" in result.out) is bool(status)
    assert ("[bold]no markup[/bold]" in result.out) is (measured is None)


@pytest.mark.parametrize(
    ("arguments", "names", "with_baselines"),
    [
        ([], ["balance_scale", "noisy_xor"], False),
        (["--suite", "embedded"], ["balance_scale", "noisy_xor"], False),
        (["--suite", "paper"], ["kidney_stone@reference", "balance_scale@reference"], True),
        (["--suite", "paper-full"], ["kidney_stone", "balance_scale"], True),
    ],
)
def test_what_a_suite_checks(
    cli: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    names: list[str],
    with_baselines: bool,
) -> None:
    called: dict[str, Any] = {}
    monkeypatch.setattr("ds_gym.cli.validate.validate_tasks", lambda tasks: called.update(tasks=tasks) or iter(()))
    monkeypatch.setattr(
        "ds_gym.cli.validate.validate_baselines",
        lambda tasks, models: called.update(baselines=tasks, models=models) or iter(()),
    )
    assert cli("validate", *arguments).status == 0
    assert set(called) == ({"baselines", "models"} if with_baselines else {"tasks"})
    assert set(names) <= set(called["baselines" if with_baselines else "tasks"])


def test_the_baselines_are_known() -> None:
    assert all(set(known.scores) <= set(BASELINE_PROGRAMS) for known in paper_scores().values())
