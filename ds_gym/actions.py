"""From what a language model wrote to a program: ``def build_model(x_train, y_train):`` and a body.

Accepted are the body (as a completion of the prompt writes it: indented by four spaces, otherwise, by tabs, or not at
all), a whole function, with helpers and imports before it or not, and either of these in a Markdown code fence. Text
after the program is cut off. Everything else is a failed attempt that says what is wrong, never an exception of
another kind.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterator, Sequence

from ds_gym.failures import Failure
from ds_gym.source_text import (
    INDENTATION,
    end_of_block,
    end_of_first_return,
    first_code_line,
    indentation_of,
    reindent,
    strip_outer_lines,
)

HEADER = "def build_model(x_train, y_train):"
MAX_ACTION_CHARACTERS = 65_536
MAX_PROGRAM_CHARACTERS = 20_000

_SHOWN_CHARACTERS = 2_000
_DEFINITION = re.compile(r"^[ \t]*(async[ \t]+)?def[ \t]+build_model\b")
_FENCE = re.compile(r"^[ \t]*```[ \t]*[\w+.-]*[ \t]*$")
_IMPORT = re.compile(r"^(import|from)\s")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
_WARNING_FILTERS = threading.Lock()


class ProgramError(ValueError):
    """An action that is no program.

    Attributes:
        failure: what is wrong, of kind ``"syntax"``; its line counts in ``code``.
        code: the action in the form of a program, as far as that goes.
    """

    def __init__(self, failure: Failure, code: str) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.code = code


def normalise_program(action: str) -> str:
    """The program that an action writes: the line ``def build_model(x_train, y_train):`` and a body indented by four
    spaces.

    A body without any ``return`` that binds the name ``model`` gets ``return model`` as its last line. A function
    with other parameter names gets a first line that binds them.

    Raises:
        ProgramError: the action holds no program that parses.
    """
    text = action.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_ACTION_CHARACTERS:
        raise _too_long("action", len(text), MAX_ACTION_CHARACTERS, text)
    readable = _NOT_TEXT.sub("\ufffd", text)
    if readable != text:
        what = "null characters" if "\0" in text else "lone surrogates, which are no Unicode text"
        raise ProgramError(Failure("syntax", f"SyntaxError: the program holds {what}"), _best_effort(readable))
    first_error: ProgramError | None = None
    for candidate in _candidates(text):
        try:
            return _normalise(candidate)
        except ProgramError as error:
            first_error = first_error or error
    assert first_error is not None
    raise first_error


def _candidates(text: str) -> Iterator[str]:
    """The texts that may hold the program, the most likely first: fenced blocks, or all of it."""
    lines = text.split("\n")
    blocks = _fenced_blocks(lines)
    first = first_code_line(lines)
    if not blocks or (first is not None and indentation_of(lines[first]) and not _FENCE.match(lines[first])):
        yield text
        yield from blocks
        return
    with_function = [block for block in blocks if any(map(_DEFINITION.match, block.split("\n")))]
    yield from with_function
    if not with_function:
        yield from blocks
    yield text


def _fenced_blocks(lines: Sequence[str]) -> list[str]:
    """The contents of the code fences; an unclosed fence runs to the end."""
    blocks: list[str] = []
    opened: int | None = None
    for index, line in enumerate(lines):
        if not _FENCE.match(line):
            continue
        if opened is None:
            opened = index
        else:
            blocks.append("\n".join(lines[opened + 1 : index]))
            opened = None
    if opened is not None:
        blocks.append("\n".join(lines[opened + 1 :]))
    return [block for block in blocks if block.strip()]


def _normalise(text: str) -> str:
    lines = text.split("\n")
    definition = next((index for index, line in enumerate(lines) if _DEFINITION.match(line)), None)
    if definition is not None and _is_whole_function(lines, definition):
        return _from_function(lines, definition)
    return _from_body(lines)


def _is_whole_function(lines: Sequence[str], definition: int) -> bool:
    """Whether the ``def build_model`` is the program, not text after an indented body or a helper inside of one."""
    first = first_code_line(lines)
    assert first is not None
    outer = indentation_of(lines[definition])
    if len(outer) != len(indentation_of(lines[first])):
        return len(outer) > len(indentation_of(lines[first]))
    rest = lines[definition + end_of_block([line.removeprefix(outer) for line in lines[definition:]]) :]
    return not (outer and any(line.startswith(f"{outer}return") for line in rest))


def _from_function(lines: Sequence[str], definition: int) -> str:
    outer = indentation_of(lines[definition])
    block = [line.removeprefix(outer) for line in lines[definition:]]
    block = [block[0], *strip_outer_lines(block[1 : end_of_block(block)])]
    prelude = _prelude([line.removeprefix(outer) for line in lines[:definition]])
    try:
        function = _parse("\n".join(block)).body[0]
    except ProgramError as error:
        if not block[0].rstrip().endswith(":"):
            raise
        code = _joined(prelude, block[1:])
        _parse(code)  # raises, with the line in this code
        raise ProgramError(Failure("syntax", error.failure.message), code) from None
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        message = "SyntaxError: build_model must be a plain function, neither async nor decorated"
        raise ProgramError(Failure("syntax", message, 1), "\n".join(block))
    bindings = _parameter_bindings(function.args)
    if bindings is None:
        message = "SyntaxError: build_model must take two arguments, x_train and y_train"
        raise ProgramError(Failure("syntax", message, 1), "\n".join(block))
    return _checked([*prelude, *bindings], _body_of(function, block))


def _prelude(lines: Sequence[str]) -> list[str]:
    """What stands before a whole function and belongs to it: everything if it parses, else its import statements."""
    try:
        statements = _parse("\n".join(lines)).body
    except ProgramError:
        return [line for line in lines if _IMPORT.match(line) and _parses(line) and "__future__" not in line]
    kept: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue  # only allowed at the top of a module
        kept += lines[_first_line(statement) - 1 : statement.end_lineno]
    return kept


def _parameter_bindings(arguments: ast.arguments) -> list[str] | None:
    """Lines that bind a function's own parameters to x_train and y_train; None if it cannot be called so."""
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    extra = positional[2:]
    defaults = arguments.defaults[max(len(arguments.defaults) - len(extra), 0) :]
    if len(positional) < 2 or len(defaults) < len(extra) or arguments.vararg or arguments.kwarg:
        return None
    bindings = [] if positional[:2] == ["x_train", "y_train"] else [f"{', '.join(positional[:2])} = x_train, y_train"]
    bindings += [f"{name} = {ast.unparse(default)}" for name, default in zip(extra, defaults, strict=True)]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is None:
            return None
        bindings.append(f"{argument.arg} = {ast.unparse(default)}")
    return bindings


def _body_of(function: ast.FunctionDef, block: Sequence[str]) -> list[str]:
    """The lines of a function's body, comments included, without its docstring."""
    statements = function.body
    if len(statements) > 1 and ast.get_docstring(function) is not None:
        statements = statements[1:]
    first = statements[0]
    start = _first_line(first) - 1
    line_bytes = block[start].encode()
    column = min([first.col_offset, *(node.col_offset - 1 for node in getattr(first, "decorator_list", [])[:1])])
    if line_bytes[:column].strip():  # the statement shares its line with the header or the docstring
        return [line_bytes[column:].decode(), *block[start + 1 :]]
    while start > 1 and block[start - 1].lstrip().startswith("#"):
        start -= 1
    return list(block[start:])


def _from_body(lines: Sequence[str]) -> str:
    first = first_code_line(lines)
    if first is None:
        code = _joined([], strip_outer_lines(lines))
        raise ProgramError(Failure("syntax", "SyntaxError: build_model has no body"), code)
    if indentation_of(lines[first]):
        cut = end_of_block([HEADER, *lines]) - 1
        return _checked([], strip_outer_lines(lines[:cut]), returns_model=True)
    readings = [strip_outer_lines(lines)]
    following = first_code_line(lines[first + 1 :])
    if following is not None and (indentation := indentation_of(lines[first + 1 + following])):
        readings.append(strip_outer_lines([indentation + lines[first], *lines[first + 1 :]]))
    end = end_of_first_return(lines)
    if end is not None:
        readings.append(strip_outer_lines(lines[:end]))
    first_error: ProgramError | None = None
    for reading in readings:
        try:
            return _checked([], reading, returns_model=True)
        except ProgramError as error:
            first_error = first_error or error
    assert first_error is not None
    raise first_error


def _checked(opening: Sequence[str], body: Sequence[str], *, returns_model: bool = False) -> str:
    """The program of these lines, if it parses."""
    program = _joined(opening, body)
    tree = _parse(program)
    if any("\t" in indentation_of(line) for line in body):
        expanded = _joined(opening, body, expand_tabs=True)
        if _parses(expanded) and ast.dump(_parse(expanded)) == ast.dump(tree):
            program = expanded
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    if returns_model and _binds_model_without_return(function):
        program += f"\n{INDENTATION}return model"
    return program


def _joined(opening: Sequence[str], body: Sequence[str], *, expand_tabs: bool = False) -> str:
    return "\n".join([HEADER, *reindent(opening), *reindent(body, expand_tabs=expand_tabs)])


def _binds_model_without_return(function: ast.FunctionDef) -> bool:
    binds_model = False
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue  # a scope of its own
        if isinstance(node, (ast.Yield, ast.YieldFrom)) or (isinstance(node, ast.Return) and node.value is not None):
            return False
        binds_model = binds_model or (
            isinstance(node, ast.Name) and node.id == "model" and isinstance(node.ctx, ast.Store)
        )
        pending.extend(ast.iter_child_nodes(node))
    return binds_model


def _parse(source: str) -> ast.Module:
    """The syntax tree of a source that compiles; ProgramError with the source as its code otherwise."""
    if len(source) > MAX_PROGRAM_CHARACTERS:  # before parsing, which may take long for a nested expression
        raise _too_long("program", len(source), MAX_PROGRAM_CHARACTERS, source)
    try:
        with _WARNING_FILTERS, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape sequence in a program is no affair of the caller's
            tree = ast.parse(source)
            if not any(isinstance(node, ast.Return) for node in tree.body):
                compile(source, "<program>", "exec", dont_inherit=True)
    except SyntaxError as error:
        n_lines = source.count("\n") + 1
        line = min(error.lineno, n_lines) if error.lineno else None
        raise ProgramError(Failure("syntax", f"{type(error).__name__}: {error.msg}", line), source) from None
    except (MemoryError, RecursionError):
        raise ProgramError(Failure("syntax", "SyntaxError: the program is nested too deeply"), source) from None
    except (ValueError, OverflowError) as error:
        raise ProgramError(Failure("syntax", f"SyntaxError: {error}"), source) from None
    return tree


def _parses(source: str) -> bool:
    try:
        _parse(source)
    except ProgramError:
        return False
    return True


def _first_line(statement: ast.stmt) -> int:
    return min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])


def _best_effort(text: str) -> str:
    """Text in the form of a program, whether it parses or not."""
    lines = text.split("\n")
    definition = next((index for index, line in enumerate(lines) if _DEFINITION.match(line)), None)
    body = lines if definition is None else lines[definition + 1 :]
    return _joined([], strip_outer_lines(body))[:MAX_PROGRAM_CHARACTERS]


def _too_long(what: str, length: int, longest: int, text: str) -> ProgramError:
    message = f"SyntaxError: the {what} has {length} characters, at most {longest} are allowed"
    shown = _best_effort(_NOT_TEXT.sub("\ufffd", text[:_SHOWN_CHARACTERS]))
    return ProgramError(Failure("syntax", message), shown)


__all__ = ["HEADER", "MAX_ACTION_CHARACTERS", "MAX_PROGRAM_CHARACTERS", "ProgramError", "normalise_program"]
