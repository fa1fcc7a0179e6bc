"""What the layers refuse, tried by programs that hope for the labels of the rows that they are scored on."""

from __future__ import annotations

import socket
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ds_gym.sandbox import Sandbox, SplitJob
from ds_gym.sandbox.self_test import ACTS
from tests.ds_gym.sandbox.helpers import make_job, make_program

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="layers of Linux")

FORBIDDEN = {
    "read a file": ("landlock", "open('/etc/passwd').read()"),
    "write a file": ("landlock", "open('/tmp/ds-gym-test', 'w').write('x')"),
    "list a directory": ("landlock", "import os; os.listdir('/')"),
    "read a bundled table": ("landlock", "from sklearn.datasets import load_wine; load_wine()"),
    "read its own memory": ("landlock", "open('/proc/self/mem', 'rb')"),
    "fork": ("seccomp", "import os\nif os.fork() == 0: os._exit(0)"),
    "run a command": ("seccomp", "import subprocess; subprocess.run(['/bin/true'])"),
    "open a network socket": ("seccomp", "import socket; socket.socket()"),
    "open a local socket": ("seccomp", "import socket; socket.socketpair()"),
    "signal its parent": ("own user", "import os; os.kill(os.getppid(), 0)"),
    "signal everybody": ("own user", "import os; os.kill(-1, 0)"),
    "raise its limits": (
        "resource limits",
        "import resource\n"
        "try: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n"
        "except ValueError: raise PermissionError",
    ),
    "become root": ("no capabilities", "import os; os.setuid(0)"),
    "leave its session": ("seccomp", "import os; os.setsid()"),
    "limit its parent": ("seccomp", "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU)"),
    "delete a file": ("landlock", "import os; os.unlink('/etc/hostname.no')"),
    "change a mode": ("seccomp", "import os; os.chmod('/dev/null', 0o666)"),
    "make a memory file": ("seccomp", "import os; os.memfd_create('x')"),
}


@linux_only
@pytest.mark.parametrize("act", FORBIDDEN)
def test_forbidden_acts_are_denied(sandbox: Sandbox, act: str) -> None:
    layer, body = FORBIDDEN[act]
    if sandbox.report()[layer] != "active" and sandbox.report().get("seccomp") != "active":
        pytest.skip(f"{layer} is {sandbox.report()[layer]}")
    failure = sandbox.run(make_job(body)).failure
    assert failure is not None
    assert failure.kind == "denied"
    assert "may not open files" in failure.message


@linux_only
def test_the_report_names_every_layer(sandbox: Sandbox) -> None:
    report = sandbox.report()
    assert {"namespaces", "landlock", "seccomp", "no_new_privs", "resource limits", "own user"} <= set(report)
    states = {name: state for name, state in report.items() if name not in ACTS}
    assert all(state == "active" or state.startswith("missing: ") for state in states.values())
    assert report["process isolation"] == "active"


def test_the_environment_of_programs_is_scrubbed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    body = "import os\nassert not {'SECRET_TOKEN', 'PATH', 'USER', 'PWD'} & set(os.environ), sorted(os.environ)"
    failure = sandbox.run(make_job(body)).failure
    assert failure is not None
    assert failure.kind == "invalid_predictions"  # it came to its end, which returns nothing


def test_the_package_with_tasks_and_labels_is_out_of_reach(sandbox: Sandbox) -> None:
    for module in ("ds_gym", "ds_gym.tasks", "ds_gym.sandbox.wire"):
        failure = sandbox.run(make_job(f"import {module}")).failure
        assert failure is not None
        assert failure.message.startswith("ModuleNotFoundError")


HELD_LABELS: dict[str, object] = {}
"""Where this process keeps the labels in the test below: reachable for everything that runs in it."""

SEARCH = """
import gc, os, re, sys
import numpy as np
from sklearn.naive_bayes import GaussianNB

honest = GaussianNB().fit(x_train, y_train)
SIZE, MARK = 64, np.array([1, 0, 1, 1, 0, 0, 1, 0] * 8)  # the labels, known here only to recognise them

def candidates():
    frame = sys._getframe()
    while frame is not None:
        yield from frame.f_locals.values()
        yield from frame.f_globals.values()
        frame = frame.f_back
    for container in gc.get_objects():
        try:
            if isinstance(container, (dict, list, tuple)):
                yield from container.values() if isinstance(container, dict) else container
        except Exception:
            pass
    for module in list(sys.modules.values()):
        yield from list(getattr(module, "__dict__", {}).values())
    for fd in range(64):
        try:
            yield np.frombuffer(os.pread(fd, SIZE * 8, 0), dtype=np.int64)
        except Exception:
            pass
    pids = ["self", os.getppid(), 1]
    try:
        pids += [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        pass
    for pid in pids:
        for name in ("environ", "cmdline", "maps"):
            try:
                yield np.frombuffer(open(f"/proc/{pid}/{name}", "rb").read()[:SIZE * 8], dtype=np.int64)
            except Exception:
                pass
        try:
            for low, high in re.findall("([0-9a-f]+)-([0-9a-f]+) rw", open(f"/proc/{pid}/maps").read()):
                with open(f"/proc/{pid}/mem", "rb", 0) as memory:
                    memory.seek(int(low, 16))
                    found = memory.read(int(high, 16) - int(low, 16)).find(MARK.tobytes())
                if found >= 0:
                    yield MARK.copy()
        except Exception:
            pass

class Model:
    def predict_proba(self, x):
        for found in candidates():
            if isinstance(found, np.ndarray) and found.shape == (len(x),) and found.dtype == np.int64:
                if found is not MARK and np.array_equal(found, MARK):
                    return np.eye(2)[found]
        return honest.predict_proba(x)

return Model()
"""


def search_job() -> tuple[SplitJob, np.ndarray]:
    """A table whose labels no model can guess, and the labels of its evaluation rows."""
    generator = np.random.default_rng(3)
    y_eval = np.array([1, 0, 1, 1, 0, 0, 1, 0] * 8)
    x_train, x_eval = generator.normal(size=(80, 4)), generator.normal(size=(len(y_eval), 4))
    y_train = generator.integers(0, 2, 80)
    return SplitJob(make_program(SEARCH), x_train, y_train, x_eval, 2, 0, 60, 1024), y_eval


def test_a_program_that_searches_everything_for_labels_earns_what_an_honest_one_earns(
    sandbox: Sandbox, in_process: Sandbox
) -> None:
    job, y_eval = search_job()
    HELD_LABELS["y_eval"] = y_eval
    try:
        honest = textwrap.dedent(
            """
            from sklearn.naive_bayes import GaussianNB
            return GaussianNB().fit(x_train, y_train)
            """
        )
        honest_job = SplitJob(make_program(honest), job.x_train, job.y_train, job.x_eval, 2, 0, 60, 1024)
        scores = {}
        for name, box, one_job in (
            ("searching", sandbox, job),
            ("honest", sandbox, honest_job),
            ("unprotected", in_process, job),
        ):
            probabilities = box.run(one_job).probabilities
            assert probabilities is not None
            scores[name] = roc_auc_score(y_eval, probabilities[:, 1])
        assert scores["unprotected"] == 1.0  # the search is a good one
        assert scores["searching"] == scores["honest"] < 0.75
    finally:
        HELD_LABELS.clear()


@linux_only
def test_the_memory_of_other_processes_is_out_of_reach(sandbox: Sandbox) -> None:
    body = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
refused = []
for pid in (os.getppid(), 1):
    refused.append(libc.ptrace(16, pid, 0, 0) != 0)
    buffer = ctypes.create_string_buffer(8)
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    local, remote = Vector(ctypes.addressof(buffer), 8), Vector(id(None), 8)
    refused.append(libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) < 0)
    refused.append(libc.syscall(434, pid, 0) < 0)
assert all(refused), refused
raise KeyError("all refused")
"""
    failure = sandbox.run(make_job(body)).failure
    assert failure is not None
    assert failure.message == "KeyError: 'all refused'"


FORGERIES = {
    "predictions of its own before it is asked": """
import gc, socket, struct
for s in [o for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0]:
    try: s.sendall(struct.pack("<4sBBHiQQ", b"DSG1", 3, 0, 0, 0, 60, 3) + bytes(60 * 3 * 8))
    except OSError: pass
import os; os._exit(0)
""",
    "a size beyond all bounds": """
import gc, socket, struct
for s in [o for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0]:
    try: s.sendall(b"".join(struct.pack("<4sBBHiQQ", b"DSG1", tag, 0, 0, 0, n, n) for tag, n in ((2, 0), (3, 2**63))))
    except OSError: pass
import os; os._exit(0)
""",
    "noise on every descriptor": """
import os
for fd in range(64):
    try: os.write(fd, b"reward: 1.0 " * 1000)
    except OSError: pass
os._exit(0)
""",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_answers_earn_nothing(sandbox: Sandbox, name: str) -> None:
    failure = sandbox.run(make_job(FORGERIES[name])).failure
    assert failure is not None
    assert failure.kind in {"forbidden", "killed"}


def test_no_connection_is_made_and_no_file_appears(sandbox: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        body = f"""
import os, socket
for act in (
    lambda: socket.create_connection(("127.0.0.1", {port}), 1),
    lambda: open({str(tmp_path / "file")!r}, "w"),
    lambda: os.mkdir({str(tmp_path / "directory")!r}),
    lambda: os.symlink("/etc", {str(tmp_path / "link")!r}),
):
    try: act()
    except OSError: pass
"""
        sandbox.run(make_job(body))
        with pytest.raises(TimeoutError):
            server.accept()
    assert list(tmp_path.iterdir()) == []


@linux_only
def test_threads_are_limited(sandbox: Sandbox) -> None:
    report = sandbox.report()
    if "active" not in (report["own user"], report["namespaces"]):
        pytest.skip("no count of threads is a worker's own here")
    body = """
    import threading
    threading.stack_size(32 * 1024)
    over = threading.Event()
    n_threads = 0
    try:
        while n_threads < 5000:
            threading.Thread(target=over.wait, daemon=True).start()
            n_threads += 1
    except RuntimeError:
        pass
    raise ValueError(n_threads)
    """
    failure = sandbox.run(make_job(textwrap.dedent(body), memory_mb=2048)).failure
    assert failure is not None
    n_threads = int(failure.message.removeprefix("ValueError: "))
    assert 8 <= n_threads <= 1024


@linux_only
@pytest.mark.parametrize("limit", ["RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_STACK"])
def test_a_program_cannot_lower_limits_to_be_killed_by_them(sandbox: Sandbox, limit: str) -> None:
    if sandbox.report()["seccomp"] != "active":
        pytest.skip(f"seccomp is {sandbox.report()['seccomp']}")
    body = f"import resource\nresource.setrlimit(resource.{limit}, (0, 0))\nwhile True: pass"
    failure = sandbox.run(make_job(body, timeout_s=10)).failure
    assert failure is not None
    assert failure.message == "ValueError: not allowed to raise maximum limit"  # Python's words for every refusal
