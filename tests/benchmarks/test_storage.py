from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from benchmarks.errors import StorageError
from benchmarks.storage import (
    append_attempts,
    read_attempts,
    write_atomically,
    write_attempts,
)

ATTEMPTS = [{"env_step": i, "code": f"é{i}\udcff"} for i in range(1, 6)]


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_full_disk_leaves_the_old_file_and_no_debris(tmp_path: Path, monkeypatch, failing: str) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(StorageError, match=f"cannot write {path}: No space left on device"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot write"):
        write_atomically(tmp_path / "file" / "inside", b"new")


def test_appended_attempts_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "attempts.jsonl.gz"
    append_attempts(path, ATTEMPTS[:2])
    append_attempts(path, [])
    append_attempts(path, ATTEMPTS[2:])
    assert list(read_attempts(path)) == ATTEMPTS


def test_no_file_holds_no_attempts(tmp_path: Path) -> None:
    assert list(read_attempts(tmp_path / "none")) == []


def test_a_tail_cut_at_any_byte_loses_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "attempts.jsonl.gz"
    append_attempts(path, ATTEMPTS[:3])
    whole = path.stat().st_size
    append_attempts(path, ATTEMPTS[3:])
    data = path.read_bytes()
    for length in range(whole, len(data)):
        path.write_bytes(data[:length])
        attempts = list(read_attempts(path))
        assert attempts == ATTEMPTS[: len(attempts)]
        assert len(attempts) >= 3


def test_the_same_attempts_give_the_same_bytes(tmp_path: Path) -> None:
    write_attempts(tmp_path / "a", ATTEMPTS)
    write_attempts(tmp_path / "b", [dict(reversed(attempt.items())) for attempt in ATTEMPTS])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
