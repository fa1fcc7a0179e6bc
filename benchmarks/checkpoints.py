"""The checkpoints of a run: the last few of them, so that one is whole whatever happens while another is written."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import ResultError, StorageError

if TYPE_CHECKING:
    from benchmarks.backend import Backend
    from benchmarks.storage import RunFiles

KEPT = 2
"""How many are kept unless told otherwise."""


class Checkpoints:
    """Writes and reads the checkpoints of one run, ``checkpoint-<env_steps>.pt``.

    A kill of the process loses nothing that was written, because the system still holds it. A crash of the machine may
    lose what was not synced; so the newest one that was is kept, too, until a newer one is.

    Args:
        files: of the run.
        backend: reads and writes a file.
        kept: this many of the newest are kept.
    """

    def __init__(self, files: RunFiles, backend: Backend, kept: int = KEPT) -> None:
        self._files = files
        self._backend = backend
        self._kept = kept
        self._synced: Path | None = None

    def save(self, env_steps: int, state: dict[str, Any], *, sync: bool) -> None:
        """Writes the state after so many attempts, then removes what is no longer needed.

        Args:
            env_steps: attempts made so far.
            state: plain values and the agent's state.
            sync: wait until the file is on the disk.

        Raises:
            StorageError: the file cannot be written; older ones stay.
        """
        path = self._files.checkpoint(env_steps)
        self._backend.save_checkpoint(path, state, sync=sync)
        if sync:
            self._synced = path
        if self._synced is None:
            return  # the older ones may be the only ones on the disk
        written = self._files.checkpoints()
        newest = written[written.index(path) :][: self._kept]  # those before it are damaged
        for other in written:
            if other not in (*newest, self._synced):
                _remove(other)

    def readable(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The whole ones, the newest first; a damaged one is passed over with a warning.

        Raises:
            ResultError: there are some, and the caller has taken none of them.
        """
        reason = None
        for path in self._files.checkpoints():
            try:
                state = self._backend.load_checkpoint(path)
            except ResultError as error:
                reason = reason or str(error)
                warnings.warn(f"{error}; it is passed over for the one before it", stacklevel=2)
                continue
            yield path, state
            reason = reason or f"{path} is ahead of {self._files.attempts.name}"
            warnings.warn(
                f"{path} holds attempts that {self._files.attempts} has lost; it is passed over for the one before it",
                stacklevel=2,
            )
        if reason is not None:
            raise ResultError(f"{reason}. No checkpoint of this run is whole: start it anew with --overwrite")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError.from_os_error(path, error) from error
