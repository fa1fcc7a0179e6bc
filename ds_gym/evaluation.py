"""What a program is worth: it is run on the splits of a task in a sandbox, and scored here, where the labels are."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as memoise
from importlib.metadata import version
from typing import Literal

import numpy as np

from ds_gym.cache import ResultCache, shared_cache
from ds_gym.failures import Failure
from ds_gym.sandbox import timeout_failure
from ds_gym.sandbox.protocol import Sandbox, SplitJob
from ds_gym.scoring import roc_auc
from ds_gym.tasks.task import Task
from ds_gym.validation import check_choice, check_integer, check_number

PROTOCOLS = ("holdout", "paper")
HOLDOUT_FRACTION = 0.3
HOLDOUT_SEED = 2402
"""Chooses the held-out rows of every task; changing it changes every held-out score ever reported."""

FAILED_REWARD = -1.0
_NOT_REPEATABLE = ("timeout", "killed")  # these may depend on the load of the machine, so they are not cached
_SCORING_VERSION = 1  # raise it when the same program may earn another score


@dataclass(frozen=True)
class Evaluation:
    """The outcome of one program.

    Attributes:
        status: ``"scored"`` or ``"failed"``.
        score: mean ROC AUC over the splits, or None.
        score_std: population standard deviation over the splits, or None.
        split_scores: one ROC AUC a split; empty for a failed program.
        failure: why it failed, or None.
    """

    status: Literal["scored", "failed"]
    score: float | None = None
    score_std: float | None = None
    split_scores: tuple[float, ...] = ()
    failure: Failure | None = None

    @classmethod
    def scored(cls, split_scores: tuple[float, ...]) -> Evaluation:
        """The evaluation of a program that ran on every split."""
        return cls("scored", float(np.mean(split_scores)), float(np.std(split_scores)), split_scores)

    @classmethod
    def failed(cls, failure: Failure) -> Evaluation:
        """The evaluation of a program that failed."""
        return cls("failed", failure=failure)

    @property
    def reward(self) -> float:
        """The score, or -1 for a failed program."""
        return FAILED_REWARD if self.score is None else self.score


@dataclass(frozen=True)
class Split:
    """Rows of a task: int64 indices of the rows to fit on and of those to score on, in this order."""

    train: np.ndarray
    evaluation: np.ndarray


class Evaluator:
    """Scores programs on one task. It keeps the labels of the scored rows; the sandbox gets the rest. Thread-safe.

    Args:
        task: the task.
        protocol: ``"holdout"``: a fixed stratified 30 % of the rows is set aside for :meth:`holdout_evaluation`, the
            splits are drawn from the rest, stratified; ``"paper"``: unstratified splits of all rows (arXiv 2402.06700).
        n_splits: number of splits; split k is drawn with ``random_state=k``.
        test_size: part of the rows that each split scores on.
        sandbox: runs the programs.
        timeout_s: wall-clock seconds for a whole attempt, all its splits together.
        memory_mb: memory limit of a program in MiB.
        cache: where results are kept; None for the cache that this process shares.

    Raises:
        ValueError: a bad argument, or a class is missing from one side of a split, so that no program could be scored.
    """

    def __init__(
        self,
        task: Task,
        *,
        sandbox: Sandbox,
        protocol: str = "holdout",
        n_splits: int = 5,
        test_size: float = 0.5,
        timeout_s: float = 60.0,
        memory_mb: int = 2048,
        cache: ResultCache[Evaluation] | None = None,
    ) -> None:
        self.task = task
        self.protocol = check_choice("protocol", protocol, PROTOCOLS)
        self._n_splits = check_integer("n_splits", n_splits, 1)
        self._test_size = check_number("test_size", test_size, 0.0, 1.0)
        self._timeout_s = check_number("timeout_s", timeout_s, 0.0)
        self._memory_mb = check_integer("memory_mb", memory_mb, 64)
        self._sandbox = sandbox
        self._cache = shared_cache() if cache is None else cache
        episode_rows, self._holdout_rows = self._set_aside()
        self._splits = self._draw_splits(episode_rows)
        self._holdout_split = Split(episode_rows, self._holdout_rows)

    @property
    def n_train_rows(self) -> int:
        """Rows of ``x_train`` in one split."""
        return len(self._splits[0].train)

    def evaluate(self, source: str) -> Evaluation:
        """Run a normalised program on every split, stopping at the first failure, and score it.

        Raises:
            SandboxError: the machinery failed, not the program.
        """
        return self._cached("splits", source, lambda: self._run(source, self._splits))

    def holdout_evaluation(self, source: str) -> Evaluation:
        """Fit a normalised program on all the rows that episodes see and score it on the rows that they never see.

        Raises:
            ValueError: the protocol holds no rows out.
            SandboxError: the machinery failed, not the program.
        """
        if self.protocol != "holdout":
            raise ValueError(f"protocol: {self.protocol!r} holds no rows out; held-out scores need protocol='holdout'")
        return self._cached("holdout", source, lambda: self._run(source, (self._holdout_split,)))

    def holdout_score(self, source: str) -> float:
        """ROC AUC on the held-out rows (see :meth:`holdout_evaluation`), or -1.0 if the program fails there."""
        return self.holdout_evaluation(source).reward

    def _run(self, source: str, splits: tuple[Split, ...]) -> Evaluation:
        # What counts is the time that the program ran, not the time that it waited for a worker.
        remaining_s = self._timeout_s
        scores = []
        for number, split in enumerate(splits):
            if remaining_s <= 0:
                return Evaluation.failed(timeout_failure(self._timeout_s))
            outcome, seconds = self._run_split(source, split, number, remaining_s)
            if isinstance(outcome, Failure):
                return Evaluation.failed(outcome)
            remaining_s -= seconds
            scores.append(outcome)
        return Evaluation.scored(tuple(scores))

    def _run_split(self, source: str, split: Split, number: int, timeout_s: float) -> tuple[float | Failure, float]:
        # Shuffled, because the order of rows may tell their class.
        order = np.random.default_rng((number, len(split.evaluation))).permutation(len(split.evaluation))
        x_evaluation = self.task.x[split.evaluation]
        job = SplitJob(
            source=source,
            x_train=np.ascontiguousarray(self.task.x[split.train]),
            y_train=np.ascontiguousarray(self.task.y[split.train]),
            x_eval=np.ascontiguousarray(x_evaluation[order]),
            n_classes=self.task.n_classes,
            seed=number,
            timeout_s=timeout_s,
            memory_mb=self._memory_mb,
            columns=self.task.columns,
        )
        result = self._sandbox.run(job)
        if result.failure is not None:
            # A split is given what is left of the attempt's time, which differs from run to run: no message may tell.
            failure = timeout_failure(self._timeout_s) if result.failure.kind == "timeout" else result.failure
            return failure, result.seconds
        assert result.probabilities is not None
        probabilities = np.empty_like(result.probabilities)
        probabilities[order] = result.probabilities
        return roc_auc(self.task.y[split.evaluation], probabilities), result.seconds

    def _cached(self, part: str, source: str, compute: Callable[[], Evaluation]) -> Evaluation:
        settings = [
            part,
            self.task.fingerprint,
            self.protocol,
            self._n_splits,
            self._test_size,
            self._timeout_s,
            self._memory_mb,
            type(self._sandbox).__qualname__,
            *getattr(self._sandbox, "without", ()),
            _versions(),
            source,
        ]
        key = hashlib.sha256(json.dumps(settings).encode()).hexdigest()
        return self._cache.get_or_compute(key, compute, _is_repeatable)

    def _set_aside(self) -> tuple[np.ndarray, np.ndarray]:
        rows = np.arange(self.task.n_rows)
        if self.protocol == "paper":
            return rows, rows[:0]
        episode_rows, holdout_rows = self._divide(rows, HOLDOUT_FRACTION, HOLDOUT_SEED, stratified=True)
        self._check_classes("the held-out rows", holdout_rows)
        return episode_rows, holdout_rows

    def _draw_splits(self, rows: np.ndarray) -> tuple[Split, ...]:
        splits = []
        for number in range(self._n_splits):
            split = Split(*self._divide(rows, self._test_size, number, stratified=self.protocol == "holdout"))
            self._check_classes(f"the training rows of split {number}", split.train)
            self._check_classes(f"the evaluation rows of split {number}", split.evaluation)
            splits.append(split)
        return tuple(splits)

    def _divide(self, rows: np.ndarray, part: float, seed: int, *, stratified: bool) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.model_selection import train_test_split

        labels = self.task.y[rows] if stratified else None
        try:
            first, second = train_test_split(rows, test_size=part, random_state=seed, stratify=labels)
        except ValueError as error:
            raise ValueError(f"task {self.task.name!r} has too few rows for {self._settings()}: {error}") from error
        return first, second

    def _check_classes(self, where: str, rows: np.ndarray) -> None:
        missing = np.setdiff1d(np.arange(self.task.n_classes), self.task.y[rows])
        if missing.size:
            name = self.task.class_names[missing[0]]
            raise ValueError(
                f"task {self.task.name!r} cannot be scored with {self._settings()}: class {missing[0]} ({name!r}) "
                f"is missing from {where}. Use protocol='holdout' (stratified splits), another test_size, or more "
                "rows of that class."
            )

    def _settings(self) -> str:
        return f"protocol={self.protocol!r}, n_splits={self._n_splits}, test_size={self._test_size:g}"


def _is_repeatable(evaluation: Evaluation) -> bool:
    return evaluation.failure is None or evaluation.failure.kind not in _NOT_REPEATABLE


@memoise
def _versions() -> str:
    """The versions that a score may depend on."""
    libraries = {name: version(name) for name in ("numpy", "scipy", "pandas", "scikit-learn")}
    return json.dumps({"scoring": _SCORING_VERSION, "python": sys.version.split()[0], **libraries})
