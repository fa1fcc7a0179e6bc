from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ds_gym
from ds_gym.tasks import registry
from ds_gym.tasks.paper_tables import PAPER_TABLES


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("DS_GYM_DATA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_all_tasks_are_listed_with_their_scores(cli: Callable[..., Any], no_data: Path) -> None:
    result = cli("list")
    assert result.status == 0
    words = [line.split() for line in result.out.splitlines()]
    listed = {line[0]: line[1:] for line in words if line}
    for suite in ds_gym.list_suites():
        assert set(ds_gym.list_tasks(suite)) <= set(listed)
    wine = ds_gym.get_task("wine")
    scores = [f"{wine.solution(role).score:.4f}" for role in ("floor", "reference", "strong")]
    assert listed["wine"] == ["178", "13", "3", *scores]
    assert "DataSci-v0" in result.out


def test_tables_that_are_missing_are_named_and_not_loaded(
    cli: Callable[..., Any], no_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ds_gym.tasks.paper._read", lambda table: pytest.fail(f"{table.name} was loaded"))
    result = cli("list", "--suite", "paper")
    assert str(no_data / "ds_gym") in result.out
    for name in ds_gym.list_tasks("paper-full"):
        assert (f"{name}.csv" in result.out) is (name in PAPER_TABLES)


def test_a_table_that_is_there_is_not_called_missing(
    cli: Callable[..., Any], no_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (no_data / "cmc.csv").touch()
    monkeypatch.setenv("DS_GYM_DATA_HOME", str(no_data))
    out = cli("list", "--suite", "paper").out
    assert "cmc.csv" not in out
    assert "credit_g.csv" in out


def test_a_suite_alone(cli: Callable[..., Any]) -> None:
    out = cli("list", "--suite", "embedded").out
    assert "noisy_xor" in out
    assert "@reference" not in out


def test_tasks_of_no_suite_are_named_and_not_loaded(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, no_data: Path
) -> None:
    monkeypatch.setitem(registry._LOADERS, "someones_table", lambda: pytest.fail("it was loaded"))
    assert "someones_table" in cli("list").out


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_into_the_terminal(terminal: Callable[..., Any], columns: int) -> None:
    started = terminal("list", "--suite", "paper", columns=columns)
    out = started.read_to_end()
    assert started.wait() == 0
    assert "\x1b[" in out
    rows = [line for line in out.splitlines() if "@reference" in line]
    assert len(rows) == 14
    assert all(len(re.findall(r"0\.\d{4}", row)) == 3 for row in rows)


def test_it_is_plain_where_nothing_else_can_be_shown() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ds_gym", "list"],
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    assert b"\x1b" not in result.stdout


def test_the_gallery_has_every_task(cli: Callable[..., Any], no_data: Path) -> None:
    page = cli("list", "--markdown").out
    for suite in ds_gym.list_suites():
        section = page.partition(f"\n## {suite}\n")[2].partition("\n## ")[0]
        for name in ds_gym.list_tasks(suite):
            assert section.count(f"| `{name}` |") == 1
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.count(" | ") for line in tables} == {9}
