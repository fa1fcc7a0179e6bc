"""What is to be solved: a table with a class to predict, described in words."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ds_gym.columns import Column

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
        x: features, float64 of shape [rows, features], finite (with ``columns``: NaN where a value is missing).
        y: labels, int64 of shape [rows], values 0 .. classes - 1, each at least twice.
        feature_names: one name a column of ``x``.
        class_names: one name a class, in the order of the labels.
        columns: empty: programs get the array ``x``. Else one description a column of ``x``, and programs get the data
            frame that ``x`` stands for (see :func:`ds_gym.columns.to_frame`).
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
    columns: tuple[Column, ...] = ()
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
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "x", _checked_features(self.name, self.x, len(self.feature_names), bool(self.columns)))
        object.__setattr__(self, "y", _checked_labels(self.name, self.y, len(self.x), self.class_names))
        if self.columns:
            _check_columns(self.name, self.columns, self.feature_names, self.x)
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
        """SHA-256 of the data: shapes and values of ``x`` (float64) and ``y`` (int64), little-endian, row by row.

        Of a task that hands over a data frame, names and categories of the columns belong to the data.
        """
        digest = hashlib.sha256(repr((self.x.shape, self.y.shape)).encode())
        if self.columns:
            digest.update(repr([(column.name, column.categories) for column in self.columns]).encode())
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
        encode: Literal["ordinal"] | None = "ordinal",
        max_rows: int | None = None,
        seed: int = 0,
        name: str = "custom",
        title: str | None = None,
        description: str | None = None,
        source: str = "a data frame",
        licence: str = "unknown",
    ) -> Task:
        """A task from a table, one row an example.

        With ``encode="ordinal"``, ``x_train`` is a float64 array: numbers and booleans stay as they are; text,
        categories and dates become codes 0, 1, ... in the order of the categorical, else in sorted order; rows with
        missing values are left out, with a warning. With ``encode=None``, programs get a pandas data frame instead:
        numbers and booleans as float64, everything else as a categorical of text, missing values kept (rows without a
        target are left out).

        A warning also names constant columns, columns that repeat others, and very large tables.

        Args:
            frame: the table.
            target: the column to predict, of any type; its values become the classes 0, 1, ... in the order above.
            encode: see above.
            max_rows: of a longer table, a sample of about this many rows with the same part of every class is taken.
            seed: draws that sample.
            name, title, description, source, licence: see :class:`Task`.

        Raises:
            ValueError: no such column, column names that occur twice, infinite values, a target that is no class (one
                value only, one row in a class, as many values as rows), or no row left.
        """
        from ds_gym.tasks.custom import task_from_frame

        return task_from_frame(
            frame,
            target,
            encode=encode,
            max_rows=max_rows,
            seed=seed,
            name=name,
            title=title,
            description=description,
            source=source,
            licence=licence,
        )

    @classmethod
    def from_csv(
        cls, path: str | os.PathLike[str], target: str, *, sep: str = ",", encoding: str = "utf-8", **options: Any
    ) -> Task:
        """A task from a CSV file with a header line.

        Args:
            path: the file; it may be compressed (.gz, .zip, ...).
            target: the column to predict.
            sep: what separates the cells of a line.
            encoding: how the text is written.
            options: see :meth:`from_frame`.

        Raises:
            OSError: the file cannot be opened (FileNotFoundError: there is none).
            ValueError: the file is empty or not such a table, or as :meth:`from_frame`.
        """
        from ds_gym.tasks.custom import task_from_csv

        return task_from_csv(path, target, sep=sep, encoding=encoding, **options)

    @classmethod
    def from_openml(cls, data_id: int, target: str | None = None, **options: Any) -> Task:
        """A task from https://www.openml.org, downloaded once and kept in ``$DS_GYM_DATA_HOME`` or the user's cache.

        Nominal values are coded in the order in which OpenML lists them.

        Args:
            data_id: OpenML's number of the data set, as in ``https://www.openml.org/d/31``.
            target: the column to predict; None for the one that OpenML names.
            options: see :meth:`from_frame`.

        Raises:
            OSError: it cannot be downloaded (ConnectionError: no answer from the network) or kept.
            ValueError: there is no such data set, no single target is known, or as :meth:`from_frame`.
        """
        from ds_gym.tasks.custom import task_from_openml

        return task_from_openml(data_id, target, **options)


def _check_text(what: str, text: object, longest: int) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{what}: given {text!r}; allowed: a text that is not empty")
    if len(text) > longest:
        raise ValueError(f"{what}: {len(text)} characters; allowed: at most {longest}")


def _checked_features(name: str, x: Any, n_names: int, may_have_gaps: bool) -> np.ndarray:
    features = np.array(x, dtype=np.float64, order="C")
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"task {name!r}: x has shape {features.shape}; allowed: [rows, features]")
    if features.shape[1] != n_names:
        raise ValueError(f"task {name!r}: {n_names} feature names for {features.shape[1]} columns of x")
    if may_have_gaps:
        features[np.isnan(features)] = np.nan  # one bit pattern for all, since the fingerprint reads bits
        if np.isinf(features).any():
            raise ValueError(f"task {name!r}: x holds infinite values; replace or drop them first")
    elif not np.isfinite(features).all():
        raise ValueError(f"task {name!r}: x holds missing or infinite values; fill or drop them first")
    features.setflags(write=False)
    return features


def _check_columns(name: str, columns: Sequence[Column], feature_names: Sequence[str], x: np.ndarray) -> None:
    if tuple(column.name for column in columns) != tuple(feature_names):
        raise ValueError(f"task {name!r}: the names of columns are not those of feature_names")
    for column, cells in zip(columns, x.T, strict=True):
        if column.categories is None:
            continue
        codes = cells[~np.isnan(cells)]
        if not np.isin(codes, np.arange(len(column.categories))).all():
            raise ValueError(
                f"task {name!r}: column {column.name!r} holds other values than the codes "
                f"0 .. {len(column.categories) - 1} of its categories"
            )


def _checked_labels(name: str, y: Any, n_rows: int, class_names: Sequence[str]) -> np.ndarray:
    given: np.ndarray | Sequence[int] = np.asarray(y)
    n_classes = len(class_names)
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
        raise ValueError(
            f"task {name!r}: class {rare} ({class_names[rare]!r}) has {counts[rare]} row(s); every class needs "
            "at least 2, and more to be scored: join it with another class, or leave its rows out"
        )
    labels.setflags(write=False)
    return labels
