"""Tasks by name. A task is built when it is first asked for, so listing them costs nothing."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable

from ds_gym.tasks.task import Task
from ds_gym.validation import unknown_choice

_LOCK = threading.RLock()
_LOADED: dict[str, Task] = {}
_LOADERS: dict[str, str | Callable[[], Task]] = {
    name: f"ds_gym.tasks.{name}:load" for name in ("balance_scale", "tic_tac_toe", "breast_cancer", "wine", "digits")
}


def list_tasks() -> list[str]:
    """Names of all registered tasks, in the order of their registration."""
    with _LOCK:
        return list(_LOADERS)


def get_task(task: str | Task) -> Task:
    """The task of this name; a :class:`Task` is handed back as it is.

    Raises:
        ValueError: no task has this name; the message names the nearest one.
    """
    if isinstance(task, Task):
        return task
    with _LOCK:
        if not isinstance(task, str) or task not in _LOADERS:
            raise unknown_choice("task", task, _LOADERS, "Your own table: Task.from_csv or Task.from_frame.")
        if task not in _LOADED:
            _LOADED[task] = _load(_LOADERS[task])
        return _LOADED[task]


def register_task(task: Task | str, loader: str | Callable[[], Task] | None = None) -> None:
    """Make a task known by name in this process.

    Args:
        task: a task, or only its name if ``loader`` is given.
        loader: builds the task when it is first asked for: a function, or ``"module:function"``.

    Raises:
        ValueError: the name is taken, or a name comes without a loader.
    """
    name = task.name if isinstance(task, Task) else task
    with _LOCK:
        if name in _LOADERS:
            raise ValueError(f"task: the name {name!r} is already registered; choose another")
        if isinstance(task, Task):
            _LOADED[name] = task
            _LOADERS[name] = lambda: task
        elif loader is not None:
            _LOADERS[name] = loader
        else:
            raise ValueError(
                f"loader: missing for the task name {name!r}; give a function or 'module:function', or a Task"
            )


def _load(loader: str | Callable[[], Task]) -> Task:
    if not isinstance(loader, str):
        return loader()
    module, _, function = loader.partition(":")
    task: Task = getattr(importlib.import_module(module), function)()
    return task
