"""What differs between two configurations, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> list[str]:
    """``"beta is 0.01 there, 0.05 here"`` for every value that differs; names inside mappings are joined by dots."""
    found = []
    for name in sorted(there.keys() | here.keys()):
        theirs, ours = there.get(name), here.get(name)
        if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
            found += differences(theirs, ours, f"{prefix}{name}.")
        elif theirs != ours:
            found.append(f"{prefix}{name} is {theirs!r} there, {ours!r} here")
    return found
