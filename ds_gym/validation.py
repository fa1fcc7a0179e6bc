"""Errors at the boundary: each names the argument, what was given and what is allowed."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping
from numbers import Integral, Real
from typing import Any


def unknown_choice(argument: str, given: object, allowed: Iterable[str], hint: str = "") -> ValueError:
    """A ValueError for a value that is not one of ``allowed``, with the nearest allowed value where one is near.

    Args:
        argument: name of the argument, as the caller wrote it.
        given: what was given.
        allowed: all that would have been accepted.
        hint: a sentence to add at the end.
    """
    names = list(allowed)
    message = f"{argument}: unknown value {_shown(given)}; allowed: {', '.join(map(repr, names)) or 'nothing'}"
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5) if isinstance(given, str) else []
    if near:
        message += f". Did you mean {near[0]!r}?"
    elif hint:
        message += "."
    return ValueError(f"{message} {hint}".rstrip())


def check_choice(argument: str, given: object, allowed: Iterable[str]) -> str:
    """``given`` if it is one of ``allowed``; else a ValueError with a did-you-mean."""
    names = list(allowed)
    if isinstance(given, str) and given in names:
        return given
    raise unknown_choice(argument, given, names)


def check_flag(argument: str, given: object) -> bool:
    """``given`` if it is True or False; else a ValueError."""
    if isinstance(given, bool):
        return given
    raise ValueError(f"{argument}: given {_shown(given)}; allowed: True or False")


def check_integer(argument: str, given: object, minimum: int) -> int:
    """``given`` as an int if it is an integer (not a bool) of at least ``minimum``; else a ValueError."""
    if isinstance(given, Integral) and not isinstance(given, bool) and int(given) >= minimum:
        return int(given)
    raise ValueError(f"{argument}: given {_shown(given)}; allowed: an integer of at least {minimum}")


def check_number(argument: str, given: object, low: float, high: float = math.inf) -> float:
    """``given`` as a float if it lies strictly between ``low`` and ``high``; else a ValueError."""
    if isinstance(given, Real) and not isinstance(given, bool) and low < float(given) < high:
        return float(given)
    bounds = f"a number above {low:g}" if math.isinf(high) else f"a number between {low:g} and {high:g}"
    raise ValueError(f"{argument}: given {_shown(given)}; allowed: {bounds} (bounds excluded)")


def check_indices(argument: str, given: Iterable[Any], n: int) -> list[int]:
    """``given`` as a list of int if they are different integers from 0 to n - 1; else a ValueError."""
    numbers = [
        int(i) if isinstance(i, Integral) and not isinstance(i, bool) else -1
        for i in (given if isinstance(given, Iterable) else [None])
    ]
    if all(0 <= number < n for number in numbers) and len(set(numbers)) == len(numbers):
        return numbers
    raise ValueError(f"{argument}: given {_shown(given)}; allowed: different integers from 0 to {n - 1}")


def check_options(options: object, allowed: Collection[str]) -> dict[str, Any]:
    """A copy of the ``options`` of a ``reset``, {} for None; a ValueError if it is no dictionary or has other keys."""
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise ValueError(
            f"options: given {_shown(options)}; allowed: a dictionary with {', '.join(map(repr, allowed))}"
        )
    for option in options:
        if option not in allowed:
            raise unknown_choice("options", option, allowed)
    return dict(options)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
