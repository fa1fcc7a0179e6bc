from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agents.checkpoint import CheckpointError, load_checkpoint, save_checkpoint


def test_round_trip(tmp_path: Path) -> None:
    state = {"agent": "etpo", "weights": {"a": torch.arange(3.0)}, "snapshots": [{"attempt": 1, "failure": None}]}
    save_checkpoint(tmp_path / "c.pt", state)
    loaded = load_checkpoint(tmp_path / "c.pt")
    assert torch.equal(loaded["weights"]["a"], state["weights"]["a"])
    assert loaded["snapshots"] == state["snapshots"]
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def test_a_failed_save_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.pt", {"value": 1})
    with pytest.raises(Exception, match="pickle"):
        save_checkpoint(tmp_path / "c.pt", {"value": lambda: None})
    assert load_checkpoint(tmp_path / "c.pt") == {"value": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a file"])
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"c\.pt"):
        load_checkpoint(path)


def test_foreign_and_missing_files(tmp_path: Path) -> None:
    torch.save({"something": "else"}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="not a checkpoint of an agent"):
        load_checkpoint(tmp_path / "c.pt")
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "missing.pt")
