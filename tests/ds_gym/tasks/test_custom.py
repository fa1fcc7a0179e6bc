"""One's own table as a task: what becomes of its columns, rows and labels, and what is refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

from ds_gym.columns import Column, to_frame
from ds_gym.tasks import Task


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3, 4], "kind": ["p", "n", "p", "n"], "b": [True, False, True, True]})


@pytest.fixture
def mixed() -> pd.DataFrame:
    """Text, an ordered categorical, a date, pandas' own types, and missing values in rows 4 and 5."""
    return pd.DataFrame(
        {
            "colour": ["red", "blue", "red", "green", None, "blue"],
            "size": pd.Categorical(["S", "L", "M", "S", "L", "M"], categories=["S", "M", "L"], ordered=True),
            "day": pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01", "2020-01-01", "2020-01-01", "2020-01-01"]),
            "count": pd.array([5, 3, 4, 7, 1, None], dtype="Int64"),
            "label": ["yes", "no", "no", "yes", "yes", "no"],
        }
    )


def test_from_frame(frame: pd.DataFrame) -> None:
    task = Task.from_frame(frame, "kind", name="my_table")
    assert (task.title, task.feature_names, task.class_names) == ("My table", ("a", "b"), ("n", "p"))
    assert task.x.tolist() == [[1, 1], [2, 0], [3, 1], [4, 1]]
    assert task.y.tolist() == [1, 0, 1, 0]
    assert task.columns == ()


def test_nominal_values_become_codes_and_incomplete_rows_are_left_out(mixed: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match=r"2 of 6 rows with missing values .*in colour, count.*encode=None keeps them"):
        task = Task.from_frame(mixed, "label")
    assert task.feature_names == ("colour", "size", "day", "count")
    assert task.x.tolist() == [[2, 0, 2, 5], [0, 2, 0, 3], [2, 1, 1, 4], [1, 0, 0, 7]]
    assert task.y.tolist() == [1, 0, 0, 1]


def test_without_encoding_the_columns_keep_their_kind_and_gaps(mixed: pd.DataFrame) -> None:
    task = Task.from_frame(mixed, "label", encode=None)
    assert task.columns[:2] == (Column("colour", ("blue", "green", "red")), Column("size", ("S", "M", "L")))
    assert task.columns[3] == Column("count")
    handed_over = to_frame(task.x, task.columns)
    assert [value if isinstance(value, str) else None for value in handed_over["colour"]] == [
        "red", "blue", "red", "green", None, "blue",
    ]  # fmt: skip
    assert handed_over["size"].tolist() == list("SLMSLM")
    np.testing.assert_array_equal(handed_over["count"], [5, 3, 4, 7, 1, np.nan])
    assert task.y.tolist() == [1, 0, 0, 1, 1, 0]


def test_rows_without_a_target_are_left_out(frame: pd.DataFrame) -> None:
    longer = pd.concat([frame, frame, pd.DataFrame({"a": [9], "b": [True], "kind": [None]})])
    for encode in ("ordinal", None):
        with pytest.warns(UserWarning, match="1 of 9 rows"):
            task = Task.from_frame(longer.assign(a=range(9)), "kind", encode=encode)  # type: ignore[arg-type]
        assert (task.n_rows, task.class_names) == (8, ("n", "p"))


def test_classes_of_any_kind(frame: pd.DataFrame) -> None:
    grades = pd.Categorical(["low", "high", "low", "high"], categories=["low", "unused", "high"])
    assert Task.from_frame(frame.assign(kind=grades), "kind").class_names == ("low", "high")
    assert Task.from_frame(frame.assign(kind=[7, -1, 7, -1]), "kind").class_names == ("-1", "7")
    assert Task.from_frame(frame.assign(kind=[True, False] * 2), "kind").y.tolist() == [1, 0, 1, 0]
    assert Task.from_frame(frame.assign(kind=[1, "1b"] * 2), "kind").class_names == ("1", "1b")


@pytest.mark.parametrize(
    ("changes", "target", "message"),
    [
        ({}, "kinds", r"target: unknown value 'kinds'.*Did you mean 'kind'\?"),
        ({"kind": "p"}, "kind", r"the target 'kind' has one class only, 'p'; at least 2"),
        ({"kind": [1, 2, 3, 4]}, "kind", "4 different values in 4 rows: a row identifier or a measured number"),
        ({"kind": ["p", "p", "p", "n"]}, "kind", r"class 0 \('n'\) has 1 row"),
        ({"kind": None}, "kind", "every row has missing values"),
        ({"a": None}, "kind", r"every row has missing values \(most of them in a\); drop such columns.*encode=None"),
        ({"a": [1, 2, np.inf, 3]}, "kind", "column 'a' holds infinite values"),
        ({"a": [[1], [2], [1], [2]]}, "kind", "column 'a' holds values that are no categories"),
        ({"kind": [[1], [2], [1], [2]]}, "kind", "column 'kind' holds values that are no categories"),
        ({"a": [1, "1", 1, "1"]}, "kind", "column 'a' holds different values with the same text"),
    ],
)
def test_bad_tables(frame: pd.DataFrame, changes: dict[str, Any], target: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Task.from_frame(frame.assign(**changes), target)


def test_more_bad_tables(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="frame is a dict; allowed: a pandas DataFrame"):
        Task.from_frame({"kind": [0, 1]}, "kind")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the table has no rows"):
        Task.from_frame(frame.iloc[:0], "kind")
    with pytest.raises(ValueError, match="no column besides the target"):
        Task.from_frame(frame[["kind"]], "kind")
    with pytest.raises(ValueError, match="several columns are named a;"):
        Task.from_frame(frame.set_axis(["a", "kind", "a"], axis=1), "kind")
    with pytest.raises(ValueError, match="encode: given 'onehot'; allowed: 'ordinal'"):
        Task.from_frame(frame, "kind", encode="onehot")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the target 'kind' is missing in every row"):
        Task.from_frame(frame.assign(kind=None), "kind", encode=None)


def test_columns_without_use_are_named(frame: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match="columns") as warned:
        task = Task.from_frame(frame.assign(one=1, empty="x", again=frame.a), "kind")
    messages = [str(warning.message) for warning in warned]
    assert any("constant and tell nothing: one, empty" in message for message in messages)
    assert any("repeat others: again (as a)" in message for message in messages)
    assert task.n_features == 5


def test_a_sample_keeps_the_parts_of_the_classes() -> None:
    labels = np.r_[np.zeros(900), np.ones(97), np.full(3, 2)].astype(int)
    frame = pd.DataFrame({"row": range(1000), "label": labels})
    task = Task.from_frame(frame, "label", max_rows=100)
    assert np.bincount(task.y).tolist() == [90, 10, 2]
    assert (np.diff(task.x[:, 0]) > 0).all()
    assert (labels[task.x[:, 0].astype(int)] == task.y).all()
    assert task == Task.from_frame(frame, "label", max_rows=100)
    assert task != Task.from_frame(frame, "label", max_rows=100, seed=1)
    assert Task.from_frame(frame, "label", max_rows=1000).n_rows == 1000
    with pytest.raises(ValueError, match="max_rows: given 5; allowed: an integer of at least 6"):
        Task.from_frame(frame, "label", max_rows=5)


def test_a_million_rows() -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=1_000_000), "label": generator.integers(0, 2, 1_000_000)})
    with pytest.warns(UserWarning, match=r"1,000,000 rows.*max_rows=100_000 keeps a stratified sample"):
        assert Task.from_frame(frame, "label").n_rows == 1_000_000
    assert abs(Task.from_frame(frame, "label", max_rows=10_000).n_rows - 10_000) <= 1


def test_from_csv(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.to_csv(tmp_path / "wines.csv", index=False)
    task = Task.from_csv(tmp_path / "wines.csv", "kind")
    assert (task.name, task.source) == ("wines", "wines.csv")
    assert task.fingerprint == Task.from_frame(frame, "kind").fingerprint
    frame.assign(kind=["é", "n", "é", "n"]).to_csv(tmp_path / "latin.csv.gz", index=False, sep=";", encoding="latin-1")
    latin = Task.from_csv(tmp_path / "latin.csv.gz", "kind", sep=";", encoding="latin-1", title="Latin", encode=None)
    assert (latin.name, latin.title, latin.class_names) == ("latin", "Latin", ("n", "é"))


def test_files_that_are_no_tables(tmp_path: Path, frame: pd.DataFrame) -> None:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    with pytest.raises(ValueError, match=r"path: 'table.csv' cannot be read as a CSV table.*a header line"):
        Task.from_csv(write(""), "kind")
    with pytest.raises(ValueError, match="the table has no rows"):
        Task.from_csv(write("a,kind\n"), "kind")
    with pytest.raises(ValueError, match=r"path: 'table\.csv' cannot be read as a CSV table"):
        Task.from_csv(write("a,kind\n1,2\n1,2,3,4\n"), "kind")
    with pytest.raises(ValueError, match=r"'table.csv' is not text in utf-8.*encoding='latin-1'"):
        Task.from_csv(write("a,kind\né,1\n".encode("latin-1")), "kind")
    for other in (";", "\t", "|"):
        with pytest.raises(ValueError, match=r"sep: 'table.csv' has one column.*look separated by"):
            Task.from_csv(write(frame.to_csv(index=False, sep=other)), "kind")
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        Task.from_csv(tmp_path / "none.csv", "kind")
    with pytest.raises(IsADirectoryError):
        Task.from_csv(tmp_path, "kind")


@pytest.fixture
def openml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, frame: pd.DataFrame) -> dict[str, Any]:
    """OpenML without a network: what it answers, and what it was asked."""
    order = pd.Categorical(frame.kind, categories=["p", "n"])
    state: dict[str, Any] = {
        "answer": SimpleNamespace(frame=frame.assign(kind=order), target_names=["kind"], get=lambda key: DETAILS)
    }

    def fetch_openml(**asked: Any) -> Any:
        state["asked"] = asked
        if isinstance(state["answer"], Exception):
            raise state["answer"]
        return state["answer"]

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    monkeypatch.setenv("DS_GYM_DATA_HOME", str(tmp_path / "tables"))
    return state


DETAILS = {"name": "letters", "licence": "CC0"}


def test_from_openml(openml: dict[str, Any], tmp_path: Path) -> None:
    task = Task.from_openml(7)
    assert (task.name, task.title, task.licence) == ("openml_7", "letters", "CC0")
    assert task.class_names == ("p", "n")  # in OpenML's order
    assert "OpenML 7" in task.source
    assert openml["asked"]["data_id"] == 7
    assert openml["asked"]["data_home"] == str(tmp_path / "tables")
    assert Task.from_openml(7, name="mine").name == "mine"


def test_openml_that_does_not_answer(openml: dict[str, Any]) -> None:
    openml["answer"] = URLError("Name or service not known")
    with pytest.raises(ConnectionError, match="OpenML 7 cannot be downloaded: Name or service"):
        Task.from_openml(7)
    with pytest.raises(ValueError, match="data_id: given 'seven'"):
        Task.from_openml("seven")  # type: ignore[arg-type]


def test_openml_without_one_target(openml: dict[str, Any]) -> None:
    openml["answer"].target_names = ["a", "kind"]
    with pytest.raises(ValueError, match=r"target: OpenML 7 names \['a', 'kind'\]; name one"):
        Task.from_openml(7)
