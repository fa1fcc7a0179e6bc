"""From what a language model wrote to a program: ``def build_model(x_train, y_train):`` and a body.

Accepted are the body (as a completion of the prompt writes it: indented by four spaces, otherwise, by tabs, or not at
all), a whole function, with helpers and imports before it or not, and either of these in a Markdown code fence. Text
after the program is cut off. Everything else is a failed attempt that says what is wrong, never an exception of
another kind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ds_gym.sandbox.descriptions import spelled_out
from ds_gym.source_text import (
    INDENTATION,
    end_of_block,
    end_of_first_return,
    first_code_line,
    indentation_of,
    reindent,
    strip_outer_lines,
)
from ds_gym.syntax import (
    MAX_PROGRAM_CHARACTERS,
    ProgramError,
    check_program,
    outcome_of,
    parse,
    parses,
    syntax_error,
)

HEADER = "def build_model(x_train, y_train):"
MAX_ACTION_CHARACTERS = 65_536

_SHOWN_CHARACTERS = 2_000
_MAX_FENCED_BLOCKS = 16
_MAX_LOOSE_IMPORTS = 100
_DEFINITION = re.compile(r"^[ \t]*(async[ \t]+)?def[ \t]+build_model\b")
_FENCE = re.compile(r"^[ \t]*```[ \t]*(?:[\w+.-]+[ \t]*)?$")  # only one way to match white space: it may be long
_IMPORT = re.compile(r"^(import|from)\s")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def normalise_program(action: str) -> str:
    """The program that an action writes: the line ``def build_model(x_train, y_train):`` and a body indented by four
    spaces. It parses; what only the compiler finds (a ``break`` outside of a loop), the sandbox tells.

    A body without any ``return`` that binds the name ``model`` gets ``return model`` as its last line. A function
    with other parameter names gets a first line that binds them.

    Raises:
        ProgramError: the action holds no program that parses and could return a model.
    """
    text = action.replace("\r\n", "\n").replace("\r", "\n")
    readable = _NOT_TEXT.sub("\ufffd", text[:MAX_ACTION_CHARACTERS])
    if len(text) > MAX_ACTION_CHARACTERS:
        message = f"the action has {len(text)} characters, at most {MAX_ACTION_CHARACTERS} are allowed"
        raise syntax_error(message, _shown(readable))
    if readable != text:
        what = "null characters" if "\0" in text else "lone surrogates (bytes that are not valid UTF-8)"
        raise syntax_error(f"the program holds {what}", _shown(readable, MAX_PROGRAM_CHARACTERS))
    first_error: ProgramError | None = None
    for candidate in _candidates(text):
        try:
            return _normalise(candidate)
        except ProgramError as error:
            first_error = first_error or error
    assert first_error is not None
    if len(first_error.code) > MAX_PROGRAM_CHARACTERS:
        first_error.code = _shown(text)
    raise first_error


def _candidates(text: str) -> Iterator[str]:
    """The texts that may hold the program, the most likely first: fenced blocks, or all of it."""
    lines = text.split("\n")
    blocks = _fenced_blocks(lines)
    first = first_code_line(lines)
    if not blocks or (first is not None and indentation_of(lines[first]) and not _FENCE.match(lines[first])):
        yield text
        yield from blocks[:_MAX_FENCED_BLOCKS]
        return
    with_function = [block for block in blocks if any(map(_DEFINITION.match, block.split("\n")))]
    yield from (with_function or blocks)[:_MAX_FENCED_BLOCKS]
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
    before = [line.removeprefix(outer) for line in lines[:definition]]
    block = [line.removeprefix(outer) for line in lines[definition:]]
    block = [block[0], *strip_outer_lines(block[1 : end_of_block(block)])]
    prelude = _prelude(before)
    try:
        function = parse("\n".join(block)).body[0]
    except ProgramError as error:
        if not block[0].rstrip().endswith(":"):
            raise
        code = _joined(prelude, block[1:])
        parse(code)  # raises, with the line in this code
        raise ProgramError(replace(error.failure, line=None), code) from None
    if not isinstance(function, ast.FunctionDef) or _ends_in_decorator(before):
        raise syntax_error("build_model must be a plain function, neither async nor decorated", "\n".join(block), 1)
    bindings = _parameter_bindings(function.args, block)
    if bindings is None:
        raise syntax_error("build_model must take two arguments, x_train and y_train", "\n".join(block), 1)
    return _checked([*prelude, *bindings], _body_of(function, block))


def _prelude(lines: Sequence[str]) -> list[str]:
    """What stands before a whole function and belongs to it: everything if it parses, else its import statements."""
    try:
        statements = parse("\n".join(lines)).body
    except ProgramError:
        imports = [line for line in lines if _IMPORT.match(line) and "__future__" not in line]
        return [line for line in imports[:_MAX_LOOSE_IMPORTS] if parses(line)]
    kept: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue  # only allowed at the top of a module
        kept += lines[_first_line(statement) - 1 : statement.end_lineno]
    return kept


def _ends_in_decorator(lines: Sequence[str]) -> bool:
    """Whether what stands before a function decorates it."""
    start = next((index for index in reversed(range(len(lines))) if lines[index].startswith("@")), None)
    if start is None:
        return False
    try:
        following = parse("\n".join([*lines[start:], "def f(): pass"])).body[-1]
    except ProgramError:
        return False
    return isinstance(following, ast.FunctionDef) and bool(following.decorator_list)


def _parameter_bindings(arguments: ast.arguments, block: Sequence[str]) -> list[str] | None:
    """Lines that bind a function's own parameters to x_train and y_train; None if it cannot be called so."""
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    extra = positional[2:]
    defaults = arguments.defaults[max(len(arguments.defaults) - len(extra), 0) :]
    if len(positional) < 2 or len(defaults) < len(extra) or arguments.vararg or arguments.kwarg:
        return None
    bindings = [] if positional[:2] == ["x_train", "y_train"] else [f"{', '.join(positional[:2])} = x_train, y_train"]
    for name, default in zip(extra, defaults, strict=True):
        bindings += _assignment(name, default, block)
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword_default is None:
            return None
        bindings += _assignment(argument.arg, keyword_default, block)
    return bindings


def _assignment(name: str, value: ast.expr, block: Sequence[str]) -> list[str]:
    """Lines that bind ``name`` to an expression of the block, as its author wrote it."""
    assert value.end_lineno is not None
    lines = [line.encode() for line in block[value.lineno - 1 : value.end_lineno]]
    lines[-1] = lines[-1][: value.end_col_offset]
    lines[0] = lines[0][value.col_offset :]
    first, *others = [line.decode() for line in lines]
    if isinstance(value, ast.Constant | ast.Name) and not others:
        return [f"{name} = {first}"]
    return f"{name} = ({chr(10).join([first, *others])})".split("\n")


def _body_of(function: ast.FunctionDef, block: Sequence[str]) -> list[str]:
    """The lines of a function's body, comments included, without its docstring."""
    statements = function.body
    if len(statements) > 1 and ast.get_docstring(function, clean=False) is not None:
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
        raise syntax_error("build_model has no body", _joined([], strip_outer_lines(lines)))
    if indentation_of(lines[first]):
        cut = end_of_block([HEADER, *lines]) - 1
        return _checked([], strip_outer_lines(lines[:cut]), is_body=True)
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
            return _checked([], reading, is_body=True)
        except ProgramError as error:
            first_error = first_error or error
    assert first_error is not None
    raise first_error


def _checked(opening: Sequence[str], body: Sequence[str], *, is_body: bool = False) -> str:
    """The program of these lines, if it parses and could return a model; ``is_body``: written without a header."""
    program = _joined(opening, body)
    tree = parse(program)
    check_program(tree, program)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    outcome = outcome_of(function)
    if outcome.yield_line is not None:
        message = "build_model must return a model, but a function that holds a yield returns a generator"
        raise syntax_error(message, program, outcome.yield_line)
    if any("\t" in indentation_of(line) for line in body):
        program = _joined(opening, body, expand_tabs=True)
    if not is_body or outcome.returns_value:
        return program
    if "model" in outcome.variables:
        return f"{program}\n{INDENTATION}return model"
    if "build_model" in {*outcome.variables, *outcome.definitions}:
        message = f"build_model must be a plain function: {HEADER}"
        raise syntax_error(message, program)
    if outcome.definitions and outcome.only_defines:
        message = f"no function is named build_model, but {', '.join(map(spelled_out, outcome.definitions))}"
        raise syntax_error(message, program)
    return program


def _joined(opening: Sequence[str], body: Sequence[str], *, expand_tabs: bool = False) -> str:
    return "\n".join([HEADER, *reindent(opening), *reindent(body, expand_tabs=expand_tabs)])


def _first_line(statement: ast.stmt) -> int:
    return min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])


def _shown(text: str, n_characters: int = _SHOWN_CHARACTERS) -> str:
    """The beginning of a text in the form of a program, whether it parses or not."""
    lines = text[:n_characters].split("\n")
    definition = next((index for index, line in enumerate(lines) if _DEFINITION.match(line)), None)
    body = lines if definition is None else lines[definition + 1 :]
    return _joined([], strip_outer_lines(body))[:n_characters]


__all__ = ["HEADER", "MAX_ACTION_CHARACTERS", "MAX_PROGRAM_CHARACTERS", "ProgramError", "normalise_program"]
