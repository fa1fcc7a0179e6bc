"""What the commands share: the console, choices that know the nearest name, and errors of one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 140


def make_console() -> Console:
    """Standard output: coloured in a terminal; plain, and wide enough for every table, where it is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, PIPED_WIDTH))


def make_table(title: str | None = None) -> Table:
    """An empty table in the style of all commands: narrow, a line below the header, nothing around it."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


class NearestChoice(click.Choice):
    """A choice whose error names the nearest allowed value.

    Args:
        choices: the allowed values.
        help_: what the error says where no allowed value is near; None to list them all.
    """

    def __init__(self, choices: Iterable[str], help_: str | None = None) -> None:
        super().__init__(tuple(choices))
        self._help = help_ or f"Choose from {', '.join(self.choices)}."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``value`` if it is allowed; else an error of the command line."""
        if value in self.choices:
            return str(value)
        self.fail(f"{str(value)[:80]!r} is unknown. {nearest(str(value), self.choices) or self._help}", param, ctx)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """What an error says where a value is needed and none was given."""
        return self._help


def nearest(given: str, allowed: Iterable[str]) -> str:
    """``"Did you mean ...?"``, or nothing where no allowed value is near."""
    near = difflib.get_close_matches(given, list(allowed), n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else ""


@contextmanager
def bad_input() -> Iterator[None]:
    """Turns what the library says about a bad argument, or about a file that is not there, into a usage error."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error
