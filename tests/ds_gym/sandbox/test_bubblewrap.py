from __future__ import annotations

import pickle
import shutil

import pytest

from ds_gym.failures import SandboxError
from ds_gym.sandbox import make_sandbox
from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, descendants_of, is_running, make_job, wait_for


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_programs_run_and_end_in_bubblewrap() -> None:
    sandbox = make_sandbox("bubblewrap")
    assert isinstance(sandbox, ForkServerSandbox)
    try:
        report = sandbox.report()
    except SandboxError as error:  # installed, but this container lets nobody make namespaces
        assert "bwrap" in str(error)  # noqa: PT017
        return
    assert report["namespaces"] == "active"
    probabilities = sandbox.run(make_job(LOGISTIC, whole=True)).probabilities
    plain = ForkServerSandbox(1)
    expected = plain.run(make_job(LOGISTIC, whole=True)).probabilities
    assert probabilities is not None
    assert expected is not None
    assert probabilities.tobytes() == expected.tobytes()
    plain.close()
    assert pickle.loads(pickle.dumps(sandbox))._arguments == sandbox._arguments
    assert sandbox._pool is not None
    assert sandbox._pool._process is not None
    outer = sandbox._pool._process.pid
    pids = {outer} | descendants_of(outer)
    sandbox.close()
    assert wait_for(lambda: not any(is_running(pid) for pid in pids))


def test_without_bubblewrap_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxError, match=r"install it .*sandbox='auto'"):
        make_sandbox("bubblewrap")
