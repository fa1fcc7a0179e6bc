"""What a program may leave behind for the next one: nothing. Each way once worked against some set of layers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from ds_gym.sandbox import Sandbox
from tests.ds_gym.sandbox.helpers import make_job

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at the ways of Linux")

ACTS_ON_FILES = """
import os
from sklearn.naive_bayes import GaussianNB
path = {path!r}
acts = [
    *[lambda place=place: os.utime(place) for place in (path, os.devnull, 0, 1, 2)],
    *[lambda place=place: os.utime(place, ns=(7, 7)) for place in (path, os.devnull, 0, 1, 2)],
    lambda: os.chmod(path, 0o640),
    lambda: os.chown(path, os.getuid(), os.getgid()),
    lambda: os.setxattr(path, "user.memo", b"1"),
    lambda: os.truncate(path, 1),
]
for act in acts:
    try:
        act()
    except OSError:
        continue
return GaussianNB().fit(x_train, y_train)
"""


def test_times_modes_owners_and_attributes_of_files_store_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    if sandbox.report()["seccomp"] != "active":
        pytest.skip(f"Landlock does not stop these; seccomp is {sandbox.report()['seccomp']}")
    path = tmp_path / "memo"
    path.write_bytes(b"")
    for place in (*tmp_path.parents, tmp_path, path):
        if place.owner() == tmp_path.owner() and place.name.startswith(("pytest", "test", "memo")):
            place.chmod(0o777)

    def states() -> list[tuple[int, ...]]:
        found = [os.stat(place) for place in (path, os.devnull)]
        return [(one.st_mode, one.st_mtime_ns, one.st_uid, one.st_size) for one in found]

    before = states()
    assert sandbox.run(make_job(ACTS_ON_FILES.format(path=str(path)))).failure is None
    assert states() == before
    assert not os.listxattr(path)


def test_the_standard_streams_lead_nowhere(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    body = """
import os
from sklearn.naive_bayes import GaussianNB
n_bytes = sum(os.write(descriptor, b"x" * 10**6) for descriptor in (1, 2) for _ in range(20))
assert n_bytes == 40 * 10**6
assert os.read(0, 100) == os.read(1, 100) == os.read(2, 100) == b""
return GaussianNB().fit(x_train, y_train)
"""
    assert sandbox.run(make_job(body)).failure is None
    assert capfd.readouterr() == ("", "")


MEMO = """
import ctypes, os
from multiprocessing import shared_memory
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
seen = []

def shared(name):
    try:
        memo = shared_memory.SharedMemory(name, create=True, size=64)
    except FileExistsError:
        seen.append("POSIX shared memory")

def system_v():
    key = libc.shmget(0x5D5D, 64, 0o666)
    if key >= 0:
        seen.append("System V shared memory")
    libc.shmget(0x5D5D, 64, 0o1666)

def queue():
    if libc.msgget(0x5D5D, 0o666) >= 0:
        seen.append("message queue")
    libc.msgget(0x5D5D, 0o1666)

def semaphore():
    if libc.semget(0x5D5D, 1, 0o666) >= 0:
        seen.append("semaphore")
    libc.semget(0x5D5D, 1, 0o1666)

def keyring():
    if libc.syscall(249, b"user", b"dsgym", None, -4) > 0:  # request_key
        seen.append("keyring")
    libc.syscall(248, b"user", b"dsgym", b"1", 1, -4)  # add_key to the user's keyring

def name_of_the_parent():
    with open(f"/proc/{os.getppid()}/comm", "r+") as file:
        if file.read().strip() == "memo":
            seen.append("name of the parent")
        file.write("memo")

def priority_of_the_parent():
    if os.getpriority(os.PRIO_PROCESS, os.getppid()) == 7:
        seen.append("priority of the parent")
    os.setpriority(os.PRIO_PROCESS, os.getppid(), 7)

acts = [system_v, queue, semaphore, keyring, name_of_the_parent, priority_of_the_parent]
for act in (lambda: shared("dsgym_memo"), *acts):
    try:
        act()
    except OSError:
        pass
p = 1.0 if seen else 0.5
class Model:
    def predict_proba(self, x):
        return np.tile([p, 1 - p, 0], (len(x), 1))
return Model()
"""


def test_memory_that_outlives_a_process_stores_nothing(sandbox: Sandbox) -> None:
    if sandbox.report()["seccomp"] != "active":
        pytest.skip(f"some of this is stopped by seccomp alone, which is {sandbox.report()['seccomp']}")
    for _ in range(3):
        probabilities = sandbox.run(make_job(MEMO)).probabilities
        assert probabilities is not None
        np.testing.assert_array_equal(probabilities[:, 0], 0.5)
    for table in ("shm", "msg", "sem"):
        assert "23901" not in Path(f"/proc/sysvipc/{table}").read_text().split()  # 0x5D5D
