"""What is measured and computed at the size of real models, as ``cost.json`` holds it: a versioned schema."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from benchmarks.learner_cost.shapes import ModelShape
from benchmarks.report_file import ReportFile
from benchmarks.results import Git

SCHEMA_VERSION = 1
RESULT_NAME = "cost.json"
Status = Literal["finished", "interrupted", "failed"]
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class Settings:
    """What is measured.

    Attributes:
        shape: name of the model's shape, of :data:`benchmarks.learner_cost.shapes.SHAPES`.
        device: "cuda" or "cpu".
        dtype: of the base.
        rank: of the adapters.
        agents: whose updates.
        critics: the learners' settings of this name.
        checkpointing: whether the learners keep only the inputs of layers.
        micro_batch_tokens: the learners' setting of this name.
        episodes, prompt_tokens, shared_tokens, action_tokens: of the batch, see
            :class:`benchmarks.learner_cost.paper.BatchShape`.
        repeats: updates (and generations) of which the median is taken.
        matrix_size: rows and columns of the matrices whose product is the measure of the device.
    """

    shape: str = "7b"
    device: str = "cuda"
    dtype: str = "bfloat16"
    rank: int = 16
    agents: tuple[Literal["etpo", "ppo"], ...] = ("etpo", "ppo")
    critics: tuple[Literal["heads", "adapter"], ...] = ("heads", "adapter")
    checkpointing: bool = False
    micro_batch_tokens: int | None = None
    episodes: int = 8
    prompt_tokens: int = 256
    shared_tokens: int = 192
    action_tokens: int = 128
    repeats: int = 3
    matrix_size: int = 8192


@dataclass(frozen=True, config=_STRICT)
class GenerationCost:
    """Generation of one batch by the policy.

    Attributes:
        n_tokens: action tokens.
        seconds: wall-clock time, the median.
        peak_gb: peak of the device's memory, in 10^9 bytes; of the CPU, the peak resident memory of the process.
    """

    n_tokens: int
    seconds: float
    peak_gb: float


@dataclass(frozen=True, config=_STRICT)
class UpdateCost:
    """An update with one gradient step on the generated batch.

    Attributes:
        n_tokens: action tokens of the batch.
        seconds: wall-clock time, the median.
        peak_gb: as in :class:`GenerationCost`.
        expected_gb: the same, computed on paper.
        flops: floating-point operations, computed on paper, see :func:`benchmarks.learner_cost.paper.update_flops`.
    """

    agent: Literal["etpo", "ppo"]
    critic: Literal["heads", "adapter"]
    n_tokens: int
    seconds: float
    peak_gb: float
    expected_gb: float
    flops: float


@dataclass(frozen=True, config=_STRICT)
class GpuCostReport:
    """Everything that one run measured, and where.

    Attributes:
        model: the shape that was measured.
        matrix_flops_per_second: measured rate of products of two square matrices in ``settings.dtype``.
        status: ``"finished"``; ``"interrupted"`` or ``"failed"`` where the last parts are missing.
        error: why the run failed, one line.
    """

    schema_version: int
    status: Status
    settings: Settings
    model: ModelShape
    device_name: str
    matrix_flops_per_second: float | None
    generation: GenerationCost | None
    updates: list[UpdateCost]
    versions: dict[str, str]
    hardware: dict[str, str | int | None]
    git: Git
    created_at: str
    seconds: float
    error: str | None = None

    def utilisation(self, update: UpdateCost) -> float | None:
        """Share of the device's matrix rate that an update reached; None where the rate was not measured."""
        if self.matrix_flops_per_second is None:
            return None
        return update.flops / update.seconds / self.matrix_flops_per_second


_FILE = ReportFile(GpuCostReport, SCHEMA_VERSION, "a report of a GPU's cost")
write_report = _FILE.write
read_report = _FILE.read
