"""The parts of what a chat model answers: its thinking, its code blocks, and the text around them.

Markdown's fenced code blocks (https://spec.commonmark.org/0.31.2/#fenced-code-blocks) as language models write them: in
any depth of indentation, left open, one inside another. Every line is looked at once or twice, whatever the text.
"""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ds_gym.source_text import LogicalLines, first_code_line, indentation_of

Language = Literal["python", "unlabelled", "other"]

DEFINITION = re.compile(r"[ \t]*(async[ \t]+)?def[ \t]+build_model\b")

_THINKING = r"(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis)"
_WRAPPING = r"(?:answer|final_answer|solution|code|program|python)"
_LIST_ITEM = r"(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)?"
_FENCE = re.compile(rf"([ \t]*{_LIST_ITEM})(`{{3,}}(?=[^`]*\Z)|~{{3,}}(?=[ \t]*(?:[A-Za-z{{.]|\Z)))(.*)", re.DOTALL)
_LABEL = re.compile(r"[\w+#.-]+")
_PYTHON = re.compile(r"(?:i?python|py)[0-9.]*", re.IGNORECASE)
_OPENING_THOUGHT = re.compile(rf"[ \t]*<({_THINKING})>", re.IGNORECASE)
_CLOSING_THOUGHT = re.compile(rf"[ \t]*</{_THINKING}>", re.IGNORECASE)
_OPENING_WRAPPER = re.compile(rf"[ \t]*<({_WRAPPING})>", re.IGNORECASE)
_CLOSING_WRAPPER = re.compile(rf"[ \t]*</({_WRAPPING})>", re.IGNORECASE)
_WORD_BEHIND_SPACE = re.compile(r" [A-Z<][^=(\n]*(?:\n|\Z)")
_SENTENCE = re.compile(r"[ \t]*[A-Z][^\s=(]*[ \t][^=(]*[.:!?]")
_MAX_OPEN_BLOCKS = 8
_MAX_OPEN_STRINGS = 16


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        language: as its label says; a block in tags has none.
        text: its content.
        is_closed: whether its end is marked.
    """

    language: Language
    text: str
    is_closed: bool

    @property
    def defines_function(self) -> bool:
        """Whether a line of it begins the definition of ``build_model``."""
        return defines_function(self.text)

    @property
    def returns(self) -> bool:
        """Whether a line of it begins a ``return``."""
        return any(line[len(indentation_of(line)) :].startswith("return") for line in self.text.split("\n"))


@dataclass
class Answer:
    """What an answer consists of.

    Attributes:
        text: all of it but its thinking and the tags around it.
        blocks: the code blocks in this text that are not empty, in the order in which they end.
        has_thinking: whether thinking was left out.
        open_tag: the tag of the thinking that the answer ends in; None if it ends outside of thinking.
    """

    text: str
    blocks: list[Block]
    has_thinking: bool
    open_tag: str | None


def defines_function(text: str) -> bool:
    """Whether a line of a text begins the definition of ``build_model``."""
    return "build_model" in text and any(map(DEFINITION.match, text.split("\n")))


def is_markup(line: str) -> bool:
    """Whether a line begins with a fence or a tag: no code does."""
    return any(pattern.match(line) for pattern in (_FENCE, _OPENING_THOUGHT, _CLOSING_THOUGHT, _OPENING_WRAPPER))


def is_prose(line: str) -> bool:
    """Whether a line is a sentence that no code looks like."""
    return _SENTENCE.fullmatch(line.rstrip()) is not None


def unindent_prose(text: str) -> str:
    """A text without the white space in front of the prose that it begins with, if it does.

    Tokenizers that mark spaces write one in front of an answer's first word, so that it looks like an indented body.
    """
    if _WORD_BEHIND_SPACE.match(text):
        return text[1:]
    lines = text.split("\n")
    first = first_code_line(lines)
    if first is not None and is_prose(lines[first]):
        lines[first] = lines[first].lstrip(" \t")
    return "\n".join(lines)


def read_answer(text: str) -> Answer:
    """Take an answer apart.

    **Thinking** is what stands in tags such as ``<think>`` that begin a line. A closing tag at the beginning or the end
    of a line without an opening one closes thinking that began before the answer did: a template may put the opening
    tag into the prompt. Inside of fences nothing opens thinking; neither a tag nor a fence counts inside of a string in
    three quotation marks.

    **Blocks** end with a fence of the same character that is at least as long and has no label, or with the text. A
    labelled fence ends a block of Python too, since no Python looks like it; in every other block, and in a longer
    fence, it begins a block inside of the block.
    """
    reader = _Reader(text.split("\n"))
    reader.read()
    return Answer("\n".join(reader.kept), reader.blocks, reader.has_thinking, reader.open_tag)


@dataclass
class _OpenBlock:
    mark: str  # the fence's character, or a tag's name
    length: int
    language: Language
    indentation: str
    lines: list[str] = field(default_factory=list)
    is_over: bool = False  # another block has begun inside
    n_quoted_tags: int = 0

    @property
    def is_fence(self) -> bool:
        return self.mark in ("`", "~")

    def finished(self, *, is_closed: bool) -> Block:
        """The block; where all of it has the fence's indentation, without that."""
        lines = self.lines
        if self.indentation and all(line.startswith(self.indentation) for line in lines if line.strip()):
            lines = [line[len(self.indentation) :] for line in lines]
        return Block(self.language, "\n".join(lines), is_closed)


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self.kept: list[str] = []
        self.blocks: list[Block] = []
        self.has_thinking = False
        self.open_tag: str | None = None
        self._lines = lines
        self._open: deque[_OpenBlock] = deque(maxlen=_MAX_OPEN_BLOCKS)
        self._in_strings: set[int] = set()
        self._looked_for_strings = 0
        self._n_open_strings = 0

    def read(self) -> None:
        for index, line in enumerate(self._lines):
            if index in self._in_strings and self.open_tag is None:
                self._read_code(index, line)
            else:
                self._read_line(index, line)
        while self._open:
            self._close(is_closed=False)

    def _read_line(self, index: int, line: str) -> None:
        """A line that begins outside of strings: thinking in it, and what is left."""
        position = 0
        while True:
            if self.open_tag is not None:
                closing = _closing_tag(self.open_tag.lower()).search(line, position)
                if closing is None:
                    return
                self.open_tag = None
                position = closing.end()
            elif (opening := _OPENING_THOUGHT.match(line, position)) and not self._is_quoting():
                self.open_tag = opening[1]
                self.has_thinking = True
                position = opening.end()
            elif (end := _lone_closing_tag(line, position)) and self._closes_thinking():
                self._forget()
                position = end
            else:
                break
        if position == 0 or line[position:].strip():
            self._read_rest(index, line[position:])

    def _is_quoting(self) -> bool:
        """Whether an opening tag is part of a fenced block."""
        top = self._open[-1] if self._open else None
        if top is None or not top.is_fence:
            return False
        top.n_quoted_tags += 1
        return True

    def _closes_thinking(self) -> bool:
        """Whether a closing tag ends thinking, and is not quoted in a fenced block."""
        top = self._open[-1] if self._open else None
        if top is None or not top.is_fence:
            return True
        if top.n_quoted_tags:
            top.n_quoted_tags -= 1
            return False
        return top.language != "other"

    def _forget(self) -> None:
        """All that was read was thinking."""
        self.kept.clear()
        self.blocks.clear()
        self._open.clear()
        self.has_thinking = True

    def _read_rest(self, index: int, line: str) -> None:
        """A line without thinking: fences and tags around code."""
        fence = _FENCE.fullmatch(line)
        in_fence = bool(self._open) and self._open[-1].is_fence
        if fence:
            self.kept.append(line)
            self._read_fence(index, fence)
        elif (closing := _CLOSING_WRAPPER.match(line)) and self._close_through(closing[1].lower()):
            self._keep_rest(index, line[closing.end() :])
        elif not in_fence and (opening := _OPENING_WRAPPER.match(line)):
            self._begin(_OpenBlock(opening[1].lower(), 0, "unlabelled", ""))
            self._keep_rest(index, line[opening.end() :])
        elif not in_fence and self._open:
            self._keep_rest(index, line)
        else:
            self._read_code(index, line)

    def _read_code(self, index: int, line: str) -> None:
        if not (self._open and self._open[-1].is_fence) and DEFINITION.match(line):
            self._look_for_strings(index)
        self.kept.append(line)
        if self._open and not self._open[-1].is_over:
            self._open[-1].lines.append(line)

    def _keep_rest(self, index: int, line: str) -> None:
        """What stands in a line between tags around code, or behind one of them: a fence or code, and a closing tag."""
        start = line.rfind("</")
        closing = _CLOSING_WRAPPER.fullmatch(line[start:].rstrip()) if start >= 0 else None
        line = line[:start] if closing else line
        fence = _FENCE.fullmatch(line)
        if fence:
            self.kept.append(line)
            self._read_fence(index, fence)
        else:
            self._read_code(index, line)
        if closing:
            self._close_through(closing[1].lower())

    def _read_fence(self, index: int, fence: re.Match[str]) -> None:
        before, marks, info = fence.groups()
        if not info.strip() or info.lstrip().startswith("<"):  # a tag may follow a fence that closes
            opened = next((block for block in reversed(self._open) if _ends(marks, block)), None)
            if opened is not None:
                while self._open[-1] is not opened:
                    self._close(is_closed=False)
                self._close(is_closed=True)
                return
        language = _language(info)
        top = self._open[-1] if self._open else None
        if top is not None and top.is_fence and top.language != "other" and top.length >= len(marks) and info.strip():
            self._close(is_closed=False)
        self._begin(_OpenBlock(marks[0], len(marks), language, " " * len(before) if before.strip() else before))
        if language != "other":
            self._look_for_strings(index + 1)

    def _begin(self, block: _OpenBlock) -> None:
        if self._open:
            self._finish(self._open[-1], is_closed=False)
            self._open[-1].is_over = True
        self._open.append(block)

    def _close(self, *, is_closed: bool) -> None:
        self._finish(self._open.pop(), is_closed=is_closed)

    def _close_through(self, tag: str) -> bool:
        """Close the block in these tags and all in it; returns whether there is one."""
        if not any(block.mark == tag for block in self._open):
            return False
        while self._open[-1].mark != tag:
            self._close(is_closed=False)
        self._close(is_closed=True)
        return True

    def _finish(self, block: _OpenBlock, *, is_closed: bool) -> None:
        if not block.is_over and any(line.strip() for line in block.lines):
            self.blocks.append(block.finished(is_closed=is_closed))

    def _look_for_strings(self, start: int) -> None:
        """Find the lines that begin inside of a string of the code from here to the next fence or tag outside of one.

        A string that never ends is none: its code is broken, and what follows must not be lost in it.
        """
        if start < self._looked_for_strings or self._n_open_strings >= _MAX_OPEN_STRINGS:
            return
        layout = LogicalLines()
        inside: list[int] = []
        for index in range(start, len(self._lines)):
            line = self._lines[index]
            if layout.is_in_string:
                inside.append(index)
            elif is_markup(line):
                self._looked_for_strings = index
                break
            layout.add(line)
        else:
            if layout.is_in_string:
                self._n_open_strings += 1
                return
            self._looked_for_strings = len(self._lines)
        self._in_strings.update(inside)


@functools.cache
def _closing_tag(name: str) -> re.Pattern[str]:
    return re.compile(f"</{name}>", re.IGNORECASE)


def _lone_closing_tag(line: str, position: int) -> int | None:
    """Where a closing tag of thinking ends that stands at the beginning or at the end of a line; None without one."""
    match = _CLOSING_THOUGHT.match(line, position)
    if match:
        return match.end()
    start = line.rfind("</", position)
    return len(line) if start >= 0 and _CLOSING_THOUGHT.fullmatch(line[start:].rstrip()) else None


def _ends(marks: str, block: _OpenBlock) -> bool:
    return block.mark == marks[0] and len(marks) >= block.length


def _language(info: str) -> Language:
    """The language that the text behind a fence names: ``python``, ``py title="x.py"``, ``{.python}``."""
    label = _LABEL.search(info)
    if label is None:
        return "unlabelled"
    return "python" if _PYTHON.fullmatch(label[0].lstrip(".")) else "other"


def blocks_by_likelihood(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks that may be the program, the most likely first; none of another language than Python where there is
    one of Python or without a label, and none of them that neither defines the function nor returns.

    Of those that define ``build_model`` the last one is the answer, since models correct themselves; where there are
    such, no other block counts. Bodies that return come before the others, for the same reason the last one first.
    """
    candidates = [block for block in blocks if block.language != "other"]
    if not candidates:
        candidates = [block for block in blocks if block.defines_function or block.returns]
    defining = [block for block in candidates if block.defines_function]
    if defining:
        yield from reversed(defining)
        return
    yield from reversed([block for block in candidates if block.returns])
    yield from (block for block in candidates if not block.returns)
