from __future__ import annotations

from collections.abc import Callable

import pytest

from ds_gym.tasks import Task, get_task, list_tasks, register_task, registry


@pytest.fixture(autouse=True)
def _restored_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LOADERS", dict(registry._LOADERS))
    monkeypatch.setattr(registry, "_LOADED", dict(registry._LOADED))


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
