"""Where disk, descriptors, memory or processes run out: a score or a SandboxError, and never a reward of -1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ds_gym.sandbox.scripts import outcomes_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and folders of Linux")


def test_a_full_disk() -> None:
    script = """
    sandbox = ForkServerSandbox(2)
    print(attempt(sandbox))
    limit(resource.RLIMIT_FSIZE, 0)
    print(attempt(sandbox))
    sandbox.close()
    print(attempt(ForkServerSandbox(2)))
    """
    assert outcomes_of(script) == ["scored"] * 3


def test_a_folder_for_temporary_files_that_is_full_or_missing(tmp_path: Path) -> None:
    script = """
    print(attempt(ForkServerSandbox(2)))
    """
    assert outcomes_of(script, TMPDIR="/nonexistent", TMP="/nonexistent", TEMP="/nonexistent") == ["scored"]
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        return  # only root can fill a file system of its own
    try:
        (tmp_path / "everything").write_bytes(b"x" * 4096)
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "more").write_bytes(b"x")
        assert outcomes_of(script, TMPDIR=str(tmp_path)) == ["scored"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_no_descriptor_left_when_the_sandbox_starts() -> None:
    script = """
    sandbox = ForkServerSandbox(2)
    for n_free in range(0, 14, 2):
        limit(resource.RLIMIT_NOFILE, max(map(int, os.listdir("/proc/self/fd"))) + n_free)
        print(attempt(sandbox))
        limit(resource.RLIMIT_NOFILE, 512)
        sandbox.close()
    print("then", attempt(sandbox), len(os.listdir("/proc/self/fd")) < 30)
    """
    *outcomes, then, last, is_clean = outcomes_of(script)
    assert set(outcomes) <= {"scored", "SandboxError"}
    assert outcomes[0] == "SandboxError"
    assert (then, last, is_clean) == ("then", "scored", "True")


def test_no_descriptor_left_while_the_sandbox_runs() -> None:
    script = """
    sandbox = ForkServerSandbox(2)
    print(attempt(sandbox))
    files = []
    limit(resource.RLIMIT_NOFILE, 256)
    while True:
        try:
            files.append(open(os.devnull))
        except OSError:
            break
    for _ in range(5):  # more than there are idle workers
        print(attempt(sandbox))
    while files:
        files.pop().close()
    print(attempt(sandbox), attempt(sandbox))
    """
    first, *others, last_but_one, last = outcomes_of(script)
    assert (first, last_but_one, last) == ("scored",) * 3
    assert set(others) <= {"scored", "SandboxError"}


def test_too_little_memory_to_start() -> None:
    script = """
    def used():
        return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()

    sandbox = ForkServerSandbox(2)
    for mib in (50, 200, 400, 800, 1600):
        limit(resource.RLIMIT_AS, used() + (mib << 20))
        print(attempt(sandbox))
        limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        sandbox.close()
    print(attempt(sandbox))
    """
    *outcomes, last = outcomes_of(script)
    assert set(outcomes) <= {"scored", "SandboxError"}
    assert last == "scored"


def test_too_little_memory_for_the_predictions_of_a_program() -> None:
    script = """
    import numpy as np
    from ds_gym.sandbox import SplitJob
    x = np.full((400_000, 3), 1 / 3)
    body = "class M:\\n    def predict_proba(self, x): return x\\nreturn M()"
    job = make_job(body)
    job = SplitJob(job.source, x, np.zeros(len(x), int), x, 3, 0, 60, 1024)
    sandbox = ForkServerSandbox(2)
    print(attempt(sandbox, job))
    limit(resource.RLIMIT_AS, int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() + (1 << 20))
    print(attempt(sandbox, job))
    limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
    print(attempt(sandbox, job))
    """
    assert outcomes_of(script) == ["scored", "SandboxError", "scored"]


def test_too_many_processes() -> None:
    if os.geteuid() == 0:
        script = "os.setgid(54321); os.setuid(54321)\nlimit(resource.RLIMIT_NPROC, 6)\n"
    else:
        script = "limit(resource.RLIMIT_NPROC, 1)\n"
    script += "print(attempt(ForkServerSandbox(8)))\n"
    assert set(outcomes_of(script)) <= {"scored", "SandboxError"}
