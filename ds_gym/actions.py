"""From what a language model wrote to a program: ``def build_model(x_train, y_train):`` and a body.

Accepted are the body (as a completion of the prompt writes it: indented by four spaces, otherwise, by tabs, or not at
all), a whole function, and a script that defines it, each of them bare, between lines of prose, or in a Markdown code
fence. What a script holds before the function goes into it, and so do the definitions, imports and constants behind it
that it uses; calls behind it are left out. Thinking in tags is no part of the answer, and of several blocks that define
the function the last one counts (:mod:`ds_gym.answers`). Everything else is a failed attempt that says what is wrong,
never an exception of another kind.

An action whose first line of code is indented is a body, and ends where a line begins in column 0.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ds_gym.answers import (
    DEFINITION,
    Answer,
    blocks_by_likelihood,
    defines_function,
    is_markup,
    is_prose,
    read_answer,
    unindent_prose,
)
from ds_gym.function_text import body_of, parameter_bindings
from ds_gym.names import names_of
from ds_gym.sandbox.descriptions import spelled_out
from ds_gym.script import (
    Statement,
    loose_statements,
    needed,
    statements_behind,
    statements_of,
)
from ds_gym.source_text import (
    INDENTATION,
    end_of_block,
    end_of_first_return,
    first_code_line,
    indentation_of,
    is_code,
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
_MAX_BLOCKS = 16
_MAX_DEFINITIONS = 4
_CLASS = re.compile(r"[ \t]*class[ \t]+(\w+)")
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
    tried: set[str] = set()
    for candidate in _candidates(unindent_prose(text)):
        if candidate in tried:
            continue
        tried.add(candidate)
        try:
            return _normalise(candidate)
        except ProgramError as error:
            first_error = first_error or error
    assert first_error is not None
    if text.strip() and all(is_prose(line) for line in text.split("\n") if line.strip()):
        message = "the answer holds no program, only sentences: write build_model in one ```python block"
        raise syntax_error(message, _shown(text))
    if len(first_error.code) > MAX_PROGRAM_CHARACTERS:
        first_error.code = _shown(text)
    raise first_error


def _candidates(text: str) -> Iterator[str]:
    """The texts that may hold the program, the most likely first: a body, all of a plain program, or code blocks.

    What parses as it stands is a plain program: tags and fences in it are parts of strings.
    """
    if _is_indented_body(text):
        yield text
    elif parses(text):
        yield text
        return
    answer = read_answer(text)
    _check_thinking(answer, text)
    if answer.has_thinking and (_is_indented_body(answer.text) or parses(answer.text)):
        yield answer.text
    in_blocks = any(block.defines_function for block in answer.blocks)
    if defines_function(answer.text) and not in_blocks:
        yield answer.text  # the blocks only show something else
    blocks = list(itertools.islice(blocks_by_likelihood(answer.blocks), _MAX_BLOCKS))
    last = answer.blocks[-1] if answer.blocks else None
    if last is not None and not last.is_closed and last.language == "unlabelled" and not last.defines_function:
        yield answer.text  # its fence closed what the prompt had opened, perhaps
    yield from (block.text for block in blocks)
    yield answer.text


def _is_indented_body(text: str) -> bool:
    lines = text.split("\n")
    first = first_code_line(lines)
    if first is None:
        return False
    return bool(indentation_of(lines[first])) and not is_markup(lines[first])


def _check_thinking(answer: Answer, text: str) -> None:
    """Refuse an answer that is nothing but thinking."""
    if answer.open_tag is not None and not defines_function(answer.text):
        message = f"the answer ended inside of its thinking (<{answer.open_tag}> is not closed), before any program"
        raise syntax_error(message, _shown(text))
    if answer.has_thinking and not answer.text.strip():
        raise syntax_error("the answer holds nothing but its thinking; the program must come after it", _shown(text))


def _normalise(text: str) -> str:
    lines = text.split("\n")
    first_error: ProgramError | None = None
    for definition in _definitions(text, lines):
        try:
            return _from_function(lines, definition)
        except ProgramError as error:
            first_error = first_error or error
    if first_error is not None:
        raise first_error
    return _from_body(lines)


def _definitions(text: str, lines: Sequence[str]) -> list[int]:
    """The lines that may begin the ``build_model`` that counts, the most likely first; none where the text is a body.

    In a script the last one counts, as in Python. Where prose stands between them too, since models correct themselves.
    """
    found = [index for index, line in enumerate(lines) if DEFINITION.match(line)]
    first = first_code_line(lines)
    if first is not None and indentation_of(lines[first]):
        return [index for index in found[:1] if _is_whole_function(lines, index) and not _class_around(lines, index)]
    statements: list[ast.stmt] = []
    with contextlib.suppress(ProgramError):
        statements = parse(text).body
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    outermost = [node for node in statements if isinstance(node, functions) and node.name == "build_model"]
    if outermost:
        return [outermost[-1].lineno - 1]
    if any(isinstance(node, ast.Return) for node in statements):
        return []
    by_depth = sorted(found, key=lambda index: (len(indentation_of(lines[index])), -index))
    return by_depth[:_MAX_DEFINITIONS]


def _class_around(lines: Sequence[str], definition: int) -> str | None:
    """The name of the class that a function is a method of, if it is one."""
    outer = len(indentation_of(lines[definition]))
    if not outer:
        return None
    before = reversed(lines[:definition])
    around = next((line for line in before if is_code(line) and len(indentation_of(line)) < outer), "")
    match = _CLASS.match(around)
    return match[1] if match else None


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
    end = end_of_block(block)
    behind = _at_least_as_deep(lines[definition + end :], outer)
    block = [block[0], *strip_outer_lines(block[1:end])]
    try:
        function = parse("\n".join(block)).body[0]
    except ProgramError as error:
        if not block[0].rstrip().endswith(":"):
            raise
        code = _joined(_text_of(_prelude(before, set())), block[1:])
        parse(code)  # raises, with the line in this code
        raise ProgramError(replace(error.failure, line=None), code) from None
    if around := _class_around(lines, definition):
        message = (
            f"build_model must be a function of its own, not a method of the class {spelled_out(around)}: {HEADER}"
        )
        raise syntax_error(message, _joined([], strip_outer_lines(lines)))
    if not isinstance(function, ast.FunctionDef) or _ends_in_decorator(before):
        raise syntax_error("build_model must be a plain function, neither async nor decorated", "\n".join(block), 1)
    bindings = parameter_bindings(function.args, block)
    if bindings is None:
        raise syntax_error("build_model must take two arguments, x_train and y_train", "\n".join(block), 1)
    used = names_of([function]).read
    following = statements_behind(behind)
    prelude = _prelude(before, used.union(*(statement.names.read for statement in needed(following, used))))
    for statement in prelude:
        used |= statement.names.read
    statements = [*prelude, *needed(following, used)]
    return _checked([*_text_of(statements), *bindings], body_of(function, block))


def _at_least_as_deep(lines: Sequence[str], outer: str) -> list[str]:
    """The lines without this indentation, up to the first line of code that is indented less."""
    inside = itertools.takewhile(lambda line: line.startswith(outer) or not is_code(line), lines)
    return [line.removeprefix(outer) for line in inside]


def _prelude(lines: Sequence[str], used: set[str]) -> list[Statement]:
    """What stands before a whole function and belongs to it: everything if it parses, else imports and what is used."""
    try:
        statements = statements_of(lines)
    except ProgramError:
        statements = loose_statements(lines)
        imported = {name for statement in statements if statement.is_import for name in statement.names.bound}
        statements = needed(statements, used | imported)
    return [statement for statement in statements if not statement.defines("build_model")]


def _text_of(statements: Sequence[Statement]) -> list[str]:
    return [line for statement in statements for line in statement.lines]


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
    readings += _body_behind_prose(lines)
    first_error: ProgramError | None = None
    for reading in readings:
        try:
            return _checked([], reading, is_body=True)
        except ProgramError as error:
            first_error = first_error or error
    assert first_error is not None
    raise first_error


def _body_behind_prose(lines: Sequence[str]) -> list[list[str]]:
    """The body that follows paragraphs of prose, if the text begins with one, up to its end: one reading or none."""
    rest = list(itertools.dropwhile(lambda line: not line.strip() or is_prose(line), lines))
    first = first_code_line(lines)
    if first is None or not is_prose(lines[first]) or first_code_line(rest) != 0:
        return []
    end = end_of_block([HEADER, *rest]) - 1 if indentation_of(rest[0]) else end_of_first_return(rest)
    return [strip_outer_lines(rest[:end])]


def _checked(opening: Sequence[str], body: Sequence[str], *, is_body: bool = False) -> str:
    """The program of these lines, if it parses and could return a model; ``is_body``: written without a header."""
    program = _joined(opening, body)
    tree = parse(program)
    check_program(tree, program)
    function, *others = tree.body
    assert isinstance(function, ast.FunctionDef)
    if others:
        message = "a form feed in front of a line makes Python read it as unindented; leave it out"
        raise syntax_error(message, program, others[0].lineno)
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


def _shown(text: str, n_characters: int = _SHOWN_CHARACTERS) -> str:
    """The beginning of a text in the form of a program, whether it parses or not."""
    lines = text[:n_characters].split("\n")
    definition = next((index for index, line in enumerate(lines) if DEFINITION.match(line)), None)
    body = lines if definition is None else lines[definition + 1 :]
    return _joined([], strip_outer_lines(body))[:n_characters]


__all__ = ["HEADER", "MAX_ACTION_CHARACTERS", "MAX_PROGRAM_CHARACTERS", "ProgramError", "normalise_program"]
