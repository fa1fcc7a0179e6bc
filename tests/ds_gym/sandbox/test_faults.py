"""What the machine does to the machinery is no reward: an attempt is made again, or SandboxError is raised."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import numpy as np
import pytest

from ds_gym.evaluation import Evaluator
from ds_gym.failures import Failure
from ds_gym.sandbox import SplitResult, fork_server
from ds_gym.sandbox.fork_server import ForkServerSandbox
from ds_gym.tasks import Task
from tests.ds_gym.sandbox.helpers import LOGISTIC, children_of, descendants_of, make_job, make_program, wait_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc")

HANG_S = 240
"""A guard: what takes so long hangs."""


def run_logistic(sandbox: ForkServerSandbox) -> SplitResult:
    return sandbox.run(make_job(LOGISTIC, whole=True))


def zygote_of(sandbox: ForkServerSandbox) -> int | None:
    """Process that the sandbox has started, if it has."""
    process = sandbox._pool._process if sandbox._pool is not None else None
    return None if process is None else process.pid


N_ATTEMPTS, N_KILLS, N_THREADS = 500, 50, 4
TRIVIAL = """
import time
time.sleep(0.01)
class Model:
    def predict_proba(self, x):
        if {k} == 3: raise ValueError("no")
        return [[{k} / 8, 0.5 - {k} / 16, 0.5 - {k} / 16]] * len(x)
return Model()
"""


class Killer:
    """Kills the zygote at seeded times: once in every 20 attempts amid them, and once while the next zygote starts."""

    def __init__(self, sandbox: ForkServerSandbox) -> None:
        self.n_kills = 0
        self._sandbox = sandbox
        self._random = random.Random(7)
        self._n_done = 0
        self._done = threading.Condition()
        self._thread = threading.Thread(target=self._kill_again_and_again, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._thread.join(HANG_S)

    def count(self) -> None:
        with self._done:
            self._n_done += 1
            self._done.notify_all()

    def _kill_again_and_again(self) -> None:
        per_kill = N_ATTEMPTS // (N_KILLS // 2)
        for k in range(N_KILLS // 2):
            n_before = k * per_kill + self._random.randrange(per_kill - N_THREADS)
            with self._done:
                assert self._done.wait_for(lambda: self._n_done >= n_before, HANG_S)  # noqa: B023
            time.sleep(self._random.random() * 0.02)
            killed = self._kill(None)
            assert wait_for(lambda: zygote_of(self._sandbox) not in (None, killed), HANG_S)  # noqa: B023
            time.sleep(self._random.random() * 0.5)
            self._kill(killed)

    def _kill(self, other_than: int | None) -> int | None:
        pid = zygote_of(self._sandbox)
        if pid is not None and pid != other_than:
            os.kill(pid, signal.SIGKILL)
            self.n_kills += 1
        return pid


def test_killing_the_zygote_fifty_times_in_five_hundred_attempts_changes_no_reward(
    sandbox: ForkServerSandbox, own_sandbox: ForkServerSandbox
) -> None:
    jobs = [make_job(TRIVIAL.format(k=k)) for k in range(8)]
    expected = [sandbox.run(job) for job in jobs]
    assert [result.failure is None for result in expected] == [k != 3 for k in range(8)]
    run_logistic(own_sandbox)

    def attempt(k: int) -> SplitResult:
        result = own_sandbox.run(jobs[k % 8])
        killer.count()
        return result

    with Killer(own_sandbox) as killer, ThreadPoolExecutor(N_THREADS) as threads:
        results = list(threads.map(attempt, range(N_ATTEMPTS)))
    assert killer.n_kills == N_KILLS
    for k, result in enumerate(results):
        assert result.failure == expected[k % 8].failure
        np.testing.assert_array_equal(result.probabilities, expected[k % 8].probabilities)


SLOW = (
    "import time\ntime.sleep(1)\nfrom sklearn.naive_bayes import GaussianNB\nreturn GaussianNB().fit(x_train, y_train)"
)


@pytest.mark.parametrize("sent", [signal.SIGSTOP, signal.SIGKILL])
def test_a_worker_stopped_or_killed_from_outside_costs_nothing_but_time(
    own_sandbox: ForkServerSandbox, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    if own_sandbox.report()["seccomp"] != "active":
        pytest.skip("without seccomp a program can stop and kill itself, so that a signal does not tell who sent it")
    monkeypatch.setattr(fork_server, "_HANDOVER_LIMIT_S", 1.0)  # idle workers are stopped too, and never take a job
    zygote = zygote_of(own_sandbox)
    assert zygote is not None
    results: list[SplitResult] = []
    job = make_job(SLOW, timeout_s=4)
    thread = threading.Thread(target=lambda: results.append(own_sandbox.run(job)))
    thread.start()
    time.sleep(0.5)
    for pid in workers_of(zygote):
        os.kill(pid, sent)
    thread.join(HANG_S)
    assert [result.failure for result in results] == [None]
    assert run_logistic(own_sandbox).failure is None


def workers_of(zygote: int) -> set[int]:
    """The last generation of the processes below a zygote, which may have entered a namespace by a fork."""
    return {pid for pid in descendants_of(zygote) if not children_of(pid)}


def test_a_wall_clock_that_jumps_changes_nothing(
    own_sandbox: ForkServerSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps: Iterator[float] = iter(range(0, 10**12, 10**7))
    monkeypatch.setattr(time, "time", lambda: next(jumps) * (-1) ** next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))
    assert run_logistic(own_sandbox).failure is None
    result = own_sandbox.run(make_job("while True: pass", timeout_s=0.5))
    assert result.failure == Failure("timeout", "TimeoutError: timed out after 0.5 s")
    assert 0.5 <= result.seconds < HANG_S
    assert own_sandbox.run(make_job(SLOW, timeout_s=60)).failure is None


def _evaluate_in_fork(connection: Connection, evaluator: Evaluator) -> None:
    connection.send(evaluator.evaluate(SLOW_PROGRAM).score)


SLOW_PROGRAM = make_program(SLOW)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_forked_while_a_thread_evaluates_does_not_wait_for_that_thread(
    own_sandbox: ForkServerSandbox, make_separable_task: Callable[..., Task]
) -> None:
    evaluator = Evaluator(make_separable_task(), sandbox=own_sandbox, n_splits=1)
    thread = threading.Thread(target=evaluator.evaluate, args=(SLOW_PROGRAM,))
    thread.start()
    time.sleep(0.3)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_evaluate_in_fork, args=(there, evaluator), daemon=True)
    process.start()
    try:
        assert here.poll(HANG_S / 4), "it hangs"
        assert here.recv() == evaluator.evaluate(SLOW_PROGRAM).score
    finally:
        process.kill()
        process.join()
        thread.join(HANG_S)
