from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks.errors import ResultError
from benchmarks.execution import execute_run
from benchmarks.results import CIRCUMSTANCES, RunResult, deterministic_part, find_results, read_result, write_result
from benchmarks.storage import RunFiles
from tests.benchmarks.fakes import FakeBackend, make_spec


@pytest.fixture
def result(tmp_path: Path) -> RunResult:
    return execute_run(make_spec(), RunFiles(tmp_path / "run"), FakeBackend())


def test_what_is_written_is_read_back_equal(result: RunResult, tmp_path: Path) -> None:
    write_result(tmp_path / "result.json", result)
    assert read_result(tmp_path / "result.json") == result


def test_a_text_without_utf8_form_can_be_written(result: RunResult, tmp_path: Path) -> None:
    odd = dataclasses.replace(result, error="\udcff")
    write_result(tmp_path / "result.json", odd)
    assert read_result(tmp_path / "result.json").error == "\udcff"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda fields: fields.update(schema_version=99), "schema version 99; this program reads 2 and 3"),
        (lambda fields: fields.update(schema_version=1), "a result of an earlier release: make it anew"),
        (lambda fields: fields["best_by_task"]["easy"].pop("code"), "best_by_task.easy.code"),
        (lambda fields: fields.update(transfer={"wine": None}), "transfer.wine"),
        (lambda fields: fields.pop("schema_version"), "no schema_version"),
        (lambda fields: fields.update(status="done"), "status"),
        (lambda fields: fields.update(extra=1), "extra"),
        (lambda fields: fields.pop("curve"), "curve"),
        (lambda fields: fields["budget"].update(env_steps="many"), "budget.env_steps"),
        (lambda fields: fields["evaluation"].update(mean_reward=float("nan")), "evaluation.mean_reward"),
    ],
)
def test_a_file_that_breaks_the_schema_is_named_in_one_line(result, tmp_path, change, complaint) -> None:
    path = tmp_path / "result.json"
    write_result(path, result)
    fields = json.loads(path.read_text())
    change(fields)
    path.write_text(json.dumps(fields))
    with pytest.raises(ResultError) as error:
        read_result(path)
    assert str(path) in str(error.value)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b'{"schema_version": 1, "run_k', b"\xff\xfe\x00", b"[1, 2]", b'"text"'])
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=r"result\.json"):
        read_result(path)


def test_the_deterministic_part_leaves_out_clock_and_machine_and_nothing_else(result: RunResult) -> None:
    fields = dataclasses.asdict(result)
    part = deterministic_part(result)
    assert set(fields) - set(part) == set(CIRCUMSTANCES)
    assert set(fields["budget"]) - set(part["budget"]) == {"seconds"}
    assert all(part[name] == fields[name] for name in part if name != "budget")


def test_results_are_found_in_order(result: RunResult, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folders = ["b/task/seed-0", "a/task/seed-1", "a/task/seed-0"]
    for folder in folders:
        write_result(out / folder / "result.json", result)
    (out / "learning_curves.png").write_bytes(b"")
    assert [str(path.parent.relative_to(out)) for path in find_results(out)] == sorted(folders)
