"""The report as tables, for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.markup import escape
from rich.table import Table

from benchmarks.cost.goals import goals_of, speed_up
from benchmarks.cost.report import SOAK_COUNTS, SOAK_MEMORIES, CostReport, SoakSample, growth

_UNKNOWN = "not told"
_SOAK_LABELS = {
    "parent_rss_mib": "parent MiB",
    "pool_pss_mib": "pool MiB",
    "parent_descriptors": "parent fds",
    "zygote_descriptors": "zygote fds",
    "processes": "processes",
    "parent_threads": "threads",
}


@dataclass(frozen=True)
class TextTable:
    """Rows of text under a title; the first ``n_left`` columns are names, the others figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_left: int = 1

    def rich(self) -> Table:
        """For a terminal."""
        table = Table(title=self.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for index, column in enumerate(self.columns):
            table.add_column(column, justify="left" if index < self.n_left else "right", vertical="bottom")
        for row in self.rows:
            table.add_row(*map(escape, row))
        return table

    def markdown(self) -> str:
        """For a file."""
        align = ["---" if index < self.n_left else "--:" for index in range(len(self.columns))]
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, align, *self.rows)]
        return f"## {self.title}\n\n" + "\n".join(lines) + "\n"


def tables_of(report: CostReport) -> list[TextTable]:
    """One table for each part that was measured, the goals first."""
    tables = [
        TextTable("Goals", ("goal", "limit", "measured", ""), tuple(goal.cells() for goal in goals_of(report))),
        _splits(report),
        _steps(report),
        _ways(report),
        _throughput(report),
        _start_up_and_memory(report),
    ]
    if report.soak:
        tables.append(_soak(report.soak))
    return [table for table in tables if table.rows]


def markdown(report: CostReport) -> str:
    """The whole report."""
    hardware, git = report.hardware, report.git
    lacking = [f"{name} ({state})" for name, state in report.layers.items() if state not in ("active", "denied")]
    lines = [
        "# What the sandbox costs",
        "",
        "Made by `python benchmarks/sandbox_cost.py`; never typed. Medians of one run on one machine, what is compared "
        "measured in turns.",
        "",
        f"- Machine: {hardware['cpu']}, {hardware['cores']} cores, {hardware['memory_mb']} MB; {hardware['system']}; "
        f"load before the run {report.load_before:.2f}",
        f"- Versions: {', '.join(f'{name} {version}' for name, version in report.versions.items())}",
        f"- Commit: {git.sha or 'unknown'}{' with changes' if git.dirty else ''}; {report.created_at}; "
        f"{report.seconds:.0f} seconds; {report.status}",
        f"- Sandbox: `{report.settings.sandbox}`; "
        + (f"without {', '.join(lacking)}" if lacking else "every layer on"),
        "",
    ]
    return "\n".join(lines) + "\n" + "\n".join(table.markdown() for table in tables_of(report))


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def _mib(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.1f} MiB"


def _splits(report: CostReport) -> TextTable:
    columns = ("model", "table", "bare", "rested", "above", "ratio", "in a row", "above")
    rows = tuple(
        (
            cost.model,
            f"{cost.n_rows}x{cost.n_features}",
            _ms(cost.bare_ms / cost.n_splits),
            _ms(cost.sandboxed_ms / cost.n_splits),
            f"{cost.overhead_ms(cost.sandboxed_ms):+.1f}",
            f"{cost.sandboxed_ms / cost.bare_ms:.2f}",
            _ms(cost.in_a_row_ms / cost.n_splits),
            f"{cost.overhead_ms(cost.in_a_row_ms):+.1f}",
        )
        for cost in report.attempts
    )
    title = "A split in ms: bare, sandboxed with the pool rested, and sandboxed in attempts in a row"
    return TextTable(title, columns, rows, n_left=2)


def _steps(report: CostReport) -> TextTable:
    columns = ("model", "table", "bare", "env.step", "above, a split", "ratio")
    rows = tuple(
        (
            cost.model,
            f"{cost.n_rows}x{cost.n_features}",
            _ms(cost.bare_ms),
            _ms(cost.step_ms),
            f"{cost.overhead_ms(cost.step_ms):+.1f}",
            f"{cost.step_ms / cost.bare_ms:.2f}",
        )
        for cost in report.attempts
    )
    return TextTable(f"An attempt of {report.settings.n_splits} splits with its scoring, ms", columns, rows, n_left=2)


def _ways(report: CostReport) -> TextTable:
    bare = {way.model: way.attempt_ms for way in report.ways if way.name == "bare"}
    rows = []
    for way in report.ways:
        base = bare.get(way.model)
        if way.attempt_ms is None or base is None:
            rows.append((way.model, way.name, way.note, ""))
        else:
            rows.append((way.model, way.name, _ms(way.attempt_ms), f"{way.attempt_ms / base:.1f}"))
    title = f"Other ways to run an attempt of {report.settings.n_splits} splits (without scoring), ms"
    return TextTable(title, ("model", "way", "attempt", "times bare"), tuple(rows), n_left=2)


def _throughput(report: CostReport) -> TextTable:
    rows = []
    for entry in report.throughput:
        ratio = speed_up([other for other in report.throughput if other.model == entry.model])
        rows.append(
            (
                entry.model,
                str(entry.cores),
                str(entry.callers),
                f"{entry.attempts_per_second:.1f}",
                f"{ratio:.2f}" if entry.cores == 2 and ratio is not None else "",
            )
        )
    columns = ("model", "cores", "callers", "attempts a second", "against one core")
    return TextTable("Throughput", columns, tuple(rows))


def _start_up_and_memory(report: CostReport) -> TextTable:
    rows = []
    if report.start_up is not None:
        rows += [
            ("until the first report", f"{report.start_up.ready_s:.2f} s"),
            ("until the first result", f"{report.start_up.first_result_s:.2f} s"),
        ]
    if report.memory is not None:
        memory = report.memory
        rows += [
            (f"all {memory.processes} processes of the pool (PSS)", _mib(memory.pool_pss_mib)),
            (f"one of {memory.idle_workers} idle workers (PSS)", _mib(memory.worker_pss_mib)),
            ("of this not shared (USS)", _mib(memory.worker_uss_mib)),
        ]
    return TextTable("Start-up and memory", ("", "median"), tuple(rows))


def _soak(samples: Sequence[SoakSample]) -> TextTable:
    fields = (*SOAK_MEMORIES, *SOAK_COUNTS)
    columns = ("attempts", *(_SOAK_LABELS[field] for field in fields))
    rows = [(f"{sample.n_attempts:,}", *(_figure(getattr(sample, field)) for field in fields)) for sample in samples]
    grown = [growth(list(samples), field) for field in fields]
    rows.append(("20..100 %", *(_figure(value, sign="+") for value in grown)))
    return TextTable(
        "Many attempts: RSS of the parent, PSS of the pool at rest, descriptors; last row: growth",
        columns,
        tuple(rows),
        n_left=1,
    )


def _figure(value: float | None, sign: str = "") -> str:
    if value is None:
        return _UNKNOWN
    return f"{value:{sign}d}" if isinstance(value, int) else f"{value:{sign}.1f}"
