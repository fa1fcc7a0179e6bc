"""What one split could tell the next by, without any object that both can open."""

from __future__ import annotations

import sys

import pytest

from ds_gym.sandbox import Sandbox
from tests.ds_gym.sandbox.helpers import make_job

LIMITS_IN_SIGHT = """
import gc, resource, sys
seen = set()
frame = sys._getframe()
while frame is not None:
    seen |= {value for owner in frame.f_locals.values() for value in [getattr(owner, "timeout_s", None)]}
    frame = frame.f_back
seen |= {getattr(owner, "timeout_s", None) for owner in gc.get_objects()}
raise KeyError(sorted(value for value in seen if isinstance(value, float)), resource.getrlimit(resource.RLIMIT_CPU))
"""


def test_a_program_cannot_tell_how_long_the_earlier_splits_took(sandbox: Sandbox) -> None:
    """The time that is left would carry fifteen bits a split: a program can choose how long it takes."""
    told = set()
    for seconds_left in (60.0, 59.873, 41.2):
        failure = sandbox.run(make_job(LIMITS_IN_SIGHT, timeout_s=seconds_left)).failure
        assert failure is not None
        told.add(failure.message)
    assert len(told) == 1
    assert "KeyError" in told.pop()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="layers of Linux")
def test_a_program_cannot_look_up_a_path(sandbox: Sandbox) -> None:
    """The kernel remembers which paths were looked up, also in vain, and a later split could time whether it does."""
    if sandbox.report()["seccomp"] != "active":
        pytest.skip(f"seccomp is {sandbox.report()['seccomp']}")
    body = """
import os, pathlib
paths = ("/", "/dev/null", "/tmp", "/proc/self/exe")
found = [path for path in paths if os.path.lexists(path) or os.access(path, os.F_OK) or pathlib.Path(path).exists()]
assert not found, found
raise KeyError("nothing found")
"""
    failure = sandbox.run(make_job(body)).failure
    assert failure is not None
    assert failure.message == "KeyError: 'nothing found'"
