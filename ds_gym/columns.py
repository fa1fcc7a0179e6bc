"""What a column of a table holds: numbers, or one of some categories. The same words for tasks and for the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """A column of a float64 matrix, read as a column of a data frame.

    Attributes:
        name: the name of the column.
        categories: None for numbers; else the values that the codes 0, 1, ... stand for. NaN is a missing value.
    """

    name: str
    categories: tuple[str, ...] | None = None


def hand_over(x: NDArray[np.float64], columns: Sequence[Column]) -> Any:
    """What a program gets for ``x``: the matrix itself, or with ``columns`` the data frame that it stands for."""
    return to_frame(x, columns) if columns else x


def to_frame(x: NDArray[np.float64], columns: Sequence[Column]) -> pd.DataFrame:
    """The data frame that ``x``, float64 [rows, len(columns)], stands for.

    Columns of numbers are float64 with NaN for missing values; the others are pandas categoricals of text.
    """
    import pandas as pd

    values: dict[str, object] = {}
    for number, column in enumerate(columns):
        cells = x[:, number]
        if column.categories is None:
            values[column.name] = cells.copy()
        else:
            codes = np.where(np.isnan(cells), -1, cells).astype(np.int64)
            values[column.name] = pd.Categorical.from_codes(codes, categories=pd.Index(column.categories, dtype=object))
    return pd.DataFrame(values)
