"""Trackio: a local project, or a hosted one where its own environment variables name one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.metric_log import PROJECT, LoggedRun, Point
from benchmarks.samples import samples_markdown


class TrackioLog:
    """One run of the project; a resumed run goes on in it.

    Trackio keeps a step twice if it gets it twice. So it gets what will not be made again: figures wait here until the
    state of the run is saved.
    """

    def __init__(self, run: LoggedRun) -> None:
        import trackio

        self._trackio = trackio
        self._waiting: list[tuple[int, dict[str, Any]]] = []
        self._run = trackio.init(
            project=PROJECT,
            name=f"{run.spec.name} {run.identity[:8]}",
            group=run.spec.label,
            resume="allow",
            config=run.description,
            embed=False,
        )

    def metrics(self, curve: Point, throughput: Point) -> None:
        values = {name: value for name, value in {**curve, **throughput}.items() if value is not None}
        self._waiting.append((int(curve["env_steps"]), values))

    def samples(self, env_steps: int, attempts: Sequence[Mapping[str, Any]]) -> None:
        self._waiting.append((env_steps, {"samples": self._trackio.Markdown(samples_markdown(attempts))}))

    def flush(self) -> None:
        for step, values in self._waiting:
            self._run.log(values, step=step)
        self._waiting.clear()

    def close(self) -> None:
        self._run.finish()
