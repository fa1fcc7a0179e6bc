from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from ds_gym.failures import Failure
from ds_gym.known_scores import ScoreCheck, validate_baselines, validate_tasks
from ds_gym.sandbox import SplitJob
from ds_gym.tasks import Task, list_tasks, registry
from ds_gym.tasks.paper_scores import BASELINE_PROGRAMS, paper_scores

needs_tables = pytest.mark.skipif(
    not os.environ.get("DS_GYM_DATA_HOME"), reason="DS_GYM_DATA_HOME names no folder with the paper's tables"
)


def constant(job: SplitJob) -> np.ndarray:
    return np.full((len(job.x_eval), job.n_classes), 1 / job.n_classes)


def test_a_check_is_passed_within_its_tolerance() -> None:
    assert ScoreCheck("t", "floor", 0.5, 0.5019, 0.002).ok
    assert not ScoreCheck("t", "floor", 0.5, 0.503, 0.002).ok
    assert not ScoreCheck("t", "floor", 0.5, None, 0.002).ok


def test_every_program_of_every_embedded_task_is_run(make_fake_sandbox: Any) -> None:
    sandbox = make_fake_sandbox(constant)
    checks = list(validate_tasks(sandbox=sandbox))
    assert [(check.task, check.program) for check in checks] == [
        (task, role) for task in list_tasks("embedded") for role in ("floor", "reference", "strong")
    ]
    assert len(sandbox.jobs) == 5 * len(checks)
    for check in checks:
        assert check.measured == 0.5
        assert check.ok == (check.program == "floor")


def test_known_programs_earn_their_scores_in_the_sandbox() -> None:
    checks = list(validate_tasks(["wine"]))
    assert len(checks) == 3
    assert [check for check in checks if not check.ok] == []


def test_a_program_that_fails_is_a_failed_check(make_fake_sandbox: Any) -> None:
    sandbox = make_fake_sandbox(lambda job: Failure("memory", "MemoryError: too much"))
    for check in validate_tasks(["wine"], sandbox=sandbox):
        assert (check.measured, check.note, check.ok) == (None, "MemoryError: too much", False)


def test_results_are_not_taken_from_the_cache(make_fake_sandbox: Any) -> None:
    sandbox = make_fake_sandbox(constant)
    for _ in range(2):
        list(validate_tasks(["wine"], sandbox=sandbox))
    assert len(sandbox.jobs) == 2 * 3 * 5


def test_bad_arguments(task: Task) -> None:
    with pytest.raises(ValueError, match=r"task: unknown value 'vine'.*Did you mean 'wine'\?"):
        list(validate_tasks(["vine"]))
    with pytest.raises(ValueError, match="task 'separable' has no programs with known scores"):
        list(validate_tasks([task]))
    with pytest.raises(ValueError, match=r"task: unknown value 'wine'; allowed: 'kidney_stone@reference'"):
        list(validate_baselines(["wine"]))
    with pytest.raises(ValueError, match=r"model: unknown value 'hist-gb'.*Did you mean 'hist_gb'"):
        list(validate_baselines(models=["hist-gb"]))


def test_baselines_of_a_task_that_needs_no_table(make_fake_sandbox: Any) -> None:
    checks = list(validate_baselines(["tic_tac_toe@reference"], sandbox=make_fake_sandbox(constant)))
    assert [check.program for check in checks] == list(BASELINE_PROGRAMS)
    assert [check.expected for check in checks] == list(paper_scores()["tic_tac_toe@reference"].scores.values())
    assert [check.note for check in checks] == [""] * len(checks)
    (real,) = validate_baselines(["tic_tac_toe@reference"], ["logreg_scaled"])
    assert real.ok


def test_a_missing_table_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, make_fake_sandbox: Any) -> None:
    monkeypatch.setenv("DS_GYM_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(registry, "_LOADED", {})
    (check,) = validate_baselines(["kidney_stone@reference"], ["dummy_prior"], sandbox=make_fake_sandbox())
    assert "where to put it" in check.note
    assert not check.ok


@needs_tables
@pytest.mark.slow
@pytest.mark.parametrize("name", list_tasks("paper"))
def test_the_papers_tasks_give_the_known_scores(name: str) -> None:
    # The quick ones; `ds-gym validate --suite paper` runs all.
    models = ["dummy_prior", "logreg_scaled", *(["hist_gb"] if paper_scores()[name].n_classes == 2 else [])]
    checks = list(validate_baselines([name], models))
    assert [check.program for check in checks] == models
    assert [check for check in checks if not check.ok] == []
