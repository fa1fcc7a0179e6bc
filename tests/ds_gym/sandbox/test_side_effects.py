"""The watch must see what it watches for. Only one can be open on a machine; the next one waits for it."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ds_gym.sandbox.side_effects import ABSTRACT_SOCKET, CANARY, PORT, SHARED_MEMORY_KEY, Watch

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs /proc, System V calls or Linux names"
)


def findings_after(act: Callable[[], object]) -> list[str]:
    with Watch() as watch:
        act()
        return watch.findings()


def test_nothing_is_found_where_nothing_happens() -> None:
    assert findings_after(lambda: None) == []


def test_a_file_is_found_and_removed() -> None:
    path = Path("/tmp/dsgym_pwned_by_a_test")
    assert findings_after(path.touch) == [f"the file {path}"]
    assert not path.exists()


def test_what_an_earlier_run_has_left_is_not_blamed_on_this_one() -> None:
    path = Path("/tmp/dsgym_memo_of_a_test")
    path.touch()
    assert findings_after(lambda: None) == []
    assert not path.exists()


def test_a_file_in_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "old").touch()
    assert findings_after((tmp_path / "new").touch) == ["the file new in the home folder"]


@pytest.mark.parametrize("act", [CANARY.unlink, lambda: CANARY.write_text("changed")])
def test_a_changed_canary_is_found(act: Callable[[], object]) -> None:
    assert findings_after(act) == [f"{CANARY} was changed"]


def test_a_connection_is_found() -> None:
    def connect() -> None:
        with socket.create_connection(("127.0.0.1", PORT), 10) as sock:
            assert sock.recv(1) == b""  # closed by the listener, which has seen it

    assert findings_after(connect) == ["a TCP connection"]


def test_a_datagram_is_found() -> None:
    with Watch() as watch, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", PORT))
        while not (found := watch.findings()):
            pass
        assert found == ["a UDP datagram"]


@linux_only
def test_a_connection_to_the_abstract_socket_is_found() -> None:
    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(ABSTRACT_SOCKET)
            assert sock.recv(1) == b""

    assert findings_after(connect) == ["a connection to an abstract socket"]


@linux_only
def test_shared_memory_is_found() -> None:
    libc = ctypes.CDLL(None)
    made = -1

    def make() -> None:
        nonlocal made
        made = libc.shmget(SHARED_MEMORY_KEY, 4096, 0o1600)
        assert made >= 0

    try:
        assert findings_after(make) == ["System V shared memory with the key 0x5d5c"]
    finally:
        libc.shmctl(made, 0, None)


@linux_only
def test_a_process_left_behind_is_found_even_if_its_parent_is_gone() -> None:
    script = "import os, time\nif os.fork() == 0:\n    time.sleep(300)\nos._exit(0)"
    environment = {"HOME": "/nonexistent", "PYTHONHASHSEED": "0"}  # as programs in a sandbox have it
    with Watch() as watch:
        subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)
        found = watch.findings()
    assert len(found) == 1
    assert found[0].startswith("the process ")
    os.kill(int(found[0].split()[2]), 9)


@linux_only
def test_a_child_that_ends_soon_is_waited_for_and_others_are_found() -> None:
    children: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        for seconds in ("0.3", "300"):
            children.append(subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"]))

    try:
        found = findings_after(start)
        assert [line.split()[2] for line in found] == [str(children[1].pid)]
    finally:
        for child in children:
            child.kill()
            child.wait()


def test_a_second_watch_waits_for_the_first() -> None:
    with Watch():
        script = "from ds_gym.sandbox.side_effects import Watch\nwith Watch() as watch: print(watch.findings())"
        second = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(3)
    assert second.communicate(timeout=120)[0] == "[]\n"
