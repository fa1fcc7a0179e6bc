"""Namespaces made by bubblewrap (``bwrap``) instead of by the zygote itself, where only that program may make them."""

from __future__ import annotations

import os
import shutil

from ds_gym.failures import SandboxError


def command() -> list[str]:
    """What to put in front of the zygote's command line: everything of its own but the users, if root calls.

    Root keeps its users, since only they let each worker become a user of its own.

    Raises:
        SandboxError: bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap is not installed: install it (package bubblewrap), or choose sandbox='auto'")
    users = [] if os.geteuid() == 0 else ["--unshare-user"]
    return [
        program, *users, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--",
    ]  # fmt: skip
