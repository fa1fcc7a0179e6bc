from __future__ import annotations

import ast
import symtable

import pytest

from ds_gym.names import names_of

SOURCES = [
    "def f(a, b=c, *d, e: g = 1, **h) -> i:\n    j = a + k\n    return j",
    "def f():\n    def g():\n        nonlocal x\n        x = y\n        return z\n    x = z = 1\n    return g",
    "def f():\n    global a\n    a = 1\n    return [b for b in c if b + d]",
    "def f():\n    e = 1\n    return {e: lambda e, g=h: e + i for e in e}",
    "class A(B, metaclass=C):\n    d = 1\n    def m(self):\n        return d + A + self.e\n    f = d",
    "@a\nasync def f():\n    async with b as c:\n        pass\n    import d.e, g as h\n    return c, d, h, e",
    "def f(x):\n    try:\n        pass\n    except E as e:\n        return e\n    match x:\n        case {0: v, **w}:\n"
    "            return v, w\n        case [a, *b] as c:\n            return a, b, c, d\n    del q\n    r: s = t",
    "def f():\n    if (n := 10) > m:\n        return n",
]


def globals_read(table: symtable.SymbolTable) -> set[str]:
    """What Python itself takes for global: read in a scope, and bound in none around it."""
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return names.union(*(globals_read(child) for child in table.get_children()))


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_read_from_around_is_what_python_looks_up_there(source: str) -> None:
    names = names_of(ast.parse(source).body)
    module = symtable.symtable(source, "<test>", "exec")
    bound = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    read = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_referenced()}
    assert names.bound == {name for name in bound if name in ("f", "A")}
    assert names.read == read.union(*(globals_read(child) for child in module.get_children()))
