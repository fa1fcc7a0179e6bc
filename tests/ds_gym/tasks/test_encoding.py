from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import LabelEncoder

from ds_gym.columns import Column, to_frame
from ds_gym.tasks.encoding import is_numeric, nominal_codes, numbers, ordered_values, rank_codes


@pytest.mark.parametrize(
    ("values", "numeric", "order"),
    [
        (pd.Series([3, 1, 3]), True, [1, 3]),
        (pd.Series([0.5, None]), True, [0.5]),
        (pd.Series([True, False]), True, [False, True]),
        (pd.Series([1, None, 2], dtype="Int64"), True, [1, 2]),
        (pd.Series([True, None], dtype="boolean"), True, [True]),
        (pd.Series(["b", None, "a"]), False, ["a", "b"]),
        (pd.Series(["b", "a"], dtype="string"), False, ["a", "b"]),
        (pd.Series(pd.Categorical(["lo", "hi", None], categories=["lo", "mid", "hi"])), False, ["lo", "hi"]),
        (pd.Series(pd.Categorical([2, 1])), False, [1, 2]),
        (pd.Series([2, "a", 10]), False, [10, 2, "a"]),
        (pd.Series([1 + 2j, 3 + 0j]), False, [1 + 2j, 3 + 0j]),
    ],
)
def test_kinds_of_columns(values: pd.Series, numeric: bool, order: list[object]) -> None:
    assert is_numeric(values) == numeric
    assert ordered_values(values) == order


def test_nominal_codes() -> None:
    values = pd.Series(["x", "o", None, "x"], name="square")
    np.testing.assert_array_equal(nominal_codes(values, ["b", "o", "x"]), [2, 1, np.nan, 2])
    with pytest.raises(ValueError, match=r"column 'square' holds 'o', which is none of \['x'\]"):
        nominal_codes(values, ["x"])


def test_numbers() -> None:
    np.testing.assert_array_equal(numbers(pd.Series([1, None], dtype="Int64")), [1, np.nan])
    np.testing.assert_array_equal(numbers(pd.Series(["1", "2.5"])), [1, 2.5])
    with pytest.raises(ValueError, match="column 'a' holds something else than numbers"):
        numbers(pd.Series(["1", "b"], name="a"))


def test_rank_codes_are_those_of_the_label_encoder() -> None:
    frame = pd.DataFrame({"n": [2.5, -1, 2.5, 7], "t": ["b", "a", "C", "b"], "f": [True, False, True, True]})
    objects = frame.to_numpy(dtype=object)
    expected = np.column_stack([LabelEncoder().fit_transform(column) for column in objects.T])
    np.testing.assert_array_equal(rank_codes(frame[name] for name in frame.columns), expected)


def test_to_frame() -> None:
    x = np.array([[1.5, 1.0], [np.nan, np.nan], [3.0, 0.0]])
    frame = to_frame(x, [Column("n"), Column("c", ("lo", "hi"))])
    codes = pd.Categorical.from_codes([1, -1, 0], categories=pd.Index(["lo", "hi"], dtype=object))
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"n": [1.5, np.nan, 3.0], "c": codes}))
    frame.iloc[0, 0] = 9
    assert x[0, 0] == 1.5
