"""Programs that a person types, line by line, or that come through a pipe."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

LineReader = Callable[[int], str]
"""Returns a line without its end, given how many lines of the program were read before; EOFError at the end."""

_FENCE = "```"
_HISTORY_LINES = 1000


def read_program(read_line: LineReader) -> str | None:
    """The next program: lines up to an empty one, up to the end of the input, or between two lines of ``\\`\\`\\```.

    Empty lines before it are passed over. Between fences a program may hold empty lines; so may a text that was pasted
    into a terminal, which arrives as one "line" with line ends in it.

    Args:
        read_line: where the lines come from.

    Returns:
        The program, or None where the input ended before one began.
    """
    lines: list[str] = []
    with contextlib.suppress(EOFError):
        while True:
            line = read_line(len(lines))
            if not lines and not line.strip():
                continue
            if lines and not line.strip() and not _in_fence(lines):
                break
            lines += line.split("\n")
            if lines[0].startswith(_FENCE) and not _in_fence(lines):
                break
    return "\n".join(lines) if lines else None


def _in_fence(lines: list[str]) -> bool:
    """Whether the program began with a fence that is still open."""
    return lines[0].startswith(_FENCE) and not any(line.strip() == _FENCE for line in lines[1:])


def terminal_reader(prompt: Callable[[int], str]) -> LineReader:
    """Reads lines from the terminal, with line editing and a history where the system has readline."""
    return lambda number: input(prompt(number))


def pipe_reader() -> LineReader:
    """Reads lines from the standard input, whatever its bytes."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")

    def read_line(_: int) -> str:
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\r\n")

    return read_line


@contextlib.contextmanager
def line_history() -> Iterator[None]:
    """Line editing whose history outlives the process; nothing where there is no readline or no home folder."""
    try:
        import readline
    except ImportError:
        yield
        return
    path = Path(click.get_app_dir("ds-gym")) / "play_history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(_HISTORY_LINES)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f"{path.name}.{os.getpid()}")
            readline.write_history_file(new)
            os.replace(new, path)
