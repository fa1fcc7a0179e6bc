"""Weights & Biases; its account and address come from its own environment variables and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.metric_log import PROJECT, LoggedRun, Point
from benchmarks.samples import samples_markdown


class WandbLog:
    """One run of the project; a resumed run goes on in it.

    Iterations that are made again after a kill have steps that the service knows already, and are dropped there.
    """

    def __init__(self, run: LoggedRun) -> None:
        import wandb

        self._wandb = wandb
        self._run = wandb.init(
            project=PROJECT,
            name=run.spec.name,
            group=run.spec.label,
            id=run.identity,
            resume="allow",
            config=run.description,
            dir=str(run.folder),
        )

    def metrics(self, curve: Point, throughput: Point) -> None:
        values = {name: value for name, value in {**curve, **throughput}.items() if value is not None}
        self._run.log(values, step=curve["env_steps"])

    def samples(self, env_steps: int, attempts: Sequence[Mapping[str, Any]]) -> None:
        columns = ["env_step", "reward", "program"]
        rows = [[attempt["env_step"], attempt["reward"], samples_markdown([attempt])] for attempt in attempts]
        self._run.log({"samples": self._wandb.Table(columns=columns, data=rows)}, step=env_steps)

    def flush(self) -> None:
        """Its own process sends what it was given, also after a kill of this one."""

    def close(self) -> None:
        self._run.finish()
