"""``python -m agents COMMAND``: every end of it is one exit status and at most one line of an error."""

from __future__ import annotations

import importlib
import io
import sys
import warnings
from collections.abc import Sequence

import click

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

_COMMANDS = {
    "inspect": ("agents.cli.inspect", "What a checkpoint holds, and what its policy writes."),
    "export": ("agents.cli.export", "Save a checkpoint's policy for transformers and peft."),
}


class _LazyGroup(click.Group):
    """Imports a command, and torch with it, when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.pass_context
def app(ctx: click.Context) -> None:
    """Look into checkpoints of agents, and take policies out of them.

    Exit status: 0, 2 for bad input, 130 after Ctrl-C.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None, prog_name: str = "python -m agents") -> int:
    """Run the command line.

    Args:
        arguments: what would follow the name of the program; None for ``sys.argv``.
        prog_name: how the program was called, for the help texts.

    Returns:
        The exit status: 0, 2 (bad input) or 130 (Ctrl-C).
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # rather than fail where a character cannot be shown
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            app.main(args=None if arguments is None else list(arguments), prog_name=prog_name, standalone_mode=False)
    except click.ClickException as error:
        return _fail(error.format_message())
    except (ValueError, OSError) as error:  # what the library says of a file, a model or a name that does not fit
        return _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    return 0


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"warning: {message}", err=True)


def _fail(message: str) -> int:
    sys.stdout.flush()
    click.echo(f"error: {' '.join(message.split())}", err=True)
    return EXIT_BAD_INPUT
