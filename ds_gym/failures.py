"""The vocabulary of failure: what an attempt can fail with, and what the machinery can fail with.

A :class:`Failure` is the agent's own doing and is data: it earns a reward of -1 and is shown to the agent.
A :class:`SandboxError` is the machinery's doing and is an exception: it never becomes a reward.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

FailureKind = Literal[
    "syntax",  # the source does not parse, or holds no usable build_model
    "exception",  # the program raised
    "timeout",  # the wall-clock limit of the attempt was reached
    "memory",  # the memory limit was reached
    "killed",  # the process died: a signal, an exit, a closed connection
    "denied",  # the confinement refused a system call
    "invalid_predictions",  # predict_proba returned something that cannot be scored
    "forbidden",  # the program broke a rule of the task
]
FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, in words that a model can repair its code from.

    Attributes:
        kind: one of :data:`FAILURE_KINDS`.
        message: one or a few lines, the same for the same program in every run: no paths, memory addresses or times.
            For an exception it begins with its type (``"NameError: name 'np' is not defined"``).
        line: number of the offending line in the program as executed (``info["code"]``, counted from 1), or None
            where no line of the program is at fault.
    """

    kind: FailureKind
    message: str
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The failure as ``info["error"]`` carries it: ``{"kind", "message", "line"}``."""
        return asdict(self)


class SandboxError(RuntimeError):
    """The machinery failed, not the agent: a worker could not start, a disk is full. Never turned into a reward."""
