"""Ctrl-C, and what sandboxes leave behind: nothing."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, children_of, descriptors, is_running, make_job, wait_for
from tests.ds_gym.sandbox.scripts import outcomes_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc")

INTERRUPTED = """
import threading, time
from concurrent.futures import ThreadPoolExecutor as Threads
import gymnasium as gym
from tests.ds_gym.sandbox.helpers import descendants_of
signal.signal(signal.SIGINT, signal.default_int_handler)

def interrupt():
    time.sleep(1)
    print(*descendants_of(os.getpid()), flush=True)
    os.killpg(os.getpid(), signal.SIGINT)

sandbox = ForkServerSandbox(2)
assert attempt(sandbox) == "scored"
ENDLESS = [f"while {k}: pass" for k in range(1, 4)]
given = {"sandbox": sandbox, "timeout_s": 900, "task": "wine"}
soon = threading.Thread(target=interrupt, daemon=True).start
try:
    ACT
except KeyboardInterrupt:
    print("interrupted", attempt(sandbox))
"""


@pytest.mark.parametrize(
    "act",
    [
        "env = gym.make('ds_gym:DataSci-v0', **given); env.reset(); soon(); env.step(ENDLESS[0])",
        "envs = gym.make_vec('ds_gym:DataSci-v0', num_envs=3, **given); envs.reset(); soon(); envs.step(ENDLESS)",
        "jobs = [make_job(e, timeout_s=900) for e in ENDLESS]; soon(); list(Threads(3).map(sandbox.run, jobs))",
    ],
    ids=["step", "step of a vector environment", "thread pool"],
)
def test_ctrl_c_ends_attempts_and_then_the_script(act: str) -> None:
    *pids, interrupted, outcome = outcomes_of(INTERRUPTED.replace("ACT", act))
    assert (interrupted, outcome) == ("interrupted", "scored")
    assert len(pids) >= 2
    assert wait_for(lambda: not any(is_running(int(pid)) for pid in pids))


def test_sandboxes_opened_and_closed_leave_nothing_behind() -> None:
    def one_life() -> None:
        with ThreadPoolExecutor(2) as threads:
            sandbox = ForkServerSandbox(2)
            assert all(
                result.failure is None for result in threads.map(sandbox.run, [make_job(LOGISTIC, whole=True)] * 3)
            )
            sandbox.close()

    one_life()
    before = len(descriptors()), threading.active_count(), children_of(os.getpid())
    for _ in range(4):
        one_life()
    assert (len(descriptors()), threading.active_count(), children_of(os.getpid())) == before
