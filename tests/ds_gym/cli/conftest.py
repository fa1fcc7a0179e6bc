"""What the tests of the command line share: a way to call it, and one to call it as a person at a terminal would."""

from __future__ import annotations

import io
import math
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ds_gym.cli import main

ROOT = Path(__file__).resolve().parents[3]
HANG_GUARD_S = 120


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the command line in this process: ``cli("run", "wine", "-", stdin=b"...")``."""

    def call(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        status = main(list(arguments))
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call


class Terminal:
    """A command with a pseudo-terminal as its input, output and error."""

    def __init__(self, arguments: list[str], home: Path, columns: int = 100) -> None:
        master, slave = pty.openpty()
        self._fd = master
        self._seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ds_gym", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=ROOT,
            env={
                **os.environ,
                "COLUMNS": str(columns),
                "HOME": str(home),
                "TERM": "xterm-256color",
                "XDG_CONFIG_HOME": str(home / "config"),
            },
            preexec_fn=_take_terminal,
        )
        os.close(slave)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._fd, text.encode())

    def read_until(self, expected: str) -> str:
        """What has come since the last call, up to and including ``expected``."""
        deadline = time.monotonic() + HANG_GUARD_S
        while expected not in self._seen:
            assert time.monotonic() < deadline, f"no {expected!r} in {self._seen!r}"
            assert self._read(), f"ended without {expected!r}: {self._seen!r}"
        before, found, self._seen = self._seen.partition(expected)
        return before + found

    def read_to_end(self) -> str:
        """All that is still to come."""
        deadline = time.monotonic() + HANG_GUARD_S
        while self._read():
            assert time.monotonic() < deadline, f"still running: {self._seen!r}"
        return self._seen

    def press_until_it_ends(self, key: str) -> str:
        """Press a key, and again after each second in which nothing has come of it. Returns: what was still to come."""
        deadline = time.monotonic() + HANG_GUARD_S
        pressed = -math.inf
        while self._read():
            now = time.monotonic()
            assert now < deadline, f"still running: {self._seen!r}"
            if now - pressed > 1:
                self.type(key)
                pressed = now
        return self._seen

    def wait(self) -> int:
        """The exit status."""
        return self.process.wait(timeout=HANG_GUARD_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._fd)

    def _read(self) -> bool:
        """Read what is there; False at the end."""
        if select.select([self._fd], [], [], 0.2)[0]:
            try:
                data = os.read(self._fd, 65_536)
            except OSError:  # Linux says so where the other side is closed
                return False
            self._seen += data.decode(errors="replace")
            return bool(data)
        return self.process.poll() is None


def _take_terminal() -> None:
    """Make the terminal that of this session, so that Ctrl-C reaches it."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts a command in a terminal: ``terminal("play", "wine")``."""
    started: list[Terminal] = []

    def start(*arguments: str, columns: int = 100) -> Terminal:
        started.append(Terminal(list(arguments), tmp_path, columns))
        return started[-1]

    yield start
    for each in started:
        each.close()
