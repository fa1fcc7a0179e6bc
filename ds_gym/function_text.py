"""The text of a function's parameters and of its body, as its author wrote it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ds_gym.script import first_line_of


def parameter_bindings(arguments: ast.arguments, block: Sequence[str]) -> list[str] | None:
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


def body_of(function: ast.FunctionDef, block: Sequence[str]) -> list[str]:
    """The lines of a function's body, comments included, without its docstring."""
    statements = function.body
    if len(statements) > 1 and ast.get_docstring(function, clean=False) is not None:
        statements = statements[1:]
    first = statements[0]
    start = first_line_of(first) - 1
    line_bytes = block[start].encode()
    column = min([first.col_offset, *(node.col_offset - 1 for node in getattr(first, "decorator_list", [])[:1])])
    if line_bytes[:column].strip():  # the statement shares its line with the header or the docstring
        return [line_bytes[column:].decode(), *block[start + 1 :]]
    while start > 1 and block[start - 1].lstrip().startswith("#"):
        start -= 1
    return list(block[start:])
