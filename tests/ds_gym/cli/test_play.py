from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

BODY = "from sklearn.naive_bayes import GaussianNB\nreturn GaussianNB().fit(x_train, y_train)"
PASTE, END_OF_PASTE = "\x1b[200~", "\x1b[201~"
CTRL_C, CTRL_D, CTRL_W, UP = "\x03", "\x04", "\x17", "\x1b[A"


def test_a_pipe_with_two_attempts(cli: Callable[..., Any]) -> None:
    result = cli("play", "wine", stdin=f"\n\nreturn nothing\n\n\n{BODY}\n\nnot read any more\n".encode())
    assert result.status == 0
    first, second = result.out.partition("Attempt 2 of 5")[::2]
    assert "NameError: name 'nothing' is not defined" in first
    assert "line 2: return nothing" in first
    assert "ROC AUC 0.9" in second
    assert "Attempt 3" not in second
    assert "\x1b" not in result.out


def test_a_program_with_empty_lines_between_fences(cli: Callable[..., Any]) -> None:
    program = BODY.replace("\n", "\n\n\n")
    result = cli("play", "wine", stdin=f"```python\n{program}\n```\n".encode())
    assert result.status == 0
    assert "ROC AUC 0.9" in result.out


def test_attempts_run_out(cli: Callable[..., Any]) -> None:
    result = cli("play", "wine", "--attempts", "2", stdin=b"return a\n\nreturn b\n\nreturn c\n")
    assert result.status == 1
    assert "'b' is not defined" in result.out
    assert "'c'" not in result.out


def test_nothing_typed_is_no_failure(cli: Callable[..., Any]) -> None:
    result = cli("play", "wine", stdin=b"\n\n")
    assert result.status == 0
    assert "Attempt" not in result.out


def test_bytes_that_are_no_text_are_a_failed_attempt(cli: Callable[..., Any]) -> None:
    result = cli("play", "wine", stdin=b"return \xff\n")
    assert result.status == 1
    assert "not valid UTF-8" in result.out


def test_in_a_terminal(terminal: Callable[..., Any], tmp_path: Path) -> None:
    game = terminal("play", "wine")
    introduction = game.read_until("Attempt 1 of 5")
    assert "Predict the cultivar" in introduction
    assert "\x1b[1m" in introduction
    game.read_until("  2 | ")
    game.type("return nothing\r")
    game.read_until("  3 | ")
    game.type("\r")
    game.read_until("name 'nothing' is not defined")
    game.read_until("  2 | ")
    game.type(f"{UP}{CTRL_W}something\r")  # the history has the line; its last word is replaced
    game.read_until("  3 | ")
    game.type(CTRL_D)
    game.read_until("name 'something' is not defined")
    game.read_until("  2 | ")
    pasted = BODY.replace("\n", "\n\n")
    game.type(f"{PASTE}{pasted}{END_OF_PASTE}\r")
    game.read_until(" | ")
    game.type("\r")
    game.read_until("ROC AUC 0.9")
    assert "Attempt 4" not in game.read_to_end()
    assert game.wait() == 0
    assert "return nothing" in (tmp_path / "config" / "ds-gym" / "play_history").read_text()


def test_ctrl_d_leaves(terminal: Callable[..., Any]) -> None:
    game = terminal("play", "wine")
    game.read_until("  2 | ")
    game.type(CTRL_D)
    game.read_to_end()
    assert game.wait() == 0


def test_ctrl_c_leaves_with_130(terminal: Callable[..., Any]) -> None:
    game = terminal("play", "wine")
    game.read_until("  2 | ")
    game.type("return x")
    game.read_until("return x")  # all keys are read: Python overlooks an interrupt that comes between two of them
    assert "Traceback" not in game.press_until_it_ends(CTRL_C)
    assert game.wait() == 130
