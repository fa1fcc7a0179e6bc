from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from ds_gym.prompts import PROMPT_STYLES


@pytest.mark.parametrize("prompt", PROMPT_STYLES)
@pytest.mark.parametrize("protocol", ["holdout", "paper"])
def test_it_is_exactly_the_observation(cli: Callable[..., Any], prompt: str, protocol: str) -> None:
    with gymnasium.make("DataSci-v0", task="monks_1", prompt=prompt, protocol=protocol) as env:
        observation, _ = env.reset(seed=3)
    result = cli("show", "monks_1", "--prompt", prompt, "--protocol", protocol, "--seed", "3")
    assert (result.status, result.out, result.err) == (0, observation, "")


def test_a_csv_file(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{'ab'[i % 2]},{'yes' if i % 3 else 'no'}" for i in range(60))
    (tmp_path / "people.csv").write_text(f"age,group,left\n{rows}\n")
    result = cli("show", str(tmp_path / "people.csv"), "--target", "left")
    assert result.status == 0
    assert "# Task: People. Predict left from the other columns." in result.out
    assert "2 features (age, group)" in result.out
    result = cli("show", str(tmp_path / "people.csv"), "--target", "let")
    assert result.status == 2
    assert "Did you mean 'left'?" in result.err


def test_a_missing_table_says_which_where_from_and_where_to(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DS_GYM_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    result = cli("show", "kidney_stone@reference")
    assert result.status == 2
    which, where_from, where_to = result.err.splitlines()
    assert "kidney_stone.csv" in which
    assert "https://" in where_from
    assert str(tmp_path / "kidney_stone.csv") in where_to


def test_colours_in_a_terminal_do_not_change_the_text(cli: Callable[..., Any], terminal: Callable[..., Any]) -> None:
    started = terminal("show", "wine", columns=60)
    out = started.read_to_end()
    assert started.wait() == 0
    assert "\x1b[" in out
    assert re.sub(r"\x1b\[[0-9;]*m", "", out).replace("\r\n", "\n").strip() == cli("show", "wine").out
