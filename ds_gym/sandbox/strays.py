"""Finding the processes that dead workers have left to the zygote (possible only where no filter stops forks)."""

from __future__ import annotations

import contextlib
import os


class ProcessTable:
    """The children of this process, read from /proc, even after the process has left its files behind.

    /proc may be that of an outer process namespace: it then names processes by other numbers than this one does.
    """

    def __init__(self) -> None:
        self._directory: int | None = None
        with contextlib.suppress(OSError):  # as on macOS
            self._directory = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._own_name = os.readlink("self", dir_fd=self._directory)

    def children(self) -> set[int]:
        """Numbers, in this process's namespace, of all its children, zombies included; none where there is no /proc."""
        if self._directory is None:
            return set()
        children = set()
        for name in os.listdir(self._directory):
            if name.isdigit():
                with contextlib.suppress(OSError, KeyError):
                    status = self._status(name)
                    if status["PPid"] == self._own_name:
                        children.add(int(status.get("NSpid", name).split()[-1]))
        return children

    def _status(self, name: str) -> dict[str, str]:
        descriptor = os.open(f"{name}/status", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._directory)
        with open(descriptor, encoding="utf-8", errors="replace") as file:
            return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}
