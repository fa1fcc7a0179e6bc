"""Faults of the machinery, and that nothing outlives its owner."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from ds_gym.failures import SandboxError
from ds_gym.sandbox import SplitJob, SplitResult, make_sandbox, pool
from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import (
    LOGISTIC,
    children_of,
    descendants_of,
    descriptors,
    is_running,
    make_job,
    make_program,
    wait_for,
    zygote_of,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc")

OWNER = """
import os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it runs in the background ignore it
from ds_gym.sandbox import make_sandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, descendants_of, make_job
sandbox = make_sandbox("auto")
assert sandbox.run(make_job(LOGISTIC, whole=True)).failure is None
slow = threading.Thread(target=sandbox.run, args=(make_job("while True: pass"),), daemon=True)
slow.start()
time.sleep(0.3)
print(*descendants_of(os.getpid()), flush=True)
{ending}
"""


def run_logistic(sandbox: ForkServerSandbox) -> SplitResult:
    return sandbox.run(make_job(LOGISTIC, whole=True))


def test_a_killed_zygote_is_replaced_and_the_result_stays(own_sandbox: ForkServerSandbox) -> None:
    expected = run_logistic(own_sandbox).probabilities
    assert expected is not None
    for _ in range(2):
        os.kill(zygote_of(own_sandbox), signal.SIGKILL)
        probabilities = run_logistic(own_sandbox).probabilities
        assert probabilities is not None
        assert probabilities.tobytes() == expected.tobytes()


def test_a_zygote_killed_in_the_middle_of_a_job_costs_nothing_but_time(own_sandbox: ForkServerSandbox) -> None:
    run_logistic(own_sandbox)
    results = []
    model = "from sklearn.naive_bayes import GaussianNB\nreturn GaussianNB().fit(x_train, y_train)"
    slow = f"import time\ntime.sleep(0.7)\n{model}"
    threads = [threading.Thread(target=lambda: results.append(own_sandbox.run(make_job(slow)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    os.kill(zygote_of(own_sandbox), signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert [result.failure for result in results] == [None] * 3


def test_killed_idle_workers_cost_nothing_but_time(own_sandbox: ForkServerSandbox) -> None:
    run_logistic(own_sandbox)
    for pid in children_of(zygote_of(own_sandbox)):
        os.kill(pid, signal.SIGKILL)
    assert run_logistic(own_sandbox).failure is None


def largest_worker_mb(sandbox: ForkServerSandbox) -> float:
    """Resident memory of the largest of the zygote's children."""
    sizes = [0.0]
    for pid in children_of(zygote_of(sandbox)):
        with contextlib.suppress(psutil.Error):
            sizes.append(psutil.Process(pid).memory_info().rss / 2**20)
    return max(sizes)


@pytest.mark.parametrize(("n_mb", "expected"), [(0, None), (210, "memory")])
def test_a_worker_killed_from_outside_is_the_program_s_fault_only_if_it_holds_the_memory(
    own_sandbox: ForkServerSandbox, tmp_path: Path, n_mb: int, expected: str | None
) -> None:
    """As the system does where memory runs out."""
    if own_sandbox.report()["seccomp"] != "active":
        pytest.skip(f"seccomp is {own_sandbox.report()['seccomp']}")
    body = f"""
    import time
    import numpy as np
    from sklearn.naive_bayes import GaussianNB
    kept = np.ones({n_mb} << 17)
    time.sleep(3)
    return GaussianNB().fit(x_train, y_train)
    """
    results: list[SplitResult] = []
    job = make_job(body, memory_mb=256)
    idle = largest_worker_mb(own_sandbox)
    thread = threading.Thread(target=lambda: results.append(own_sandbox.run(job)))
    thread.start()
    while largest_worker_mb(own_sandbox) < idle + 0.5 * n_mb and thread.is_alive():
        time.sleep(0.02)
    time.sleep(0.7)  # idle workers are not all of a size: now the rest of it is there, too
    for pid in children_of(zygote_of(own_sandbox)):
        os.kill(pid, signal.SIGKILL)
    thread.join()
    (result,) = results
    assert (result.failure and result.failure.kind) == expected


def test_a_stopped_zygote_is_no_timeout_of_the_program(
    own_sandbox: ForkServerSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("_WORKER_LIMIT_S", "_STATUS_LIMIT_S", "_END_LIMIT_S"):
        monkeypatch.setattr(pool, limit, 0.5)
    run_logistic(own_sandbox)
    zygote = zygote_of(own_sandbox)
    workers = descendants_of(zygote)
    os.kill(zygote, signal.SIGSTOP)
    for _ in range(4):  # more than there are idle workers
        assert run_logistic(own_sandbox).failure is None
    assert zygote_of(own_sandbox) != zygote
    assert wait_for(lambda: not any(is_running(pid) for pid in {zygote, *workers}))


def test_a_forgotten_sandbox_ends_its_processes() -> None:
    sandbox = ForkServerSandbox(n_idle=1)
    run_logistic(sandbox)
    zygote = zygote_of(sandbox)
    del sandbox
    gc.collect()
    assert wait_for(lambda: not is_running(zygote))


@pytest.mark.parametrize("interpreter", ["/nonexistent/python", "/bin/false", ""])
def test_a_zygote_that_does_not_start_is_the_machinery_s_fault(
    own_sandbox: ForkServerSandbox, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)
    with pytest.raises(SandboxError, match="zygote"):
        run_logistic(own_sandbox)
    with pytest.raises(SandboxError, match="zygote"):
        own_sandbox.report()


def test_closing_ends_all_processes_and_can_be_repeated() -> None:
    sandbox = ForkServerSandbox(n_idle=2)
    run_logistic(sandbox)
    pids = descendants_of(zygote_of(sandbox)) | {zygote_of(sandbox)}
    assert len(pids) >= 2
    sandbox.close()
    sandbox.close()
    assert wait_for(lambda: not any(is_running(pid) for pid in pids))
    assert run_logistic(sandbox).failure is None  # it starts anew
    sandbox.close()


def test_the_shared_sandbox_survives_the_closing_of_one_user() -> None:
    sandbox = make_sandbox("auto")
    assert isinstance(sandbox, ForkServerSandbox)
    run_logistic(sandbox)
    zygote = zygote_of(sandbox)
    sandbox.close()
    assert run_logistic(sandbox).failure is None
    assert zygote_of(sandbox) == zygote


def test_many_jobs_leave_no_process_descriptor_or_thread_behind(own_sandbox: ForkServerSandbox) -> None:
    run_logistic(own_sandbox)
    time.sleep(0.5)
    n_before = len(descriptors()), threading.active_count()
    for k in range(20):
        own_sandbox.run(make_job("raise ValueError" if k % 2 else "import os; os._exit(0)"))
    zygote_pool = own_sandbox._pool
    assert zygote_pool is not None
    assert wait_for(lambda: len(zygote_pool._idle) == 2)
    assert (len(descriptors()), threading.active_count()) == n_before
    assert wait_for(lambda: len(children_of(zygote_of(own_sandbox))) == 2)


@pytest.mark.parametrize(
    ("ending", "sent"),
    [
        ("", None),
        ("time.sleep(100)", signal.SIGKILL),
        ("time.sleep(100)", signal.SIGINT),
        ("sandbox.run(make_job('while True: pass'))", signal.SIGINT),
    ],
    ids=["end", "kill", "ctrl-c", "ctrl-c in run"],
)
def test_nothing_outlives_the_owner(ending: str, sent: signal.Signals | None) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(ending=ending)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[3],
    )
    assert owner.stdout is not None
    line = owner.stdout.readline()
    pids = [int(word) for word in line.split()]
    assert len(pids) >= 3, owner.communicate()
    assert sent is None or all(is_running(pid) for pid in pids)
    if sent is not None:
        time.sleep(0.2)
        os.killpg(owner.pid, sent)  # as the terminal does
    owner.communicate(timeout=30)
    assert wait_for(lambda: not any(is_running(pid) for pid in pids))


def test_a_zygote_outlives_the_thread_that_first_used_it(own_sandbox: ForkServerSandbox) -> None:
    thread = threading.Thread(target=run_logistic, args=(own_sandbox,))
    thread.start()
    thread.join()
    zygote = zygote_of(own_sandbox)
    assert run_logistic(own_sandbox).failure is None
    assert zygote_of(own_sandbox) == zygote


def _run_in_worker(queue: multiprocessing.Queue, sandbox: ForkServerSandbox) -> None:
    probabilities = run_logistic(sandbox).probabilities
    queue.put(None if probabilities is None else probabilities.tobytes())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_it_works_in_forked_and_spawned_workers(own_sandbox: ForkServerSandbox, method: str) -> None:
    expected = run_logistic(own_sandbox).probabilities
    assert expected is not None
    zygote = zygote_of(own_sandbox)
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    workers = [context.Process(target=_run_in_worker, args=(queue, own_sandbox), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for _ in workers:
            assert queue.get(timeout=60) == expected.tobytes()
    finally:
        pids = {pid for worker in workers if worker.pid for pid in descendants_of(worker.pid)}
        for worker in workers:
            worker.join(20)
    assert wait_for(lambda: not any(is_running(pid) for pid in pids))
    assert run_logistic(own_sandbox).failure is None
    assert zygote_of(own_sandbox) == zygote


def test_a_pickled_sandbox_starts_its_own_zygote(own_sandbox: ForkServerSandbox) -> None:
    run_logistic(own_sandbox)
    copy = pickle.loads(pickle.dumps(own_sandbox))
    try:
        assert run_logistic(copy).failure is None
        assert zygote_of(copy) != zygote_of(own_sandbox)
    finally:
        copy.close()
    assert pickle.loads(pickle.dumps(make_sandbox("auto"))) is make_sandbox("auto")


def test_the_parent_never_sees_the_output_of_programs(
    own_sandbox: ForkServerSandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    own_sandbox.run(make_job("import os\nprint('loud')\nfor fd in (1, 2): os.write(fd, b'loud')\nraise ValueError"))
    own_sandbox.close()
    assert capfd.readouterr() == ("", "")


def test_large_arrays_pass(own_sandbox: ForkServerSandbox) -> None:
    x = np.random.default_rng(0).random((60_000, 3))
    x /= x.sum(axis=1, keepdims=True)
    body = make_program("class M:\n    def predict_proba(self, x): return x\nreturn M()")
    result = own_sandbox.run(SplitJob(body, x, np.zeros(len(x), int), x, 3, 0, 60, 1024))
    assert result.probabilities is not None
    np.testing.assert_allclose(result.probabilities, x)
