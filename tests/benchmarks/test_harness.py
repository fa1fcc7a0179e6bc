from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.execution import execute_run
from benchmarks.harness import Listener, run_plan
from benchmarks.plan import RunSpec
from benchmarks.record import Progress
from benchmarks.results import deterministic_part, read_result
from benchmarks.storage import RunFiles
from benchmarks.worker import RunEnded
from tests.benchmarks.fakes import FakeBackend, make_spec


class Notes(Listener):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.steps: dict[str, int] = {}

    def started(self, spec: RunSpec) -> None:
        self.names.append(f"start {spec.name}")

    def progressed(self, spec: RunSpec, progress: Progress) -> None:
        self.steps[spec.name] = progress.env_steps

    def ended(self, ended: RunEnded) -> None:
        self.names.append(f"end {ended.spec.name}")


def status(spec: RunSpec, out: Path) -> str:
    return read_result(RunFiles(spec.folder(out)).result).status


def test_workers_give_what_a_run_alone_gives(tmp_path: Path) -> None:
    plan = [make_spec(task=task, seed=seed) for task in ("easy", "hard") for seed in (0, 1)]
    notes = Notes()
    outcome = run_plan(plan, FakeBackend(), tmp_path / "out", 2, notes)
    assert [ended.error for ended in outcome.ended] == [None] * 4
    assert outcome.stopped_by is None
    assert notes.steps == {spec.name: 40 for spec in plan}
    assert sorted(notes.names) == sorted(f"{what} {spec.name}" for spec in plan for what in ("start", "end"))
    # Each of the two workers begins with a task of its own.
    assert {name.split("/")[1] for name in notes.names[:2]} == {"easy", "hard"}
    for spec in plan:
        alone = execute_run(spec, RunFiles(spec.folder(tmp_path / "alone")), FakeBackend())
        together = RunFiles(spec.folder(tmp_path / "out"))
        assert deterministic_part(read_result(together.result)) == deterministic_part(alone)
        assert together.attempts.read_bytes() == RunFiles(spec.folder(tmp_path / "alone")).attempts.read_bytes()


def test_a_worker_goes_through_a_seed_task_by_task_before_the_next_seed(tmp_path: Path) -> None:
    plan = [
        make_spec(task=task, seed=seed, label=label, env_steps=4)
        for seed in (0, 1)
        for label in ("a", "b")
        for task in ("easy", "hard")
    ]
    notes = Notes()
    run_plan(plan, FakeBackend(), tmp_path, 1, notes)
    started = [name.removeprefix("start ") for name in notes.names if name.startswith("start")]
    # With the second seed it begins with the task that it has run last.
    assert started == [
        *("a/easy/seed-0", "b/easy/seed-0", "a/hard/seed-0", "b/hard/seed-0"),
        *("a/hard/seed-1", "b/hard/seed-1", "a/easy/seed-1", "b/easy/seed-1"),
    ]


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [({"raise_at": 8}, "RuntimeError: the agent broke"), ({"die_at": 8}, "signal SIGKILL")],
)
def test_a_failing_run_does_not_keep_the_others_from_running(tmp_path: Path, fault: dict, complaint: str) -> None:
    broken = make_spec(agent_config=fault)
    others = [make_spec(seed=1), make_spec(task="hard")]
    outcome = run_plan([broken, *others], FakeBackend(), tmp_path, 1)
    assert [(ended.spec.name, complaint in (ended.error or "")) for ended in outcome.failed] == [(broken.name, True)]
    assert status(broken, tmp_path) == "failed"
    error = read_result(RunFiles(broken.folder(tmp_path)).result).error
    assert error is not None
    assert complaint in error
    assert [status(spec, tmp_path) for spec in others] == ["finished"] * 2


def test_a_run_that_diverges_does_not_keep_the_others_from_running(tmp_path: Path) -> None:
    diverging, other = make_spec(agent_config={"diverge_at": 8}), make_spec(seed=1)
    outcome = run_plan([diverging, other], FakeBackend(), tmp_path, 1)
    assert [(ended.diverged, ended.error) for ended in outcome.ended] == [
        (True, "policy_loss became nan in the update"),
        (False, None),
    ]
    assert outcome.failed == []
    assert [status(spec, tmp_path) for spec in (diverging, other)] == ["diverged", "finished"]


def test_a_full_disk_ends_everything_and_leaves_earlier_results(tmp_path: Path) -> None:
    before, full, after = make_spec(), make_spec(seed=1, agent_config={"disk_full_at": 8}), make_spec(seed=2)
    outcome = run_plan([before, full, after], FakeBackend(), tmp_path, 1)
    assert outcome.storage_error is not None
    assert "No space left on device" in outcome.storage_error
    assert status(before, tmp_path) == "finished"
    assert not after.folder(tmp_path).exists()
