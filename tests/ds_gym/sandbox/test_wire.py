from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds_gym.columns import Column
from ds_gym.failures import Failure
from ds_gym.sandbox import wire

Pair = tuple[socket.socket, socket.socket]
SHAPE = (3, 2)
ANSWER = struct.Struct("<4sBBHiQQ")


@pytest.fixture
def pair() -> Iterator[Pair]:
    parent, worker = socket.socketpair()
    with parent, worker:
        yield parent, worker


def expect(parent: socket.socket, answer: wire.Answer = wire.Answer.PREDICTIONS, seconds: float = 5) -> object:
    return wire.expect_answer(parent, answer, SHAPE, 10, wire.Deadline(seconds))


def test_a_job_arrives_as_it_was_sent_and_without_evaluation_rows(pair: Pair) -> None:
    parent, worker = pair
    x, y = np.random.default_rng(0).normal(size=(2000, 30)), np.arange(2000)
    job = wire.ReceivedJob("def build_model():\n    'é\ud800'", x, y, 3, 2**40, 1.5, 512)
    sender = threading.Thread(target=wire.send_job, args=(parent, job, wire.Deadline(10)))
    sender.start()
    received = wire.receive_job(worker)
    sender.join()
    np.testing.assert_array_equal(received.x_train, x)
    np.testing.assert_array_equal(received.y_train, y)
    assert (received.source, received.n_classes, received.seed) == (job.source, 3, 2**40)
    assert (received.timeout_s, received.memory_mb) == (1.5, 512)
    worker.setblocking(False)
    with pytest.raises(BlockingIOError):
        worker.recv(1)


def test_columns_arrive_as_they_were_sent(pair: Pair) -> None:
    columns = (Column("größe \ud800", ("a, b", '"', "\n")), Column(""), Column("none", ()))
    job = wire.ReceivedJob("", np.zeros((2, 3)), np.arange(2), 2, 0, 1.5, 512, columns)
    wire.send_job(pair[0], job, wire.Deadline(5))
    assert wire.receive_job(pair[1]).columns == columns


@pytest.mark.parametrize("n_rows", [0, 1, 700])
def test_evaluation_rows_arrive_as_they_were_sent(pair: Pair, n_rows: int) -> None:
    x = np.random.default_rng(0).normal(size=(n_rows, 4))
    wire.send_evaluation_rows(pair[0], x, wire.Deadline(5))
    np.testing.assert_array_equal(wire.receive_evaluation_rows(pair[1], 4), x)


def test_predictions_arrive_bit_for_bit(pair: Pair) -> None:
    sent = np.array([[0.1, np.nan], [np.inf, -0.0], [1e-320, 1.0]])
    wire.send_predictions(pair[1], sent)
    received = expect(pair[0])
    assert isinstance(received, np.ndarray)
    assert received.tobytes() == sent.tobytes()


def test_predictions_of_another_shape_are_refused_before_they_are_read(pair: Pair) -> None:
    pair[1].sendall(ANSWER.pack(wire.MAGIC, wire.Answer.PREDICTIONS, 0, 0, 0, 2**60, 2**60))
    with pytest.raises(wire.ProtocolViolation):
        expect(pair[0])


def test_a_failure_takes_the_place_of_any_answer_but_the_receipt(pair: Pair) -> None:
    failure = Failure("exception", "ValueError: no", 3)
    wire.send_failure(pair[1], failure)
    assert expect(pair[0], wire.Answer.BUILT) == failure
    wire.send_failure(pair[1], failure)
    with pytest.raises(wire.ProtocolViolation):
        expect(pair[0], wire.Answer.RECEIVED)


@pytest.mark.parametrize("line", [0, -5, 11, 2**31 - 1])
def test_a_line_outside_the_program_is_dropped(pair: Pair, line: int) -> None:
    wire.send_failure(pair[1], Failure("exception", "E", line))
    received = expect(pair[0])
    assert isinstance(received, Failure)
    assert received.line is None


def test_the_text_of_a_failure_is_cleaned_in_the_parent(pair: Pair) -> None:
    wire.send_failure(pair[1], Failure("exception", "a\x1b[2J\u202eb\x00\n" + "Z" * 10**6))
    received = expect(pair[0])
    assert isinstance(received, Failure)
    assert len(received.message) <= 300
    assert received.message.isprintable()


def test_a_text_that_announces_too_much_is_refused(pair: Pair) -> None:
    pair[1].sendall(ANSWER.pack(wire.MAGIC, wire.Answer.FAILURE, 0, 0, 1, 2**40, 0))
    with pytest.raises(wire.ProtocolViolation):
        expect(pair[0])


def test_a_silent_or_dripping_worker_meets_the_deadline(pair: Pair) -> None:
    pair[1].sendall(b"D")
    with pytest.raises(wire.DeadlineExceeded):
        expect(pair[0], seconds=0.05)


def test_a_closed_connection_is_told_apart_from_silence(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(wire.Disconnected):
        expect(pair[0])


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), expected=st.sampled_from(wire.Answer), keep_magic=st.booleans())
def test_random_bytes_never_raise_anything_unforeseen(data: bytes, expected: wire.Answer, keep_magic: bool) -> None:
    parent, worker = socket.socketpair()
    with parent, worker:
        worker.sendall(wire.MAGIC + data if keep_magic else data)
        worker.close()
        try:
            result = expect(parent, expected)
        except (wire.Disconnected, wire.ProtocolViolation):
            return
        assert result is None or isinstance(result, Failure | np.ndarray)
