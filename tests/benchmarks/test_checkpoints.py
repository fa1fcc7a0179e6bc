"""Runs that are killed at any moment: what is left is whole, and the run that goes on ends as if nothing had been."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import benchmarks.execution
from benchmarks.checkpoints import Checkpoints
from benchmarks.differences import differences
from benchmarks.errors import BadInput, ResultError
from benchmarks.execution import execute_run
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.preflight import select_runs
from benchmarks.results import deterministic_part, read_result
from benchmarks.storage import RunFiles, append_attempts, read_attempts
from tests.benchmarks.fakes import FakeBackend, make_spec

BACKEND = FakeBackend()
SHORT = {"env_steps": 20, "evaluation_attempts": 4}
KILLS = 10


class Killed(BaseException):
    """As far as the files tell, the process is gone."""


def resume(spec: RunSpec, out: Path, **arguments: Any) -> None:
    """What the command line does with ``--resume``."""
    pending, _ = select_runs([spec], out, resume=True, overwrite=False)
    for run in pending:
        execute_run(run, RunFiles(run.folder(out)), BACKEND, **arguments)


def whole_run(spec: RunSpec, out: Path) -> RunFiles:
    files = RunFiles(spec.folder(out))
    execute_run(spec, files, BACKEND)
    return files


def assert_like(whole: RunFiles, files: RunFiles) -> None:
    assert deterministic_part(read_result(files.result)) == deterministic_part(read_result(whole.result))
    assert files.attempts.read_bytes() == whole.attempts.read_bytes()
    assert steps_in(files.metrics) == steps_in(whole.metrics)
    assert files.samples.read_bytes() == whole.samples.read_bytes()
    assert names(files.folder) == names(whole.folder)


def steps_in(metrics: Path) -> list[int]:
    return [json.loads(line)["env_steps"] for line in metrics.read_text().splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("checkpoint_every", [1, 2])
def test_a_kill_before_any_step_on_the_files_is_made_good(
    checkpoint_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec(**SHORT)
    options = RunOptions(checkpoint_every=checkpoint_every)
    whole = whole_run(spec, tmp_path / "whole")
    n = 0
    while True:
        out = tmp_path / str(n)
        with monkeypatch.context() as patch:
            _die_at(n, patch)
            try:
                execute_run(spec, RunFiles(spec.folder(out)), BACKEND, options=options)
            except Killed:
                pass
            else:
                break
        resume(spec, out, options=options)
        assert_like(whole, RunFiles(spec.folder(out)))
        n += 1
    assert n > 12


def _die_at(n: int, patch: pytest.MonkeyPatch) -> None:
    """Lets the process die where it is about to take its n-th step: replacing, removing, or half way in appending."""
    left = n

    def dying(step: Callable[..., Any], before: Callable[..., Any] = lambda *_, **__: None) -> Callable[..., Any]:
        def take(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                before(*arguments, **named)
                raise Killed
            return step(*arguments, **named)

        return take

    def half(path: Path, attempts: Any, *, sync: bool) -> None:
        old = path.read_bytes() if path.exists() else b""
        append_attempts(path, attempts, sync=sync)
        new = path.read_bytes()
        path.write_bytes(new[: (len(old) + len(new)) // 2])

    patch.setattr(os, "replace", dying(os.replace))
    patch.setattr(Path, "unlink", dying(Path.unlink))
    patch.setattr(benchmarks.execution, "append_attempts", dying(append_attempts, half))


def test_ten_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    spec = make_spec(agent_config={"iteration_seconds": 0.01}, env_steps=80)
    whole = whole_run(spec, tmp_path / "whole")
    out = tmp_path / "killed"
    moments = random.Random(0)
    for _ in range(KILLS):
        process = os.fork()
        if process == 0:  # nothing of this process is used but code: no threads, no locks
            try:
                resume(spec, out)
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0.005, 0.05))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    resume(spec, out)
    assert_like(whole, RunFiles(spec.folder(out)))


def test_a_kill_loses_at_most_one_update(tmp_path: Path) -> None:
    spec = make_spec(agent_config={"raise_at": 24})
    files = RunFiles(spec.folder(tmp_path))
    with pytest.raises(RuntimeError, match="broke"):
        execute_run(spec, files, BACKEND)
    newest = BACKEND.load_checkpoint(files.checkpoints()[0])
    assert newest["record"]["env_steps"] == 20
    assert len(list(read_attempts(files.attempts))) == 20
    with pytest.raises(RuntimeError, match="broke"):
        execute_run(spec, files, BACKEND, options=RunOptions(checkpoint_every=3))
    assert [path.name for path in files.checkpoints()] == ["checkpoint-20.pt", "checkpoint-16.pt", "checkpoint-4.pt"]


def test_the_last_few_are_kept_until_the_run_has_finished(tmp_path: Path) -> None:
    spec = make_spec(agent_config={"raise_at": 36})
    for kept in (1, 3):
        files = RunFiles(tmp_path / str(kept))
        with pytest.raises(RuntimeError, match="broke"):
            execute_run(spec, files, BACKEND, options=RunOptions(kept_checkpoints=kept), sync_seconds=0)
        assert [path.name for path in files.checkpoints()] == [f"checkpoint-{32 - 4 * i}.pt" for i in range(kept)]


def test_what_is_on_the_disk_stays_until_something_newer_is(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    checkpoints = Checkpoints(files, BACKEND, kept=2)
    kept = {}
    for env_steps, sync in ((8, False), (16, False), (24, True), (32, False), (40, False), (48, False), (56, True)):
        checkpoints.save(env_steps, {}, sync=sync)
        kept[env_steps] = [int(path.stem.partition("-")[2]) for path in files.checkpoints()]
    assert kept == {8: [8], 16: [16, 8], 24: [24, 16], 32: [32, 24], 40: [40, 32, 24], 48: [48, 40, 24], 56: [56, 48]}


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign"])
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(damage: str, tmp_path: Path) -> None:
    spec = make_spec()
    whole = whole_run(spec, tmp_path / "whole")
    files = _broken_off(spec, tmp_path / "b")
    newest, before = files.checkpoints()[:2]
    content = newest.read_bytes()
    newest.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "foreign": b"something else"}[damage])
    with pytest.warns(UserWarning, match=newest.name):
        resume(spec, tmp_path / "b")
    assert before.name == "checkpoint-16.pt"
    assert_like(whole, files)


def test_a_run_without_a_whole_checkpoint_is_refused(tmp_path: Path) -> None:
    spec = make_spec()
    files = _broken_off(spec, tmp_path)
    for path in files.checkpoints():
        path.write_bytes(b"")
    before = names(files.folder)
    with (
        pytest.warns(UserWarning, match="passed over"),
        pytest.raises(ResultError, match=r"checkpoint-20\.pt is damaged.*--overwrite") as e,
    ):
        execute_run(spec, files, BACKEND)
    assert "\n" not in str(e.value)
    assert names(files.folder) == before


def test_attempts_that_the_disk_has_lost_are_made_again(tmp_path: Path) -> None:
    spec = make_spec()
    whole = whole_run(spec, tmp_path / "whole")
    files = _broken_off(spec, tmp_path / "b")
    files.attempts.write_bytes(files.attempts.read_bytes()[:-20])
    with pytest.warns(UserWarning, match=r"checkpoint-20\.pt holds attempts that .* has lost"):
        resume(spec, tmp_path / "b")
    assert_like(whole, files)


def _broken_off(spec: RunSpec, out: Path) -> RunFiles:
    """A run that died after its fifth update."""
    files = RunFiles(spec.folder(out))
    broken = make_spec(agent_config={"raise_at": 24})
    with pytest.raises(RuntimeError, match="broke"):
        execute_run(broken, files, BACKEND)
    config = json.loads(json.dumps({**BACKEND.load_checkpoint(files.checkpoints()[0])["run"]}))
    config["agent_config"]["raise_at"] = 0
    for path in files.checkpoints():
        BACKEND.save_checkpoint(path, {**BACKEND.load_checkpoint(path), "run": config})
    result = json.loads(files.result.read_text())
    files.result.write_text(json.dumps({**result, "run_key": spec.run_key}))
    return files


def test_an_agent_that_draws_from_global_generators_goes_on_exactly(tmp_path: Path) -> None:
    spec = make_spec(agent_config={"draws_globally": True})
    random.seed(5)
    whole = whole_run(spec, tmp_path / "whole")
    random.seed(5)
    asked = iter([False] * 5)
    files = RunFiles(spec.folder(tmp_path / "b"))
    result = execute_run(spec, files, BACKEND, should_stop=lambda: next(asked, True))
    assert result.status == "interrupted"
    random.seed(99)
    resume(spec, tmp_path / "b")
    assert_like(whole, files)


def test_the_policy_is_kept_unless_it_is_not_wanted_or_nothing_was_learnt(tmp_path: Path) -> None:
    assert (whole_run(make_spec(), tmp_path / "a").policy / "policy.txt").read_text() == "learner"
    assert not whole_run(make_spec(agent_config={"learns": False}), tmp_path / "b").policy.exists()
    files = RunFiles(tmp_path / "c")
    execute_run(make_spec(), files, BACKEND, options=RunOptions(keep_policy=False))
    assert not files.policy.exists()
    kept = RunFiles(make_spec().folder(tmp_path / "a"))
    kept.remove()
    assert names(kept.folder) == []


def test_another_configuration_is_refused_with_what_differs(tmp_path: Path) -> None:
    whole_run(make_spec(), tmp_path)
    other = make_spec(model_fingerprint="other", agent_config={"temperature": 0.5})
    with pytest.raises(BadInput, match=r"config\.agent\.temperature is 1\.0 there, 0\.5 here") as caught:
        select_runs([other], tmp_path, resume=True, overwrite=False)
    assert "config.model_fingerprint is 'fingerprint of fake' there, 'other' here" in str(caught.value)


def test_differences_are_named() -> None:
    there, here = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}, {"a": 1, "b": {"c": 5, "d": 3}}
    assert differences(there, here) == ["b.c is 2 there, 5 here", "e is 4 there, None here"]
    assert differences(here, here) == []
