"""Whether programs with known scores still earn them: run in the sandbox, with the paper's splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ds_gym.cache import ResultCache
from ds_gym.evaluation import Evaluation, Evaluator
from ds_gym.sandbox import make_sandbox
from ds_gym.sandbox.protocol import Sandbox
from ds_gym.tasks import Task, get_task, list_tasks
from ds_gym.tasks.paper_scores import BASELINE_PROGRAMS, paper_scores
from ds_gym.validation import check_choice, unknown_choice

TOLERANCE = 0.002
TIMEOUT_S = 900.0
"""Seconds for the five splits of one program: generous, since slow is not wrong."""


@dataclass(frozen=True)
class ScoreCheck:
    """One program on one task.

    Attributes:
        task: name of the task.
        program: ``"floor"``, ``"reference"``, ``"strong"``, or the name of a model of the baselines.
        expected: the known score.
        measured: the score now, or None if the program or the task failed.
        tolerance: the largest difference that is no error.
        note: why nothing was measured, or what else is to be known; else empty.
    """

    task: str
    program: str
    expected: float
    measured: float | None
    tolerance: float = TOLERANCE
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the program earns what it should."""
        return self.measured is not None and abs(self.measured - self.expected) <= self.tolerance


def validate_tasks(
    tasks: Iterable[str | Task] | None = None, *, sandbox: Sandbox | None = None, tolerance: float = TOLERANCE
) -> Iterator[ScoreCheck]:
    """Run the floor, reference and strong programs of tasks again.

    Args:
        tasks: names or tasks; None for the suite ``"embedded"``.
        sandbox: runs the programs; None for the one that this process shares.
        tolerance: the largest difference that is no error.

    Yields:
        One row a program, as soon as it is known, in the order of the tasks.

    Raises:
        ValueError: an unknown task, or one that knows no programs.
        MissingTableError: a paper task's table cannot be had.
        SandboxError: the machinery failed.
    """
    chosen = [get_task(task) for task in (list_tasks("embedded") if tasks is None else tasks)]
    for task in chosen:
        if not task.solutions:
            raise ValueError(
                f"task {task.name!r} has no programs with known scores; tasks of your own need not have any"
            )
    for task in chosen:
        score = _scorer(task, sandbox)
        for solution in task.solutions:
            measured, note = score(solution.code)
            yield ScoreCheck(task.name, solution.role, solution.score, measured, tolerance, note)


def validate_baselines(
    tasks: Iterable[str] | None = None,
    models: Sequence[str] | None = None,
    *,
    sandbox: Sandbox | None = None,
    tolerance: float = TOLERANCE,
) -> Iterator[ScoreCheck]:
    """Score the baseline models on the paper's tasks.

    A task whose table cannot be had gives rows with a note and without a score.

    Args:
        tasks: names from the suites ``"paper"`` and ``"paper-full"``; None for ``"paper"``.
        models: keys of :data:`ds_gym.tasks.paper_scores.BASELINE_PROGRAMS`; None for all. A model that is too slow for
            a large table has no known score there, and is left out.
        sandbox: runs the programs; None for the one that this process shares.
        tolerance: the largest difference that is no error.

    Yields:
        One row a task and model, as soon as it is known.

    Raises:
        ValueError: an unknown task or model.
        SandboxError: the machinery failed.
    """
    known = paper_scores()
    names = list_tasks("paper") if tasks is None else list(tasks)
    for name in names:
        if name not in known:
            raise unknown_choice("task", name, known)
    chosen = [check_choice("model", model, BASELINE_PROGRAMS) for model in models or BASELINE_PROGRAMS]
    for name in names:
        expected = {model: score for model, score in known[name].scores.items() if model in chosen}
        try:
            task = get_task(name)
        except FileNotFoundError as error:
            for model, score in expected.items():
                yield ScoreCheck(name, model, score, None, tolerance, str(error))
            continue
        score_of = _scorer(task, sandbox)
        other_data = "" if task.fingerprint == known[name].fingerprint else "other data than those first measured"
        for model, score in expected.items():
            measured, note = score_of(BASELINE_PROGRAMS[model])
            yield ScoreCheck(name, model, score, measured, tolerance, note or other_data)


def _scorer(task: Task, sandbox: Sandbox | None) -> Callable[[str], tuple[float | None, str]]:
    """A function from a program to its score, or to None and the reason."""
    evaluator = Evaluator(
        task,
        sandbox=make_sandbox() if sandbox is None else sandbox,
        protocol="paper",
        timeout_s=TIMEOUT_S,
        cache=ResultCache[Evaluation](max_entries=0),
    )

    def score(source: str) -> tuple[float | None, str]:
        evaluation = evaluator.evaluate(source)
        return evaluation.score, "" if evaluation.failure is None else evaluation.failure.message

    return score
