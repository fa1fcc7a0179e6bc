"""The statements of a script that stand around ``build_model``: which of them belong to it, and which must not run.

Works on text that may be prose in between: what parses is code.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ds_gym.names import Names, names_of
from ds_gym.source_text import LogicalLines, first_code_line, indentation_of, is_code
from ds_gym.syntax import ProgramError, parse

_MAX_LOOSE_STATEMENTS = 200
# What a statement that defines something begins with, in column 0; prose that does so too will not parse.
_BEGINS_CODE = re.compile(r"(?:async[ \t]+def|def|class|import|from)[ \t]|@|try[ \t]*:|[^\W\d]\w*[ \t]*[:=,]")
_BEGINS_DEFINITION = re.compile(r"(?:async[ \t]+def|def|class|import|from)[ \t]|@")
_CONTINUES = re.compile(r"(?:except|else|finally)\b")


@dataclass(frozen=True)
class Statement:
    """A statement of the outermost level, or several that share a line.

    Attributes:
        nodes: its syntax trees.
        lines: its text.
        names: what it reads and binds.
    """

    nodes: tuple[ast.stmt, ...]
    lines: tuple[str, ...]
    names: Names

    def defines(self, function: str) -> bool:
        """Whether it is the definition of a function of this name."""
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        return all(isinstance(node, functions) and node.name == function for node in self.nodes)

    @property
    def is_import(self) -> bool:
        """Whether it only imports."""
        return all(isinstance(node, ast.Import | ast.ImportFrom) for node in self.nodes)

    @property
    def is_definition(self) -> bool:
        """Whether it does no more than to give names their values: a definition, an import or a constant.

        An import that is tried is one of them; what uses ``build_model`` outside of a function is a call of it.
        """
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        if all(isinstance(node, kinds) for node in self.nodes):
            return True
        others = (*kinds, ast.Assign, ast.AnnAssign, ast.Try)
        return all(isinstance(node, others) for node in self.nodes) and "build_model" not in self.names.read


def first_line_of(statement: ast.stmt) -> int:
    """The line that a statement begins on, its decorators included, from 1."""
    return min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])


def statements_of(lines: Sequence[str]) -> list[Statement]:
    """The statements of a text that parses, without those that a function cannot hold or that only name something.

    Imports from ``__future__`` are only allowed at the top of a module; a word of prose reads like a name.

    Raises:
        ProgramError: it does not parse.
    """
    spans: list[tuple[int, int, list[ast.stmt]]] = []
    for node in parse("\n".join(lines)).body:
        if (isinstance(node, ast.ImportFrom) and node.module == "__future__") or _only_names(node):
            continue
        start, end = first_line_of(node) - 1, node.end_lineno or node.lineno
        if spans and start < spans[-1][1]:  # they share a line
            start, _, nodes = spans.pop()
            spans.append((start, end, [*nodes, node]))
        else:
            spans.append((start, end, [node]))
    return [Statement(tuple(nodes), tuple(lines[start:end]), names_of(nodes)) for start, end, nodes in spans]


def loose_statements(lines: Sequence[str]) -> list[Statement]:
    """The definitions, imports and constants between lines of prose, as far as they can be told."""
    found: list[Statement] = []
    for chunk in _chunks(lines)[:_MAX_LOOSE_STATEMENTS]:
        try:
            found += [statement for statement in statements_of(chunk) if statement.is_definition]
        except ProgramError:
            continue
    return found


def statements_behind(lines: Sequence[str]) -> list[Statement]:
    """The definitions, imports and constants of what stands behind a function."""
    if first_code_line(lines) is None:
        return []
    try:
        return [statement for statement in statements_of(lines) if statement.is_definition]
    except ProgramError:
        return loose_statements(lines)


def needed(statements: Sequence[Statement], names: Iterable[str]) -> list[Statement]:
    """The statements that bind one of the names, or what one of these statements reads, and so on; in their order."""
    binding: defaultdict[str, list[int]] = defaultdict(list)
    for index, statement in enumerate(statements):
        for name in statement.names.bound:
            binding[name].append(index)
    chosen: set[int] = set()
    pending = list(names)
    while pending:
        for index in binding.pop(pending.pop(), []):
            if index not in chosen:
                chosen.add(index)
                pending += statements[index].names.read
    return [statements[index] for index in sorted(chosen)]


def _only_names(statement: ast.stmt) -> bool:
    expressions = (ast.Expr, ast.Tuple, ast.Name, ast.Load)
    return isinstance(statement, ast.Expr) and all(isinstance(node, expressions) for node in ast.walk(statement))


def _chunks(lines: Sequence[str]) -> list[list[str]]:
    """The pieces of a text that may be statements: from a line that begins like one to where the next line begins."""
    chunks: list[list[str]] = []
    layout = LogicalLines()
    is_open = False  # whether the last chunk may go on
    for line in lines:
        at_margin = is_code(line) and not indentation_of(line)
        if at_margin and (not layout.is_inside or not is_open or _BEGINS_DEFINITION.match(line)):
            goes_on = is_open and (_CONTINUES.match(line) or chunks[-1][-1].startswith("@"))
            if not goes_on:
                is_open = _BEGINS_CODE.match(line) is not None
                layout = LogicalLines()
                if is_open:
                    chunks.append([])
        if is_open:
            chunks[-1].append(line)
            layout.add(line)
    return chunks
