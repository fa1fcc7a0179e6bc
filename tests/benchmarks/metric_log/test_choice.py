from __future__ import annotations

import sys

import pytest

from benchmarks.errors import BadInput
from benchmarks.metric_log import LoggedRun, MetricLogs, choose_logs
from tests.benchmarks.fakes import make_spec


def test_tensorboard_is_the_default_where_it_is_installed(monkeypatch) -> None:
    assert choose_logs(()) == ("tensorboard",)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert choose_logs(()) == ()


@pytest.mark.parametrize("name", ["tensorboard", "trackio", "wandb"])
def test_what_is_not_installed_is_told_with_the_command_that_installs_it(monkeypatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadInput, match=f"--log {name}: {name} is not installed: pip install {name}"):
        choose_logs((name,))


def test_none_stands_alone() -> None:
    assert choose_logs(("none",)) == ()
    with pytest.raises(BadInput, match="none excludes the others"):
        choose_logs(("tensorboard", "none"))


def test_an_unknown_log_is_told_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean 'tensorboard'"):
        choose_logs(("tensorbord",))


def test_a_run_keeps_its_identity_when_it_is_resumed_and_shares_it_with_no_other(tmp_path) -> None:
    run = LoggedRun(make_spec(), tmp_path / "a", "2026-01-01T00:00:00+00:00")
    assert LoggedRun(make_spec(), tmp_path / "a", run.created_at, env_steps=16).identity == run.identity
    others = [
        LoggedRun(make_spec(seed=1), run.folder, run.created_at),
        LoggedRun(run.spec, tmp_path / "b", run.created_at),
        LoggedRun(run.spec, run.folder, "2026-01-01T00:00:01+00:00"),
    ]
    assert len({each.identity for each in [run, *others]}) == 4


def test_several_logs_are_told_the_same() -> None:
    class Notes:
        def __init__(self) -> None:
            self.calls: list[tuple] = []

        def __getattr__(self, name: str):
            return lambda *arguments: self.calls.append((name, *arguments))

    first, second = Notes(), Notes()
    logs = MetricLogs([first, second])  # type: ignore[list-item]
    logs.metrics({"env_steps": 4}, {})
    logs.samples(4, [])
    logs.flush()
    logs.close()
    assert (
        first.calls == second.calls == [("metrics", {"env_steps": 4}, {}), ("samples", 4, []), ("flush",), ("close",)]
    )
