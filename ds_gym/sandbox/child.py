"""A worker: a fork of the zygote that confines itself, waits for one job, runs it, and ends."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import NoReturn

from ds_gym.columns import hand_over
from ds_gym.failures import Failure
from ds_gym.sandbox import confine, preload, program, seeding, self_test, wire

_LINGER_S = 0.5
"""The zygote ends a worker that has answered, at a moment when that disturbs no other; this is if it forgets to."""


def run_worker(
    job_socket: socket.socket,
    warming: int | None,
    *,
    confinement: confine.Confinement,
    zygote_pid: int,
    serial: int,
    space: int,
) -> NoReturn:
    """Be a worker.

    Args:
        job_socket: the other end is the parent's.
        warming: descriptor to close once the worker has run a small program to be warm; None for a worker that is
            needed at once.
        confinement: to be put on first.
        zygote_pid: process with which to die.
        serial: number of this worker among those of its zygote.
        space: bytes of address space that are taken by the preloaded libraries.
    """
    status = 1
    try:
        keep = [job_socket.fileno()] if warming is None else [job_socket.fileno(), warming]
        confinement.enter(keep, zygote_pid, serial)
        if warming is not None:
            if not wire.has_arrived(job_socket):
                preload.warm_up()
            os.close(warming)
        job = wire.receive_job(job_socket)
        confinement.limit_job(job.memory_mb, job.timeout_s, space)
        wire.send_answer(job_socket, wire.Answer.RECEIVED)
        _run_job(job_socket, job)
        time.sleep(_LINGER_S)
        status = 0
    except ConnectionError:
        pass  # the parent has no use for this worker any more
    finally:
        os._exit(status)


def _run_job(job_socket: socket.socket, job: wire.ReceivedJob) -> None:
    seeding.seed_generators(job.seed)
    try:
        model = program.build(job.source, hand_over(job.x_train, job.columns), job.y_train)
        wire.send_answer(job_socket, wire.Answer.BUILT)
        x_eval = wire.receive_evaluation_rows(job_socket, job.x_train.shape[1])
        probabilities = program.predict(model, job.source, hand_over(x_eval, job.columns), job.n_classes)
    except program.ProgramFailed as failed:
        wire.send_failure(job_socket, failed.failure)
    except MemoryError:  # to describe the failure took more than was left
        confine.raise_memory_limit_for_description()
        wire.send_failure(job_socket, Failure("memory", "MemoryError: the memory limit was reached"))
    else:
        wire.send_predictions(job_socket, probabilities)


def probe(confinement: confine.Confinement, zygote_pid: int) -> dict[str, str]:
    """Put ``confinement`` on in a fork of this process, try a fit under it, then all that it shall forbid.

    Returns:
        Layer -> "active" or "missing: why", and act of the self-test -> "denied" or "ALLOWED".

    Raises:
        OSError: the fork came to no end, for example because a layer forbids what a fit needs.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            layers = confinement.enter([write_end], zygote_pid, serial=0)
            preload.warm_up()

            def tell(name: str, state: str) -> None:
                os.write(write_end, f"{name}\t{state}\n".encode())

            for layer, state in layers.items():
                tell(layer, state)
            self_test.try_acts(tell)
        finally:
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        text = pipe.read(1 << 16).decode()
    os.waitpid(pid, 0)
    if not text:
        raise OSError("a probe of the confinement failed")
    told = dict(line.split("\t", 1) for line in text.splitlines())
    layers = {name: state for name, state in told.items() if name not in self_test.ACTS}
    return {**layers, **self_test.complete(told)}


def silence() -> None:
    """Send the output of programs to the null device, which descriptors 0 and 1 already are."""
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    for name in ("stdout", "stderr"):
        sink = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        setattr(sys, name, sink)
        setattr(sys, f"__{name}__", sink)
