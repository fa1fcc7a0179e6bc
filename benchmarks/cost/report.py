"""What is measured, as ``cost.json`` holds it: a versioned schema. Everything but the settings are medians."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from benchmarks.report_file import ReportFile
from benchmarks.results import Git

LOGISTIC_REGRESSION = "logistic regression"
RANDOM_FOREST = "random forest"
HISTOGRAM_BOOSTING = "hist. boosting"
SCHEMA_VERSION = 1
RESULT_NAME = "cost.json"
Status = Literal["finished", "interrupted", "failed"]
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class Settings:
    """How much is measured.

    Attributes:
        sandbox: name of the sandbox, as :func:`ds_gym.sandbox.make_sandbox` takes it.
        tables: (rows, features) of the synthetic tables; the first one is also that of rivals and throughput.
        compared: models for which other ways and throughput are measured too.
        n_splits: splits of an attempt.
        repeats: attempts of each kind, of which the median is taken.
        rival_repeats: the same for the slower ways.
        starts: fresh starts of the sandbox.
        pause_s: rest before each measurement, so that what one leaves to do does not fall on the next.
        throughput_rounds: processes for each number of cores, of which the median is taken.
        throughput_seconds: how long each of them measures.
        soak_attempts: attempts of the soak test; 0 for none.
    """

    sandbox: str = "fork-server"
    tables: tuple[tuple[int, int], ...] = ((500, 10), (2000, 15))
    compared: tuple[str, ...] = (LOGISTIC_REGRESSION, RANDOM_FOREST)
    n_splits: int = 5
    repeats: int = 15
    rival_repeats: int = 7
    starts: int = 7
    pause_s: float = 0.1
    throughput_rounds: int = 3
    throughput_seconds: float = 6.0
    soak_attempts: int = 10_000


@dataclass(frozen=True, config=_STRICT)
class AttemptCost:
    """An attempt on all splits, in milliseconds.

    Attributes:
        bare_ms: fit and predict in the measuring process, on one thread.
        sandboxed_ms: the same in the sandbox, split by split, after a rest.
        in_a_row_ms: the same directly after another attempt, while the pool still refills.
        step_ms: a whole ``env.step`` after a rest: the same, scoring, and the next observation.
    """

    model: str
    n_rows: int
    n_features: int
    n_splits: int
    bare_ms: float
    sandboxed_ms: float
    in_a_row_ms: float
    step_ms: float

    def overhead_ms(self, attempt_ms: float) -> float:
        """What a split costs more than bare."""
        return (attempt_ms - self.bare_ms) / self.n_splits


@dataclass(frozen=True, config=_STRICT)
class Way:
    """One way to run an attempt, all ways measured in turns.

    Attributes:
        attempt_ms: None where this machine lacks it.
        note: why, else empty.
    """

    name: str
    model: str
    attempt_ms: float | None
    note: str = ""


@dataclass(frozen=True, config=_STRICT)
class Throughput:
    """Attempts a second of ``callers`` threads on ``cores`` cores."""

    model: str
    cores: int
    callers: int
    attempts_per_second: float


@dataclass(frozen=True, config=_STRICT)
class StartUp:
    """Seconds from the making of a sandbox until its first report, and until the first result of a program."""

    ready_s: float
    first_result_s: float


@dataclass(frozen=True, config=_STRICT)
class PoolMemory:
    """Memory of the pool at rest, in MiB; None where the kernel does not tell.

    Attributes:
        processes: zygote, what wraps it, and idle workers.
        idle_workers: of these the idle workers.
        pool_pss_mib: all of them together; pages shared by k processes count 1/k in each.
        worker_pss_mib: an idle worker, the median.
        worker_uss_mib: what an idle worker shares with no one, the median.
    """

    processes: int
    idle_workers: int
    pool_pss_mib: float | None
    worker_pss_mib: float | None
    worker_uss_mib: float | None


@dataclass(frozen=True, config=_STRICT)
class SoakSample:
    """What is there after so many attempts, the pool at rest; None where the kernel does not tell."""

    n_attempts: int
    parent_rss_mib: float
    pool_pss_mib: float | None
    parent_descriptors: int
    zygote_descriptors: int | None
    processes: int
    parent_threads: int


SOAK_COUNTS = ("parent_descriptors", "zygote_descriptors", "processes", "parent_threads")
SOAK_MEMORIES = ("parent_rss_mib", "pool_pss_mib")


def growth(samples: list[SoakSample], field: str) -> float | None:
    """How much ``field`` grew from the mark of 20 % to the end; None where the kernel does not tell.

    Raises:
        ValueError: no sample within the first 20 % of the attempts.
    """
    last = samples[-1]
    early = [sample for sample in samples if sample.n_attempts * 5 <= last.n_attempts]
    if not early:
        raise ValueError("no sample within the first 20 % of the attempts")
    before, after = getattr(early[-1], field), getattr(last, field)
    return None if before is None or after is None else after - before


@dataclass(frozen=True, config=_STRICT)
class CostReport:
    """Everything that one run measured, and where.

    Attributes:
        status: ``"finished"``; ``"interrupted"`` or ``"failed"`` where the last parts are missing.
        layers: the sandbox's own report: layers of confinement and acts of the self-test.
        error: why the run failed, one line.
        load_before: processes that wanted to run, on average over the minute before.
    """

    schema_version: int
    status: Status
    settings: Settings
    layers: dict[str, str]
    start_up: StartUp | None
    memory: PoolMemory | None
    attempts: list[AttemptCost]
    ways: list[Way]
    throughput: list[Throughput]
    soak: list[SoakSample]
    versions: dict[str, str]
    hardware: dict[str, str | int | None]
    git: Git
    created_at: str
    load_before: float
    seconds: float
    error: str | None = None


_FILE = ReportFile(CostReport, SCHEMA_VERSION, "a report of the sandbox's cost")
write_report = _FILE.write
read_report = _FILE.read
