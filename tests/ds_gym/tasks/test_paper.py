"""The paper's fourteen tasks. The tables are no part of the project: made-up ones stand in, and what depends on the
true ones is skipped where ``DS_GYM_DATA_HOME`` does not hold them."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ds_gym.tasks import get_task, list_tasks, paper, registry
from ds_gym.tasks.openml import data_folders, download_folder
from ds_gym.tasks.paper import MissingTableError, load_full, load_reference
from ds_gym.tasks.paper_scores import BASELINE_PROGRAMS, known_solutions, paper_scores
from ds_gym.tasks.paper_tables import PAPER_NAMES, PAPER_TABLES
from ds_gym.tasks.reference_rows import TABLE_ROWS
from ds_gym.tasks.summary import summarise

GIVEN_HOME = os.environ.get("DS_GYM_DATA_HOME")
needs_tables = pytest.mark.skipif(not GIVEN_HOME, reason="DS_GYM_DATA_HOME names no folder with the paper's tables")
ALL_NAMES = [*list_tasks("paper"), *list_tasks("paper-full")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, a cache folder that is empty too, no network, and a registry that has loaded nothing."""

    def no_network(**asked: Any) -> None:
        raise ConnectionError(f"no network for {asked['data_id']}")

    monkeypatch.setenv("DS_GYM_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", no_network)
    monkeypatch.setattr(registry, "_LOADED", {})
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def made_up_table(name: str) -> pd.DataFrame:
    """A table with the size and the columns of the published one, as far as the loader looks at them."""
    table = PAPER_TABLES[name]
    generator = np.random.default_rng(0)
    columns: dict[str, Any] = {} if table.identifier is None else {table.identifier: np.arange(table.n_rows)}
    columns["number"] = generator.integers(0, 50, table.n_rows)
    orders = paper._orders(name) or {"word": ["b", "a"], table.target: ["no", "yes"]}
    for column, order in orders.items():
        columns[column] = generator.choice(order, table.n_rows)
    return pd.DataFrame(columns)


def test_a_missing_table_is_told_in_three_lines(home: Path) -> None:
    with pytest.raises(MissingTableError) as caught:
        get_task("credit_g")
    which, whence, whereto = str(caught.value).splitlines()
    assert which.startswith("task 'credit_g': the file credit_g.csv is in none of: ")
    assert whence == "where to get it: https://www.openml.org/d/31 (the download failed: no network for 31)"
    assert whereto == f"where to put it: {home / 'credit_g.csv'}"
    with pytest.raises(FileNotFoundError) as caught:
        get_task("spaceship_titanic@reference")
    assert str(caught.value).splitlines()[1] == (
        "where to get it: https://www.kaggle.com/competitions/spaceship-titanic"
    )


def test_two_tasks_need_no_file(home: Path) -> None:
    for name, n_rows in (("balance_scale", 125), ("tic_tac_toe", 95)):
        reference, full = get_task(f"{name}@reference"), get_task(name)
        assert (reference.n_rows, reference.fingerprint) == (n_rows, paper_scores()[reference.name].fingerprint)
        assert {tuple(row) for row in reference.x} <= {tuple(row) for row in full.x}
        assert reference.solution("reference").score < full.solution("reference").score


def test_nominal_values_get_the_codes_of_openml(home: Path) -> None:
    frame = made_up_table("credit_g")
    frame.to_csv(home / "credit_g.csv", index=False)
    task = get_task("credit_g")
    order = paper._orders("credit_g")
    assert task.class_names == ("good", "bad")
    assert task.feature_names[:2] == ("number", "checking_status")
    np.testing.assert_array_equal(task.x[:, 0], frame.number)
    column = task.feature_names.index("purpose")
    assert [order["purpose"][int(code)] for code in task.x[:, column]] == frame.purpose.tolist()
    assert [task.class_names[label] for label in task.y] == frame["class"].tolist()
    assert task.solutions == ()  # known scores belong to the true table
    assert sorted(map(tuple, load_reference("credit_g").x)) == sorted(map(tuple, task.x))


def test_rows_with_missing_values_are_left_out(home: Path) -> None:
    frame = made_up_table("eucalyptus").astype({"number": float})
    frame.loc[::10, "number"] = None
    frame.loc[5, "Sp"] = None
    frame.to_csv(home / "eucalyptus.csv", index=False)
    assert load_full("eucalyptus").n_rows == load_reference("eucalyptus").n_rows == 736 - 74 - 1


def test_tables_from_kaggle(home: Path) -> None:
    frame = made_up_table("spaceship_titanic").astype({"number": float})
    frame.number = frame.number * 2 + 1
    frame.loc[0, "word"] = None
    frame.to_csv(home / "spaceship_titanic.csv", index=False)
    full, reference = load_full("spaceship_titanic"), load_reference("spaceship_titanic")
    assert full.feature_names == reference.feature_names == ("number", "word")
    assert (full.n_rows, reference.n_rows) == (8_692, 2_000)
    np.testing.assert_array_equal(full.x[:2_000, 0], reference.x[:, 0] * 2 + 1)  # numbers, and their ranks
    np.testing.assert_array_equal(full.x[:2_000, 1], reference.x[:, 1])
    np.testing.assert_array_equal(full.x[:, 1], frame.word[1:] == "b")


def test_a_file_that_is_another_table_is_refused(home: Path) -> None:
    made_up_table("cmc").iloc[1:].to_csv(home / "cmc.csv", index=False)
    with pytest.raises(ValueError, match=r"task 'cmc': .*cmc\.csv is not the published table: it has 1472 rows"):
        get_task("cmc")
    made_up_table("cmc").rename(columns={"Wifes_religion": "religion"}).to_csv(home / "cmc.csv", index=False)
    with pytest.raises(ValueError, match=r"is not the published table.*Get it from https://www\.openml\.org/d/23"):
        get_task("cmc")


def test_of_airlines_a_sample_is_accepted_and_said_to_be_one(home: Path) -> None:
    made_up_table("airlines").iloc[: PAPER_TABLES["airlines"].n_sample_rows].to_csv(home / "airlines.csv", index=False)
    for task in (load_full("airlines"), load_reference("airlines")):
        assert task.description.endswith("; the rows are a sample of 5 % of the published table.")
        assert "5 % sample" in task.source
    made_up_table("airlines").to_csv(home / "airlines.csv", index=False)
    task = load_reference("airlines")
    assert task.n_rows == 2_000
    assert "sample" not in task.description + task.source


def test_openml_is_asked_where_there_is_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = made_up_table("diabetes")
    nominal = frame.assign(
        **{"class": pd.Categorical(frame["class"], categories=["tested_negative", "tested_positive"])}
    )
    asked: list[dict[str, Any]] = []

    def fetch_openml(**arguments: Any) -> Any:
        asked.append(arguments)
        return SimpleNamespace(frame=nominal, target_names=["class"], get=lambda key: None)

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    downloaded = load_full("diabetes")
    assert (asked[0]["data_id"], asked[0]["target_column"], asked[0]["data_home"]) == (37, "class", str(home))
    frame.to_csv(home / "diabetes.csv", index=False)
    assert load_full("diabetes") == downloaded
    assert len(asked) == 1


def test_folders(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert data_folders() == [home, tmp_path / "cache" / "ds_gym"]
    assert download_folder() == home
    (tmp_path / "file").touch()
    monkeypatch.setenv("DS_GYM_DATA_HOME", str(tmp_path / "file"))
    assert download_folder() == tmp_path / "cache" / "ds_gym"
    monkeypatch.delenv("DS_GYM_DATA_HOME")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data_folders() == [Path.home() / ".cache" / "ds_gym"]


def test_the_known_scores_are_complete() -> None:
    assert list(paper_scores()) == ALL_NAMES
    assert set(PAPER_NAMES) == set(PAPER_TABLES) | {"balance_scale", "tic_tac_toe"}
    assert {table.name: table.n_rows for table in PAPER_TABLES.values() if table.openml_id} == {
        name: n_rows for name, n_rows in TABLE_ROWS.items() if name in PAPER_TABLES
    }
    for name, known in paper_scores().items():
        assert (
            {"dummy_prior", "logreg_scaled", "random_forest", "hist_gb"} <= set(known.scores) <= set(BASELINE_PROGRAMS)
        )
        floor, reference, strong = (solution.score for solution in known_solutions(name))
        assert 0.5 == floor < reference < strong == max(known.scores.values())
        assert known_solutions(name, "another table") == ()


def test_a_card_needs_no_table(home: Path) -> None:
    for name in ALL_NAMES:
        card = summarise(name)
        assert (card.name, card.n_rows) == (name, paper_scores()[name].n_rows)
        assert card.description.endswith(".")
        assert card.source
        assert card.licence
        assert card.score("floor") == 0.5
    assert summarise("credit_g@reference").file == home / "credit_g.csv"
    assert not summarise("credit_g").is_available
    (home / "credit_g.csv").touch()
    assert summarise("credit_g").is_available
    assert summarise("tic_tac_toe").file is None
    with pytest.raises(ValueError, match="task: unknown value 'credit_h'"):
        summarise("credit_h")


@needs_tables
@pytest.mark.parametrize("name", ALL_NAMES)
def test_the_tables_are_those_whose_scores_are_known(name: str) -> None:
    task, known = get_task(name), paper_scores()[name]
    assert task.name == name
    assert (task.n_rows, task.n_features, task.n_classes) == (known.n_rows, known.n_features, known.n_classes)
    assert task.fingerprint == known.fingerprint
    assert [solution.role for solution in task.solutions] == ["floor", "reference", "strong"]
