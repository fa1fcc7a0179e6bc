"""How untrusted programs are run: one :class:`Sandbox` protocol, several implementations."""

from __future__ import annotations

import difflib
from typing import Any

from ds_gym.sandbox.descriptions import describe_exception
from ds_gym.sandbox.fork_server import ForkServerSandbox, timeout_failure
from ds_gym.sandbox.in_process import InProcessSandbox
from ds_gym.sandbox.protocol import Sandbox, SplitJob, SplitResult

SANDBOX_NAMES = ("auto", "strict", "fork-server", "bubblewrap", "in-process")


class _SharedSandbox(ForkServerSandbox):
    """The pool behind ``"auto"``, and that behind ``"strict"``: warm until the process ends, whoever closes it."""

    def __init__(self, name: str, *, strict: bool = False) -> None:
        super().__init__(strict=strict)
        self._name = name

    def close(self) -> None:
        """Nothing: others use it too."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return make_sandbox, (self._name,)


_SHARED = {"auto": _SharedSandbox("auto"), "strict": _SharedSandbox("strict", strict=True)}


def make_sandbox(name: str = "auto") -> Sandbox:
    """Make a sandbox, or get the shared one.

    Args:
        name: ``"auto"``: the fork server that all of this process shares, with every layer of confinement that works
            here, and one warning about those that do not; ``"strict"``: the same, but it refuses to run with less than
            seccomp and one of Landlock and namespaces; ``"fork-server"``: a fork server of one's own;
            ``"bubblewrap"``: the same, in namespaces made by ``bwrap``; ``"in-process"``: no isolation, for debugging.

    Raises:
        SandboxError: ``"strict"`` or ``"bubblewrap"`` cannot be had here.
        ValueError: an unknown name.
    """
    if name == "auto":
        return _SHARED[name]
    if name == "strict":
        _SHARED[name].report()
        return _SHARED[name]
    if name == "fork-server":
        return ForkServerSandbox()
    if name == "bubblewrap":
        return ForkServerSandbox(bubblewrap=True)
    if name == "in-process":
        return InProcessSandbox()
    close = difflib.get_close_matches(str(name), SANDBOX_NAMES, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"sandbox is {name!r}; choose one of {', '.join(map(repr, SANDBOX_NAMES))}.{hint}")


__all__ = [
    "SANDBOX_NAMES",
    "Sandbox",
    "SplitJob",
    "SplitResult",
    "describe_exception",
    "make_sandbox",
    "timeout_failure",
]
