from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import harness
from benchmarks.errors import ResultError
from benchmarks.execution import execute_run
from benchmarks.results import deterministic_part, find_results, read_result
from benchmarks.storage import RunFiles
from benchmarks.tuning.cli import Searched, main
from benchmarks.tuning.report import (
    TrialRecord,
    best_settings,
    best_trial,
    merge,
    read_report,
    trial_value,
    write_report,
)
from benchmarks.tuning.space import make_design
from benchmarks.worker import RunEnded
from tests.benchmarks.fakes import run_key_files
from tests.benchmarks.tuning_fakes import SPACE, searched

ROOT = Path(__file__).parents[2]
SMALL = ["--trials", "3", "--tasks", "easy,hard", "--seeds", "100", "--env-steps", "16", "--jobs", "1"]


@pytest.fixture(autouse=True)
def runs_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers, which have tests of their own, take seconds to start."""

    def run_plan(plan, backend, out, jobs, listener, options) -> harness.Outcome:
        outcome = harness.Outcome()
        for spec in plan:
            listener.started(spec)
            try:
                result = execute_run(spec, RunFiles(spec.folder(out)), backend, options=options)
                ended = RunEnded(spec, result, result.error)
            except RuntimeError as error:
                ended = RunEnded(spec, None, f"{type(error).__name__}: {' '.join(str(error).split())}")
            outcome.ended.append(ended)
            listener.ended(ended)
        return outcome

    monkeypatch.setattr(harness, "run_plan", run_plan)


def tune(out: Path, *more: str, on: Searched | None = None) -> int:
    return main([*SMALL, "--out", str(out), *more], on or searched())


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def record(number: int, status: str, value: float | None) -> TrialRecord:
    return TrialRecord(number, {"learning_rate": 1e-3}, status, {}, value, 0.0, None)  # type: ignore[arg-type]


def test_tuning_ends_with_the_best_settings_of_each_learner(tmp_path: Path, capsys) -> None:
    assert tune(tmp_path) == 0
    report = read_report(tmp_path / "tuning.json")
    assert list(report.learners) == ["learner", "other"]
    for learner, tuning in report.learners.items():
        assert [trial.number for trial in tuning.trials] == [0, 1, 2]
        assert [trial.settings for trial in tuning.trials] == [
            SPACE.settings(learner, point) for point in make_design(SPACE, 3)
        ]
        for trial in tuning.trials:
            assert trial.status == "finished"
            assert set(trial.tasks) == {"easy", "hard"}
            assert trial.value == pytest.approx(sum(trial.tasks.values()) / 2)
        assert tuning.best_trial == max(tuning.trials, key=lambda trial: trial.value or -1).number
        assert len({trial.value for trial in tuning.trials}) > 1
    best = best_settings(tmp_path / "tuning.json")
    assert best["learner"] == report.learners["learner"].trials[report.learners["learner"].best_trial or 0].settings
    out = capsys.readouterr().out
    assert "learner-trial-2  finished" in out
    assert "finished, best" in out


def test_values_are_those_of_ordinary_runs(tmp_path: Path) -> None:
    assert tune(tmp_path, "--agent", "learner", "--seeds", "100,101") == 0
    results = [read_result(path) for path in find_results(tmp_path)]
    assert len(results) == 3 * 2 * 2
    trial = read_report(tmp_path / "tuning.json").learners["learner"].trials[1]
    mine = [result for result in results if result.label == "learner-trial-1"]
    assert {result.config["agent"]["learning_rate"] for result in mine} == {trial.settings["learning_rate"]}
    easy = [result.last_fifth.mean_reward for result in mine if result.task == "easy" and result.last_fifth]
    assert trial.tasks["easy"] == pytest.approx(sum(easy) / 2)


def test_trials_that_have_ended_are_not_run_again(tmp_path: Path, capsys) -> None:
    assert tune(tmp_path) == 0
    before = run_key_files(tmp_path)
    capsys.readouterr()
    assert tune(tmp_path) == 0
    assert tune(tmp_path, "--resume") == 0
    assert "12 of 12 runs have ended already" in capsys.readouterr().out
    assert run_key_files(tmp_path) == before


def test_more_trials_go_on_from_fewer(tmp_path: Path, capsys) -> None:
    assert tune(tmp_path, "--agent", "learner") == 0
    results = {path: path.read_bytes() for path in find_results(tmp_path)}
    assert tune(tmp_path, "--agent", "learner", "--trials", "5") == 2
    assert "n_trials is 3 there, 5 here" in error_line(capsys)
    assert tune(tmp_path, "--agent", "learner", "--trials", "5", "--report", str(tmp_path / "more.json")) == 0
    assert {path: path.read_bytes() for path in results} == results
    assert len(read_report(tmp_path / "more.json").learners["learner"].trials) == 5


def test_learners_can_be_tuned_one_after_another(tmp_path: Path) -> None:
    report = tmp_path / "both.json"
    assert tune(tmp_path / "a", "--agent", "other", "--report", str(report)) == 0
    assert tune(tmp_path / "b", "--agent", "learner", "--report", str(report)) == 0
    assert tune(tmp_path / "together") == 0
    apart, together = read_report(report), read_report(tmp_path / "together" / "tuning.json")
    assert apart.protocol == together.protocol
    for learner in ("learner", "other"):
        assert [(trial.settings, trial.tasks, trial.value) for trial in apart.learners[learner].trials] == [
            (trial.settings, trial.tasks, trial.value) for trial in together.learners[learner].trials
        ]
    assert list(apart.learners) == list(together.learners)


def test_a_trial_that_diverges_counts_as_the_lowest_reward(tmp_path: Path, capsys) -> None:
    """The middle value of the learner's own setting diverges, which its first trial has."""
    assert tune(tmp_path, "--agent", "learner", on=searched(diverge_at_steepness=2)) == 0
    tuning = read_report(tmp_path / "tuning.json").learners["learner"]
    first = tuning.trials[0]
    assert (first.status, first.value, first.tasks) == ("diverged", -1.0, {})
    assert first.error == "policy_loss became nan in the update"
    assert tuning.best_trial not in (None, 0)
    capsys.readouterr()
    assert tune(tmp_path, "--agent", "learner", on=searched(diverge_at_steepness=2)) == 0
    assert "diverged) and are not run again" in capsys.readouterr().out


def test_a_trial_that_fails_is_recorded_and_tried_again_when_told(tmp_path: Path, capsys) -> None:
    broken = searched("other", raise_at=8)
    assert tune(tmp_path, on=broken) == 1
    assert "3 of 6 trials failed. other-trial-0: RuntimeError: the agent broke" in error_line(capsys)
    report = read_report(tmp_path / "tuning.json")
    assert [(trial.status, trial.value) for trial in report.learners["other"].trials] == [("failed", -1.0)] * 3
    assert report.learners["learner"].best_trial is not None
    with pytest.raises(ResultError, match="other has no best trial: 0 of 3 trials finished"):
        best_settings(tmp_path / "tuning.json")
    assert tune(tmp_path, on=broken) == 2
    assert "--resume to go on" in error_line(capsys)


def test_the_report_is_whole_after_every_trial_and_a_stopped_tuning_goes_on(tmp_path: Path) -> None:
    """With workers, in a process of its own."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "tests.benchmarks.tuning_fakes", *SMALL, "--agent", "learner", "--out", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 180
        while not (out / "tuning.json").exists() or statuses(out).count("finished") < 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=180)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "--resume" in text.splitlines()[-1]
    assert "Traceback" not in text
    assert "pending" in statuses(out)
    assert subprocess.run([*command, "--resume"], cwd=ROOT, capture_output=True).returncode == 0
    assert main([*SMALL, "--agent", "learner", "--out", str(tmp_path / "whole")], searched(iteration_seconds=0.1)) == 0
    for path in find_results(tmp_path / "whole"):
        stopped = out / path.relative_to(tmp_path / "whole")
        assert deterministic_part(read_result(stopped)) == deterministic_part(read_result(path))
    assert statuses(out) == ["finished"] * 3


def statuses(out: Path) -> list[str]:
    return [trial.status for trial in read_report(out / "tuning.json").learners["learner"].trials]


def test_the_best_trial_is_the_first_of_the_best_when_all_have_ended() -> None:
    assert best_trial([record(0, "finished", 0.5), record(1, "finished", 0.7), record(2, "finished", 0.7)]) == 1
    assert best_trial([record(0, "diverged", -1.0), record(1, "finished", -1.0)]) == 1
    assert best_trial([record(0, "finished", 0.5), record(1, "pending", None)]) is None
    assert best_trial([record(0, "failed", -1.0)]) is None


def test_the_value_of_a_trial() -> None:
    assert trial_value("finished", {"a": 0.5, "b": 0.1}) == pytest.approx(0.3)
    assert trial_value("diverged", {"a": 0.5}) == -1.0
    assert trial_value("failed", {"a": 0.5}) == -1.0
    assert trial_value("pending", {"a": 0.5}) is None


def test_a_report_of_another_protocol_is_not_mixed_in(tmp_path: Path, capsys) -> None:
    assert tune(tmp_path, "--agent", "learner") == 0
    before = (tmp_path / "tuning.json").read_bytes()
    assert tune(tmp_path, "--agent", "other", "--env-steps", "32") == 2
    assert "env_steps is 16 there, 32 here" in error_line(capsys)
    assert (tmp_path / "tuning.json").read_bytes() == before
    assert tune(tmp_path, "--agent", "other", "--env-steps", "32", "--overwrite") == 0
    assert list(read_report(tmp_path / "tuning.json").learners) == ["other"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{}", "not a report of tuning"),
        (json.dumps({"about": "Trials", "seed": 100, "trials": []}), "not a report of tuning"),
        ("not JSON", "not a report of tuning"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, capsys, content: str, complaint: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(ResultError, match=complaint):
        best_settings(path)
    assert tune(tmp_path / "out", "--report", str(path)) == 2
    assert complaint in error_line(capsys)
    assert path.read_text() == content


def test_a_report_of_another_version_is_refused(tmp_path: Path) -> None:
    assert tune(tmp_path, "--agent", "learner") == 0
    path = tmp_path / "tuning.json"
    report = read_report(path)
    assert merge(None, report) == report
    fields = json.loads(path.read_text()) | {"schema_version": 3}
    path.write_text(json.dumps(fields))
    with pytest.raises(ResultError, match="schema version 3; this program reads 2"):
        best_settings(path)
    write_report(path, report)
    assert read_report(path) == report


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--agent", "lerner"], "did you mean 'learner'?"),
        (["--agent", "learner", "--tasks", "esy"], "did you mean 'easy'?"),
        (["--suite", "tunning"], "did you mean 'tuning'?"),
        (["--trials", "0"], "--trials"),
        (["--resume", "--overwrite"], "exclude each other"),
        (["--model", "none"], "no language model 'none'"),
        (["--out", "/proc/ds-gym"], "cannot write there"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, arguments, complaint) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--tasks", "easy", *arguments], searched()) == 2
    line = error_line(capsys)
    assert line.startswith("error: ")
    assert complaint in line
    assert list(tmp_path.iterdir()) == []


def test_the_space_and_the_trials_can_be_shown(capsys) -> None:
    assert main(["--list", "--trials", "4"]) == 0
    out = capsys.readouterr().out
    for word in ("etpo", "trace_lambda", "keep_fraction", "5e-05 to 0.0008", "2, 4, 8"):
        assert word in out
