"""Python source as lines of text: where a block ends, and how it is moved to another indentation.

Works on text and tokens, not on syntax trees, so that comments and the author's layout survive and text that does not
parse can still be shown with the right line numbers.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence

INDENTATION = "    "

_LAYOUT_TOKENS = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)
_FSTRING_START = getattr(tokenize, "FSTRING_START", None)  # Python >= 3.12 splits f-strings into several tokens
_FSTRING_END = getattr(tokenize, "FSTRING_END", None)
_LAYOUT_MARK = re.compile(r"""\\.?|\"{3}|'{3}|["'#()\[\]{}]""")


def indentation_of(line: str) -> str:
    """The white space that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def is_code(line: str) -> bool:
    """Whether a line is neither blank nor a comment."""
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def first_code_line(lines: Sequence[str]) -> int | None:
    """Index of the first line that is neither blank nor a comment, or None."""
    return next((index for index, line in enumerate(lines) if is_code(line)), None)


class LogicalLines:
    """Follows lines of Python: whether the next one still belongs to the logical line before.

    Python's lexical analysis (docs.python.org/3/reference/lexical_analysis.html) as far as that needs; unlike
    :mod:`tokenize` it takes any text, and goes through it once.
    """

    def __init__(self) -> None:
        self._quote = ""  # the marks that end the string that this is in
        self._depth = 0
        self._is_continued = False

    @property
    def is_in_string(self) -> bool:
        """Whether the next line begins inside of a string."""
        return bool(self._quote)

    @property
    def is_inside(self) -> bool:
        """Whether the next line belongs to the same logical line: inside of a string or brackets, or continued."""
        return bool(self._quote) or self._depth > 0 or self._is_continued

    def add(self, line: str) -> None:
        """Take in a line, without its line break."""
        ends_escaped = False
        for match in _LAYOUT_MARK.finditer(line):
            mark = match[0]
            if mark[0] == "\\":
                ends_escaped = len(mark) == 1
            elif self._quote:
                if mark.startswith(self._quote):  # behind one mark that closes, two more are an empty string
                    self._quote = ""
            elif mark == "#":
                break
            elif mark[0] in "\"'":
                self._quote = mark
            else:
                self._depth = max(0, self._depth + (1 if mark in "([{" else -1))
        if len(self._quote) == 1 and not ends_escaped:
            self._quote = ""  # strings in single marks end with their line
        self._is_continued = ends_escaped and not self._quote


def end_of_block(lines: Sequence[str]) -> int:
    """Index of the first line after the indented block that ``lines`` begin (a ``def`` line and what belongs to it).

    The number of lines where the block runs to the end, or where the text cannot be split into tokens up to its end.
    """
    if not any(is_code(line) and line[0] not in " \t" for line in lines[1:]):
        return len(lines)  # nothing stands at the level of the first line
    depth, header_end = 0, None
    for token in _tokens(lines):
        if token.type == tokenize.INDENT:
            depth += 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
            if depth == 0:
                return min(token.start[0] - 1, len(lines))
        elif depth == 0 and token.type not in _LAYOUT_TOKENS:
            if header_end is not None:
                return header_end  # no indented block followed: `def f(): return 1`
            if token.type == tokenize.NEWLINE:
                header_end = token.start[0]
    return len(lines)


def end_of_first_return(lines: Sequence[str]) -> int | None:
    """Index of the line after the first ``return`` statement at the outermost level, or None if there is none."""
    depth, at_line_start, returning = 0, True, False
    for token in _tokens(lines):
        if token.type == tokenize.INDENT:
            depth += 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
        if token.type in _LAYOUT_TOKENS:
            continue
        if token.type == tokenize.NEWLINE:
            if returning:
                return token.start[0]
            at_line_start = True
            continue
        returning = returning or (at_line_start and depth == 0 and token.string == "return")
        at_line_start = False
    return None


def strip_outer_lines(lines: Sequence[str]) -> list[str]:
    """Without blank lines at both ends, and without comments at the end that are indented less than the code."""
    kept = list(lines)
    first = first_code_line(kept)
    base = indentation_of(kept[first]) if first is not None else ""
    while kept and (not kept[-1].strip() or (not is_code(kept[-1]) and len(indentation_of(kept[-1])) < len(base))):
        kept.pop()
    while kept and not kept[0].strip():
        kept.pop(0)
    return kept


def reindent(lines: Sequence[str], *, expand_tabs: bool = False) -> list[str]:
    """The lines with the indentation of the first code line replaced by four spaces.

    Lines inside a string that spans lines stay as they are; comments and continuation lines that are indented less
    than the code are moved to its level.

    Args:
        lines: a block of code.
        expand_tabs: also write four spaces for every further tab of indentation, where no tab follows a space. In code
            that parses this keeps the order of the levels: Python has compared them with tabs of one and of eight.
    """
    first = first_code_line(lines)
    base = indentation_of(lines[first]) if first is not None else ""
    inside_strings = _lines_inside_strings(lines)
    moved = list(lines)
    for index, line in enumerate(lines):
        if index not in inside_strings:
            rest = line[len(base) :] if line.startswith(base) else line.lstrip(" \t")
            moved[index] = rest if rest.endswith("\\") else rest.rstrip()
    if expand_tabs and not any(" \t" in indentation_of(line) for line in moved):
        for index in set(range(len(moved))) - inside_strings:
            rest = moved[index]
            moved[index] = indentation_of(rest).replace("\t", INDENTATION) + rest.lstrip(" \t")
    return [
        line if index in inside_strings or not line.strip() else INDENTATION + line for index, line in enumerate(moved)
    ]


def _lines_inside_strings(lines: Sequence[str]) -> set[int]:
    inside: set[int] = set()
    if not any('"""' in line or "'''" in line or line.endswith("\\") for line in lines):
        return inside
    open_fstrings: list[int] = []
    for token in _tokens(lines):
        if token.type == tokenize.STRING:
            inside.update(range(token.start[0], token.end[0]))
        elif token.type == _FSTRING_START:
            open_fstrings.append(token.start[0])
        elif token.type == _FSTRING_END and open_fstrings:
            inside.update(range(open_fstrings.pop(), token.end[0]))
    return inside


def _tokens(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    """The tokens of the lines, up to the first place that cannot be split into tokens."""
    try:
        yield from tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline)
    except (tokenize.TokenError, SyntaxError):
        return
