from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import ResultError
from benchmarks.execution import execute_run
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.record import Progress
from benchmarks.results import RunResult, deterministic_part, read_result
from benchmarks.storage import RunFiles, read_attempts
from tests.benchmarks.fakes import HOLDOUT_LOSS, FakeBackend, make_spec

BACKEND = FakeBackend()


def run(spec: RunSpec, folder: Path, **arguments) -> tuple[RunResult, list[dict]]:
    files = RunFiles(folder)
    result = execute_run(spec, files, BACKEND, **arguments)
    return result, list(read_attempts(files.attempts))


class StopAfter:
    """Asks to stop at the n-th time it is asked."""

    def __init__(self, n: int) -> None:
        self._left = n

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_the_result_agrees_with_its_attempts(tmp_path: Path) -> None:
    result, attempts = run(make_spec(), tmp_path)
    rewards = [attempt["reward"] for attempt in attempts]
    scored = [attempt for attempt in attempts if attempt["status"] == "scored"]
    assert [attempt["env_step"] for attempt in attempts] == list(range(1, 41))
    assert result.status == "finished"
    assert result == read_result(RunFiles(tmp_path).result)
    assert result.last_fifth is not None
    assert result.last_fifth.mean_reward == pytest.approx(np.mean(rewards[-8:]))
    assert result.last_fifth.n_attempts == 8
    assert result.overall is not None
    assert result.overall.mean_reward == pytest.approx(np.mean(rewards))
    assert result.failures == {"exception": 40 - len(scored)}
    assert result.best is not None
    best = max(scored, key=lambda attempt: attempt["score"])
    assert (result.best.env_step, result.best.code) == (best["env_step"], best["code"])
    assert result.best.selected_score == best["score"]
    assert result.best.holdout_score == pytest.approx(best["score"] - HOLDOUT_LOSS)
    assert result.budget.env_steps == 40
    assert result.budget.generated_tokens == 80
    assert result.budget.gradient_steps == 40
    assert result.budget.seconds.generation == 2.5
    assert [point["env_steps"] for point in result.curve] == list(range(4, 41, 4))
    assert result.curve[2]["mean_reward"] == pytest.approx(np.mean(rewards[8:12]))
    assert RunFiles(tmp_path).checkpoints() == []


def test_the_evaluation_makes_its_own_attempts(tmp_path: Path) -> None:
    result, attempts = run(make_spec(), tmp_path)
    assert result.evaluation is not None
    assert result.evaluation.n_attempts == 10
    assert 0 <= result.evaluation.valid_rate <= 1
    assert len(attempts) == 40


def test_a_metric_that_is_not_finite_is_none(tmp_path: Path) -> None:
    result, _ = run(make_spec(agent_config={"nan_metric_at": 8}), tmp_path)
    assert [point["kl"] for point in result.curve[:3]] == [0.01, None, 0.01]


def test_no_valid_program_gives_no_best(tmp_path: Path) -> None:
    # An agent that does not learn and makes 1 attempt: with this seed it fails.
    spec = make_spec(env_steps=1, num_envs=1, seed=3, agent_config={"learns": False})
    result, attempts = run(spec, tmp_path)
    assert attempts[0]["status"] == "failed"
    assert result.best is None
    assert result.last_fifth is not None
    assert result.last_fifth.mean_reward == -1


def test_the_same_spec_gives_the_same_files(tmp_path: Path) -> None:
    first, _ = run(make_spec(), tmp_path / "a")
    second, _ = run(make_spec(), tmp_path / "b")
    assert deterministic_part(first) == deterministic_part(second)
    assert RunFiles(tmp_path / "a").attempts.read_bytes() == RunFiles(tmp_path / "b").attempts.read_bytes()


def test_another_seed_gives_another_result(tmp_path: Path) -> None:
    first, _ = run(make_spec(), tmp_path / "a")
    second, _ = run(make_spec(seed=1), tmp_path / "b")
    assert first.curve != second.curve
    assert first.evaluation != second.evaluation


@pytest.mark.parametrize("stops", [[0], [1], [4], [3, 2], [1, 1, 1, 1], [12]])
def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path: Path, stops: list[int]) -> None:
    expected, expected_attempts = run(make_spec(), tmp_path / "a")
    for n in stops:
        result, attempts = run(make_spec(), tmp_path / "b", should_stop=StopAfter(n))
        assert result.status == "interrupted"
        assert len(attempts) == result.budget.env_steps
        assert result.curve == expected.curve[: len(result.curve)]
    result, attempts = run(make_spec(), tmp_path / "b")
    assert deterministic_part(result) == deterministic_part(expected)
    assert attempts == expected_attempts


def test_a_run_killed_after_a_checkpoint_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    expected, expected_attempts = run(make_spec(), tmp_path / "a")
    files = RunFiles(tmp_path / "b")
    broken = make_spec(agent_config={"raise_at": 24})
    with pytest.raises(RuntimeError, match="broke"):
        execute_run(broken, files, BACKEND, sync_seconds=0)
    partial = read_result(files.result)
    assert partial.status == "running"
    assert partial.curve == expected.curve[:5]
    assert list(read_attempts(files.attempts)) == expected_attempts[:20]
    hand_over_checkpoint(files, make_spec())
    # Attempts that were written after the checkpoint, but before the kill, are made again.
    with files.attempts.open("ab") as file:
        file.write(RunFiles(tmp_path / "a").attempts.read_bytes())
    result, attempts = run(make_spec(), tmp_path / "b")
    assert deterministic_part(result) == deterministic_part(expected)
    assert attempts == expected_attempts


def hand_over_checkpoint(files: RunFiles, spec: RunSpec) -> None:
    """Lets the checkpoints of a run that breaks belong to ``spec``, which does not."""
    for path in files.checkpoints():
        BACKEND.save_checkpoint(path, {**BACKEND.load_checkpoint(path), "run": json.loads(json.dumps(asdict(spec)))})


def test_a_checkpoint_of_another_configuration_is_refused(tmp_path: Path) -> None:
    run(make_spec(), tmp_path, should_stop=StopAfter(2))
    with pytest.raises(ResultError, match=r"another configuration: agent_config\.temperature is 1\.0 there, 0\.5 here"):
        run(make_spec(agent_config={"temperature": 0.5}), tmp_path)


def test_a_run_that_diverges_keeps_what_was_recorded_and_the_batch(tmp_path: Path) -> None:
    expected, expected_attempts = run(make_spec(), tmp_path / "a")
    result, attempts = run(make_spec(agent_config={"diverge_at": 24}), tmp_path / "b")
    files = RunFiles(tmp_path / "b")
    assert (result.status, result.error) == ("diverged", "policy_loss became nan in the update")
    assert result == read_result(files.result)
    # The attempts behind the update that failed were made, and count.
    assert attempts == expected_attempts[:24]
    assert result.curve == expected.curve[:6]
    assert result.budget.env_steps == 24
    assert result.best is not None
    assert result.evaluation is result.last_fifth is result.best.holdout_score is None
    left = BACKEND.load_checkpoint(files.diverged)
    assert left["batch"]["rewards"] == [attempt["reward"] for attempt in attempts[20:]]
    assert left["agent"] == {"env_steps": 24}
    assert (left["run_key"], left["env_steps"], left["error"]) == (result.run_key, 24, result.error)
    assert files.checkpoints() == []
    assert len(metrics(files)) == 6


def test_every_iteration_is_a_line_of_the_metrics(tmp_path: Path) -> None:
    result, _ = run(make_spec(), tmp_path)
    lines = metrics(RunFiles(tmp_path))
    assert lines == [{**point, **speed} for point, speed in zip(result.curve, result.throughput, strict=True)]
    expected = "env_steps mean_reward valid_rate kl generation_seconds environment_seconds update_seconds"
    expected += " iteration_seconds tokens_per_second attempts_per_second peak_memory_mb"
    assert set(expected.split()) <= set(lines[0])
    assert lines[0]["tokens_per_second"] == 8 / 0.25
    assert lines[0]["attempts_per_second"] == pytest.approx(4 / lines[0]["iteration_seconds"])


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_a_killed_run_has_every_iteration_in_its_logs_once(tmp_path: Path, lost: int) -> None:
    options = RunOptions(sample_every=2)
    run(make_spec(), tmp_path / "a", options=options)
    files = RunFiles(tmp_path / "b")
    with pytest.raises(RuntimeError, match="broke"):
        run(make_spec(agent_config={"raise_at": 24}), tmp_path / "b", options=options)
    hand_over_checkpoint(files, make_spec())
    # Lines that the system has lost, and lines of attempts behind the checkpoint, the last one cut by the kill.
    lines = files.metrics.read_text().splitlines(keepends=True)
    behind = RunFiles(tmp_path / "a").metrics.read_text().splitlines(keepends=True)[5:7]
    files.metrics.write_text("".join([*lines[: 5 - lost], *behind])[:-9])
    files.samples.write_text(files.samples.read_text() + "### attempt")
    run(make_spec(), tmp_path / "b", options=options)
    assert [line["env_steps"] for line in metrics(files)] == list(range(4, 41, 4))
    assert files.samples.read_bytes() == RunFiles(tmp_path / "a").samples.read_bytes()


def test_sample_programs_are_kept_every_so_many_iterations(tmp_path: Path) -> None:
    _, attempts = run(make_spec(), tmp_path / "a", options=RunOptions(sample_every=4))
    text = RunFiles(tmp_path / "a").samples.read_text()
    shown = [int(number) for number in re.findall(r"^### attempt (\d+)", text, re.MULTILINE)]
    assert {(number - 1) // 4 for number in shown} == {0, 4, 8}
    for number in shown:
        assert attempts[number - 1]["code"] in text
    run(make_spec(), tmp_path / "b", options=RunOptions(sample_every=0))
    assert RunFiles(tmp_path / "b").samples.read_text() == ""


def metrics(files: RunFiles) -> list[dict]:
    return [json.loads(line) for line in files.metrics.read_text().splitlines()]


def test_progress_is_reported_with_recent_figures(tmp_path: Path) -> None:
    seen: list[Progress] = []
    run(make_spec(), tmp_path, report=seen.append)
    assert [progress.env_steps for progress in seen if progress.phase == "learning"] == list(range(0, 41, 4))
    assert seen[0] == Progress("starting", 0)
    assert all((progress.mean_reward is None) == (progress.env_steps == 0) for progress in seen)
    assert {(progress.kl, progress.tokens_per_second) for progress in seen if progress.env_steps} == {(0.01, 32.0)}
    assert [progress.env_steps for progress in seen if progress.samples] == [4]
