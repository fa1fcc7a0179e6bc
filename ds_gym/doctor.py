"""Does the sandbox hold here? Runs the adversarial corpus through the environment and looks at what was left behind.

The command line is ``python -m ds_gym.sandbox``. Programs of a corpus must never run outside a sandbox: among them are
some that kill processes, fill the memory, or damage files.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import ds_gym
from ds_gym.cache import shared_cache
from ds_gym.failures import SandboxError
from ds_gym.sandbox.corpus import Outcome, Program, find_breach, parse_program
from ds_gym.sandbox.protocol import Sandbox
from ds_gym.sandbox.side_effects import Watch
from ds_gym.tasks import Task, get_task

_HEADER = "# benign: {} | expect: score | sets the honest score\n"
_BODIES = {
    "scaled_logistic_regression": """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)).fit(x_train, y_train)
""",
    "logistic_regression": """
    from sklearn.linear_model import LogisticRegression
    model = LogisticRegression(max_iter=1000).fit(x_train, y_train)
""",
    "random_forest": """
    from sklearn.ensemble import RandomForestClassifier
    model = RandomForestClassifier(200, random_state=0).fit(x_train, y_train)
""",
}
HONEST_PROGRAMS = tuple(parse_program(name, (_HEADER.format(name) + body).encode()) for name, body in _BODIES.items())
"""Run before all others, and the first of them again after all others: its scores must be the same bits."""


@dataclass(frozen=True)
class Table:
    """What programs are scored on.

    Attributes:
        task: the task.
        margin: by how much a program may beat the best honest one without being suspected of more than luck; never
            more than half of what the honest one lacks.
        n_splits: splits an attempt; state that leaks from one to the next needs at least two.
    """

    task: Task
    margin: float
    n_splits: int

    def highest_score(self, honest_score: float) -> float:
        """What an attack may score."""
        return honest_score + min(self.margin, (1 - honest_score) / 2)


@dataclass(frozen=True)
class Limits:
    """Limits of an attempt of the examination.

    Attributes:
        timeout_s: seconds for a program that should end by itself.
        sleeper_timeout_s: seconds for one that is expected to run into the limit.
        memory_mb: memory of a program in MiB.
    """

    timeout_s: float = 60.0
    sleeper_timeout_s: float = 1.0
    memory_mb: int = 512


@dataclass(frozen=True)
class Verdict:
    """A program, what became of it on a table, and what is wrong with that (None: nothing)."""

    program: Program
    table: str
    outcome: Outcome
    breach: str | None

    def as_dict(self) -> dict[str, Any]:
        """Everything but the program's text, as JSON can hold it."""
        program = {key: value for key, value in asdict(self.program).items() if key != "action"}
        about = {"table": self.table, "outcome": asdict(self.outcome), "breach": self.breach}
        return {"program": str(self.program), **program, **about}


@dataclass(frozen=True)
class Examination:
    """What running a corpus has shown.

    Attributes:
        report: the sandbox's report.
        honest_scores: table -> best score of an honest program.
        verdicts: one a program and table, in the order of the corpus.
        left_behind: files, connections, shared memory and processes that should not be there.
        honest_before: scores of an honest program before the others ran.
        honest_after: the same after.
        seconds: wall-clock time of it all.
        problems: everything that is wrong, a line each; empty if the sandbox holds.
    """

    report: dict[str, str]
    honest_scores: dict[str, float]
    verdicts: tuple[Verdict, ...]
    left_behind: tuple[str, ...]
    honest_before: tuple[float, ...]
    honest_after: tuple[float, ...]
    seconds: float
    problems: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        problems = [f"{verdict.program}: {verdict.breach}" for verdict in self.verdicts if verdict.breach]
        problems += [f"left behind: {what}" for what in self.left_behind]
        if self.honest_before != self.honest_after:
            problems.append(
                f"an honest program scored {self.honest_before} before the attacks and {self.honest_after} after"
            )
        object.__setattr__(self, "problems", tuple(problems))

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {**values, "verdicts": [verdict.as_dict() for verdict in self.verdicts]}


def main_table() -> Table:
    """A table that ships inside scikit-learn, so that attacks can hope to find its labels on the disk."""
    return Table(get_task("breast_cancer"), margin=0.006, n_splits=3)


def noisy_table() -> Table:
    """The same with a quarter of the labels flipped: nobody can score high on it without having seen its labels.

    On the table itself honest programs are so near to 1 that a leak from one split to the next hardly shows.
    """
    task = get_task("breast_cancer")
    flipped = np.random.default_rng(0).random(task.n_rows) < 0.25
    y = np.where(flipped, 1 - task.y, task.y)
    return Table(dataclasses.replace(task, name="noisy_breast_cancer", y=y, solutions=()), margin=0.03, n_splits=2)


def default_corpus() -> Path | None:
    """The corpus of the checkout that this package is imported from; None for an installed package, which has none."""
    folder = Path(ds_gym.__file__).resolve().parent.parent / "tests" / "adversarial"
    return folder if (folder / "attacks").is_dir() else None


def examine(
    make_sandbox: Callable[[], Sandbox],
    programs: Iterable[Program],
    *,
    limits: Limits | None = None,
    n_threads: int | None = None,
    on_done: Callable[[Program], None] | None = None,
) -> Examination:
    """Run programs in a sandbox, judge what becomes of them, and look for what they have left behind.

    Args:
        make_sandbox: makes the sandbox, which is closed at the end.
        programs: the programs. Those whose score must be an honest one run on a table with noisy labels too.
        limits: limits of an attempt.
        n_threads: programs that run side by side; by default twice the processors, for many of them only wait.
        on_done: called after each program, from this thread.

    Raises:
        ValueError: the sandbox runs programs in this process.
        SandboxError: the sandbox does not start, or an honest program cannot run in it at all.
        OSError: the watch for side effects cannot be set up.
    """
    start = time.perf_counter()
    limits = limits or Limits()
    main, noisy = main_table(), noisy_table()
    honest_runs = [(program, table) for table in (main, noisy) for program in HONEST_PROGRAMS]
    runs: list[tuple[Program, Table]] = []
    for program in programs:
        runs += [(program, table) for table in ((main, noisy) if program.expect == "honest-score" else (main,))]
    with Watch() as watch:
        sandbox = make_sandbox()
        try:
            report = sandbox.report()
            _require_isolation(report)
            shared_cache().clear()  # it may hold results of another sandbox of the same kind
            honest_outcomes = [_run_honest(program, table, sandbox, limits) for program, table in honest_runs]
            outcomes = _run_all(runs, sandbox, limits, n_threads, on_done)
            shared_cache().clear()
            honest_after = run_program(*honest_runs[0], sandbox, limits)
        finally:
            sandbox.close()
        left_behind = watch.findings()
    honest_scores: dict[str, float] = {}
    for (program, table), outcome in zip(honest_runs + runs, honest_outcomes + outcomes, strict=True):
        if program.kind == "benign" and outcome.reward is not None:
            name = table.task.name
            honest_scores[name] = max(honest_scores.get(name, 0.0), outcome.reward)
    verdicts = []
    for (program, table), outcome in zip(runs, outcomes, strict=True):
        breach = find_breach(program, outcome, table.highest_score(honest_scores[table.task.name]))
        verdicts.append(Verdict(program, table.task.name, outcome, breach))
    return Examination(
        report=report,
        honest_scores=honest_scores,
        verdicts=tuple(verdicts),
        left_behind=tuple(left_behind),
        honest_before=honest_outcomes[0].split_scores,
        honest_after=honest_after.split_scores,
        seconds=time.perf_counter() - start,
    )


def run_program(program: Program, table: Table, sandbox: Sandbox, limits: Limits) -> Outcome:
    """Run a program as the one action of an episode of ``DataSci-v0``; whatever that raises is an outcome too."""
    timeout_s = limits.sleeper_timeout_s if program.expect == "timeout" else limits.timeout_s
    start = time.perf_counter()
    env = gymnasium.make(
        "DataSci-v0",
        task=table.task,
        n_splits=table.n_splits,
        sandbox=sandbox,
        timeout_s=timeout_s,
        memory_mb=limits.memory_mb,
    )
    try:
        env.reset(seed=0)
        _, reward, _, _, info = env.step(program.action)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return Outcome(None, message=message, seconds=time.perf_counter() - start)
    finally:
        env.close()
    failure = info["error"] or {}
    return Outcome(
        reward=float(reward),
        split_scores=tuple(info["split_scores"]),
        error_kind=failure.get("kind"),
        message=failure.get("message", ""),
        seconds=time.perf_counter() - start,
    )


def _require_isolation(report: dict[str, str]) -> None:
    if report.get("process isolation") != "active":
        raise ValueError("sandbox: the corpus runs in isolated processes only; some attacks would damage this machine")


def _run_honest(program: Program, table: Table, sandbox: Sandbox, limits: Limits) -> Outcome:
    outcome = run_program(program, table, sandbox, limits)
    if not outcome.split_scores:
        raise SandboxError(f"the honest program {program.name!r} does not run in this sandbox: it {outcome}")
    return outcome


def _run_all(
    runs: Sequence[tuple[Program, Table]],
    sandbox: Sandbox,
    limits: Limits,
    n_threads: int | None,
    on_done: Callable[[Program], None] | None,
) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    with ThreadPoolExecutor(n_threads or 2 * (os.cpu_count() or 1)) as pool:
        running = {pool.submit(run_program, *run, sandbox, limits): index for index, run in enumerate(runs)}
        for future in as_completed(running):
            index = running[future]
            outcomes[index] = future.result()
            if on_done is not None:
                on_done(runs[index][0])
    return [outcomes[index] for index in range(len(runs))]


__all__ = [
    "HONEST_PROGRAMS",
    "Examination",
    "Limits",
    "Table",
    "Verdict",
    "default_corpus",
    "examine",
    "main_table",
    "noisy_table",
    "run_program",
]
