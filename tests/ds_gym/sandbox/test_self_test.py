from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from ds_gym.failures import SandboxError
from ds_gym.sandbox import Sandbox, confine, make_sandbox, self_test
from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, descendants_of, is_running, make_job, wait_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="acts and layers of Linux")


@pytest.fixture(scope="module")
def bare() -> Iterator[ForkServerSandbox]:
    """A sandbox without any layer that can be left off."""
    sandbox = ForkServerSandbox(1, without=confine.OPTIONAL_LAYERS)
    yield sandbox
    sandbox.close()


def test_every_act_is_denied_under_all_layers(sandbox: Sandbox) -> None:
    report = sandbox.report()
    if report["seccomp"] != "active":
        pytest.skip(f"seccomp is {report['seccomp']}")
    assert {act: report[act] for act in self_test.ACTS} == dict.fromkeys(self_test.ACTS, "denied")
    assert len(self_test.ACTS) >= 20


def test_the_self_test_notices_what_is_allowed(bare: ForkServerSandbox) -> None:
    report = bare.report()
    assert [report[layer] for layer in confine.OPTIONAL_LAYERS] == ["missing: switched off"] * 4
    for act in ("read a file", "start a process", "open a network socket", "make a memory file", "signal its parent"):
        assert report[act] == "ALLOWED", act
    assert report["raise its limits"] == "denied"  # by no layer that can be left off


def test_the_self_test_leaves_nothing_behind(bare: ForkServerSandbox) -> None:
    bare.report()
    assert not os.path.lexists(self_test._OUTSIDE_PATH)


def test_an_act_that_is_not_told_of_counts_as_allowed() -> None:
    told = dict.fromkeys(self_test.ACTS[:-1], "denied")
    assert self_test.complete(told) == {**told, self_test.ACTS[-1]: "ALLOWED"}


def test_a_layer_that_is_left_off_is_reported_and_nothing_else_changes() -> None:
    sandbox = ForkServerSandbox(1, without=["landlock"])
    try:
        report = sandbox.report()
        assert report["landlock"] == "missing: switched off"
        assert report["no_new_privs"] == "active"
        assert sandbox.run(make_job(LOGISTIC, whole=True)).failure is None
    finally:
        sandbox.close()


@pytest.mark.parametrize("without", ["seccomp", ["sekcomp"], ["landlock", "deadline"]])
def test_layers_that_do_not_exist_are_named(without: list[str]) -> None:
    with pytest.raises(ValueError, match=r"'namespaces', 'landlock', 'seccomp', 'own user'"):
        ForkServerSandbox(without=without)


@pytest.mark.parametrize(
    ("without", "reason"),
    [
        (["seccomp"], "needs seccomp"),
        (["landlock", "namespaces"], "needs one of landlock and namespaces"),
        (["seccomp", "landlock", "namespaces"], "needs seccomp and one of landlock and namespaces"),
    ],
)
def test_strict_refuses_to_run_with_less(without: list[str], reason: str) -> None:
    sandbox = ForkServerSandbox(1, without=without, strict=True)
    for action in (sandbox.report, lambda: sandbox.run(make_job(LOGISTIC, whole=True))):
        with pytest.raises(SandboxError, match=reason) as caught:
            action()
        assert "sandbox='auto'" in str(caught.value)
    assert wait_for(lambda: not any(is_running(pid) and _is_zygote(pid) for pid in descendants_of(os.getpid())))


def _is_zygote(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return "bootstrap.py" in file.read() and "seccomp" in file.read()
    except OSError:
        return False


@pytest.mark.parametrize("without", [[], ["landlock"], ["namespaces"]])
def test_strict_runs_with_seccomp_and_one_of_the_others(without: list[str], sandbox: Sandbox) -> None:
    report = sandbox.report()
    kept = [layer for layer in ("seccomp", "landlock", "namespaces") if layer not in without]
    if missing := [layer for layer in kept if report[layer] != "active"]:
        pytest.skip(f"missing here: {missing}")
    strict = ForkServerSandbox(1, without=without, strict=True)
    try:
        assert strict.run(make_job(LOGISTIC, whole=True)).failure is None
    finally:
        strict.close()


def test_strict_refuses_when_an_act_succeeds(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    from ds_gym.sandbox.fork_server import _what_strict_refuses

    report = {**sandbox.report(), "seccomp": "active", "landlock": "active"}
    assert _what_strict_refuses({**report, **dict.fromkeys(self_test.ACTS, "denied")}) is None
    refusal = _what_strict_refuses({**report, "use bpf": "ALLOWED"})
    assert refusal is not None
    assert "Programs can use bpf." in refusal


def test_what_is_missing_is_warned_of_once(caplog: pytest.LogCaptureFixture, bare: ForkServerSandbox) -> None:
    sandbox = ForkServerSandbox(1, without=["seccomp"])
    try:
        with caplog.at_level("WARNING", "ds_gym"):
            sandbox.report()
            sandbox.report()
            sandbox.run(make_job(LOGISTIC, whole=True))
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "start a process" in caplog.text
    finally:
        sandbox.close()


def test_the_strict_sandbox_by_name(sandbox: Sandbox) -> None:
    report = sandbox.report()
    if report["seccomp"] != "active" or "active" not in (report["landlock"], report["namespaces"]):
        with pytest.raises(SandboxError, match="strict"):
            make_sandbox("strict")
    else:
        assert make_sandbox("strict") is make_sandbox("strict")
        assert make_sandbox("strict").run(make_job(LOGISTIC, whole=True)).failure is None
