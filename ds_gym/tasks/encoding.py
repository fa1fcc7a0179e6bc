"""Tables as numbers: pure functions from columns of a data frame to float64 codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def is_numeric(values: pd.Series) -> bool:
    """Whether the column holds numbers or booleans (NumPy's or pandas' own types), no text, categories or dates."""
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    is_category = values.dtype.name == "category"
    return not is_category and not is_complex_dtype(values) and (is_numeric_dtype(values) or is_bool_dtype(values))


def ordered_values(values: pd.Series) -> list[Any]:
    """The distinct values that occur, without missing ones, in the order in which they get the codes 0, 1, ...

    A pandas categorical keeps its own order; other values are sorted; by their text if they do not compare with
    each other.
    """
    occurring = values.dropna().unique()
    if values.dtype.name == "category":
        present = set(occurring)
        return [value for value in values.cat.categories if value in present]
    try:
        return sorted(occurring)
    except TypeError:
        return sorted(occurring, key=str)


def nominal_codes(values: pd.Series, order: Sequence[Any]) -> NDArray[np.float64]:
    """The position of each value in ``order``; NaN for missing values.

    Raises:
        ValueError: a value is not in ``order``.
    """
    import pandas as pd

    positions = pd.Index(order).get_indexer(pd.Index(values))
    is_missing = values.isna().to_numpy()
    is_unknown = (positions < 0) & ~is_missing
    if is_unknown.any():
        raise ValueError(
            f"column {values.name!r} holds {values[is_unknown].iloc[0]!r}, which is none of {list(order)[:10]}"
        )
    return np.where(is_missing, np.nan, positions)


def numbers(values: pd.Series) -> NDArray[np.float64]:
    """The numbers of a column, NaN for missing ones.

    Raises:
        ValueError: a value is no number.
    """
    import pandas as pd

    try:
        converted: NDArray[np.float64] = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise ValueError(f"column {values.name!r} holds something else than numbers: {error}") from None
    return converted


def rank_codes(columns: Iterable[pd.Series]) -> NDArray[np.float64]:
    """Every column, numbers too, by the ranks of its distinct values: 0 for the smallest; [rows, columns].

    What scikit-learn's ``LabelEncoder`` makes of each column of a table without missing values.
    """
    return np.column_stack([nominal_codes(column, ordered_values(column)) for column in columns])
