from __future__ import annotations

import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

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
        ({"y": [0, 0, 0, 1]}, "class 1 has 1 row"),
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


def test_copies_are_equal() -> None:
    task = Task(**fields())
    assert deepcopy(task) is task
    assert pickle.loads(pickle.dumps(task)) == task == Task(**fields())
    assert hash(task) == hash(Task(**fields()))
    assert task != Task(**fields(name="other"))


def test_a_role_that_is_missing() -> None:
    with pytest.raises(KeyError, match="no 'strong' solution"):
        Task(**fields()).solution("strong")


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3, 4], "kind": ["p", "n", "p", "n"], "b": [True, False, True, True]})


def test_from_frame(frame: pd.DataFrame) -> None:
    task = Task.from_frame(frame, "kind", name="my_table")
    assert (task.title, task.feature_names, task.class_names) == ("My table", ("a", "b"), ("n", "p"))
    assert task.x.tolist() == [[1, 1], [2, 0], [3, 1], [4, 1]]
    assert task.y.tolist() == [1, 0, 1, 0]
    assert get_task(task) is task


def test_from_frame_says_what_is_wrong(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"target: unknown value 'kinds'.*Did you mean 'kind'\?"):
        Task.from_frame(frame, "kinds")
    with pytest.raises(ValueError, match="not numeric: kind"):
        Task.from_frame(frame, "b")
    with pytest.raises(ValueError, match="missing values: a"):
        Task.from_frame(frame.assign(a=[1, None, 3, 4]), "kind")


def test_from_csv(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.to_csv(tmp_path / "wines.csv", index=False)
    task = Task.from_csv(tmp_path / "wines.csv", "kind")
    assert (task.name, task.source) == ("wines", "wines.csv")
    assert task.fingerprint == Task.from_frame(frame, "kind").fingerprint
    (tmp_path / "empty.csv").touch()
    with pytest.raises(ValueError, match=r"path: 'empty.csv' cannot be read"):
        Task.from_csv(tmp_path / "empty.csv", "kind")
    with pytest.raises(FileNotFoundError):
        Task.from_csv(tmp_path / "none.csv", "kind")
