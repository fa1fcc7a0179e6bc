"""Tasks by name. A task is built when it is first asked for, so listing them costs nothing and needs no files.

Another package's tasks are found by the entry-point group ``ds_gym.tasks``. In its ``pyproject.toml``::

    [project.entry-points."ds_gym.tasks"]
    my_table = "my_package.tables:load"

makes ``get_task("my_table")`` call ``my_package.tables.load()``, which returns a :class:`~ds_gym.tasks.Task`, in every
process of the environment in which that package is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint, entry_points

from ds_gym.tasks.paper_tables import PAPER_NAMES, PAPER_TABLES
from ds_gym.tasks.task import Task
from ds_gym.validation import check_choice, unknown_choice

ENTRY_POINT_GROUP = "ds_gym.tasks"

Loader = str | Callable[[], Task]

_EMBEDDED: dict[str, Loader] = {
    **{
        name: f"ds_gym.tasks.{name}:load"
        for name in ("balance_scale", "tic_tac_toe", "breast_cancer", "wine", "digits")
    },
    **{f"monks_{number}": f"ds_gym.tasks.monks:load_{number}" for number in (1, 2, 3)},
    **{name: f"ds_gym.tasks.{name}:load" for name in ("waveform", "noisy_xor")},
}


def _load_paper(function: str, name: str) -> Task:
    task: Task = getattr(importlib.import_module("ds_gym.tasks.paper"), function)(name)
    return task


_SUITES: dict[str, tuple[str, ...]] = {
    "embedded": tuple(_EMBEDDED),
    "paper": tuple(f"{name}@reference" for name in PAPER_NAMES),
    "paper-full": PAPER_NAMES,
}
_LOCK = threading.RLock()
_LOADED: dict[str, Task] = {}
_LOADERS: dict[str, Loader] = {
    **_EMBEDDED,
    **{name: partial(_load_paper, "load_full", name) for name in PAPER_TABLES},
    **{f"{name}@reference": partial(_load_paper, "load_reference", name) for name in PAPER_NAMES},
}
_searched_entry_points = False


def list_suites() -> tuple[str, ...]:
    """Names of the suites: ``"embedded"`` (needs no files), ``"paper"`` (the fourteen tasks of arXiv 2402.06700 as its
    authors' environment has them), ``"paper-full"`` (all complete rows of the same tables)."""
    return tuple(_SUITES)


def list_tasks(suite: str | None = None) -> list[str]:
    """Names of the tasks of a suite, or of all registered tasks in the order of their registration.

    Raises:
        ValueError: no suite has this name; the message names the nearest one.
    """
    if suite is not None:
        return list(_SUITES[check_choice("suite", suite, _SUITES)])
    with _LOCK:
        _find_entry_points()
        return list(_LOADERS)


def get_task(task: str | Task) -> Task:
    """The task of this name; a :class:`Task` is handed back as it is.

    Raises:
        ValueError: no task has this name (the message names the nearest one), or the package that registers it by an
            entry point fails to build it (the message names the package).
        MissingTableError: a paper task's table cannot be had; a :class:`FileNotFoundError` that says where to put it.
    """
    if isinstance(task, Task):
        return task
    with _LOCK:
        if not isinstance(task, str) or task not in _LOADERS:
            _find_entry_points()
        if not isinstance(task, str) or task not in _LOADERS:
            raise unknown_choice("task", task, _LOADERS, "Your own table: Task.from_csv or Task.from_frame.")
        if task not in _LOADED:
            _LOADED[task] = _load(_LOADERS[task])
        return _LOADED[task]


def register_task(task: Task | str, loader: Loader | None = None) -> None:
    """Make a task known by name in this process. (An entry point makes it known in every process, see the module.)

    Args:
        task: a task, or only its name if ``loader`` is given.
        loader: builds the task when it is first asked for: a function, or ``"module:function"``.

    Raises:
        ValueError: the name is taken, or a name comes without a loader.
    """
    name = task.name if isinstance(task, Task) else task
    with _LOCK:
        _find_entry_points()
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


def _load(loader: Loader) -> Task:
    if not isinstance(loader, str):
        return loader()
    module, _, function = loader.partition(":")
    task: Task = getattr(importlib.import_module(module), function)()
    return task


def _find_entry_points() -> None:
    """Add the tasks of other installed packages, once a process."""
    global _searched_entry_points
    if _searched_entry_points:
        return
    _searched_entry_points = True
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        problem = _problem_of(entry_point)
        if problem is None:
            _LOADERS[entry_point.name] = partial(_load_entry_point, entry_point)
        else:
            warnings.warn(f"{_described(entry_point)} is left out: {problem}", UserWarning, stacklevel=3)


def _problem_of(entry_point: EntryPoint) -> str | None:
    """What can be found wrong without importing the package's modules."""
    if entry_point.name in _LOADERS:
        return f"the name {entry_point.name!r} is already registered"
    try:
        package = entry_point.module.partition(".")[0]
        return None if importlib.util.find_spec(package) is not None else f"there is no module {package!r}"
    except (AttributeError, ImportError, ValueError) as error:
        return f"{entry_point.value!r} is not 'module:function' ({error})"


def _load_entry_point(entry_point: EntryPoint) -> Task:
    try:
        found = entry_point.load()
        task = found if isinstance(found, Task) else found()
        if not isinstance(task, Task):
            raise TypeError(f"it gives a {type(task).__name__} instead of a ds_gym.Task")
    except Exception as error:  # another package's code may raise anything
        raise ValueError(f"{_described(entry_point)} cannot be loaded: {type(error).__name__}: {error}") from error
    return task


def _described(entry_point: EntryPoint) -> str:
    package = entry_point.dist.name if entry_point.dist is not None else "unknown"
    return f"task {entry_point.name!r} of package {package!r} (entry point {entry_point.value!r})"
