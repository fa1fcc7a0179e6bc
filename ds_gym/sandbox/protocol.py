"""What a sandbox takes and gives back: the only types that the rest of the package needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ds_gym.columns import Column
from ds_gym.failures import Failure

MAX_SOURCE_BYTES = 1 << 18
"""Longer programs are refused (a failed attempt), so that parsing them cannot become an attack."""


@dataclass(frozen=True)
class SplitJob:
    """One program on one split of a table. Holds no labels of the rows that the program is scored on.

    Attributes:
        source: ``"def build_model(x_train, y_train):\\n    ..."``; executed and called in the sandbox.
        x_train: float64 ``[n, f]``.
        y_train: int64 ``[n]``, classes ``0 .. n_classes - 1``.
        x_eval: float64 ``[m, f]``; given to the program only after ``build_model`` has returned.
        n_classes: number of columns that ``predict_proba`` must have.
        seed: seeds ``random``, numpy's global generator, and generators made without a seed.
        timeout_s: wall-clock limit in seconds, counted from the moment at which a worker has the job.
        memory_mb: memory in MiB that the program may use on top of the preloaded libraries.
        columns: empty, or one description a column: the program then gets ``x_train`` and ``x_eval`` as data frames.
    """

    source: str
    x_train: NDArray[np.float64]
    y_train: NDArray[np.int64]
    x_eval: NDArray[np.float64]
    n_classes: int
    seed: int
    timeout_s: float
    memory_mb: int
    columns: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        """Bring the arrays into the layout that is sent.

        Raises:
            ValueError: shapes that do not fit together, or a limit that is not positive.
        """
        for name, dtype, n_dim in (("x_train", np.float64, 2), ("y_train", np.int64, 1), ("x_eval", np.float64, 2)):
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            if array.ndim != n_dim:
                raise ValueError(f"SplitJob.{name} has shape {array.shape}; give an array of {n_dim} dimension(s)")
            object.__setattr__(self, name, array)
        if len(self.x_train) != len(self.y_train) or self.x_train.shape[1] != self.x_eval.shape[1]:
            raise ValueError(
                f"SplitJob arrays do not fit together: x_train {self.x_train.shape}, y_train {self.y_train.shape}, "
                f"x_eval {self.x_eval.shape}; rows of x_train and y_train, columns of x_train and x_eval must agree"
            )
        if self.columns and len(self.columns) != self.x_train.shape[1]:
            raise ValueError(f"SplitJob.columns has {len(self.columns)} entries for {self.x_train.shape[1]} columns")
        for name in ("n_classes", "timeout_s", "memory_mb"):
            if not getattr(self, name) > 0:
                raise ValueError(f"SplitJob.{name} is {getattr(self, name)!r}; give a positive number")


@dataclass(frozen=True)
class SplitResult:
    """What became of a :class:`SplitJob`; exactly one of ``probabilities`` and ``failure`` is None.

    Attributes:
        probabilities: float64 ``[m, n_classes]``: finite, in [0, 1], rows summing to 1 (see
            :func:`ds_gym.sandbox.predictions.check_probabilities`).
        failure: why there are no probabilities.
        seconds: wall-clock time that the program took, the wait for a worker not counted.
    """

    probabilities: NDArray[np.float64] | None
    failure: Failure | None
    seconds: float


class Sandbox(Protocol):
    """Runs untrusted programs. Implementations are thread-safe."""

    def run(self, job: SplitJob) -> SplitResult:
        """Run one job to its end.

        Raises:
            SandboxError: the machinery failed (twice), through no fault of the program.
        """
        ...

    def report(self) -> dict[str, str]:
        """Layer of protection -> ``"active"`` or ``"missing: why"``."""
        ...

    def close(self) -> None:
        """Give back everything held; may be called more than once."""
        ...
