from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ds_gym.tasks import Task, get_task, list_suites, list_tasks, register_task, registry


@pytest.fixture(autouse=True)
def _restored_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LOADERS", dict(registry._LOADERS))
    monkeypatch.setattr(registry, "_LOADED", dict(registry._LOADED))
    monkeypatch.setattr(registry, "_searched_entry_points", registry._searched_entry_points)


def test_a_task_is_built_once() -> None:
    assert get_task("wine") is get_task("wine")


@pytest.mark.parametrize("given", ["ballance_scale", "balance-scale", "Balance scale"])
def test_unknown_names_get_a_suggestion(given: str) -> None:
    with pytest.raises(ValueError, match=r"task: unknown value .*allowed: .*'wine'.*Did you mean 'balance_scale'\?"):
        get_task(given)


def test_a_name_like_none() -> None:
    with pytest.raises(ValueError, match=r"task: unknown value 'zzz'.*Task\.from_csv"):
        get_task("zzz")
    with pytest.raises(ValueError, match="task: unknown value 3"):
        get_task(3)  # type: ignore[arg-type]


def test_registering(make_separable_task: Callable[..., Task]) -> None:
    task = make_separable_task(name="mine")
    register_task(task)
    register_task("lazy", lambda: make_separable_task(name="lazy"))
    register_task("by path", "ds_gym.tasks.wine:load")
    assert list_tasks()[-3:] == ["mine", "lazy", "by path"]
    assert get_task("mine") is task
    assert get_task("lazy").name == "lazy"
    assert get_task("by path") == get_task("wine")


def test_names_are_taken_once(make_separable_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match="'wine' is already registered"):
        register_task(make_separable_task(name="wine"))
    with pytest.raises(ValueError, match="loader: missing"):
        register_task("nothing")


def test_suites() -> None:
    assert list_suites() == ("embedded", "paper", "paper-full")
    for suite, size in zip(list_suites(), (10, 14, 14), strict=True):
        names = list_tasks(suite)
        assert len(set(names)) == len(names) == size
        assert set(names) <= set(list_tasks())
        assert all(name.endswith("@reference") == (suite == "paper") for name in names)
    with pytest.raises(ValueError, match=r"suite: unknown value 'papers'.*Did you mean 'paper'\?"):
        list_tasks("papers")


PACKAGE = """
from ds_gym import Task


def load():
    return Task("theirs", "Theirs", "Predict it.", [[1], [2], [3], [4]] * 5, [0, 1, 0, 1] * 5, ("a",), ("n", "p"))


made = load()


def fails():
    raise KeyError("no such table")


def nothing():
    pass
"""

ENTRY_POINTS = """[ds_gym.tasks]
theirs = their_tables:load
ready_made = their_tables:made
wine = their_tables:load
gone = missing_package.tables:load
fails = their_tables:fails
nothing = their_tables:nothing
absent = their_tables:absent
"""


@pytest.fixture
def other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package as pip installs it, in a folder on the path."""
    (tmp_path / "their_tables.py").write_text(PACKAGE)
    metadata = tmp_path / "their_package-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_searched_entry_points", False)
    return tmp_path


@pytest.mark.filterwarnings("ignore:task .* is left out")
def test_tasks_of_other_packages(other_package: Path) -> None:
    assert get_task("theirs").title == "Theirs"
    assert get_task("theirs") is get_task("theirs")
    assert get_task("ready_made").n_rows == 20
    assert {"theirs", "ready_made"} <= set(list_tasks())
    assert list_tasks("embedded") == list(registry._EMBEDDED)


def test_broken_entry_points_are_warnings_that_name_the_package(other_package: Path) -> None:
    with pytest.warns(UserWarning, match="left out") as warned:
        names = list_tasks()
    messages = sorted(str(warning.message) for warning in warned)
    assert len(messages) == 2
    assert "task 'gone' of package 'their-package'" in messages[0]
    assert "no module 'missing_package'" in messages[0]
    assert "task 'wine' of package 'their-package'" in messages[1]
    assert "already registered" in messages[1]
    assert "gone" not in names
    assert get_task("wine").n_rows == 178
    for name, problem in {
        "fails": "KeyError: 'no such table'",
        "nothing": "TypeError: it gives a NoneType",
        "absent": "AttributeError",
    }.items():
        with pytest.raises(ValueError, match=f"task '{name}' of package 'their-package'.*{problem}"):
            get_task(name)


def test_every_process_finds_them(other_package: Path) -> None:
    program = "import gymnasium, ds_gym; print(gymnasium.make('DataSci-v0', task='theirs').unwrapped.task.title)"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        f"import sys; sys.path.insert(0, {str(other_package)!r}); {program}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "Theirs", done.stderr
