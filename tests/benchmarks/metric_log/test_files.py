from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.errors import StorageError
from benchmarks.metric_log.files import FileLog
from benchmarks.storage import RunFiles

CURVE = [{"env_steps": n, "kl": None if n == 8 else n / 10} for n in (4, 8, 12)]
THROUGHPUT = [{"env_steps": n, "seconds": n / 2} for n in (4, 8, 12)]
SAMPLE = {"env_step": 1, "attempt": 1, "reward": 0.5, "code": "pass", "error": None}


def read(files: RunFiles) -> list[dict]:
    return [json.loads(line) for line in files.metrics.read_text().splitlines()]


def test_an_iteration_can_be_read_as_soon_as_it_is_logged(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "run")
    log = FileLog(files)
    for i, (curve, throughput) in enumerate(zip(CURVE, THROUGHPUT, strict=True)):
        log.metrics(curve, throughput)
        assert read(files)[i] == {"env_steps": curve["env_steps"], "kl": curve["kl"], "seconds": throughput["seconds"]}
        assert len(read(files)) == i + 1
    log.close()


def test_the_files_begin_with_what_is_recorded_and_with_nothing_else(tmp_path: Path) -> None:
    whole = FileLog(RunFiles(tmp_path / "a"))
    for curve, throughput in zip(CURVE, THROUGHPUT, strict=True):
        whole.metrics(curve, throughput)
        whole.samples(curve["env_steps"], [SAMPLE])
    resumed = FileLog(RunFiles(tmp_path / "b"))
    resumed.metrics({"env_steps": 99}, {})
    resumed = FileLog(RunFiles(tmp_path / "b"), CURVE[:2], THROUGHPUT[:2], [[SAMPLE], [SAMPLE]])
    resumed.metrics(CURVE[2], THROUGHPUT[2])
    resumed.samples(12, [SAMPLE])
    resumed.flush()
    for name in ("metrics.jsonl", "samples.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(StorageError, match=r"metrics\.jsonl"):
        FileLog(RunFiles(tmp_path))
