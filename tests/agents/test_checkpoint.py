from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agents import checkpoint
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
def test_files_of_another_kind_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"c\.pt") as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_or_changed_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"weights": torch.randn(500)})
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"c\.pt"):
            load_checkpoint(path)


def test_weights_that_were_changed_on_the_disk_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    weights = torch.randn(500)
    save_checkpoint(path, {"weights": weights})
    content = bytearray(path.read_bytes())
    content[content.index(weights.numpy().tobytes()) + 700] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"c\.pt is damaged"):
        load_checkpoint(path)


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"format": checkpoint.FORMAT, "state": {}}, tmp_path / "old.pt")
    monkeypatch.setattr(checkpoint, "VERSION", 99)
    save_checkpoint(tmp_path / "new.pt", {})
    monkeypatch.undo()
    for name, version in (("old", 1), ("new", 99)):
        with pytest.raises(CheckpointError, match=rf"{name}\.pt is a checkpoint of version {version}"):
            load_checkpoint(tmp_path / f"{name}.pt")


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "touched",))

    torch.save({"format": checkpoint.FORMAT, "version": checkpoint.VERSION, "state": Trap()}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match=r"c\.pt"):
        load_checkpoint(tmp_path / "c.pt")
    assert not (tmp_path / "touched").exists()


def test_foreign_and_missing_files(tmp_path: Path) -> None:
    torch.save({"something": "else"}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="not a checkpoint of an agent"):
        load_checkpoint(tmp_path / "c.pt")
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "missing.pt")
