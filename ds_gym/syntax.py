"""Parsing what a language model wrote, at a bounded price: nothing here compiles or evaluates it.

Compiling folds constants and names nested functions, both of which a hostile program of a few thousand characters can
stretch to many seconds. Parsing takes milliseconds, so what only the compiler finds is left to the sandbox.
"""

from __future__ import annotations

import ast
import os
import re
import threading
import warnings
from dataclasses import dataclass, field

from ds_gym.failures import Failure
from ds_gym.sandbox.descriptions import clean_message

MAX_PROGRAM_CHARACTERS = 20_000
MAX_NESTING = 500
"""Levels of the syntax tree. Python's own limit depends on its version and on the depth of the call."""

# What makes a terminal or an editor show another text than Python reads: the controls but tab, line and page feed, and
# those that reorder the text around them (https://www.unicode.org/reports/tr55/, CVE-2021-42574).
_MISLEADING = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PARSER_MEMORY_BYTES = 16 << 20
_warning_filters = threading.Lock()


class ProgramError(ValueError):
    """An action that is no program.

    Attributes:
        failure: what is wrong, of kind ``"syntax"``; its line counts in ``code``.
        code: the action in the form of a program, as far as that goes; U+FFFD replaces misleading characters.
    """

    def __init__(self, failure: Failure, code: str) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.code = _MISLEADING.sub("\ufffd", code)


def syntax_error(message: str, code: str, line: int | None = None, name: str = "SyntaxError") -> ProgramError:
    """The error of a program with this code; its message becomes one printable line."""
    return ProgramError(Failure("syntax", clean_message(f"{name}: {message}"), line), code)


def parse(source: str) -> ast.Module:
    """The syntax tree of a source.

    Raises:
        ProgramError: it does not parse, or is longer than :data:`MAX_PROGRAM_CHARACTERS`; the source is its code.
    """
    if len(source) > MAX_PROGRAM_CHARACTERS:
        message = f"the program has {len(source)} characters, at most {MAX_PROGRAM_CHARACTERS} are allowed"
        raise syntax_error(message, source)
    try:
        with _warning_filters, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape sequence in a program is no affair of the caller's
            return ast.parse(source)
    except SyntaxError as error:
        n_lines = source.count("\n") + 1
        line = min(error.lineno, n_lines) if error.lineno else None
        raise syntax_error(error.msg, source, line, type(error).__name__) from None
    except RecursionError:
        raise _nested_too_deeply(source) from None
    except MemoryError:
        bytearray(_PARSER_MEMORY_BYTES)  # raises again where memory is short, which is not the program's fault
        raise _nested_too_deeply(source) from None
    except (ValueError, OverflowError) as error:
        raise syntax_error(str(error), source) from None


def parses(source: str) -> bool:
    """Whether :func:`parse` takes a source."""
    try:
        parse(source)
    except ProgramError:
        return False
    return True


def check_program(tree: ast.Module, source: str) -> None:
    """Refuse what parses but is no text that a person could read, or that a compiler could take.

    Raises:
        ProgramError: nested deeper than :data:`MAX_NESTING`, or with a control character that misleads its readers.
    """
    control = _MISLEADING.search(source)
    if control:
        message = f"the program holds U+{ord(control[0]):04X}, a control character; write it as an escape sequence"
        line = source.count("\n", 0, control.start()) + 1
        raise syntax_error(message, source, line)
    level: list[ast.AST] = [tree]
    for _ in range(MAX_NESTING):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise _nested_too_deeply(source)


@dataclass
class Outcome:
    """What a function may do for its caller, as far as its text tells.

    Attributes:
        returns_value: it holds a ``return`` with a value.
        yield_line: line of a ``yield``, which makes it a generator.
        variables: names that it assigns.
        definitions: names of the functions and classes in it, in order.
        only_defines: it consists of definitions and imports.
    """

    returns_value: bool = False
    yield_line: int | None = None
    variables: set[str] = field(default_factory=set)
    definitions: list[str] = field(default_factory=list)
    only_defines: bool = True


def outcome_of(function: ast.FunctionDef) -> Outcome:
    """What the text of a function tells about it."""
    outcome = Outcome()
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    outcome.only_defines = all(isinstance(node, (*definitions, ast.Import, ast.ImportFrom)) for node in function.body)
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        if isinstance(node, definitions):
            outcome.definitions.append(node.name)
            continue  # a scope of its own
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.comprehension):  # its target is a variable of the comprehension
            pending += [*reversed(node.ifs), node.iter]
            continue
        if isinstance(node, ast.Return) and node.value is not None:
            outcome.returns_value = True
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            outcome.yield_line = outcome.yield_line or node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            outcome.variables.add(node.id)
        pending += reversed(list(ast.iter_child_nodes(node)))
    return outcome


def _renew_lock() -> None:
    """In a forked process: a thread that is not here may have held the lock."""
    global _warning_filters
    _warning_filters = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _nested_too_deeply(source: str) -> ProgramError:
    return syntax_error("the program is nested too deeply", source)
