"""The arguments that ``show``, ``play`` and ``run`` share, and the environment that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import gymnasium

from ds_gym.cli.console import NearestChoice, bad_input
from ds_gym.env import DataSciEnv
from ds_gym.evaluation import PROTOCOLS
from ds_gym.prompts import PROMPT_STYLES
from ds_gym.sandbox import SANDBOX_NAMES
from ds_gym.tasks import Task, list_tasks

ALL_TASKS = "All tasks: ds-gym list"

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _TaskOrFile(NearestChoice):
    """The name of a registered task, or the path of a CSV file."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value) if is_csv(str(value)) else super().convert(value, param, ctx)


def is_csv(task: str) -> bool:
    """Whether TASK is the path of a CSV file, compressed or not."""
    return ".csv" in task


def task_arguments(command: _Command) -> _Command:
    """The argument TASK and the option ``--target``."""
    target = click.option("--target", metavar="COLUMN", help="Where TASK is a CSV file: the column to predict.")
    argument = click.argument("task", type=_TaskOrFile(list_tasks(), ALL_TASKS), metavar="TASK")
    return argument(target(command))


def protocol_option(command: _Command) -> _Command:
    """The option ``--protocol``."""
    return click.option(
        "--protocol",
        type=NearestChoice(PROTOCOLS),
        default="holdout",
        show_default=True,
        help="Scored on five splits of 70 % of the rows (holdout), or of all rows (paper).",
    )(command)


def prompt_option(command: _Command) -> _Command:
    """The option ``--prompt``."""
    return click.option(
        "--prompt",
        type=NearestChoice(PROMPT_STYLES),
        default="completion",
        show_default=True,
        help="Style of the text.",
    )(command)


def sandbox_options(command: _Command) -> _Command:
    """The options ``--sandbox`` and ``--timeout``."""
    timeout = click.option(
        "--timeout",
        "timeout_s",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=60,
        show_default=True,
        help="How long a program may take.",
    )
    sandbox = click.option(
        "--sandbox", type=NearestChoice(SANDBOX_NAMES), default="auto", show_default=True, help="How programs are run."
    )
    return sandbox(timeout(command))


@contextmanager
def open_env(task: str, target: str | None, **settings: Any) -> Iterator[DataSciEnv]:
    """``DataSci-v0`` on a task, closed at the end.

    Args:
        task: name of a registered task, or path of a CSV file.
        target: the column to predict, for a CSV file.
        **settings: arguments of :class:`~ds_gym.env.DataSciEnv`.

    Raises:
        click.UsageError: the table cannot be had, or the task cannot be scored with these settings.
        SandboxError: the sandbox cannot be had here.
    """
    if is_csv(task) and target is None:
        raise click.UsageError(f"--target is missing: the column of {task} that is to be predicted")
    if not is_csv(task) and target is not None:
        raise click.UsageError(f"--target goes with a CSV file; the target of task {task!r} is fixed")
    with bad_input():
        chosen = task if target is None else Task.from_csv(task, target)
        env = gymnasium.make("DataSci-v0", task=chosen, **settings)
    try:
        unwrapped = env.unwrapped
        assert isinstance(unwrapped, DataSciEnv)
        yield unwrapped
    finally:
        env.close()
