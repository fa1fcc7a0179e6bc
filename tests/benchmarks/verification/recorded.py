"""Small real runs, and ways to tamper with their files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.backend import DataSciBackend
from benchmarks.execution import execute_run
from benchmarks.models import ModelRequest
from benchmarks.plan import Request, make_plan
from benchmarks.storage import RunFiles, read_attempts, write_attempts
from benchmarks.suites import load_suite

BACKEND = DataSciBackend()


def make_run(out: Path, agent: str, tasks: str, protocol: str = "holdout", settings: tuple[str, ...] = ()) -> RunFiles:
    """A finished run of 16 attempts."""
    request = Request(
        agents=(agent,),
        model=ModelRequest("tinycoder", {}, "cpu", None),
        tasks=(tasks,),
        seeds=(0,),
        env_steps=16,
        num_envs=4,
        protocol=protocol,
        evaluation_attempts=4,
        settings=settings,
    )
    (spec,) = make_plan(request, load_suite("default"), BACKEND, references=False)
    files = RunFiles(spec.folder(out))
    assert execute_run(spec, files, BACKEND).status == "finished"
    return files


class Recorded:
    """A copy of a run whose files are changed as somebody might who wants other results."""

    def __init__(self, files: RunFiles) -> None:
        self.files = files

    @property
    def result(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.files.result.read_text())
        return fields

    @property
    def attempts(self) -> list[dict[str, Any]]:
        return list(read_attempts(self.files.attempts))

    def first(self, status: str) -> int:
        """Index of the first attempt with this status."""
        return next(index for index, attempt in enumerate(self.attempts) if attempt["status"] == status)

    def change_result(self, change: Callable[[dict[str, Any]], object]) -> None:
        fields = self.result
        change(fields)
        self.files.result.write_text(json.dumps(fields))

    def change_attempts(self, change: Callable[[list[dict[str, Any]]], object]) -> None:
        attempts = self.attempts
        change(attempts)
        write_attempts(self.files.attempts, attempts)

    def change_attempt(self, index: int, **fields: Any) -> None:
        self.change_attempts(lambda attempts: attempts[index].update(fields))
