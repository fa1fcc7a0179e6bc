"""How untrusted programs are run: one :class:`Sandbox` protocol, several implementations."""

from __future__ import annotations

import difflib
from typing import Any

from ds_gym.sandbox.descriptions import describe_exception
from ds_gym.sandbox.fork_server import ForkServerSandbox, timeout_failure
from ds_gym.sandbox.in_process import InProcessSandbox
from ds_gym.sandbox.protocol import Sandbox, SplitJob, SplitResult

SANDBOX_NAMES = ("auto", "fork-server", "in-process")


class _SharedSandbox(ForkServerSandbox):
    """The pool behind ``"auto"``: stays warm when one of its users closes it, and ends with the process."""

    def close(self) -> None:
        """Nothing: others use it too."""

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return make_sandbox, ("auto",)


_SHARED = _SharedSandbox()


def make_sandbox(name: str = "auto") -> Sandbox:
    """Make a sandbox, or get the shared one.

    Args:
        name: ``"auto"``: the fork server that all of this process shares; ``"fork-server"``: one of its own;
            ``"in-process"``: no isolation, for debugging.

    Raises:
        ValueError: an unknown name.
    """
    if name == "auto":
        return _SHARED
    if name == "fork-server":
        return ForkServerSandbox()
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
