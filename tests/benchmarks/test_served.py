"""The benchmark with a real server on loopback that is killed in the middle of a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli import main
from benchmarks.results import deterministic_part, read_result
from benchmarks.storage import RunFiles, read_attempts
from tests.agents.prompting.loopback import TransformersServer, transformers_server

pytestmark = pytest.mark.slow

RUN = Path("zero-shot") / "monks_1" / "seed-0"


@pytest.fixture(scope="module")
def server() -> Iterator[TransformersServer]:
    with transformers_server() as started:
        yield started


SUITE = """
description: a short run with a short evaluation
tasks: [monks_1]
seeds: [0]
env_steps: 16
num_envs: 4
protocol: holdout
evaluation_attempts: 4
"""


def arguments(server: TransformersServer, out: Path, *more: str) -> list[str]:
    suite = out / "suite.yaml"
    suite.write_text(SUITE)
    return [
        *("--agent", "zero-shot", "--model", f"openai:{server.model_name}", "--base-url", server.base_url),
        *("--prompt", "completion", "--suite", str(suite)),
        *("--set", "max_new_tokens=48", "--price-per-million", "1", "2", "--concurrency", "2"),
        *("--out", str(out), "--response-cache", str(out / "responses.sqlite"), "--jobs", "1", "--log", "none", *more),
    ]


def after_first_iteration(out: Path, act: Any) -> threading.Thread:
    """Calls ``act`` in another thread as soon as a run has made its first attempts."""

    def wait() -> None:
        files = RunFiles(out / RUN)
        deadline = time.monotonic() + 120
        while not (files.attempts.exists() and list(read_attempts(files.attempts))) and time.monotonic() < deadline:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def outcome(out: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    files = RunFiles(out / RUN)
    return deterministic_part(read_result(files.result)), list(read_attempts(files.attempts))


@pytest.fixture(scope="module")
def undisturbed(server: TransformersServer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("undisturbed")
    assert main(arguments(server, out)) == 0
    return outcome(out)


def test_a_run_on_a_server_tells_what_it_took(undisturbed: Any) -> None:
    result, attempts = undisturbed
    assert len(attempts) == 16
    assert any(attempt["status"] == "scored" for attempt in attempts) or result["failures"]
    usage = result["usage"]
    assert usage["model_calls"] == 16
    assert usage["generated_tokens"] == sum(attempt["tokens"] for attempt in attempts) > 0
    assert usage["cost_usd"] == pytest.approx((usage["prompt_tokens"] + 2 * usage["generated_tokens"]) / 1e6)
    assert result["evaluation_usage"]["model_calls"] == 4
    assert result["config"]["model_options"]["prompt"] == "completion"
    assert result["config"]["prompt_fingerprint"].startswith("sha256:")


def test_a_server_that_is_killed_and_started_again_costs_no_attempt(
    server: TransformersServer, undisturbed: Any, tmp_path: Path
) -> None:
    def interrupt() -> None:
        server.kill()
        time.sleep(1)
        server.restart()

    thread = after_first_iteration(tmp_path, interrupt)
    try:
        assert main(arguments(server, tmp_path, "--patience", "120")) == 0
    finally:
        thread.join()
    assert outcome(tmp_path) == undisturbed


def test_a_run_whose_server_stays_away_fails_and_resumes_without_asking_anything_twice(
    server: TransformersServer, undisturbed: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thread = after_first_iteration(tmp_path, server.kill)
    try:
        assert main(arguments(server, tmp_path, "--patience", "1")) == 1
    finally:
        thread.join()
        server.restart()
    complaint = capsys.readouterr().err
    assert server.base_url in complaint
    assert "--resume" in complaint
    assert "Traceback" not in complaint
    assert read_result(RunFiles(tmp_path / RUN).result).status == "failed"
    assert main(arguments(server, tmp_path, "--resume")) == 0
    assert outcome(tmp_path) == undisturbed
    assert main(arguments(server, tmp_path, "--overwrite")) == 0
    result = read_result(RunFiles(tmp_path / RUN).result)
    assert sum(int(point["cached_answers"] or 0) for point in result.throughput) == 16
