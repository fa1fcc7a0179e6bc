"""What is to be solved: a table with a class to predict, described in words."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MAX_NAME_CHARACTERS = 100
MAX_DESCRIPTION_CHARACTERS = 2_000


@dataclass(frozen=True)
class Solution:
    """A program whose score on a task is known.

    Attributes:
        role: ``"floor"`` (what ignoring the features earns), ``"reference"`` (what an ordinary program earns) or
            ``"strong"`` (what a good one earns).
        code: the program, normalised as :func:`ds_gym.actions.normalise_program` returns it.
        score: its mean ROC AUC under ``protocol="paper"`` (five unstratified half splits, ``random_state`` 0 to 4).
    """

    role: Literal["floor", "reference", "strong"]
    code: str
    score: float


@dataclass(frozen=True, eq=False)
class Task:
    """A classification table and everything that may be said about it. Tasks are immutable; their arrays are read-only.

    Attributes:
        name: identifier, as in ``gym.make("DataSci-v0", task=name)``.
        title: the name as a person writes it.
        description: what is to be predicted, in one sentence ending in a full stop.
        x: features, float64 of shape [rows, features], finite.
        y: labels, int64 of shape [rows], values 0 .. classes - 1, each at least twice.
        feature_names: one name a column of ``x``.
        class_names: one name a class, in the order of the labels.
        target: name of the predicted column.
        source: where the rows come from, with a citation.
        licence: under what terms they may be used.
        metric: how programs are scored; only ``"roc_auc"`` (one-vs-one average for more than two classes).
        solutions: programs with known scores.

    Raises:
        ValueError: for arrays of the wrong shape or type, missing values, fewer than two classes, or a class with one
            row.
    """

    name: str
    title: str
    description: str
    x: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target: str = "class"
    source: str = "unknown"
    licence: str = "unknown"
    metric: Literal["roc_auc"] = "roc_auc"
    solutions: tuple[Solution, ...] = ()

    def __post_init__(self) -> None:
        for field in ("name", "title"):
            _check_text(f"task {field}", getattr(self, field), MAX_NAME_CHARACTERS)
        _check_text("task description", self.description, MAX_DESCRIPTION_CHARACTERS)
        object.__setattr__(self, "feature_names", tuple(self.feature_names))
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "solutions", tuple(self.solutions))
        for name in self.feature_names:
            _check_text(f"task {self.name!r}: a feature name", name, MAX_NAME_CHARACTERS)
        object.__setattr__(self, "x", _checked_features(self.name, self.x, len(self.feature_names)))
        object.__setattr__(self, "y", _checked_labels(self.name, self.y, len(self.x), len(self.class_names)))
        if self.metric != "roc_auc":
            raise ValueError(f"task {self.name!r}: metric {self.metric!r}; allowed: 'roc_auc'")

    @property
    def n_rows(self) -> int:
        """Number of rows of the table."""
        return len(self.x)

    @property
    def n_features(self) -> int:
        """Number of columns of ``x``."""
        return self.x.shape[1]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the data: shapes and values of ``x`` (float64) and ``y`` (int64), little-endian, row by row."""
        digest = hashlib.sha256(repr((self.x.shape, self.y.shape)).encode())
        digest.update(self.x.astype("<f8").tobytes())
        digest.update(self.y.astype("<i8").tobytes())
        return digest.hexdigest()

    def solution(self, role: str) -> Solution:
        """The solution with this role. Raises: KeyError: the task has none."""
        for solution in self.solutions:
            if solution.role == role:
                return solution
        raise KeyError(f"task {self.name!r} has no {role!r} solution; it has {[s.role for s in self.solutions]}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Task):
            return NotImplemented
        return (self.name, self.title, self.description, self.feature_names, self.fingerprint) == (
            other.name,
            other.title,
            other.description,
            other.feature_names,
            other.fingerprint,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.fingerprint))

    def __deepcopy__(self, memo: dict[int, Any]) -> Task:
        return self  # immutable, and Gymnasium copies the keyword arguments of every spec

    def __repr__(self) -> str:
        return f"Task({self.name!r}, {self.n_rows} rows, {self.n_features} features, {self.n_classes} classes)"

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        target: str,
        *,
        name: str = "custom",
        title: str | None = None,
        description: str | None = None,
        source: str = "a data frame",
        licence: str = "unknown",
    ) -> Task:
        """A task from a table whose features are numbers.

        Args:
            frame: one row an example; every column besides ``target`` numeric or boolean, without missing values.
            target: the column to predict, of any type; its sorted values become the classes 0, 1, ...
            name, title, description, source, licence: see :class:`Task`.

        Raises:
            ValueError: no such column, a column that is not numeric, missing values, or too few classes or rows.
        """
        from ds_gym.validation import unknown_choice

        columns = [str(column) for column in frame.columns]
        if target not in frame.columns:
            raise unknown_choice("target", target, columns)
        features = frame.drop(columns=[target])
        text_columns = [str(c) for c in features.columns if features[c].dtype.kind not in "biuf"]
        if text_columns:
            raise ValueError(
                f"task {name!r}: these columns are not numeric: {', '.join(text_columns)}; encode them as numbers first"
            )
        gaps = [str(c) for c in frame.columns if frame[c].isna().any()]
        if gaps:
            raise ValueError(
                f"task {name!r}: these columns have missing values: {', '.join(gaps)}; fill or drop them first"
            )
        classes, labels = np.unique(frame[target].to_numpy(), return_inverse=True)
        return cls(
            name=name,
            title=title or name.replace("_", " ").capitalize(),
            description=description or f"Predict {target} from the other columns.",
            x=features.to_numpy(dtype=np.float64),
            y=labels,
            feature_names=tuple(str(column) for column in features.columns),
            class_names=tuple(map(str, classes)),
            target=str(target),
            source=source,
            licence=licence,
        )

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], target: str, **about: Any) -> Task:
        """A task from a CSV file with a header line; see :meth:`from_frame` for the columns and ``about``.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is empty or not a table, or as :meth:`from_frame`.
        """
        import pandas as pd

        file_name = os.path.basename(os.fspath(path))
        try:
            frame = pd.read_csv(path)
        except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
            raise ValueError(f"path: {file_name!r} cannot be read as a CSV table: {error}") from error
        about.setdefault("name", os.path.splitext(file_name)[0])
        about.setdefault("source", file_name)
        return cls.from_frame(frame, target, **about)


def _check_text(what: str, text: object, longest: int) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{what}: given {text!r}; allowed: a text that is not empty")
    if len(text) > longest:
        raise ValueError(f"{what}: {len(text)} characters; allowed: at most {longest}")


def _checked_features(name: str, x: Any, n_names: int) -> np.ndarray:
    features = np.array(x, dtype=np.float64, order="C")
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"task {name!r}: x has shape {features.shape}; allowed: [rows, features]")
    if features.shape[1] != n_names:
        raise ValueError(f"task {name!r}: {n_names} feature names for {features.shape[1]} columns of x")
    if not np.isfinite(features).all():
        raise ValueError(f"task {name!r}: x holds missing or infinite values; fill or drop them first")
    features.setflags(write=False)
    return features


def _checked_labels(name: str, y: Any, n_rows: int, n_classes: int) -> np.ndarray:
    given: np.ndarray | Sequence[int] = np.asarray(y)
    labels = np.array(given, dtype=np.int64)
    if labels.shape != (n_rows,):
        raise ValueError(f"task {name!r}: y has shape {labels.shape}; allowed: [{n_rows}], one label a row of x")
    if not np.array_equal(labels, given):
        raise ValueError(f"task {name!r}: y holds values that are not integers; labels are 0 .. classes - 1")
    if n_classes < 2:
        raise ValueError(f"task {name!r}: {n_classes} class; at least 2 are needed")
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= n_classes:
        raise ValueError(f"task {name!r}: labels from {labels.min()} to {labels.max()} for {n_classes} class names")
    counts = np.bincount(labels, minlength=n_classes)
    if counts.min() < 2:
        rare = int(counts.argmin())
        raise ValueError(f"task {name!r}: class {rare} has {counts[rare]} row(s); every class needs at least 2")
    labels.setflags(write=False)
    return labels
