"""Very many attempts in a process of its own, and what they leave behind: memory, descriptors, processes, threads."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

MODULE = "benchmarks.cost.soak"
N_MARKS = 10


def chunk_sizes(n_attempts: int, n_chunks: int) -> list[int]:
    """``n_attempts`` in parts as equal as can be."""
    return [n_attempts * (part + 1) // n_chunks - n_attempts * part // n_chunks for part in range(n_chunks)]


def measure(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answer ``{"n_attempts", "n_splits", "n_rows", "n_features", "callers", "sandbox"}`` with a sample (the fields of
    :class:`benchmarks.cost.report.SoakSample`) before the first attempt and after each tenth of them.
    """
    from benchmarks.cost.workload import TRIVIAL, AttemptRunner, attempts_of, make_task
    from ds_gym.sandbox import make_sandbox

    sandbox = make_sandbox(request["sandbox"])
    task = make_task(request["n_rows"], request["n_features"])
    runners = [AttemptRunner(task, sandbox, request["n_splits"]) for _ in range(request["callers"])]

    def make_attempts(runner: AttemptRunner, n_attempts: int) -> None:
        deque(attempts_of(runner, TRIVIAL, n_attempts), maxlen=0)

    try:
        sandbox.report()
        with ThreadPoolExecutor(request["callers"]) as executor:
            done = 0
            yield _sample(done)
            for size in chunk_sizes(request["n_attempts"], N_MARKS):
                deque(executor.map(make_attempts, runners, chunk_sizes(size, len(runners))), maxlen=0)
                done += size
                yield _sample(done)
    finally:
        sandbox.close()


def _sample(n_attempts: int) -> dict[str, Any]:
    from benchmarks.cost.processes import n_descriptors, pss_mib, rss_mib, settled_tree, this_process
    from benchmarks.cost.workload import forget_results

    tree = settled_tree()
    forget_results()
    gc.collect()
    own = this_process()
    return {
        "n_attempts": n_attempts,
        "parent_rss_mib": rss_mib(own),
        "pool_pss_mib": pss_mib(tree.all),
        "parent_descriptors": own.num_fds(),
        "zygote_descriptors": n_descriptors(tree.inner),
        "processes": len(tree.all),
        "parent_threads": own.num_threads(),
    }


if __name__ == "__main__":
    from benchmarks.cost.fresh import answer_request

    answer_request(measure)
