"""Where the function that an action writes is complete, read off its tokens while they are sampled.

What an action is, the environment decides: a body of ``build_model`` ends where a line begins in column 0; in every
other answer (a function, a script, prose with code fences, thinking) a helper, a constant or a corrected function may
still come and would count. Here the end of a body is found as early as the text allows, and never too early: behind
it, nothing would change the program. Nothing is tokenised or decoded again; every byte is looked at once.
"""

from __future__ import annotations

import re

from agents.token_pieces import TokenPieces

# Indented beginnings that are not those of a body: a code fence, in a list perhaps, a tag, a sentence, and an answer's
# first word as tokenizers that mark spaces write it.
_MARKUP = re.compile(r"[ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)?(?:```|~~~|</?[A-Za-z])")
_SENTENCE = re.compile(r"[ \t]*[A-Z][^\s=(]*[ \t][^=(]*[.:!?]")
_WORD_BEHIND_SPACE = re.compile(r" [A-Z<][^=(]*")

_NEWLINE, _RETURN, _SPACE, _TAB, _HASH, _BACKSLASH = b"\n\r \t#\\"
_QUOTES = frozenset(b"\"'")
_OPENING = frozenset(b"([{")
_CLOSING = frozenset(b")]}")


class FunctionEnd:
    """Watches one action grow, token by token.

    An action whose first line of code is indented is a body: it ends where a logical line begins in column 0 (blank
    lines, comments, and what stands inside of brackets, strings and continued lines do not count). Any other action
    only the model itself ends.

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

    @property
    def text(self) -> str:
        """The action: all of it, or what stands before the end."""
        return self._text[: self.length].decode(errors="replace")

    def add(self, token_id: int) -> bool:
        """Take in the next token; returns whether the end has come."""
        for byte in self._pieces[token_id]:
            self._text.append(byte)
            if self.length is None and self._is_body is not False:
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
                is_at_margin = len(self._text) - 1 == self._line_start
                if byte != _HASH and is_at_margin and self._is_body and not self._layout.is_inside:
                    self.length = self._line_start
                self._line_is_blank = False
            self._layout.add(byte)
        self._last_byte_was_return = byte == _RETURN

    def _end_line(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        if self._is_body is None and text.strip() and not text.strip().startswith("#"):
            is_prose = _SENTENCE.fullmatch(text.rstrip()) or (
                self._line_start == 0 and _WORD_BEHIND_SPACE.fullmatch(text)
            )
            self._is_body = text[0] in " \t" and not _MARKUP.match(text) and not is_prose


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
