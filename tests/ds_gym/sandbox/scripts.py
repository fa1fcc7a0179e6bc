"""Scripts that use a sandbox in a process of their own, under limits that the tests themselves could not bear."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

HANG_S = 240
"""A guard: what takes so long hangs."""

PRELUDE = """
import os, resource, signal, sys
from ds_gym.failures import SandboxError
from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, make_job

def attempt(sandbox, job=make_job(LOGISTIC, whole=True)):
    try:
        result = sandbox.run(job)
    except SandboxError as error:
        assert str(error)
        return "SandboxError"
    return "scored" if result.failure is None else repr(result.failure)

def limit(which, n):
    resource.setrlimit(which, (n, resource.getrlimit(which)[1]))
"""


def outcomes_of(script: str, **environment: str) -> list[str]:
    """The words that a script prints."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environment},
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=HANG_S)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    return output.split()
