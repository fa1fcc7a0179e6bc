"""TensorBoard event files in the run's folder: ``tensorboard --logdir <out>`` shows all runs below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.errors import StorageError
from benchmarks.metric_log import LoggedRun, Point
from benchmarks.samples import samples_markdown
from benchmarks.storage import RunFiles

_FLUSH_SECONDS = 20


class TensorBoardLog:
    """Scalars under ``learning/`` and ``throughput/``, sample programs as text.

    A run that is resumed gets a further event file, which tells TensorBoard to drop what an earlier one holds of
    attempts that are made again.

    Raises:
        StorageError: the event file cannot be made.
    """

    def __init__(self, run: LoggedRun) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = RunFiles(run.folder).tensorboard
        try:
            self._writer = SummaryWriter(str(folder), purge_step=run.env_steps + 1, flush_secs=_FLUSH_SECONDS)
        except OSError as error:
            raise StorageError.from_os_error(folder, error) from error

    def metrics(self, curve: Point, throughput: Point) -> None:
        for group, point in (("learning", curve), ("throughput", throughput)):
            for name, value in point.items():
                if name != "env_steps" and value is not None:
                    self._writer.add_scalar(f"{group}/{name}", value, curve["env_steps"])

    def samples(self, env_steps: int, attempts: Sequence[Mapping[str, Any]]) -> None:
        self._writer.add_text("samples", samples_markdown(attempts), env_steps)

    def flush(self) -> None:
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
