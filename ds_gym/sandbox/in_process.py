"""A sandbox that is none: runs programs in the caller's process, for debugging with breakpoints and profilers."""

from __future__ import annotations

import contextlib
import io
import threading
import time
import warnings
from collections.abc import Iterator

from ds_gym.columns import hand_over
from ds_gym.failures import Failure
from ds_gym.sandbox import program, seeding
from ds_gym.sandbox.predictions import check_probabilities
from ds_gym.sandbox.protocol import SplitJob, SplitResult


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    sink = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        warnings.simplefilter("ignore")
        yield


class InProcessSandbox:
    """Runs programs in this process, one at a time. Isolates nothing, and enforces neither time nor memory limits.

    The states of the global generators are put back after each program.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def run(self, job: SplitJob) -> SplitResult:
        """Run ``job`` here; its arrays are copied, for the program may write to them."""
        start = time.perf_counter()
        failure: Failure | None = None
        probabilities = None
        with self._lock, seeding.seeded(job.seed), _silence():
            try:
                model = program.build(job.source, hand_over(job.x_train.copy(), job.columns), job.y_train.copy())
                raw = program.predict(model, job.source, hand_over(job.x_eval.copy(), job.columns), job.n_classes)
            except program.ProgramFailed as failed:
                if isinstance(failed.__cause__, KeyboardInterrupt):
                    raise KeyboardInterrupt from None  # Ctrl-C is for the caller
                failure = failed.failure
            except MemoryError:
                failure = Failure("memory", "MemoryError: the memory limit was reached")
            else:
                checked = check_probabilities(raw)
                probabilities, failure = (None, checked) if isinstance(checked, Failure) else (checked, None)
        return SplitResult(probabilities, failure, time.perf_counter() - start)

    def report(self) -> dict[str, str]:
        """Says that nothing is protected."""
        why = "missing: the in-process sandbox is for debugging and runs programs in this very process"
        return {"process isolation": why, "deadline": why, "memory limit": why}

    def close(self) -> None:
        """Nothing to give back."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return InProcessSandbox, ()
