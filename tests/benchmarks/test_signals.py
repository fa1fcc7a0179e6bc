"""The benchmark as a process of its own: what it leaves behind when it is stopped from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.cli import main
from benchmarks.results import deterministic_part, find_results, read_result
from tests.benchmarks.fakes import FakeBackend

ROOT = Path(__file__).parents[2]
ARGUMENTS = ["--agent", "learner", "--no-references", "--tasks", "easy,hard", "--seeds", "0", "--num-envs", "4"]
ARGUMENTS += ["--env-steps", "80", "--jobs", "2", "--set", "iteration_seconds=0.05", "--log", "none"]
PATIENCE_SECONDS = 180


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def start(out: Path, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.benchmarks.fakes", *ARGUMENTS, "--out", str(out), *more]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def statuses(out: Path) -> list[str]:
    return [read_result(path).status for path in find_results(out)]


def assert_like_uninterrupted(out: Path, tmp_path: Path) -> None:
    assert main([*ARGUMENTS, "--out", str(tmp_path / "whole")], FakeBackend()) == 0
    assert statuses(out) == ["finished"] * 2
    for path in find_results(out):
        whole = tmp_path / "whole" / path.relative_to(out)
        assert deterministic_part(read_result(path)) == deterministic_part(read_result(whole))
        assert path.with_name("attempts.jsonl.gz").read_bytes() == whole.with_name("attempts.jsonl.gz").read_bytes()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_benchmark_goes_on_with_resume(tmp_path: Path, start, number: int, code: int) -> None:
    out = tmp_path / "out"
    process = start(out)
    until(lambda: len(list(find_results(out))) >= 2)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    text, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code
    until(lambda: gone(children))
    assert "--resume" in text.splitlines()[-1]
    assert "Traceback" not in text
    assert set(statuses(out)) <= {"interrupted", "finished"}
    assert "interrupted" in statuses(out)
    assert start(out).wait(PATIENCE_SECONDS) == 2
    assert start(out, "--resume").wait(PATIENCE_SECONDS) == 0
    assert_like_uninterrupted(out, tmp_path)


def test_a_killed_benchmark_takes_its_workers_along_and_goes_on_with_resume(tmp_path: Path, start) -> None:
    out = tmp_path / "out"
    process = start(out)
    until(lambda: len(list(find_results(out))) >= 2)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: gone(children))
    assert statuses(out)
    assert start(out, "--resume").wait(PATIENCE_SECONDS) == 0
    assert_like_uninterrupted(out, tmp_path)


def test_a_second_interrupt_stops_at_once(tmp_path: Path, start) -> None:
    out = tmp_path / "out"
    process = start(out, "--set", "iteration_seconds=1000")
    until(lambda: len(list(find_results(out))) >= 2)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert "Stopping" in next(line for line in process.stdout if "Stopping" in line)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 130
    until(lambda: gone(children))


def test_an_interrupt_while_a_model_is_loaded_stops_at_once(tmp_path: Path, start) -> None:
    out = tmp_path / "out"
    process = start(out, "--set", "opening_seconds=1000")
    until(lambda: len(psutil.Process(process.pid).children()) >= 2)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 130
    until(lambda: gone(children))
    assert start(out).wait(PATIENCE_SECONDS) == 0
