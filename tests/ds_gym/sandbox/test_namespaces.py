"""What programs see of the system when only namespaces stand around them."""

from __future__ import annotations

import ast
import ctypes
import itertools
import os
import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from ds_gym.sandbox import namespaces
from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import (
    LOGISTIC,
    children_of,
    descendants_of,
    is_running,
    make_job,
    wait_for,
    zygote_of,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces of Linux")


def seen(sandbox: ForkServerSandbox, expression: str) -> object:
    """The value of an expression in a worker."""
    body = f"import os, socket, ctypes\nraise ValueError(repr({expression}))"
    failure = sandbox.run(make_job(body)).failure
    assert failure is not None
    assert failure.message.startswith("ValueError: "), failure
    return ast.literal_eval(failure.message.removeprefix("ValueError: "))


@pytest.fixture(scope="module")
def inside() -> Iterator[ForkServerSandbox]:
    sandbox = ForkServerSandbox(1, without=["landlock", "seccomp"])
    if sandbox.report()["namespaces"] != "active":
        pytest.skip(f"namespaces are {sandbox.report()['namespaces']}")
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def outside() -> Iterator[ForkServerSandbox]:
    sandbox = ForkServerSandbox(1, without=["namespaces", "landlock", "seccomp"])
    yield sandbox
    sandbox.close()


def test_the_only_file_is_the_null_device(inside: ForkServerSandbox, outside: ForkServerSandbox) -> None:
    assert seen(inside, "[name for _, _, names in os.walk('/') for name in names]") == ["null"]
    assert seen(outside, "os.path.exists('/proc') or os.path.exists('/usr')") is True


def test_no_file_can_be_made(inside: ForkServerSandbox) -> None:
    for path in ("/file", "/dev/file", "/tmp/file"):
        failure = inside.run(make_job(f"open({path!r}, 'w')")).failure
        assert failure is not None
        assert (
            "Read-only file system" in failure.message
            or "No such file" in failure.message
            or (failure.kind == "denied")
        ), failure


def test_processes_are_those_of_the_zygote(inside: ForkServerSandbox, outside: ForkServerSandbox) -> None:
    assert seen(inside, "os.getppid()") == 1
    assert seen(outside, "os.getppid()") == zygote_of(outside)


def test_the_network_is_an_empty_one(inside: ForkServerSandbox, outside: ForkServerSandbox) -> None:
    interfaces = "sorted(name for _, name in socket.if_nameindex())"
    assert set(seen(inside, interfaces)) <= {"lo", "sit0", "tunl0", "ip6tnl0"}  # type: ignore[call-overload]
    assert seen(outside, interfaces) == sorted(name for _, name in socket.if_nameindex())


def test_shared_memory_is_its_own(inside: ForkServerSandbox, outside: ForkServerSandbox) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    key, create_for_all = 0x5D5D, 0o1666
    segment = libc.shmget(key, ctypes.c_size_t(4096), create_for_all)
    assert segment >= 0
    try:
        find = f"ctypes.CDLL(None).shmget({key}, 0, 0)"
        assert seen(inside, find) == -1
        assert seen(outside, find) == segment
    finally:
        libc.shmctl(segment, 0, None)


@pytest.mark.parametrize("victim", ["the process outside", "the zygote"])
def test_the_end_of_one_process_is_the_end_of_all(victim: str) -> None:
    sandbox = ForkServerSandbox(2)
    expected = sandbox.run(make_job(LOGISTIC, whole=True)).probabilities
    assert expected is not None
    assert sandbox._pool is not None
    assert sandbox._pool._process is not None
    outer = sandbox._pool._process.pid
    pids = {outer} | descendants_of(outer)
    os.kill(outer if victim == "the process outside" else zygote_of(sandbox), signal.SIGKILL)
    assert wait_for(lambda: not any(is_running(pid) for pid in pids))
    probabilities = sandbox.run(make_job(LOGISTIC, whole=True)).probabilities
    assert probabilities is not None
    assert probabilities.tobytes() == expected.tobytes()
    sandbox.close()


def test_what_waits_outside_holds_no_descriptor(own_sandbox: ForkServerSandbox) -> None:
    own_sandbox.report()
    assert own_sandbox._pool is not None
    assert own_sandbox._pool._process is not None
    outer = own_sandbox._pool._process.pid
    if outer == zygote_of(own_sandbox):
        pytest.skip(f"namespaces are {own_sandbox.report()['namespaces']}")
    assert os.listdir(f"/proc/{outer}/fd") == []
    assert children_of(outer) == {zygote_of(own_sandbox)}


def test_workers_of_different_zygotes_are_different_users() -> None:
    ranges = [namespaces.first_own_user(zygote) for zygote in (100, 101, 102)]
    assert ranges == sorted(set(ranges))
    assert min(b - a for a, b in itertools.pairwise(ranges)) >= namespaces.OWN_USERS
    assert all(0 < namespaces.first_own_user(zygote) < 2**32 - namespaces.OWN_USERS for zygote in (1, 16383, 4_194_304))
