"""One's own table as a task: from a data frame, a CSV file, or a number of OpenML."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ds_gym.columns import Column
from ds_gym.tasks.encoding import is_numeric, nominal_codes, numbers, ordered_values
from ds_gym.tasks.openml import fetch
from ds_gym.tasks.task import Task
from ds_gym.validation import check_integer, unknown_choice

if TYPE_CHECKING:
    import pandas as pd

Encoding = Literal["ordinal"] | None

LARGE_TABLE_ROWS = 200_000
_SEPARATORS = (";", "\t", "|", ",")
_SHOWN_NAMES = 10


def task_from_frame(
    frame: pd.DataFrame,
    target: str,
    *,
    encode: Encoding = "ordinal",
    max_rows: int | None = None,
    seed: int = 0,
    name: str = "custom",
    title: str | None = None,
    description: str | None = None,
    source: str = "a data frame",
    licence: str = "unknown",
) -> Task:
    """See :meth:`ds_gym.Task.from_frame`."""
    import pandas as pd

    if encode not in ("ordinal", None):
        raise ValueError(f"encode: given {encode!r}; allowed: 'ordinal' (codes) or None (a data frame)")
    where = f"task {name!r}"
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"{where}: frame is a {type(frame).__name__}; allowed: a pandas DataFrame")
    _check_names(where, frame, target)
    usable = frame[frame[target].notna()] if encode is None else frame.dropna()
    _check_rows(where, frame, usable, target, encode)
    classes = _order(where, usable[target])
    _check_classes(where, usable, target, classes)
    labels = nominal_codes(usable[target], classes).astype(np.int64)
    if max_rows is not None and check_integer("max_rows", max_rows, 2 * len(classes)) < len(usable):
        kept = _stratified_rows(labels, max_rows, seed)
        usable, labels = usable.iloc[kept], labels[kept]
    elif len(usable) > LARGE_TABLE_ROWS:
        _warn(
            f"{where} has {len(usable):,} rows, and every attempt fits on about half of them five times: programs may "
            "take minutes, or reach their limits of time and memory; max_rows=100_000 keeps a stratified sample"
        )
    x, columns = _features(where, usable.drop(columns=[target]))
    _warn_about_columns(where, x, [column.name for column in columns])
    return Task(
        name=name,
        title=title or name.replace("_", " ").capitalize(),
        description=description or f"Predict {target} from the other columns.",
        x=x,
        y=labels,
        feature_names=tuple(column.name for column in columns),
        class_names=tuple(map(str, classes)),
        columns=() if encode is not None else columns,
        target=str(target),
        source=source,
        licence=licence,
    )


def task_from_csv(
    path: str | os.PathLike[str], target: str, *, sep: str = ",", encoding: str = "utf-8", **options: Any
) -> Task:
    """See :meth:`ds_gym.Task.from_csv`."""
    import pandas as pd

    file_name = os.path.basename(os.fspath(path))
    try:
        frame = pd.read_csv(path, sep=sep, encoding=encoding)
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise ValueError(
            f"path: {file_name!r} cannot be read as a CSV table: {error}; allowed: a header line and one line a row, "
            f"cells separated by {sep!r} (argument sep)"
        ) from error
    except UnicodeError as error:
        raise ValueError(
            f"path: {file_name!r} is not text in {encoding}: {error}; if it is a table, say how it is written, for "
            "example encoding='latin-1'"
        ) from error
    header = str(frame.columns[0])
    if len(frame.columns) == 1 and (other := next((s for s in _SEPARATORS if s in header and s != sep), None)):
        raise ValueError(f"sep: {file_name!r} has one column, {header[:80]!r}; its cells look separated by {other!r}")
    options.setdefault("name", file_name.partition(".")[0] or "custom")
    options.setdefault("source", file_name)
    return task_from_frame(frame, target, **options)


def task_from_openml(data_id: int, target: str | None = None, **options: Any) -> Task:
    """See :meth:`ds_gym.Task.from_openml`."""
    table = fetch(check_integer("data_id", data_id, 1), target)
    options.setdefault("name", f"openml_{data_id}")
    options.setdefault("title", table.name)
    options.setdefault("source", f"OpenML {data_id} (https://www.openml.org/d/{data_id})")
    options.setdefault("licence", table.licence)
    return task_from_frame(table.frame, table.target, **options)


def _check_names(where: str, frame: pd.DataFrame, target: str) -> None:
    names = [str(column) for column in frame.columns]
    if target not in frame.columns:
        raise unknown_choice("target", target, names)
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{where}: several columns are named {_listed(repeated)}; give each its own name")
    if len(names) == 1:
        raise ValueError(f"{where}: there is no column besides the target {target!r}; at least one is needed")


def _check_rows(where: str, frame: pd.DataFrame, usable: pd.DataFrame, target: str, encode: Encoding) -> None:
    n_dropped = len(frame) - len(usable)
    if len(frame) == 0:
        raise ValueError(f"{where}: the table has no rows")
    if encode is None:
        if len(usable) == 0:
            raise ValueError(f"{where}: the target {target!r} is missing in every row")
        advice = "without a target"
    else:
        gaps = frame.isna().sum().sort_values(ascending=False)
        gappy = [str(column) for column in gaps.index[gaps > 0]]
        advice = f"with missing values (most of them in {_listed(gappy[:3])})"
        if len(usable) == 0:
            raise ValueError(
                f"{where}: every row has missing values (most of them in {_listed(gappy[:3])}); drop such columns, "
                "fill them, or keep missing values with encode=None"
            )
    if n_dropped:
        keep = "" if encode is None else "; encode=None keeps them"
        _warn(f"{where}: {n_dropped:,} of {len(frame):,} rows {advice} are left out{keep}")


def _check_classes(where: str, usable: pd.DataFrame, target: str, classes: Sequence[Any]) -> None:
    if len(classes) < 2:
        raise ValueError(f"{where}: the target {target!r} has one class only, {classes[0]!r}; at least 2 are needed")
    if len(classes) > len(usable) / 2:
        raise ValueError(
            f"{where}: the target {target!r} has {len(classes):,} different values in {len(usable):,} rows: a row "
            "identifier or a measured number, not a class; choose another target, or group its values into classes"
        )


def _features(where: str, features: pd.DataFrame) -> tuple[NDArray[np.float64], tuple[Column, ...]]:
    matrix = np.empty(features.shape, dtype=np.float64)
    columns = []
    for number, label in enumerate(features.columns):
        values, categories = features[label], None
        if is_numeric(values):
            matrix[:, number] = numbers(values)
            if np.isinf(matrix[:, number]).any():
                raise ValueError(f"{where}: column {str(label)!r} holds infinite values; replace or drop them first")
        else:
            order = _order(where, values)
            matrix[:, number] = nominal_codes(values, order)
            categories = tuple(map(str, order))
            if len(set(categories)) < len(categories):
                raise ValueError(
                    f"{where}: column {str(label)!r} holds different values with the same text; make it text"
                )
        columns.append(Column(str(label), categories))
    return matrix, tuple(columns)


def _order(where: str, values: pd.Series) -> list[Any]:
    try:
        return ordered_values(values)
    except TypeError as error:
        raise ValueError(
            f"{where}: column {str(values.name)!r} holds values that are no categories: {error}"
        ) from error


def _warn_about_columns(where: str, x: NDArray[np.float64], names: Sequence[str]) -> None:
    first_with: dict[str, str] = {}
    constant, duplicated = [], []
    for name, cells in zip(names, x.T, strict=True):
        content = np.ascontiguousarray(cells)
        if np.array_equal(content, np.full_like(content, content[0]), equal_nan=True):
            constant.append(name)
        elif (twin := first_with.setdefault(hashlib.sha256(content.data).hexdigest(), name)) != name:
            duplicated.append(f"{name} (as {twin})")
    if constant:
        _warn(f"{where}: these columns are constant and tell nothing: {_listed(constant)}")
    if duplicated:
        _warn(f"{where}: these columns repeat others: {_listed(duplicated)}")


def _stratified_rows(labels: NDArray[np.int64], n_rows: int, seed: int) -> NDArray[np.int64]:
    """Row numbers, rising, of a sample with about the same part of every class, and at least two rows of each."""
    generator = np.random.RandomState(seed)  # its stream is frozen, so that the sample stays the same
    counts = np.bincount(labels)
    kept = []
    for label, count in enumerate(counts):
        n_kept = min(count, max(2, round(n_rows * count / len(labels))))
        kept.append(generator.permutation(np.flatnonzero(labels == label))[:n_kept])
    return np.sort(np.concatenate(kept))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=4)
