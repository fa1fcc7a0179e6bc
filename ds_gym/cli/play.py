"""``ds-gym play TASK``: a person in the place of the language model."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.text import Text

from ds_gym.actions import HEADER
from ds_gym.cli.console import make_console
from ds_gym.cli.environment import open_env, protocol_option, sandbox_options, task_arguments
from ds_gym.cli.outcome import known_scores, print_outcome
from ds_gym.cli.typed_program import LineReader, line_history, pipe_reader, read_program, terminal_reader
from ds_gym.env import DataSciEnv
from ds_gym.prompts import MAX_NAMED_FEATURES
from ds_gym.tasks import Task

EXIT_FAILED = 1


@click.command()
@task_arguments
@protocol_option
@click.option("--attempts", type=click.IntRange(min=1), default=5, show_default=True, help="Attempts that you have.")
@sandbox_options
def command(task: str, target: str | None, protocol: str, attempts: int, sandbox: str, timeout_s: float) -> int:
    """Solve a task yourself: type the body of build_model, or the whole function, and see its score or its error.

    An empty line ends a program, and so does Ctrl-D; between two lines of ``` it may hold empty lines. Ctrl-D in place
    of a program leaves. Programs may also come through a pipe.

    Exit status 1 if attempts were made and none of them earned a score.
    """
    console = make_console()
    is_typed = sys.stdin.isatty() and console.is_terminal
    settings = {"protocol": protocol, "max_attempts": attempts, "sandbox": sandbox, "timeout_s": timeout_s}
    with open_env(task, target, **settings) as env:
        env.reset()
        _print_introduction(console, env.task, is_typed=is_typed)
        if is_typed:
            with line_history():
                results = _play(console, env, attempts, terminal_reader(_line_prompt))
        else:
            results = _play(console, env, attempts, pipe_reader())
    return EXIT_FAILED if results and not any(results) else 0


def _play(console: Console, env: DataSciEnv, max_attempts: int, read_line: LineReader) -> list[bool]:
    """Attempts until one is scored, all are used up, or the input ends. Returns: which of them were scored."""
    results: list[bool] = []
    while len(results) < max_attempts:
        heading = Text(f"\nAttempt {len(results) + 1} of {max_attempts}", style="bold")
        if console.is_terminal:
            console.print(heading)
            console.print(Text(f"{_line_number(0)}{HEADER}", style="dim"))
        program = read_program(read_line)
        if program is None:
            break
        if not console.is_terminal:
            console.print(heading)
        with console.status("running the program"):
            _, _, is_over, _, info = env.step(program)
        print_outcome(console, info)
        results.append(info["error"] is None)
        if is_over:
            break
    return results


def _print_introduction(console: Console, task: Task, *, is_typed: bool) -> None:
    names = f" ({', '.join(task.feature_names)})" if task.n_features <= MAX_NAMED_FEATURES else ""
    console.print(Text.assemble((task.title, "bold"), f". {task.description}"))
    console.print(Text(f"{task.n_features} features{names}, {task.n_classes} classes: {', '.join(task.class_names)}"))
    if task.solutions:
        console.print(Text(known_scores(task), style="dim"))
    if is_typed:
        console.print(
            Text(
                "Type the body of build_model, or the whole function; an empty line ends it. A program that has empty "
                "lines goes between two lines of ```. Ctrl-D leaves.",
                style="dim",
            )
        )


def _line_number(n_read: int) -> str:
    return f"{n_read + 1:>3} | "


def _line_prompt(n_read: int) -> str:
    return _line_number(n_read + 1)
