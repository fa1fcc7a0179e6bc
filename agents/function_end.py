"""Where the function that an action writes is complete, read off its tokens while they are sampled.

What an action is, the environment decides (a body of ``build_model``, or a whole function, or either in a Markdown
fence; text behind it is cut off). Here the same end is found as early as the text allows, and never too early: behind
it, nothing would change the program. Nothing is tokenised or decoded again; every byte is looked at once.
"""

from __future__ import annotations

import re

from agents.token_pieces import TokenPieces

_DEFINITION = re.compile(r"^[ \t]*(async[ \t]+)?def[ \t]+build_model\b")
_FENCE = re.compile(r"^[ \t]*```[ \t]*(?:[\w+.-]+[ \t]*)?$")

_NEWLINE, _RETURN, _SPACE, _TAB, _HASH, _BACKSLASH = b"\n\r \t#\\"
_QUOTES = frozenset(b"\"'")
_OPENING = frozenset(b"([{")
_CLOSING = frozenset(b")]}")


class FunctionEnd:
    """Watches one action grow, token by token.

    An action whose first line of code is indented is a body: it ends where a logical line begins in column 0 (blank
    lines, comments, and what stands inside of brackets, strings and continued lines do not count). An action whose
    first line of code is not indented ends behind the definition of ``build_model``, once it has come, where a logical
    line begins at the definition's level; if the definition stands in a fence, behind the line that closes the fence.
    Without a definition (an unindented body, a body in a fence) only the model itself ends it.

    Attributes:
        length: bytes of the text up to the end; None as long as it has not come.
    """

    def __init__(self, pieces: TokenPieces) -> None:
        self.length: int | None = None
        self._pieces = pieces
        self._text = bytearray()
        self._line_start = 0
        self._line_is_blank = True
        self._last_byte_was_return = False
        self._layout = _Layout()
        self._is_body: bool | None = None  # None until the first line of code is complete
        self._definition_indentation: bytes | None = None
        self._fence_is_open = False
        self._ends_with_fence = False

    @property
    def text(self) -> str:
        """The action: all of it, or what stands before the end."""
        return self._text[: self.length].decode(errors="replace")

    def add(self, token_id: int) -> bool:
        """Take in the next token; returns whether the end has come."""
        for byte in self._pieces[token_id]:
            self._text.append(byte)
            if self.length is None:
                self._add_byte(byte)
        return self.length is not None

    def _add_byte(self, byte: int) -> None:
        if byte == _NEWLINE and self._last_byte_was_return:  # one line break, already counted
            self._line_start = len(self._text)
        elif byte in (_NEWLINE, _RETURN):
            self._end_line(bytes(self._text[self._line_start : -1]))
            self._layout.end_line()
            self._line_start = len(self._text)
            self._line_is_blank = True
        else:
            if self._line_is_blank and byte not in (_SPACE, _TAB):
                indentation = bytes(self._text[self._line_start : -1])
                if byte != _HASH and not self._layout.is_inside and self._is_behind_function(indentation):
                    self.length = self._line_start
                self._line_is_blank = False
            self._layout.add(byte)
        self._last_byte_was_return = byte == _RETURN

    def _is_behind_function(self, indentation: bytes) -> bool:
        """Whether a logical line that begins with this indentation is no part of the function any more."""
        if self._is_body:
            return not indentation
        if self._definition_indentation is None or self._ends_with_fence:
            return False
        return indentation in (b"", self._definition_indentation)

    def _end_line(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        if self._is_body is None and text.strip() and not text.strip().startswith("#"):
            self._is_body = text[0] in " \t" and not _FENCE.match(text)
        if self._is_body:
            return
        if _FENCE.match(text):
            if self._fence_is_open and self._ends_with_fence:
                self.length = self._line_start + len(line)
            self._fence_is_open = not self._fence_is_open
        elif self._definition_indentation is None and _DEFINITION.match(text):
            self._definition_indentation = line[: len(line) - len(line.lstrip(b" \t"))]
            self._ends_with_fence = self._fence_is_open
            self._layout = _Layout()  # what stood before, prose perhaps, is no part of the function
            for byte in line:
                self._layout.add(byte)


class _Layout:
    """Whether a place in Python source is inside of something that spans lines: brackets, a string, a continued line.

    Follows Python's lexical analysis (docs.python.org/3/reference/lexical_analysis.html) as far as that needs.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._quote = 0  # the quotation mark of the string that this is in, 0 outside of strings
        self._marks = 0  # how many of them opened it (1 or 3), or have come so far where the number is not clear yet
        self._is_opening = False  # whether that is so
        self._closing_marks = 0
        self._in_comment = False
        self._escaped = False
        self._continued = False

    @property
    def is_inside(self) -> bool:
        """Whether this line, of which nothing but white space has come, belongs to the logical line before."""
        return self._depth > 0 or self._quote != 0 or self._continued

    def add(self, byte: int) -> None:
        """The next byte, which is no line break."""
        if self._is_opening:
            if byte == self._quote:
                self._marks += 1
                self._is_opening = self._marks < 3
                return
            self._settle_opening()
        if self._quote:
            self._add_to_string(byte)
        elif self._in_comment:
            pass
        elif byte in _QUOTES:
            self._quote, self._marks, self._is_opening, self._escaped = byte, 1, True, False
        else:
            self._in_comment = byte == _HASH
            if byte in _OPENING:
                self._depth += 1
            elif byte in _CLOSING:
                self._depth = max(0, self._depth - 1)
            self._escaped = byte == _BACKSLASH

    def end_line(self) -> None:
        """A line break."""
        if self._is_opening:
            self._settle_opening()
        if self._quote and self._marks == 1 and not self._escaped:
            self._quote = 0  # strings in single marks end with their line, unless it is continued
        self._continued = self._escaped and not self._quote
        self._escaped = self._in_comment = False
        self._closing_marks = 0

    def _settle_opening(self) -> None:
        """Something else follows the marks: one of them opened a string, two were an empty one."""
        self._is_opening = False
        if self._marks == 2:
            self._quote = 0

    def _add_to_string(self, byte: int) -> None:
        if self._escaped:
            self._escaped = False
            self._closing_marks = 0
        elif byte == _BACKSLASH:
            self._escaped = True
            self._closing_marks = 0
        elif byte == self._quote:
            self._closing_marks += 1
            if self._closing_marks == self._marks:
                self._quote = self._closing_marks = 0
        else:
            self._closing_marks = 0
