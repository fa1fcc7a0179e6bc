"""A real server of a language model, on loopback: ``transformers serve`` with the embedded model."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.loading import TINYCODER

_START_S, _END_S = 180.0, 10.0


class TransformersServer:
    """A server process that may be killed and started again.

    Args:
        folder: an empty one for what it says and for what it would cache.

    Attributes:
        base_url: of its API.
        model_name: by which it knows the embedded model.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.base_url = f"http://127.0.0.1:{self._port}/v1"
        self.model_name = str(TINYCODER)

    def start(self) -> None:
        """Start it, and wait until it answers. Raises RuntimeError, with what it said, if it does not."""
        command = [sys.executable, str(Path(sys.executable).parent / "transformers"), "serve", "--device", "cpu"]
        settings = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HF_HOME": str(self._folder / "hub")}
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self._port)],
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_S
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                status = self._process.poll()
                self.stop()
                said = self._output.read_text(errors="replace")[-5000:]
                raise RuntimeError(f"transformers serve does not answer (status {status}); it said:\n{said}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Start it on the same port again, having killed it if need be."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """Ask it to end, and kill it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def _output(self) -> Path:
        return self._folder / "output.txt"

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def transformers_server() -> Iterator[TransformersServer]:
    """A running server of the embedded model; it ends with the context."""
    with tempfile.TemporaryDirectory(prefix="ds-gym-served-") as folder:
        server = TransformersServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
