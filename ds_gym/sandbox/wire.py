"""Bytes between parent and worker: fixed headers, raw arrays, bounded and deadlined reads. Nothing is ever unpickled.

A job travels as ``job header, source, columns (JSON), x_train, y_train``. The worker answers RECEIVED, then BUILT once
``build_model`` has returned; only then does ``x_eval`` follow. The last answer is PREDICTIONS (a raw float64 matrix) or
FAILURE (text). Every number in an answer is untrusted; the parent reads no more than it has decided to read beforehand.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ds_gym.columns import Column
from ds_gym.failures import FAILURE_KINDS, Failure
from ds_gym.sandbox.descriptions import MAX_MESSAGE_CHARACTERS, clean_message

MAGIC = b"DSG1"
MAX_TEXT_BYTES = 4 * MAX_MESSAGE_CHARACTERS
_SOURCE_ENCODING = ("utf-8", "surrogatepass")
_JOB = struct.Struct("<4sIQQQQqdQ")  # magic, classes, source bytes, column bytes, rows, features, seed, seconds, MiB
_EVALUATION = struct.Struct("<4sIQ")  # magic, reserved, rows
_ANSWER = struct.Struct("<4sBBHiQQ")  # magic, tag, failure kind, reserved, line, rows or text bytes, columns
_CHUNK_BYTES = 1 << 20
_LONGEST_S = 1e9  # about 30 years: the system takes no limit much longer than that
_MOST_MB = 1 << 30


class Answer(IntEnum):
    """First byte after the magic number of what a worker sends."""

    RECEIVED = 1
    BUILT = 2
    PREDICTIONS = 3
    FAILURE = 4


class Disconnected(ConnectionError):
    """The other side has closed the connection, or died."""


class ProtocolViolation(ConnectionError):
    """The other side sent something else than was due."""


class DeadlineExceeded(TimeoutError):
    """The deadline passed before everything was sent or received."""


class Deadline:
    """A moment on the monotonic clock, which neither suspends nor jumps with the wall clock."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._end = time.monotonic() + seconds

    def limit(self, sock: socket.socket) -> None:
        """Let the next operation on ``sock`` take no longer than what is left.

        Raises:
            DeadlineExceeded: nothing is left.
        """
        if self._end == math.inf:
            return  # a worker's socket blocks anyway, and its seal refuses the system call that says so
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise DeadlineExceeded
        sock.settimeout(min(seconds, _LONGEST_S))


def send_all(sock: socket.socket, data: bytes | NDArray, deadline: Deadline) -> None:
    """Send all of ``data``, an array by its memory.

    Raises:
        Disconnected, DeadlineExceeded: as their names say.
    """
    view = (data.data if isinstance(data, np.ndarray) else memoryview(data)).cast("B") if len(data) else memoryview(b"")
    try:
        while view:
            deadline.limit(sock)
            view = view[sock.send(view[:_CHUNK_BYTES]) :]
    except DeadlineExceeded:
        raise
    except TimeoutError:
        raise DeadlineExceeded from None
    except OSError as error:
        raise Disconnected(str(error)) from None


def receive_into(sock: socket.socket, view: memoryview, deadline: Deadline) -> None:
    """Fill ``view`` (bytes).

    Raises:
        Disconnected, DeadlineExceeded: as their names say.
    """
    try:
        while view:
            deadline.limit(sock)
            n_bytes = sock.recv_into(view[:_CHUNK_BYTES])
            if n_bytes == 0:
                raise Disconnected("end of stream")
            view = view[n_bytes:]
    except (Disconnected, DeadlineExceeded):
        raise
    except TimeoutError:
        raise DeadlineExceeded from None
    except OSError as error:
        raise Disconnected(str(error)) from None


def receive_bytes(sock: socket.socket, n_bytes: int, deadline: Deadline) -> bytes:
    """Receive exactly ``n_bytes`` (the caller bounds them)."""
    buffer = bytearray(n_bytes)
    receive_into(sock, memoryview(buffer), deadline)
    return bytes(buffer)


def _receive_array(sock: socket.socket, shape: tuple[int, ...], dtype: type, deadline: Deadline) -> NDArray:
    array: NDArray = np.empty(shape, dtype=dtype)
    if array.size:
        receive_into(sock, array.data.cast("B"), deadline)
    return array


# Parent to worker


@dataclass(frozen=True)
class ReceivedJob:
    """A job as the worker knows it: without the evaluation rows."""

    source: str
    x_train: NDArray[np.float64]
    y_train: NDArray[np.int64]
    n_classes: int
    seed: int
    timeout_s: float
    memory_mb: int
    columns: tuple[Column, ...] = ()


def encode_source(source: str) -> bytes:
    """UTF-8 that also carries lone surrogates, so that the worker can refuse them like any other bad source."""
    return source.encode(*_SOURCE_ENCODING)


def encode_columns(columns: tuple[Column, ...]) -> bytes:
    """JSON, ``[[name, categories or null], ...]``; nothing for a matrix without descriptions."""
    return json.dumps([[column.name, column.categories] for column in columns]).encode("ascii") if columns else b""


def decode_columns(data: bytes) -> tuple[Column, ...]:
    """The inverse of :func:`encode_columns`."""
    described = json.loads(data) if data else []
    return tuple(Column(name, None if values is None else tuple(values)) for name, values in described)


def send_job(sock: socket.socket, job: ReceivedJob, deadline: Deadline) -> None:
    """Send the first phase of a job."""
    source, columns = encode_source(job.source), encode_columns(job.columns)
    n_rows, n_features = job.x_train.shape
    seed = int(job.seed) % 2**63
    limits = min(job.timeout_s, _LONGEST_S), min(int(job.memory_mb), _MOST_MB)
    header = _JOB.pack(MAGIC, job.n_classes, len(source), len(columns), n_rows, n_features, seed, *limits)
    send_all(sock, header + source + columns, deadline)
    send_all(sock, job.x_train, deadline)
    send_all(sock, job.y_train, deadline)


def has_arrived(sock: socket.socket) -> bool:
    """Whether a job waits already."""
    try:
        return bool(sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


def receive_job(sock: socket.socket) -> ReceivedJob:
    """Wait for the first phase of a job, without a limit: the parent kills an idle worker that it does not need."""
    deadline = Deadline()
    magic, n_classes, n_source, n_columns, n_rows, n_features, seed, timeout_s, memory_mb = _JOB.unpack(
        receive_bytes(sock, _JOB.size, deadline)
    )
    if magic != MAGIC:
        raise ProtocolViolation(f"job header begins with {magic!r}")
    source = receive_bytes(sock, n_source, deadline).decode(*_SOURCE_ENCODING)
    columns = decode_columns(receive_bytes(sock, n_columns, deadline))
    x_train = _receive_array(sock, (n_rows, n_features), np.float64, deadline)
    y_train = _receive_array(sock, (n_rows,), np.int64, deadline)
    return ReceivedJob(source, x_train, y_train, n_classes, seed, timeout_s, memory_mb, columns)


def send_evaluation_rows(sock: socket.socket, x_eval: NDArray[np.float64], deadline: Deadline) -> None:
    """Send the second phase of a job."""
    send_all(sock, _EVALUATION.pack(MAGIC, 0, len(x_eval)), deadline)
    send_all(sock, x_eval, deadline)


def receive_evaluation_rows(sock: socket.socket, n_features: int) -> NDArray[np.float64]:
    """Wait for the second phase of a job."""
    deadline = Deadline()
    _, _, n_rows = _EVALUATION.unpack(receive_bytes(sock, _EVALUATION.size, deadline))
    return _receive_array(sock, (n_rows, n_features), np.float64, deadline)


# Worker to parent


def send_answer(sock: socket.socket, tag: Answer) -> None:
    """Send an answer without content."""
    send_all(sock, _ANSWER.pack(MAGIC, tag, 0, 0, 0, 0, 0), Deadline())


def send_predictions(sock: socket.socket, probabilities: NDArray[np.float64]) -> None:
    """Send a float64 matrix."""
    header = _ANSWER.pack(MAGIC, Answer.PREDICTIONS, 0, 0, 0, *probabilities.shape)
    send_all(sock, header, Deadline())
    send_all(sock, np.ascontiguousarray(probabilities), Deadline())


def send_failure(sock: socket.socket, failure: Failure) -> None:
    """Send a failure; its text is cut to what the parent is willing to read."""
    text = failure.message.encode("utf-8", "replace")[:MAX_TEXT_BYTES]
    kind = FAILURE_KINDS.index(failure.kind)
    line = -1 if failure.line is None else max(-1, min(failure.line, 2**31 - 1))
    send_all(sock, _ANSWER.pack(MAGIC, Answer.FAILURE, kind, 0, line, len(text), 0) + text, Deadline())


def expect_answer(
    sock: socket.socket, expected: Answer, shape: tuple[int, int], n_source_lines: int, deadline: Deadline
) -> NDArray[np.float64] | Failure | None:
    """Read the next answer in the parent: ``expected``, or a failure in its place.

    Args:
        expected: the answer that is due.
        shape: the only shape that predictions may have.
        n_source_lines: lines of the program, the bound of a failure's line.

    Returns:
        The failure; or the raw predictions (unchecked numbers); or None for an answer without content.

    Raises:
        ProtocolViolation: anything else came.
        Disconnected, DeadlineExceeded: nothing came.
    """
    magic, tag, kind, _, line, n_rows, n_columns = _ANSWER.unpack(receive_bytes(sock, _ANSWER.size, deadline))
    if magic != MAGIC:
        raise ProtocolViolation("an answer with a wrong header")
    if tag == Answer.FAILURE and expected != Answer.RECEIVED:
        if kind >= len(FAILURE_KINDS) or n_rows > MAX_TEXT_BYTES:
            raise ProtocolViolation("a failure out of bounds")
        message = receive_bytes(sock, n_rows, deadline).decode("utf-8", "replace")
        in_source = 1 <= line <= n_source_lines
        return Failure(FAILURE_KINDS[kind], clean_message(message), line if in_source else None)
    if tag != expected:
        raise ProtocolViolation(f"answer {tag} instead of {expected.name}")
    if expected != Answer.PREDICTIONS:
        return None
    if (n_rows, n_columns) != shape:
        raise ProtocolViolation(f"predictions of shape {(n_rows, n_columns)} instead of {shape}")
    return _receive_array(sock, shape, np.float64, deadline)
