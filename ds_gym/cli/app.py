"""``ds-gym COMMAND``: finds the command, and turns every end of it into one exit status and at most a few lines."""

from __future__ import annotations

import importlib
import io
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import click

import ds_gym
from ds_gym.cli.console import nearest
from ds_gym.failures import SandboxError

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


@dataclass(frozen=True)
class _Command:
    """Where a command is, and what the overview says of it."""

    module: str
    summary: str
    attribute: str = "command"


_COMMANDS = {
    "list": _Command("ds_gym.cli.list_tasks", "The tasks: sizes, classes, known scores."),
    "show": _Command("ds_gym.cli.show", "The observation that a model reads."),
    "play": _Command("ds_gym.cli.play", "Solve a task yourself, in the terminal."),
    "run": _Command("ds_gym.cli.run", "Score a program in a file."),
    "validate": _Command("ds_gym.cli.validate", "Run the programs with known scores again."),
    "doctor": _Command("ds_gym.sandbox.__main__", "What protects this machine from programs, tried out.", "main"),
}


class _LazyGroup(click.Group):
    """Imports a command when it is called, so that ``ds-gym show`` does not wait for what ``doctor`` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        where = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(where.module), where.attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            hint = nearest(args[0], _COMMANDS) or f"Choose from {', '.join(_COMMANDS)}."
            raise click.UsageError(f"No such command {args[0][:80]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(ds_gym.__version__, prog_name="ds-gym")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Environments in which language models do data science by writing code.

    Exit status: 0, or 1 where a program, a score or the machinery failed, 2 for bad input, 130 after Ctrl-C.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None, prog_name: str = "ds-gym") -> int:
    """Run the command line.

    Args:
        arguments: what would follow the name of the program; None for ``sys.argv``.
        prog_name: how the program was called, for the help texts.

    Returns:
        The exit status: 0, 1 (a program, a score or the machinery failed), 2 (bad input) or 130 (Ctrl-C).
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # rather than fail where a character cannot be shown
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            status = app.main(
                args=None if arguments is None else list(arguments), prog_name=prog_name, standalone_mode=False
            )
    except click.ClickException as error:
        return _fail(error.format_message(), EXIT_BAD_INPUT)
    except SandboxError as error:
        return _fail(f"the sandbox failed, not the program: {error}", EXIT_FAILED)
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    return status if isinstance(status, int) else 0


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"warning: {message}", err=True)


def _fail(message: str, status: int) -> int:
    sys.stdout.flush()
    click.echo(f"error: {message}", err=True)
    return status
