from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from ds_gym.columns import Column
from ds_gym.tasks import Task, get_task


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "name": "t",
        "title": "T",
        "description": "Predict it.",
        "x": [[1, 2], [3, 4], [5, 6], [7, 8]],
        "y": [0, 1, 0, 1],
        "feature_names": ("a", "b"),
        "class_names": ("no", "yes"),
        **changes,
    }


def test_arrays_are_converted_copied_and_read_only() -> None:
    x = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], dtype=np.float32, order="F")
    task = Task(**fields(x=x))
    x[0, 0] = 99
    assert (task.x.dtype, task.y.dtype, task.x.flags.c_contiguous) == (np.float64, np.int64, True)
    assert task.x[0, 0] == 1
    for array in (task.x, task.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "task name: given ''"),
        ({"title": "x" * 101}, "task title: 101 characters; allowed: at most 100"),
        ({"description": None}, "task description"),
        ({"x": [1, 2, 3, 4]}, r"x has shape \(4,\)"),
        ({"x": [[np.nan, 1]] * 4}, "missing or infinite"),
        ({"feature_names": ("a",)}, "1 feature names for 2 columns"),
        ({"y": [0, 1, 0]}, r"y has shape \(3,\)"),
        ({"y": [0, 1, 0, 0.5]}, "not integers"),
        ({"y": [0, 1, 2, 1]}, "labels from 0 to 2 for 2 class names"),
        ({"y": [-1, 1, 0, 1]}, "labels from -1"),
        ({"y": [0, 0, 0, 1]}, r"class 1 \('yes'\) has 1 row.*join it with another class"),
        ({"columns": (Column("a"), Column("c"))}, "names of columns"),
        ({"columns": (Column("a"), Column("b", ("u", "v")))}, r"column 'b' holds other values than the codes 0 \.\. 1"),
        ({"columns": (Column("a"), Column("b")), "x": [[np.inf, 1]] * 4}, "infinite values"),
        ({"class_names": ("only",), "y": [0] * 4}, "at least 2 are needed"),
        ({"metric": "accuracy"}, "metric 'accuracy'; allowed: 'roc_auc'"),
    ],
)
def test_bad_tables_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Task(**fields(**changes))


def test_the_fingerprint_is_that_of_the_data() -> None:
    task = Task(**fields())
    assert task.fingerprint == Task(**fields(name="other", title="Other")).fingerprint
    others = [fields(x=[[1, 2], [3, 4], [5, 6], [7, 9]]), fields(y=[1, 0, 0, 1]), fields(x=[[1], [2], [3], [4]])]
    others[2]["feature_names"] = ("a",)
    assert len({task.fingerprint, *(Task(**other).fingerprint for other in others)}) == 4


def test_columns_belong_to_the_data() -> None:
    x = [[0, 1], [1, np.nan], [0, 0], [np.nan, 1]]
    columns = (Column("a"), Column("b", ("u", "v")))
    task = Task(**fields(x=x, columns=columns))
    assert task == Task(**fields(x=x, columns=columns)) == pickle.loads(pickle.dumps(task))
    renamed = Task(**fields(x=x, columns=(Column("a"), Column("b", ("u", "w")))))
    assert task.fingerprint != renamed.fingerprint
    other_nan = np.array(x, dtype=float)
    other_nan[1, 1] = -np.nan
    assert Task(**fields(x=other_nan, columns=columns)).fingerprint == task.fingerprint


def test_copies_are_equal() -> None:
    task = Task(**fields())
    assert deepcopy(task) is task
    assert pickle.loads(pickle.dumps(task)) == task == Task(**fields())
    assert hash(task) == hash(Task(**fields()))
    assert task != Task(**fields(name="other"))
    assert get_task(task) is task


def test_a_role_that_is_missing() -> None:
    with pytest.raises(KeyError, match="no 'strong' solution"):
        Task(**fields()).solution("strong")
