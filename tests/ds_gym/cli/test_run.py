from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
BODY = """
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB().fit(x_train, y_train)
"""
FUNCTION = f"def build_model(x_train, y_train):{BODY}"


@pytest.mark.parametrize("program", [BODY, FUNCTION, f"```python\n{FUNCTION}```"], ids=["body", "function", "fenced"])
def test_it_is_the_score_of_the_environment(cli: Callable[..., Any], tmp_path: Path, program: str) -> None:
    with gymnasium.make("DataSci-v0", task="wine") as env:
        env.reset()
        score = env.step(program)[1]
    file = tmp_path / "program.py"
    file.write_text(program)
    result = cli("run", "wine", str(file))
    assert result.status == 0
    assert f"ROC AUC {score:.4f}" in result.out
    assert "\x1b" not in result.out


def test_a_csv_file(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = "\n".join(f"{i % 7},{i % 5},{'yes' if i % 7 > 3 else 'no'}" for i in range(140))
    (tmp_path / "people.csv").write_text(f"age,size,left\n{rows}\n")
    result = cli("run", str(tmp_path / "people.csv"), "-", "--target", "left", stdin=BODY.encode())
    assert result.status == 0
    assert "ROC AUC 1.0000" in result.out


def test_the_protocol_and_the_rows_held_out(cli: Callable[..., Any]) -> None:
    with gymnasium.make("DataSci-v0", task="wine") as env:
        held_out = env.unwrapped.holdout_score(BODY)
    result = cli("run", "wine", "-", "--holdout", stdin=BODY.encode())
    assert result.status == 0
    assert f"held out {held_out:.4f}" in result.out
    other = cli("run", "wine", "-", "--protocol", "paper", stdin=BODY.encode())
    assert "held out" not in other.out
    assert other.out.splitlines()[0] != result.out.splitlines()[0]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            b"x = 1\nreturn no_name",
            ["NameError: name 'no_name' is not defined", "line 3: return no_name"],
        ),
        (b"", ["failed (syntax)"]),
        (b"return \xff\xfe", ["not valid UTF-8"]),
        (b"return \0", ["null"]),
        (b"[red]markup[/red] that is no Python", ["failed (syntax)"]),
        (b"raise ValueError('\x1b[2J\x1b[31m')  # \x1b[1m", ["line 2: raise ValueError"]),
    ],
)
def test_a_program_that_fails_is_status_1(cli: Callable[..., Any], program: bytes, said: list[str]) -> None:
    result = cli("run", "wine", "-", stdin=program)
    assert result.status == 1
    assert result.err == ""
    assert "\x1b" not in result.out
    for text in said:
        assert text in result.out


def test_a_program_that_fails_on_all_the_rows_of_the_episodes(cli: Callable[..., Any]) -> None:
    fails_on_more = b"    assert len(x_train) < 100" + BODY.encode()
    result = cli("run", "wine", "-", "--holdout", stdin=fails_on_more)
    assert "ROC AUC" in result.out
    assert "failed when it was fitted on all the rows" in result.out
    assert result.status == 1


def test_the_time_limit(cli: Callable[..., Any]) -> None:
    result = cli("run", "wine", "-", "--timeout", "0.5", stdin=b"while True: pass\nreturn model")
    assert result.status == 1
    assert "timeout" in result.out


def test_ctrl_c_ends_with_130_and_leaves_no_process(tmp_path: Path) -> None:
    file = tmp_path / "endless.py"
    file.write_text("while True: pass\nreturn model")
    process = subprocess.Popen(
        [sys.executable, "-m", "ds_gym", "run", "wine", str(file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    started = descendants_when_busy(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    _, alive = psutil.wait_procs(started, timeout=30)
    assert alive == []


def descendants_when_busy(pid: int) -> list[psutil.Process]:
    """The processes below ``pid``, as soon as one of them computes (the program that does not end)."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = psutil.Process(pid).children(recursive=True)
        if any(busy(each) for each in found):
            return found
        time.sleep(0.1)
    pytest.fail("the program was not started")


def busy(process: psutil.Process) -> bool:
    try:
        before = process.cpu_times().user
        time.sleep(0.3)
        return process.cpu_times().user - before > 0.05 and process.cpu_times().user > 0
    except psutil.Error:
        return False
