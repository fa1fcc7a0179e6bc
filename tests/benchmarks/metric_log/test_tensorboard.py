from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.execution import execute_run
from benchmarks.metric_log import LoggedRun
from benchmarks.metric_log.tensorboard import TensorBoardLog
from benchmarks.plan import RunOptions
from benchmarks.storage import RunFiles
from tests.benchmarks.fakes import FakeBackend, make_spec

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder: Path):
    """What TensorBoard shows of a run."""
    events = event_accumulator.EventAccumulator(str(RunFiles(folder).tensorboard))
    return events.Reload()


def steps(folder: Path, tag: str) -> list[int]:
    return [event.step for event in read(folder).Scalars(tag)]


def log(folder: Path, env_steps: int, until: int) -> None:
    """Logs iterations of 4 attempts, from ``env_steps`` on."""
    writer = TensorBoardLog(LoggedRun(make_spec(), folder, "2026-01-01T00:00:00+00:00", env_steps))
    for n in range(env_steps + 4, until + 1, 4):
        writer.metrics({"env_steps": n, "kl": n / 100}, {"env_steps": n, "seconds": 1.0})
    writer.close()


def test_a_run_is_shown_with_its_metrics_and_programs(tmp_path: Path) -> None:
    result = execute_run(
        make_spec(agent_config={"nan_metric_at": 8}),
        RunFiles(tmp_path),
        FakeBackend(),
        options=RunOptions(logs=("tensorboard",), sample_every=5),
    )
    shown = read(tmp_path)
    assert [(event.step, event.value) for event in shown.Scalars("learning/mean_reward")] == [
        (point["env_steps"], pytest.approx(point["mean_reward"])) for point in result.curve
    ]
    assert steps(tmp_path, "learning/kl") == [4, *range(12, 41, 4)]
    assert steps(tmp_path, "throughput/attempts_per_second") == list(range(4, 41, 4))
    programs = shown.Tensors("samples/text_summary")
    assert [event.step for event in programs] == [4, 24]
    assert "def build_model" in programs[0].tensor_proto.string_val[0].decode()


@pytest.mark.parametrize("resumed_at", [0, 8, 16])
def test_attempts_that_are_made_again_are_shown_once(tmp_path: Path, resumed_at: int) -> None:
    log(tmp_path, 0, until=16)
    log(tmp_path, resumed_at, until=24)
    assert steps(tmp_path, "learning/kl") == list(range(4, 25, 4))


def test_an_overwritten_run_leaves_nothing_behind(tmp_path: Path) -> None:
    log(tmp_path, 0, until=16)
    mine = RunFiles(tmp_path).tensorboard / "mine.txt"
    mine.write_text("mine")
    RunFiles(tmp_path).remove()
    assert list(RunFiles(tmp_path).tensorboard.iterdir()) == [mine]
