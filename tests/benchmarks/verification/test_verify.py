"""Whole verifications of small real runs."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.storage import RunFiles
from benchmarks.verification.cli import main
from benchmarks.verification.execution import Executor
from tests.benchmarks.verification.recorded import Recorded, make_run

ROOT = Path(__file__).resolve().parents[3]
CONSTANT = """def build_model(x_train, y_train):
    from sklearn.dummy import DummyClassifier
    return DummyClassifier().fit(x_train, y_train)"""


def findings(path: Path, tmp_path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what the report says of the only run."""
    code = main([str(path), "--json", str(tmp_path / "report.json"), *options])
    (verdict,) = json.loads((tmp_path / "report.json").read_text())["runs"]
    return code, verdict


def first_difference(run: Recorded, tmp_path: Path) -> str:
    code, verdict = findings(run.files.folder, tmp_path)
    assert code == 1
    assert not verdict["agrees"]
    return str(verdict["differences"][0])


def test_untouched_results_agree_in_everything(runs: Path, tmp_path: Path, capsys) -> None:
    assert main([str(runs), "--json", str(tmp_path / "report.json")]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(each["agent"], each["attempts"], each["equal_rewards"]) for each in report["runs"]] == [
        ("random-search", 16, 16),
        ("sample", 16, 16),
    ]
    assert all(each["differences"] == each["not_comparable"] == [] for each in report["runs"])
    output = capsys.readouterr().out
    assert "2 runs agree: 32 attempts compared" in output
    assert output.count("16 (100 %)") == 2
    assert "Not verified, because it takes the model: the figures of evaluation" in output


def test_the_run_of_the_model_has_attempts_of_both_kinds(run: Recorded) -> None:
    assert {attempt["status"] for attempt in run.attempts} == {"scored", "failed"}
    assert run.result["best"]["holdout_score"] is not None


def test_a_fresh_process_agrees_and_imports_neither_torch_nor_transformers_nor_agents(runs: Path) -> None:
    program = (
        "import sys\n"
        "from benchmarks.verification.cli import main\n"
        "code = main([sys.argv[1]])\n"
        "found = {'torch', 'transformers', 'agents'} & {name.partition('.')[0] for name in sys.modules}\n"
        "print('imported:', sorted(found), 'code:', code)"
    )
    arguments = [sys.executable, "-c", program, str(runs)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "2 runs agree: 32 attempts compared" in done.stdout
    assert "imported: [] code: 0" in done.stdout


def test_the_script_tells_its_options() -> None:
    arguments = [sys.executable, str(ROOT / "benchmarks" / "verify.py"), "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "110"})
    assert all(option in done.stdout for option in ("--sample", "--seed", "--jobs", "--json", "Exit status"))


def test_a_raised_reward_is_named_with_both_values(run: Recorded, tmp_path: Path, capsys) -> None:
    index = run.first("scored")
    reward = run.attempts[index]["reward"]
    run.change_attempt(index, reward=0.9999)
    assert first_difference(run, tmp_path) == f"attempt {index + 1}: reward 0.9999 recorded, {reward!r} now"
    output = " ".join(capsys.readouterr().out.split())
    assert "15 (93 %)" in output
    assert "1 of 1 run differs" in output


def test_the_last_bit_of_a_reward_counts(run: Recorded, tmp_path: Path) -> None:
    index = run.first("scored")
    reward = run.attempts[index]["reward"]
    nudged = math.nextafter(reward, 2)
    run.change_attempt(index, reward=nudged)
    assert first_difference(run, tmp_path) == f"attempt {index + 1}: reward {nudged!r} recorded, {reward!r} now"


def test_a_replaced_program_is_found_by_executing_it(run: Recorded, tmp_path: Path) -> None:
    index = run.first("scored")
    run.change_attempt(index, code=CONSTANT)
    assert first_difference(run, tmp_path).endswith("recorded, 0.5 now")


def test_a_failure_that_is_made_a_success_is_found(run: Recorded, tmp_path: Path) -> None:
    index = run.first("failed")
    run.change_attempt(index, status="scored", reward=0.9, score=0.9, split_scores=[0.9] * 5, error=None)
    found = first_difference(run, tmp_path)
    assert found.startswith(f"attempt {index + 1}: scored with reward 0.9 recorded, failed (")


def test_a_success_that_is_made_a_failure_is_found(run: Recorded, tmp_path: Path) -> None:
    index = run.first("scored")
    error = {"kind": "exception", "message": "ValueError: no", "line": 2}
    run.change_attempt(index, status="failed", reward=-1.0, score=None, split_scores=[], error=error)
    found = first_difference(run, tmp_path)
    assert found.startswith(f"attempt {index + 1}: failed with reward -1.0 recorded, scored ")


def test_a_failure_of_another_kind_is_found(run: Recorded, tmp_path: Path) -> None:
    index = run.first("failed")
    run.change_attempt(index, error={"kind": "denied", "message": "PermissionError", "line": 2})
    assert first_difference(run, tmp_path).startswith(f"attempt {index + 1}: failed (denied) recorded, failed (")


def test_what_depends_on_the_machine_is_told_apart_and_nothing_else_of_the_attempt_is_trusted(
    run: Recorded, tmp_path: Path, capsys
) -> None:
    index = run.first("failed")
    kind = run.attempts[index]["error"]["kind"]
    run.change_attempt(index, error={"kind": "timeout", "message": "TimeoutError", "line": None})

    def move(fields: dict[str, Any]) -> None:
        fields["failures"][kind] -= 1
        fields["failures"] = {name: n for name, n in fields["failures"].items() if n} | {"timeout": 1}

    run.change_result(move)
    code, verdict = findings(run.files.folder, tmp_path)
    assert code == 0
    assert verdict["executed_attempts"] == 15
    assert verdict["not_comparable"] == [f"attempt {index + 1}: failed (timeout) recorded, failed ({kind}) now"]
    assert "1 not comparable" in capsys.readouterr().out
    run.change_attempt(index, reward=0.0)
    assert "reward 0.0" in first_difference(run, tmp_path)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda attempts: attempts.pop(6), "attempt 7 is missing"),
        (lambda attempts: attempts.pop(), "attempt 16 is missing"),
        (lambda attempts: attempts.insert(3, attempts[3]), "attempt 4 is there 2 times"),
        (lambda attempts: attempts.append({**attempts[3], "env_step": 17}), "attempt 17 is there, but the budget"),
        (lambda attempts: attempts.reverse(), "attempt 16 stands at place 1"),
    ],
)
def test_a_dropped_or_doubled_attempt_is_named(run: Recorded, tmp_path: Path, change, difference: str) -> None:
    run.change_attempts(change)
    assert difference in first_difference(run, tmp_path)


def test_a_dropped_attempt_is_named_even_if_the_others_close_the_gap(run: Recorded, tmp_path: Path) -> None:
    def drop(attempts: list[dict[str, Any]]) -> None:
        del attempts[6]
        for number, attempt in enumerate(attempts, start=1):
            attempt["env_step"] = number

    run.change_attempts(drop)
    assert first_difference(run, tmp_path) == "attempt 16 is missing"
    run.change_result(lambda fields: fields["budget"].update(env_steps=15))
    _, verdict = findings(run.files.folder, tmp_path)
    assert "finished after 15 attempts, but 16 in config" in verdict["differences"]


def test_a_raised_best_score_and_a_raised_held_out_score_are_found(run: Recorded, tmp_path: Path) -> None:
    best = run.result["best"]

    def raise_scores(fields: dict[str, Any]) -> None:
        for told in (fields["best"], *fields["best_by_task"].values()):
            told.update(selected_score=1.5, holdout_score=1.25)

    run.change_result(raise_scores)
    code, verdict = findings(run.files.folder, tmp_path)
    assert code == 1
    name = "best program of monks_1"
    assert verdict["differences"] == [
        f"{name}: held-out score 1.25 recorded, {best['holdout_score']!r} now",
        f"{name}: selected_score 1.5 recorded, {best['selected_score']!r} by the attempts",
    ]
    assert verdict["equal_rewards"] == 16


def test_data_that_are_others_here_are_named_and_nothing_is_executed(run: Recorded, tmp_path: Path) -> None:
    run.change_result(lambda fields: fields.update(task_fingerprint="0" * 64))
    code, verdict = findings(run.files.folder, tmp_path)
    assert (code, verdict["executed_programs"], verdict["executed_attempts"]) == (1, 0, 0)
    assert verdict["differences"] == ["task_fingerprint: the data of monks_1 are others here; no program was executed"]


def test_an_attempt_on_a_task_that_is_none_of_the_runs_is_named(joined_run: Recorded, tmp_path: Path) -> None:
    joined_run.change_attempt(2, task="digits")
    _, verdict = findings(joined_run.files.folder, tmp_path)
    assert "attempt 3: of task digits, which is none of the run's" in verdict["differences"]


def test_a_run_without_held_out_rows_is_verified(tmp_path: Path) -> None:
    files = make_run(tmp_path / "out", "random-search", "wine", protocol="paper")
    code, verdict = findings(files.folder, tmp_path)
    assert (code, verdict["equal_rewards"]) == (0, 16)
    Recorded(files).change_result(lambda fields: fields["best"].update(holdout_score=1.0))
    Recorded(files).change_result(lambda fields: fields["best_by_task"]["wine"].update(holdout_score=1.0))
    assert "in a run that takes none" in first_difference(Recorded(files), tmp_path)


def test_a_sample_is_drawn_by_its_seed(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executed: list[list[object]] = []
    execute = Executor.execute

    def spy(self: Executor, programs: Any, advance: Callable[[], None]) -> Any:
        executed.append(list(programs))
        return execute(self, programs, advance)

    monkeypatch.setattr(Executor, "execute", spy)
    folder = runs / "sample" / "monks_1" / "seed-0"
    for seed in ("0", "0", "1"):
        code, verdict = findings(folder, tmp_path, "--sample", "3", "--seed", seed)
        assert (code, verdict["executed_attempts"], verdict["attempts"]) == (0, 3, 16)
    assert executed[0] == executed[1] != executed[2]


def test_equal_programs_are_executed_once(run: Recorded, tmp_path: Path) -> None:
    _, alone = findings(run.files.folder, tmp_path)
    assert alone["executed_programs"] == len({attempt["code"] for attempt in run.attempts}) + 1
    copy = tmp_path / "copy" / "again" / "monks_1" / "seed-0"
    shutil.copytree(run.files.folder, copy)
    assert main([str(tmp_path / "copy"), str(copy), "--json", str(tmp_path / "report.json")]) == 0
    assert len(json.loads((tmp_path / "report.json").read_text())["runs"]) == 2


def test_other_versions_are_named_in_one_line(run: Recorded, capsys) -> None:
    run.change_result(lambda fields: fields["versions"].update({"numpy": "1.0.1", "scikit-learn": "0.9"}))
    assert main([str(run.files.folder), "--sample", "1"]) == 0
    warning = capsys.readouterr().err.strip()
    assert "\n" not in warning
    assert warning.startswith("warning: made with other versions")
    assert "numpy 1.0.1 (here " in warning
    assert "scikit-learn 0.9 (here " in warning


def test_ctrl_c_stops_with_its_exit_code(runs: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def interrupt(self: Executor, programs: object, advance: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Executor, "execute", interrupt)
    assert main([str(runs)]) == 130
    assert "Stopped" in capsys.readouterr().out


def write_bad_run(folder: Path, source: RunFiles, spoil: Callable[[RunFiles], object]) -> RunFiles:
    files = RunFiles(Path(shutil.copytree(source.folder, folder / "bad" / "monks_1" / "seed-0")))
    spoil(files)
    return files


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (
            lambda files: files.result.write_bytes(files.result.read_bytes()[:200]),
            "not a result: not JSON",
        ),
        (lambda files: files.result.write_text('{"schema_version": 99}'), "schema version 99"),
        (lambda files: files.result.write_text("[" * 100_000), "result.json: not a result"),
        (lambda files: files.attempts.unlink(), "attempts.jsonl.gz: the file of attempts is missing"),
        (lambda files: files.attempts.write_bytes(files.attempts.read_bytes()[:-20]), "attempts.jsonl.gz: damaged"),
        (lambda files: files.attempts.write_bytes(b"no gzip"), "attempts.jsonl.gz: damaged after 0 attempts"),
        (lambda files: Recorded(files).change_attempt(2, reward="0.5"), "line 3: not a valid attempt: reward"),
        (lambda files: Recorded(files).change_attempt(2, reward=float("nan")), "line 3: not a valid attempt: reward"),
        (
            lambda files: Recorded(files).change_result(lambda fields: fields.update(task="monks_9")),
            "cannot be executed again here: ",
        ),
        (
            lambda files: Recorded(files).change_result(lambda fields: fields.update(protocol="mine")),
            "cannot be executed again here: protocol",
        ),
    ],
)
def test_a_bad_file_is_named_in_one_line_and_the_others_are_verified(
    runs: Path, run: Recorded, tmp_path: Path, capsys, spoil: Callable[[RunFiles], object], complaint: str
) -> None:
    files = write_bad_run(tmp_path, run.files, spoil)
    assert main([str(tmp_path / "bad"), str(runs), "--sample", "1"]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.strip().splitlines()
    assert line.startswith(f"error: {files.folder}")
    assert complaint in line
    assert "2 runs agree" in captured.out
    assert "1 could not be verified" in captured.out


def test_places_without_results_are_named(tmp_path: Path, capsys) -> None:
    assert main([str(tmp_path), str(tmp_path / "none")]) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"error: {tmp_path}: no results there",
        f"error: {tmp_path / 'none'}: no such file or folder",
    ]
    assert "Nothing was verified." in captured.out


def test_a_report_that_cannot_be_written_is_named_before_anything_runs(runs: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("")
    assert main([str(runs), "--sample", "1", "--json", str(tmp_path / "file" / "report.json")]) == 2
    captured = capsys.readouterr()
    assert "report.json: cannot write there" in captured.err
    assert captured.out == ""


def test_attempts_ahead_of_the_result_of_a_killed_run_are_left_out(run: Recorded, tmp_path: Path) -> None:
    def unfinish(fields: dict[str, Any]) -> None:
        fields.update(status="running", evaluation=None)
        for best in (fields["best"], *fields["best_by_task"].values()):
            best["holdout_score"] = None

    run.change_result(unfinish)
    run.change_attempts(lambda attempts: attempts.append({**attempts[0], "env_step": 17}))
    run.files.attempts.write_bytes(run.files.attempts.read_bytes() + b"the beginning of more")
    code, verdict = findings(run.files.folder, tmp_path)
    assert (code, verdict["attempts"], verdict["status"]) == (0, 16, "running")
