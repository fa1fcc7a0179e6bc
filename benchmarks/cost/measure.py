"""The measuring run. Whatever is compared is measured in turns, so that other load on the machine hits all alike."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Protocol

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks import provenance
from benchmarks.cost import soak, throughput
from benchmarks.cost.fresh import run_fresh
from benchmarks.cost.processes import Tree, pss_mib, settled_tree, uss_mib
from benchmarks.cost.report import (
    LOGISTIC_REGRESSION,
    SCHEMA_VERSION,
    AttemptCost,
    CostReport,
    PoolMemory,
    Settings,
    SoakSample,
    StartUp,
    Status,
    Throughput,
    Way,
)
from benchmarks.cost.rivals import RIVALS, NotUsable
from benchmarks.cost.workload import (
    MODELS,
    AttemptRunner,
    make_splits,
    make_task,
    run_bare,
    run_sandboxed,
)
from benchmarks.errors import MeasurementFailed
from ds_gym.failures import SandboxError
from ds_gym.sandbox import Sandbox, make_sandbox

_BARE, _SANDBOX = "bare", "sandbox"


class Listener(Protocol):
    """Is told how far the run is."""

    def begin(self, part: str, n_steps: int) -> None:
        """A part of the run begins."""
        ...

    def advance(self) -> None:
        """One of its steps is done."""
        ...


@dataclass
class _Parts:
    """What has been measured so far."""

    layers: dict[str, str] = field(default_factory=dict)
    start_up: StartUp | None = None
    memory: PoolMemory | None = None
    attempts: list[AttemptCost] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    throughput: list[Throughput] = field(default_factory=list)
    soak: list[SoakSample] = field(default_factory=list)


def measure_cost(settings: Settings, listener: Listener) -> CostReport:
    """Measure everything. Ctrl-C, or a part that fails, ends it with the parts that were finished before."""
    started = time.monotonic()
    load_before = os.getloadavg()[0]
    parts = _Parts()
    status: Status = "finished"
    error = None
    try:
        with threadpool_limits(limits=1):  # bare fits run on one thread, as sandboxed ones do
            _measure_parts(settings, listener, parts)
    except KeyboardInterrupt:
        status = "interrupted"
    except (MeasurementFailed, SandboxError, TimeoutError) as failure:
        status, error = "failed", " ".join(str(failure).split())
    origin = provenance.collect()
    return CostReport(
        schema_version=SCHEMA_VERSION,
        status=status,
        settings=settings,
        layers=parts.layers,
        start_up=parts.start_up,
        memory=parts.memory,
        attempts=parts.attempts,
        ways=parts.ways,
        throughput=parts.throughput,
        soak=parts.soak,
        versions=origin.versions,
        hardware=origin.hardware,
        git=origin.git,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        load_before=load_before,
        seconds=time.monotonic() - started,
        error=error,
    )


def _measure_parts(settings: Settings, listener: Listener, parts: _Parts) -> None:
    parts.start_up = _measure_start_up(settings, listener)
    with _open_sandbox(settings.sandbox) as sandbox:
        parts.layers = sandbox.report()
        listener.begin("memory of the pool", 1)
        parts.memory = memory_of(settled_tree())
        listener.advance()
        parts.attempts = _measure_attempts(settings, sandbox, listener)
        parts.ways = _measure_ways(settings, sandbox, listener)
    parts.throughput = _measure_throughput(settings, listener)
    parts.soak = _soak(settings, listener)


@contextmanager
def _open_sandbox(name: str) -> Iterator[Sandbox]:
    sandbox = make_sandbox(name)
    try:
        yield sandbox
    finally:
        sandbox.close()


def _measure_start_up(settings: Settings, listener: Listener) -> StartUp:
    listener.begin("start-up", settings.starts)
    splits = make_splits(make_task(*settings.tables[0]), 1)
    ready, first_result = [], []
    for _ in range(settings.starts):
        time.sleep(settings.pause_s)
        start = time.perf_counter()
        with _open_sandbox(settings.sandbox) as sandbox:
            sandbox.report()
            ready.append(time.perf_counter() - start)
            run_sandboxed(sandbox, LOGISTIC_REGRESSION, splits)
            first_result.append(time.perf_counter() - start)
        listener.advance()
    return StartUp(median(ready), median(first_result))


def memory_of(tree: Tree) -> PoolMemory:
    """Memory of the processes of a pool."""
    pss = [pss_mib((worker,)) for worker in tree.leaves]
    uss = [uss_mib((worker,)) for worker in tree.leaves]
    return PoolMemory(
        processes=len(tree.all),
        idle_workers=len(tree.leaves),
        pool_pss_mib=pss_mib(tree.all),
        worker_pss_mib=_median_if_known(pss),
        worker_uss_mib=_median_if_known(uss),
    )


def _median_if_known(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known and len(known) == len(values) else None


def _milliseconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def _measure_attempts(settings: Settings, sandbox: Sandbox, listener: Listener) -> list[AttemptCost]:
    cells = [(model, size) for model in MODELS for size in settings.tables]
    listener.begin("attempts, bare and sandboxed", (settings.repeats + 1) * len(cells))
    tasks = {size: make_task(*size) for size in settings.tables}
    splits = {size: make_splits(task, settings.n_splits) for size, task in tasks.items()}
    runners = {size: AttemptRunner(task, sandbox, settings.n_splits) for size, task in tasks.items()}
    times: dict[tuple[str, tuple[int, int]], list[tuple[float, float, float, float]]] = defaultdict(list)

    def measure_once(model: str, size: tuple[int, int]) -> tuple[float, float, float, float]:
        time.sleep(settings.pause_s)
        bare = _milliseconds(lambda: run_bare(model, splits[size]))
        time.sleep(settings.pause_s)
        sandboxed = _milliseconds(lambda: run_sandboxed(sandbox, model, splits[size]))
        in_a_row = _milliseconds(lambda: run_sandboxed(sandbox, model, splits[size]))
        runners[size].reset()
        time.sleep(settings.pause_s)
        step = _milliseconds(lambda: runners[size].step(model))
        return bare, sandboxed, in_a_row, step

    for number in range(settings.repeats + 1):
        for model, size in cells:
            measured = measure_once(model, size)
            if number > 0:  # the first round only warms up
                times[model, size].append(measured)
            listener.advance()
    for runner in runners.values():
        runner.close()
    return [
        AttemptCost(model, *size, settings.n_splits, *map(median, zip(*times[model, size], strict=True)))
        for model, size in cells
    ]


def _measure_ways(settings: Settings, sandbox: Sandbox, listener: Listener) -> list[Way]:
    listener.begin("other ways", settings.rival_repeats * len(settings.compared))
    splits = make_splits(make_task(*settings.tables[0]), settings.n_splits)
    ways = {_BARE: run_bare, _SANDBOX: lambda model, splits: run_sandboxed(sandbox, model, splits), **RIVALS}
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    notes: dict[str, str] = {}
    for _ in range(settings.rival_repeats):
        for model in settings.compared:
            for name, way in ways.items():
                if name in notes:
                    continue
                time.sleep(settings.pause_s)
                try:
                    times[name, model].append(_milliseconds(lambda way=way, model=model: way(model, splits)))  # type: ignore[misc]
                except NotUsable as why:
                    notes[name] = str(why)
            listener.advance()
    return [
        Way(name, model, None, notes[name]) if name in notes else Way(name, model, median(times[name, model]))
        for model in settings.compared
        for name in ways
    ]


def core_counts(n_cores: int) -> list[int]:
    """1, 2, 4, ... and ``n_cores`` itself."""
    powers = [2**k for k in range(n_cores.bit_length()) if 2**k < n_cores]
    return [*powers, n_cores]


def _measure_throughput(settings: Settings, listener: Listener) -> list[Throughput]:
    available = tuple(sorted(os.sched_getaffinity(0)))
    counts = core_counts(len(available))
    listener.begin("throughput", settings.throughput_rounds * len(counts) * len(settings.compared))
    rates: dict[tuple[str, int], list[float]] = defaultdict(list)
    for _ in range(settings.throughput_rounds):
        for model in settings.compared:
            for n_cores in counts:
                request = throughput.Request(
                    cores=available[:n_cores],
                    model=model,
                    n_rows=settings.tables[0][0],
                    n_features=settings.tables[0][1],
                    n_splits=settings.n_splits,
                    callers=n_cores + 1,
                    seconds=settings.throughput_seconds,
                    sandbox=settings.sandbox,
                )
                for answer in run_fresh(throughput.MODULE, throughput.fields_of(request)):
                    rates[model, n_cores].append(answer["attempts_per_second"])
                listener.advance()
    return [Throughput(model, n, n + 1, median(rates[model, n])) for model in settings.compared for n in counts]


def _soak(settings: Settings, listener: Listener) -> list[SoakSample]:
    if settings.soak_attempts == 0:
        return []
    listener.begin(f"{settings.soak_attempts:,} attempts", soak.N_MARKS + 1)
    request = {
        "n_attempts": settings.soak_attempts,
        "n_splits": settings.n_splits,
        "n_rows": settings.tables[0][0],
        "n_features": settings.tables[0][1],
        "callers": provenance.available_cores() + 1,
        "sandbox": settings.sandbox,
    }
    samples = []
    for answer in run_fresh(soak.MODULE, request):
        samples.append(SoakSample(**answer))
        listener.advance()
    return samples
