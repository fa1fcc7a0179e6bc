"""The paper's fourteen tasks (arXiv 2402.06700), each in two variants.

``"credit_g"`` is the full table: all rows without missing values, in the order of the file; nominal values are coded
0, 1, ... in the order in which OpenML lists them (tables from Kaggle: in sorted order), numbers stay as they are.
``"credit_g@reference"`` has exactly the rows and codes of the authors' environment.

The tables are looked for as ``<task>.csv`` in ``$DS_GYM_DATA_HOME`` and in the user's cache folder; those that OpenML
has are downloaded otherwise. Balance scale and tic-tac-toe are made by the package itself and need no file.

Of airlines, a 5 % sample is accepted in place of the full table, and the known scores are those of the sample.
"""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ds_gym.tasks.encoding import is_numeric, nominal_codes, numbers, ordered_values, rank_codes
from ds_gym.tasks.openml import HOME_VARIABLE, data_folders, fetch
from ds_gym.tasks.paper_scores import known_solutions
from ds_gym.tasks.paper_tables import PAPER_TABLES, PaperTable
from ds_gym.tasks.reference_rows import reference_rows
from ds_gym.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

REFERENCE_SUFFIX = "@reference"


class MissingTableError(FileNotFoundError):
    """A table is in no data folder and cannot be downloaded; three lines say which, whence and whereto."""


def load_full(name: str) -> Task:
    """All complete rows of a table.

    Args:
        name: a key of :data:`~ds_gym.tasks.paper_tables.PAPER_TABLES`.

    Raises:
        MissingTableError: the table cannot be had.
        ValueError: the file is not the published table.
    """
    table = PAPER_TABLES[name]
    frame = _read(table)
    complete = frame.dropna()
    features = [_codes(table, complete[column]) for column in _feature_columns(table, frame)]
    return _task(table, name, frame, np.column_stack(features), complete[table.target])


def load_reference(name: str) -> Task:
    """The rows and codes of the authors' environment.

    Args:
        name: one of :data:`~ds_gym.tasks.paper_tables.PAPER_NAMES`.

    Raises:
        MissingTableError, ValueError: as :func:`load_full`.
    """
    if name not in PAPER_TABLES:
        return _reference_of_embedded(name)
    table = PAPER_TABLES[name]
    frame = _read(table)
    if table.openml_id is None:
        complete = frame.dropna().iloc[: table.max_reference_rows]
    else:
        complete = frame.iloc[reference_rows(name, len(frame))].dropna()
    columns = _feature_columns(table, frame)
    if table.is_ranked:
        features = rank_codes(complete[column] for column in columns)
    else:
        features = np.column_stack([_codes(table, complete[column]) for column in columns])
    return _task(table, name + REFERENCE_SUFFIX, frame, features, complete[table.target])


def _reference_of_embedded(name: str) -> Task:
    from ds_gym.tasks.registry import get_task

    embedded = get_task(name)
    rows = reference_rows(name)
    return _with_known_solutions(
        dataclasses.replace(
            embedded, name=name + REFERENCE_SUFFIX, x=embedded.x[rows], y=embedded.y[rows], solutions=()
        )
    )


def _task(table: PaperTable, name: str, frame: pd.DataFrame, x: NDArray[np.float64], target: pd.Series) -> Task:
    classes = _orders(table.name).get(table.target) or ordered_values(target)
    is_sample = len(frame) == table.n_sample_rows
    note = "; the rows are a sample of 5 % of the published table." if is_sample else "."
    return _with_known_solutions(
        Task(
            name=name,
            title=table.title,
            description=table.description.removesuffix(".") + note,
            x=x,
            y=nominal_codes(target, classes).astype(np.int64),
            feature_names=tuple(_feature_columns(table, frame)),
            class_names=tuple(map(str, classes)),
            target=table.target,
            source=table.source + (", a 5 % sample of it" if is_sample else ""),
            licence=table.licence,
        )
    )


def _with_known_solutions(task: Task) -> Task:
    return dataclasses.replace(task, solutions=known_solutions(task.name, task.fingerprint))


def _feature_columns(table: PaperTable, frame: pd.DataFrame) -> list[str]:
    return [column for column in frame.columns if column not in (table.identifier, table.target)]


def _codes(table: PaperTable, values: pd.Series) -> NDArray[np.float64]:
    order = _orders(table.name).get(str(values.name))
    if order is not None:
        return nominal_codes(values, order)
    if table.openml_id is None and not is_numeric(values):
        return nominal_codes(values, ordered_values(values))
    return numbers(values)


@cache
def _nominal_orders() -> dict[str, dict[str, list[str]]]:
    text = files("ds_gym.tasks").joinpath("data", "nominal_orders.json").read_text(encoding="utf-8")
    orders: dict[str, dict[str, list[str]]] = json.loads(text)
    return orders


def _orders(name: str) -> dict[str, list[str]]:
    """Nominal column -> its values as OpenML orders them; nothing for a table from Kaggle."""
    return _nominal_orders().get(name, {})


def _read(table: PaperTable) -> pd.DataFrame:
    """The published table, the target last; of an OpenML table nominal values are text."""
    import pandas as pd

    path = next((p for p in (folder / f"{table.name}.csv" for folder in data_folders()) if p.is_file()), None)
    if path is None:
        frame, origin = _download(table), f"OpenML {table.openml_id}"
    else:
        if table.openml_id is None:
            frame = pd.read_csv(path)
        else:
            nominal = dict.fromkeys(_orders(table.name), str)
            frame = pd.read_csv(path, dtype=nominal, keep_default_na=False, na_values=["", "?"])
        origin = str(path)
    expected = {table.n_rows, table.n_sample_rows or table.n_rows}
    if len(frame) not in expected or not {table.target, *_orders(table.name)} <= set(frame.columns):
        raise ValueError(
            f"task {table.name!r}: {origin} is not the published table: it has {len(frame)} rows and the columns "
            f"{', '.join(frame.columns)[:200]}; expected: {' or '.join(map(str, sorted(expected)))} rows, target "
            f"{table.target!r}. Get it from {table.url}"
        )
    return frame


def _download(table: PaperTable) -> pd.DataFrame:
    reason = ""
    if table.openml_id is not None:
        try:
            frame = fetch(table.openml_id, table.target).frame
        except OSError as error:
            reason = f" (the download failed: {error})"
        else:
            nominal = [column for column in _orders(table.name) if column in frame.columns]
            return frame.assign(**{column: frame[column].astype(object) for column in nominal})
    folders = data_folders()
    raise MissingTableError(
        f"task {table.name!r}: the file {table.name}.csv is in none of: {', '.join(map(str, folders))}\n"
        f"where to get it: {table.url}{reason}\n"
        f"where to put it: {folders[0] / table.name}.csv"
        + ("" if len(folders) > 1 else f", or a folder of your own named by {HOME_VARIABLE}")
    )
