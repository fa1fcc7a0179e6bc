"""Checkpoints on disk: written atomically, versioned, read without running code from the file."""

from __future__ import annotations

import os
import pickle
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

FORMAT = "ds-gym agent checkpoint"
VERSION = 2
"""Of the files' layout. Files of another version are refused; version 1 had no version in it."""


class CheckpointError(ValueError):
    """A file is not a checkpoint that this program can read. The message is one line that names the file."""


def save_checkpoint(path: str | os.PathLike[str], state: Mapping[str, Any], *, sync: bool = True) -> None:
    """Write an agent's ``state_dict()``, or plain containers of numbers, strings and tensors.

    A crash of the process at any moment leaves the old file or the new one, not half of it.

    Args:
        path: the file.
        state: what :func:`load_checkpoint` will return.
        sync: also wait until the file is on the disk, so that it outlives a crash of the whole machine.

    Raises:
        OSError, RuntimeError: the file cannot be written; an older one stays as it was.
    """
    path = Path(path)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            torch.save({"format": FORMAT, "version": VERSION, "state": dict(state)}, file)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what :func:`save_checkpoint` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: the file is damaged, something else, or of another version.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load takes damaged tensors as they are
            damaged = archive.testzip()
        if damaged is not None:
            raise CheckpointError(f"{path} is damaged: the checksum of its part {damaged!r} is wrong")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, CheckpointError):
        raise
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} is not a readable checkpoint: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of an agent")
    version = content.get("version", 1)
    if version != VERSION:
        raise CheckpointError(f"{path} is a checkpoint of version {version!r}, and this program reads {VERSION} alone")
    state: dict[str, Any] = content["state"]
    return state
