"""Programs are executed again, as the environments of a run execute them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal

from benchmarks.errors import BadInput, MeasurementFailed, one_line
from ds_gym.actions import ProgramError, normalise_program
from ds_gym.evaluation import Evaluation, Evaluator
from ds_gym.failures import Failure, SandboxError
from ds_gym.sandbox import make_sandbox
from ds_gym.tasks import Task, get_task

Rows = Literal["splits", "held-out"]


@dataclass(frozen=True)
class Program:
    """What is executed once, however often it was written.

    Attributes:
        rows: what it is scored on: the splits of an episode, or the rows that no episode sees.
        code: as the environment has executed it.
    """

    task: str
    protocol: str
    rows: Rows
    code: str


@dataclass(frozen=True)
class Outcome:
    """What came of a program; ``score`` and ``error`` exclude each other. See :class:`ds_gym.evaluation.Evaluation`."""

    reward: float
    score: float | None
    split_scores: tuple[float, ...]
    error: Failure | None

    @property
    def status(self) -> Literal["scored", "failed"]:
        return "scored" if self.error is None else "failed"


class Executor:
    """Executes programs with the limits that environments have by default, as those of every run.

    Args:
        jobs: programs side by side.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._sandbox = make_sandbox("auto")
        self._evaluators: dict[tuple[str, str], Evaluator] = {}

    def prepare(self, task: str, protocol: str) -> None:
        """Loads what programs for a task are executed on.

        Raises:
            BadInput: the task or the protocol is not to be had here; one line.
        """
        if (task, protocol) in self._evaluators:
            return
        try:
            evaluator = Evaluator(_task(task), sandbox=self._sandbox, protocol=protocol)
        except ValueError as error:
            raise BadInput(one_line(error)) from None
        self._evaluators[task, protocol] = evaluator

    def execute(self, programs: Iterable[Program], advance: Callable[[], None]) -> dict[Program, Outcome]:
        """Executes each program once, those of prepared tasks.

        Args:
            programs: equal ones count as one.
            advance: called after each.

        Raises:
            MeasurementFailed: the sandbox failed, through no fault of a program; one line.
        """
        outcomes = {}
        threads = ThreadPoolExecutor(self._jobs, thread_name_prefix="verify")
        try:
            futures = {threads.submit(self._outcome, program): program for program in dict.fromkeys(programs)}
            for future in as_completed(futures):
                outcomes[futures[future]] = future.result()
                advance()
        except SandboxError as error:
            raise MeasurementFailed(f"the sandbox failed: {one_line(error)}") from error
        finally:
            # Without waiting: after Ctrl-C, the programs under way end with the interpreter.
            threads.shutdown(wait=False, cancel_futures=True)
        return outcomes

    def _outcome(self, program: Program) -> Outcome:
        evaluator = self._evaluators[program.task, program.protocol]
        try:
            normalised = normalise_program(program.code)
        except ProgramError as error:
            return _told(Evaluation.failed(error.failure))
        if program.rows == "held-out":
            return _told(evaluator.holdout_evaluation(normalised))
        return _told(evaluator.evaluate(program.code))


def _told(evaluation: Evaluation) -> Outcome:
    return Outcome(evaluation.reward, evaluation.score, evaluation.split_scores, evaluation.failure)


def _task(name: str) -> Task:
    try:
        return get_task(name)
    except (ValueError, OSError) as error:  # an unknown one, or a table that is not there
        raise BadInput(one_line(error)) from None
