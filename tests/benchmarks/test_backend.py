"""The benchmark with the real agents and environments."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.backend import DataSciBackend
from benchmarks.errors import ResultError, StorageError

BACKEND = DataSciBackend()


def test_a_checkpoint_comes_back_equal(tmp_path: Path) -> None:
    state = {"weights": torch.arange(4.0), "record": {"rewards": [0.5, -1.0], "best": None}}
    BACKEND.save_checkpoint(tmp_path / "checkpoint.pt", state)
    loaded = BACKEND.load_checkpoint(tmp_path / "checkpoint.pt")
    assert torch.equal(loaded["weights"], state["weights"])
    assert loaded["record"] == state["record"]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    BACKEND.save_checkpoint(path, {"weights": torch.arange(4.0)})
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ResultError, match=r"checkpoint\.pt"):
        BACKEND.load_checkpoint(path)


def test_a_checkpoint_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        BACKEND.save_checkpoint(tmp_path / "missing" / "checkpoint.pt", {})
