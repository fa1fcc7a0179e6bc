"""Which names a piece of Python reads from around it and which it binds there, by Python's rules of scope.

Read off the syntax tree (docs.python.org/3/reference/executionmodel.html), without a recursion that a hostile text
could exhaust. What only running tells (``exec``, ``from m import *``) is not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Names:
    """The names of a scope.

    Attributes:
        bound: what it binds itself.
        read: what it reads, or what scopes inside of it read and do not bind.
    """

    bound: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


@dataclass
class _Scope(Names):
    parent: _Scope | None = None  # the one in which what is not bound here is looked up
    is_class: bool = False
    declared: set[str] = field(default_factory=set)  # global or nonlocal

    def inner(self, *, is_class: bool = False) -> _Scope:
        """A new scope inside of this one; what a class binds is not seen by the functions in it."""
        return _Scope(parent=self.parent if self.is_class and self.parent else self, is_class=is_class)


def names_of(nodes: Iterable[ast.AST]) -> Names:
    """The names of statements that stand in one scope."""
    outermost = _Scope()
    scopes: list[_Scope] = [outermost]
    pending: list[tuple[ast.AST, _Scope]] = [(node, outermost) for node in nodes]
    while pending:
        node, scope = pending.pop()
        scope.bound.update(_bound_by(node))
        if isinstance(node, ast.Name):
            (scope.read if isinstance(node.ctx, ast.Load) else scope.bound).add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            scope.declared.update(node.names)
        if isinstance(node, (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)):
            inner = scope.inner(is_class=isinstance(node, ast.ClassDef))
            scopes.append(inner)
            around, within = _split(node)
            pending += [(child, scope) for child in around]
            pending += [(child, inner) for child in within]
            if isinstance(node, _FUNCTIONS):
                inner.bound.update(argument.arg for argument in _arguments(node.args))
        else:
            pending += [(child, scope) for child in ast.iter_child_nodes(node)]
    for scope in reversed(scopes[1:]):  # a scope comes behind the one that it is in
        assert scope.parent is not None
        scope.parent.read.update((scope.read - scope.bound) | scope.declared)
    return Names(outermost.bound, outermost.read)


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node binds other than by a :class:`ast.Name`."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.partition(".")[0] for alias in aliases]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
    return []


def _split(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """The children of a node that makes a scope: those that are evaluated around it, and those within."""
    if isinstance(node, _COMPREHENSIONS):
        return [], list(ast.iter_child_nodes(node))
    body = getattr(node, "body", [])
    within: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    inside = set(map(id, within))
    return [child for child in ast.iter_child_nodes(node) if id(child) not in inside], within


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred]
