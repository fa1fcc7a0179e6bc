"""The examination must see what is wrong with a sandbox: here, with ones that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ds_gym import doctor
from ds_gym.failures import Failure, SandboxError
from ds_gym.sandbox import SplitJob, make_sandbox
from ds_gym.sandbox.corpus import Program, parse_program

LIMITS = doctor.Limits(timeout_s=20, sleeper_timeout_s=1)


def program(expect: str, body: str = "model = 1", kind: str = "attack") -> Program:
    return parse_program(f"{expect}_{body}", f"# {kind}: x | expect: {expect} | class: c\n    {body}\n".encode())


def honest(job: SplitJob) -> np.ndarray:
    """Ranks by the mean radius of the nuclei, as good as an honest program may be."""
    ranks = job.x_eval[:, 0].argsort().argsort() / len(job.x_eval)
    return np.column_stack([ranks, 1 - ranks])


def table_with_labels(job: SplitJob) -> np.ndarray:
    """Knows every row's label, of the plain table and of the noisy one."""
    for table in (doctor.main_table(), doctor.noisy_table()):
        labels = {row.tobytes(): label for row, label in zip(table.task.x, table.task.y, strict=True)}
        if all(labels[row.tobytes()] == label for row, label in zip(job.x_train, job.y_train, strict=True)):
            return np.eye(2)[[labels[row.tobytes()] for row in job.x_eval]]
    raise AssertionError("an unknown table")


class Isolated:
    """Mixin: says of a fake that it isolates."""

    def report(self) -> dict[str, str]:
        return {"process isolation": "active"}


@pytest.fixture
def examine_with(make_fake_sandbox: type) -> Callable[..., doctor.Examination]:
    isolated = type("IsolatedFake", (Isolated, make_fake_sandbox), {})

    def examine(answer: Callable[[SplitJob], object], *programs: Program) -> doctor.Examination:
        return doctor.examine(lambda: isolated(answer), programs, limits=LIMITS, n_threads=1)

    return examine


def test_a_sandbox_that_holds_has_no_problems(examine_with: Callable[..., doctor.Examination]) -> None:
    def answer(job: SplitJob) -> object:
        return Failure("exception", "no") if "forbidden" in job.source else honest(job)

    programs = [program("denied", "forbidden = model = 1"), program("honest-score"), program("score", kind="benign")]
    examination = examine_with(answer, *programs)
    assert examination.problems == ()
    tables = [verdict.table for verdict in examination.verdicts]
    assert tables == ["breast_cancer", "breast_cancer", "noisy_breast_cancer", "breast_cancer"]
    assert examination.honest_before == examination.honest_after != ()


@pytest.mark.parametrize("expect", ["denied", "error", "timeout"])
def test_an_attack_that_scores_is_a_problem(examine_with: Callable[..., doctor.Examination], expect: str) -> None:
    examination = examine_with(honest, program(expect))
    assert len(examination.problems) == 1
    assert f"attacks/{expect}_model = 1: scored" in examination.problems[0]


def test_stolen_labels_are_a_problem_on_both_tables(examine_with: Callable[..., doctor.Examination]) -> None:
    def answer(job: SplitJob) -> object:
        return table_with_labels(job) if "stolen" in job.source else honest(job)

    examination = examine_with(answer, program("honest-score", "stolen = model = 1"))
    assert [verdict.outcome.reward for verdict in examination.verdicts] == [1.0, 1.0]
    assert len(examination.problems) == 2


def test_an_honest_program_that_fails_or_guesses_is_a_problem(
    examine_with: Callable[..., doctor.Examination],
) -> None:
    def answer(job: SplitJob) -> object:
        if "failing" in job.source:
            return Failure("memory", "no")
        return np.full((len(job.x_eval), 2), 0.5) if "guessing" in job.source else honest(job)

    bodies = ("failing = model = 1", "guessing = model = 1", "model = 1")
    examination = examine_with(answer, *[program("score", body, kind="benign") for body in bodies])
    assert [verdict.breach is not None for verdict in examination.verdicts] == [True, True, False]


def test_an_honest_score_that_changes_is_a_problem(examine_with: Callable[..., doctor.Examination]) -> None:
    n_jobs = 0

    def answer(job: SplitJob) -> object:
        nonlocal n_jobs
        n_jobs += 1
        noise = np.random.default_rng(n_jobs).normal(scale=1e-3, size=len(job.x_eval))
        probability = 1 / (1 + np.exp(job.x_eval[:, 0] / 10 - 1.4 + noise))
        return np.column_stack([1 - probability, probability])

    examination = examine_with(answer)
    assert len(examination.problems) == 1
    assert "before the attacks and" in examination.problems[0]


def test_what_is_left_behind_is_a_problem(examine_with: Callable[..., doctor.Examination]) -> None:
    def answer(job: SplitJob) -> object:
        if "writing" in job.source:
            Path("/tmp/dsgym_pwned_by_the_doctors_test").touch()
        return honest(job)

    examination = examine_with(answer, program("honest-score", "writing = model = 1"))
    assert examination.problems == ("left behind: the file /tmp/dsgym_pwned_by_the_doctors_test",)


def test_an_exception_of_the_environment_is_a_problem(examine_with: Callable[..., doctor.Examination]) -> None:
    def answer(job: SplitJob) -> object:
        if "breaking" in job.source:
            raise SandboxError("the zygote has died")
        return honest(job)

    examination = examine_with(answer, program("error", "breaking = model = 1"))
    assert examination.problems == (
        "attacks/error_breaking = model = 1: the environment raised SandboxError: the zygote has died",
    )


def test_a_sandbox_in_which_nothing_honest_runs_is_an_error(examine_with: Callable[..., doctor.Examination]) -> None:
    with pytest.raises(SandboxError, match="'scaled_logistic_regression' does not run"):
        examine_with(lambda job: Failure("denied", "no"))


def test_attacks_never_run_in_this_process() -> None:
    with pytest.raises(ValueError, match="isolated processes only"):
        doctor.examine(lambda: make_sandbox("in-process"), [program("error")])
