"""A server on loopback that speaks OpenAI's protocol and misbehaves as it is told to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    path: str
    body: dict[str, Any]
    authorization: str

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][0]["content"] if "messages" in self.body else self.body["prompt"])


Act = Callable[["Handler", Received], None]
"""Answers a request, or does not."""


@dataclass
class HostileServer:
    """Where the server is, what it received, and what it will do.

    Attributes:
        base_url: of its API.
        received: requests for completions, in order of arrival.
        script: one act for each of the next requests; good answers follow.
        listing: what it does when asked for its models.
        stopped: set when the server ends, so that acts that wait end, too.
    """

    base_url: str = ""
    received: list[Received] = field(default_factory=list)
    script: deque[Act] = field(default_factory=deque)
    listing: Act | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def hostile_server(*acts: Act) -> Iterator[HostileServer]:
    """A server that does these acts, and behaves from then on."""
    told = HostileServer(script=deque(acts), listing=models("a-model"))

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64
        state = told

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that hang up are expected."""

    with Server(("127.0.0.1", 0), Handler) as server:
        told.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            told.stopped.set()
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def state(self) -> HostileServer:
        state: HostileServer = self.server.state  # type: ignore[attr-defined]
        return state

    def do_GET(self) -> None:
        received = Received(self.path, {}, self.headers.get("authorization", ""))
        assert self.state.listing is not None
        self.state.listing(self, received)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        received = Received(self.path, body, self.headers.get("authorization", ""))
        with self.state.lock:
            self.state.received.append(received)
            act = self.state.script.popleft() if self.state.script else good
        act(self, received)

    def send(
        self,
        content: bytes,
        *,
        status: int = 200,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


def answer_to(prompt: str) -> str:
    """What a good answer says."""
    return f"an answer to {prompt}"


def choice(received: Received, text: Any, finish_reason: Any = "stop", **message: Any) -> dict[str, Any]:
    """One choice of an answer, as the endpoint wants it."""
    if received.path.endswith("chat/completions"):
        said = {"role": "assistant", "content": text} | message
        return {"index": 0, "message": said, "finish_reason": finish_reason}
    return {"index": 0, "text": text, "finish_reason": finish_reason}


def good(handler: Handler, received: Received) -> None:
    """An answer that names its prompt, with 7 tokens read and 5 written."""
    says(answer_to(received.prompt))(handler, received)


def says(text: Any, finish_reason: Any = "stop", usage: Any = "counts", **message: Any) -> Act:
    """An answer of this text."""

    def act(handler: Handler, received: Received) -> None:
        answer: dict[str, Any] = {"id": "1", "choices": [choice(received, text, finish_reason, **message)]}
        if usage is not None:
            answer["usage"] = {"prompt_tokens": 7, "completion_tokens": 5} if usage == "counts" else usage
        handler.send(json.dumps(answer).encode())

    return act


def sends(content: bytes | str | dict[str, Any] | list[Any], status: int = 200, **given: Any) -> Act:
    """An answer of this content, whatever was asked."""
    written = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else None
    body = json.dumps(content).encode() if written is None else written
    return lambda handler, received: handler.send(body, status=status, **given)


def refuses(status: int, message: str = "no", headers: Mapping[str, str] | None = None, **error: Any) -> Act:
    """An error as OpenAI describes it."""
    return sends({"error": {"message": message} | error}, status, headers=headers)


def models(*names: str) -> Act:
    """A list of models."""
    return sends({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


def breaks_off(handler: Handler, received: Received) -> None:
    """The connection ends in the middle of the answer."""
    handler.send(b'{"choices": [{"ind', length=5000)
    handler.close_connection = True


def hangs_up(handler: Handler, received: Received) -> None:
    """The connection ends with nothing said."""
    handler.close_connection = True


def stalls(handler: Handler, received: Received) -> None:
    """Nothing is ever said."""
    handler.state.stopped.wait()
    handler.close_connection = True


def dribbles(handler: Handler, received: Received) -> None:
    """A byte of an endless answer every few milliseconds."""
    handler.send(b"", length=10**9)
    _drip(handler, b" ")


def dribbles_headers(handler: Handler, received: Received) -> None:
    """A byte of an endless header every few milliseconds."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-long: ")
    _drip(handler, b"x")


def _drip(handler: Handler, drop: bytes) -> None:
    while not handler.state.stopped.wait(0.01):
        handler.wfile.write(drop)
        handler.wfile.flush()
    handler.close_connection = True
