"""The attempts of one episode: what happened, as data for a snapshot and as text for a person."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ds_gym.evaluation import Evaluation
from ds_gym.failures import FAILURE_KINDS, Failure
from ds_gym.tasks.task import Task


@dataclass(frozen=True)
class Attempt:
    """One program and what became of it.

    Attributes:
        code: the program, normalised.
        evaluation: its score or failure.
    """

    code: str
    evaluation: Evaluation

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it; :meth:`from_dict` reads it back."""
        return {"code": self.code, **asdict(self.evaluation), "split_scores": list(self.evaluation.split_scores)}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Attempt:
        """The attempt that :meth:`as_dict` wrote. Raises: ValueError: it was not written by it."""
        try:
            failure = None if record["failure"] is None else Failure(**record["failure"])
            if failure is not None and failure.kind not in FAILURE_KINDS:
                raise ValueError(f"unknown failure kind {failure.kind!r}")
            scores = tuple(map(float, record["split_scores"]))
            if record["status"] not in ("scored", "failed") or (failure is None) != (record["status"] == "scored"):
                raise ValueError(f"status {record['status']!r} does not fit its failure")
            evaluation = Evaluation(record["status"], record["score"], record["score_std"], scores, failure)
            return cls(str(record["code"]), evaluation)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"snapshot: not an attempt as snapshot() writes it: {error!r}") from error


def render_ansi(task: Task, protocol: str, attempts: Sequence[Attempt], max_attempts: int) -> str:
    """The episode so far, for a person to read: every program, with its error or its score."""
    parts = [describe_task(task, protocol)]
    parts += [describe_attempt(attempt, number, max_attempts) for number, attempt in enumerate(attempts, start=1)]
    if not attempts:
        parts.append(f"No attempt yet; {max_attempts} may be made.")
    return "\n\n".join(parts)


def describe_task(task: Task, protocol: str) -> str:
    """What is to be solved, in a few lines."""
    return f"{task.title} ({task.name}), protocol {protocol}\n{task.description}"


def describe_attempt(attempt: Attempt, number: int, max_attempts: int) -> str:
    """One program, with its error or its score."""
    lines = [f"Attempt {number} of {max_attempts}: {_outcome(attempt.evaluation)}"]
    lines += [f"  {i:>3} | {line}" for i, line in enumerate(_printable(attempt.code).split("\n"), start=1)]
    if attempt.evaluation.failure is not None:
        lines += ["", textwrap.indent(_printable(_error(attempt.evaluation.failure)), "  ")]
    return "\n".join(lines)


def _outcome(evaluation: Evaluation) -> str:
    if evaluation.score is None or evaluation.score_std is None:
        return "failed"
    splits = ", ".join(f"{score:.4f}" for score in evaluation.split_scores)
    return f"ROC AUC {evaluation.score:.4f}, standard deviation {evaluation.score_std:.4f} over splits ({splits})"


def _error(failure: Failure) -> str:
    place = "" if failure.line is None else f" (line {failure.line})"
    return f"{failure.message}{place}"


def _printable(text: str) -> str:
    """Without characters that could command a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)
