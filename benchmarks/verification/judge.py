"""All that is verified of a run, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.backend import DataSciBackend
from benchmarks.errors import BadInput, one_line
from benchmarks.plan import task_fingerprint
from benchmarks.verification.aggregates import aggregate_differences, evaluation_contradictions
from benchmarks.verification.attempts import RecordedAttempt, numbering_differences
from benchmarks.verification.comparison import compare_attempt, difference_on_held_out_rows, inconsistencies
from benchmarks.verification.execution import Executor, Outcome, Program
from benchmarks.verification.runs import RecordedRun


@dataclass(frozen=True)
class Inquiry:
    """A run, and what is to be executed for it.

    Attributes:
        sampled: the attempts that are executed again.
        fingerprint: of the run's tasks as they are here. Where it is another, nothing is executed.
    """

    run: RecordedRun
    sampled: tuple[RecordedAttempt, ...]
    fingerprint: str

    @property
    def has_same_data(self) -> bool:
        return self.fingerprint == self.run.result.task_fingerprint

    @property
    def programs(self) -> tuple[Program, ...]:
        """Each once."""
        if not self.has_same_data:
            return ()
        attempts = [self.program_of(attempt) for attempt in self.sampled]
        return tuple(dict.fromkeys([*attempts, *self.held_out().values()]))

    def program_of(self, attempt: RecordedAttempt) -> Program:
        return Program(attempt.task, self.run.result.protocol, "splits", attempt.code)

    def held_out(self) -> dict[str, Program]:
        """The best programs that were scored on held-out rows, by task."""
        result = self.run.result
        if result.status != "finished" or result.protocol != "holdout":
            return {}
        best = {task: each for task, each in result.best_by_task.items() if task in result.tasks}
        return {task: Program(task, result.protocol, "held-out", each.code) for task, each in best.items()}


@dataclass(frozen=True)
class Verdict:
    """What came of the verification of one run.

    Attributes:
        path: of the result file.
        attempts: in the attempts file.
        executed_attempts: those that were executed again and can be compared.
        executed_programs: different programs that were executed, those on held-out rows included.
        equal_rewards: of ``executed_attempts``, those with exactly the recorded reward.
        differences: in words, the most telling first; empty if all agrees.
        not_comparable: in words, attempts whose outcome depends on the machine, or whose action is not recorded in
            full.
    """

    path: str
    agent: str
    task: str
    seed: int
    status: str
    attempts: int
    executed_attempts: int
    executed_programs: int
    equal_rewards: int
    differences: tuple[str, ...]
    not_comparable: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return not self.differences


def make_inquiry(run: RecordedRun, executor: Executor, sample: int | None, seed: int) -> Inquiry:
    """Chooses what is executed for a run, and loads its tasks.

    Args:
        run: as it is recorded.
        executor: executes its programs later.
        sample: so many attempts instead of all; None for all.
        seed: of the sample, which differs from run to run.

    Raises:
        BadInput: a task or the protocol of the run is not to be had here; one line that names the file.
    """
    try:
        for task in run.result.tasks:
            executor.prepare(task, run.result.protocol)
        fingerprint = task_fingerprint(run.result.task, DataSciBackend())
    except BadInput as error:
        raise BadInput(f"{run.path}: cannot be executed again here: {one_line(error)}") from None
    # Attempts of other tasks cannot be executed; they are named as a difference.
    attempts = [attempt for attempt in run.attempts if attempt.task in run.result.tasks]
    if sample is not None and sample < len(attempts):
        generator = random.Random(f"{seed}/{run.result.label}/{run.result.task}/{run.result.seed}")
        attempts = [attempts[index] for index in sorted(generator.sample(range(len(attempts)), sample))]
    return Inquiry(run, tuple(attempts), fingerprint)


def judge(inquiry: Inquiry, outcomes: Mapping[Program, Outcome]) -> Verdict:
    """Compares a run with what its programs earn now, and with itself.

    Args:
        inquiry: the run.
        outcomes: of all its programs.
    """
    result, attempts = inquiry.run.result, inquiry.run.attempts
    differences: list[str] = []
    not_comparable: list[str] = []
    equal = compared = 0
    numbering = numbering_differences(attempts, result.budget.env_steps)
    if inquiry.has_same_data:
        for attempt in inquiry.sampled:
            comparison = compare_attempt(attempt, outcomes[inquiry.program_of(attempt)])
            if comparison.not_comparable is not None:
                not_comparable.append(comparison.not_comparable)
                continue
            compared += 1
            equal += comparison.equal_reward
            if comparison.difference is not None:
                differences.append(comparison.difference)
        for task, program in inquiry.held_out().items():
            difference = difference_on_held_out_rows(task, result.best_by_task[task], outcomes[program])
            differences += [] if difference is None else [difference]
    else:
        differences.append(f"task_fingerprint: the data of {result.task} are others here; no program was executed")
    contradictions = [each for attempt in attempts for each in inconsistencies(attempt)]
    # Without all attempts, nothing follows from them.
    aggregates = [] if numbering else aggregate_differences(result, attempts)
    return Verdict(
        path=str(inquiry.run.path),
        agent=result.label,
        task=result.task,
        seed=result.seed,
        status=result.status,
        attempts=len(attempts),
        executed_attempts=compared,
        executed_programs=len(inquiry.programs),
        equal_rewards=equal,
        differences=(
            *numbering,
            *differences,
            *contradictions,
            *aggregates,
            *_misplaced_holdout_scores(inquiry),
            *evaluation_contradictions(result),
        ),
        not_comparable=tuple(not_comparable),
    )


def all_programs(inquiries: Sequence[Inquiry]) -> list[Program]:
    """What is to be executed for all of them, each once."""
    return list(dict.fromkeys(program for inquiry in inquiries for program in inquiry.programs))


def _misplaced_holdout_scores(inquiry: Inquiry) -> list[str]:
    """Held-out scores in results that have none: unfinished ones, and those of a protocol without held-out rows."""
    expected = inquiry.held_out()
    return [
        f"best program of {task}: held-out score {best.holdout_score!r} recorded, in a run that takes none"
        for task, best in inquiry.run.result.best_by_task.items()
        if task not in expected and best.holdout_score is not None
    ]
