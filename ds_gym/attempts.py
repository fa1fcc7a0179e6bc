"""Attempts between their action and their outcome, one or many at a time."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from ds_gym.evaluation import Evaluation, Evaluator
from ds_gym.failures import SandboxError


@dataclass(frozen=True)
class PendingAttempt:
    """An attempt that may be evaluated, at any time and in any thread.

    Attributes:
        code: the program, or the action in the form of one.
        evaluator: scores the program.
        evaluation: the outcome if it is known without running the program (it does not parse), else None.
    """

    code: str
    evaluator: Evaluator
    evaluation: Evaluation | None = None

    def evaluate(self) -> Evaluation:
        """Run and score the program. Thread-safe; changes nothing in the environment.

        Raises:
            SandboxError: the machinery failed, not the program.
        """
        return self.evaluation or self.evaluator.evaluate(self.code)


@dataclass(frozen=True)
class _Sent:
    """What an episode waits for: an attempt (None where the episode is to be reset instead) and its future outcome."""

    attempt: PendingAttempt | None
    outcome: Future[Evaluation | None]


class ParallelAttempts:
    """The attempts of several episodes, at most one of each episode, evaluated in threads.

    Args:
        n_threads: how many are evaluated at the same time.
        share: whether equal programs for equal tasks that are under way at the same time are run once.
    """

    def __init__(self, n_threads: int, *, share: bool) -> None:
        self._threads = ThreadPoolExecutor(n_threads, thread_name_prefix="ds_gym-attempt")
        self._share = share
        self._sent: dict[int, _Sent] = {}

    @property
    def env_ids(self) -> list[int]:
        """The episodes whose outcomes have not been taken, ascending."""
        return sorted(self._sent)

    def start(self, env_id: int, attempt: PendingAttempt | None) -> None:
        """Begin to evaluate an attempt, or with None leave the episode to be reset."""
        self._sent[env_id] = _Sent(attempt, self._outcome(attempt))

    def wait(self, env_ids: Collection[int], at_least: int) -> list[int]:
        """Those of ``env_ids`` that have ended, ascending, as soon as ``at_least`` of them have."""
        while True:
            ended = sorted(i for i in env_ids if self._sent[i].outcome.done())
            if len(ended) >= at_least:
                return ended
            wait({self._sent[i].outcome for i in env_ids if i not in ended}, return_when=FIRST_COMPLETED)

    def take(self, env_ids: Collection[int]) -> dict[int, tuple[PendingAttempt, Evaluation] | None]:
        """Attempts that have ended, with their outcomes; None for an episode to be reset.

        Raises:
            SandboxError: the machinery failed for some of them, which the message names. These are forgotten; the
                others stay to be taken.
        """
        errors = {i: error for i in env_ids if (error := self._sent[i].outcome.exception()) is not None}
        if errors:
            for i in errors:
                del self._sent[i]
            first = next(iter(errors.values()))
            if not isinstance(first, SandboxError):
                raise first
            raise SandboxError(f"no outcome for the attempts of environments {list(errors)}: {first}") from first
        taken = {i: self._sent.pop(i) for i in env_ids}
        results: dict[int, tuple[PendingAttempt, Evaluation] | None] = {}
        for i, sent in taken.items():
            evaluation = sent.outcome.result()
            results[i] = None if sent.attempt is None or evaluation is None else (sent.attempt, evaluation)
        return results

    def drop(self) -> None:
        """Forget all attempts; those that run already end without consequence."""
        for sent in self._sent.values():
            sent.outcome.cancel()
        self._sent.clear()

    def close(self) -> None:
        """Forget all attempts and let the threads end."""
        self.drop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _outcome(self, attempt: PendingAttempt | None) -> Future[Evaluation | None]:
        if attempt is None or attempt.evaluation is not None:
            known: Future[Evaluation | None] = Future()
            known.set_result(None if attempt is None else attempt.evaluation)
            return known
        # An equal program that is under way would keep one of the threads waiting for it, and a processor idle.
        same = (sent.outcome for sent in self._sent.values() if self._share and sent.attempt == attempt)
        return next(same, None) or self._threads.submit(attempt.evaluate)
