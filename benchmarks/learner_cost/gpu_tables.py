"""Tables of what was measured on a device and of what was computed on paper, for a terminal and for Markdown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.cost.tables import TextTable
from benchmarks.learner_cost.gpu_report import GpuCostReport, UpdateCost
from benchmarks.learner_cost.paper import (
    Agent,
    BatchShape,
    Critic,
    Training,
    expected_memory,
    generation_bytes,
    update_flops,
)
from benchmarks.learner_cost.shapes import SHAPES

GOAL_SHAPE = "7b"
MAX_GB = 40.0
MIN_UTILISATION = 0.35
PAPER_SHAPES = ("0.5b", "1.5b", "7b")
_GB = 10**9
_NAMES = {"etpo": "ETPO", "ppo": "PPO"}
_AGENTS_AND_CRITICS: tuple[tuple[Agent, Critic], ...] = (
    ("etpo", "heads"),
    ("etpo", "adapter"),
    ("ppo", "heads"),
    ("ppo", "adapter"),
)
_BACKWARD_PASSES: dict[str, dict[str, Any]] = {
    "all kept": {},
    "2 episodes at once": {"episodes_at_once": 2},
    "checkpointing": {"checkpointing": True},
}


def paper_tables(batch: BatchShape, shapes: tuple[str, ...] = PAPER_SHAPES) -> list[TextTable]:
    """Memory and operations of updates in bfloat16, computed from the shapes alone."""
    memory_rows, flop_rows = [], []
    for name in shapes:
        for training, how in _trainings():
            parts = expected_memory(SHAPES[name], batch, training)
            memory_rows.append((name, training.critic, how, *map(_gb, parts.values()), _gb(sum(parts.values()))))
        for agent, critic in _AGENTS_AND_CRITICS:
            training = Training(agent, critic)
            flops = update_flops(SHAPES[name], batch, training)
            flop_rows.append((name, *_update_name(training), *map(_tera, flops.values()), _tera(sum(flops.values()))))
    part_names = tuple(expected_memory(SHAPES["toy"], batch, Training()))
    flop_names = tuple(update_flops(SHAPES["toy"], batch, Training()))
    generation = tuple(
        (name, *map(_gb, parts.values()), _gb(sum(parts.values())))
        for name in shapes
        for parts in [generation_bytes(SHAPES[name], batch, Training())]
    )
    return [
        TextTable(
            "Computed: memory of an update of ETPO at its peak, GB",
            ("model", "critic", "backward pass", *part_names, "sum"),
            tuple(memory_rows),
            3,
        ),
        TextTable(
            "Computed: memory of generation, GB",
            ("model", *generation_bytes(SHAPES["toy"], batch, Training()), "sum"),
            generation,
        ),
        TextTable(
            "Computed: 10^12 floating-point operations of an update with one gradient step",
            ("model", "agent", "critic", *flop_names, "sum"),
            tuple(flop_rows),
            3,
        ),
    ]


def measured_tables(report: GpuCostReport) -> list[TextTable]:
    """What was measured, the goals first if they were; only tables that have rows."""
    rate = report.matrix_flops_per_second
    device = []
    if rate is not None:
        size = report.settings.matrix_size
        device.append((f"product of {size} x {size} matrices, {report.settings.dtype}", f"{rate / 1e12:.2f} TFLOP/s"))
    if report.generation is not None:
        cost = report.generation
        device += [
            ("generation", f"{cost.n_tokens / cost.seconds:,.0f} tokens/s"),
            ("generation, peak memory", f"{cost.peak_gb:.2f} GB"),
        ]
    columns = ("agent", "critic", "peak GB", "computed GB", "tokens/s", "seconds", "10^12 operations", "utilisation")
    tables = [
        TextTable("Goals", ("goal", "limit", "measured", ""), tuple(_goals(report))),
        TextTable(f"Measured: {report.device_name}", ("", "median"), tuple(device)),
        TextTable("Measured: an update", columns, tuple(_update_row(report, update) for update in report.updates), 2),
    ]
    return [table for table in tables if table.rows]


def markdown(report: GpuCostReport) -> str:
    """The whole report."""
    from benchmarks.learner_cost.gpu_measure import batch_shape

    settings, git = report.settings, report.git
    where = "device memory" if settings.device == "cuda" else "resident memory of the process, libraries included"
    lines = [
        "# What generation and updates cost at the size of real models",
        "",
        "Made by `python benchmarks/gpu_cost.py`; never typed. How it is counted: docs/cost.md. Tables named measured "
        f"hold medians of {settings.repeats}; those named computed come from the shapes alone.",
        "",
        f"- Measured: `{settings.shape}`, random weights, {settings.dtype}, LoRA of rank {settings.rank}, on "
        f"{report.device_name}; memory: {where}"
        + ("" if settings.device == "cuda" else ". There was no GPU: these figures only show that the script runs."),
        f"- Batch: {settings.episodes} episodes, prompts of {settings.prompt_tokens} tokens of which "
        f"{settings.shared_tokens} are shared, actions of {settings.action_tokens}"
        + (f"; groups of {settings.micro_batch_tokens} action tokens" if settings.micro_batch_tokens else "")
        + ("; gradient checkpointing" if settings.checkpointing else ""),
        f"- Versions: {', '.join(f'{name} {version}' for name, version in report.versions.items())}",
        f"- Commit: {git.sha or 'unknown'}{' with changes' if git.dirty else ''}; {report.created_at}; "
        f"{report.seconds:.0f} seconds; {report.status}",
        "",
    ]
    paper = BatchShape() if settings.device == "cpu" else batch_shape(settings)
    tables = [*measured_tables(report), *paper_tables(paper)]
    return "\n".join(lines) + "\n" + "\n".join(table.markdown() for table in tables)


def _trainings() -> list[tuple[Training, str]]:
    """ETPO's; PPO needs less by the target's heads, which is little."""
    return [
        (replace(Training(agent, critic), **how), name)
        for agent, critic in _AGENTS_AND_CRITICS
        if agent == "etpo"
        for name, how in _BACKWARD_PASSES.items()
    ]


def _goals(report: GpuCostReport) -> list[tuple[str, str, str, str]]:
    if report.settings.device != "cuda" or report.settings.shape != GOAL_SHAPE:
        return []
    rows = []
    for update in report.updates:
        name = f"{_NAMES[update.agent]}, critic {update.critic}"
        if update.agent == "etpo":
            verdict = "met" if update.peak_gb < MAX_GB else "not met"
            rows.append((f"{name}: peak memory", f"< {MAX_GB:g} GB", f"{update.peak_gb:.1f} GB", verdict))
        share = report.utilisation(update)
        if share is not None:
            verdict = "met" if share >= MIN_UTILISATION else "not met"
            rows.append((f"{name}: utilisation", f">= {MIN_UTILISATION:.0%}", f"{share:.0%}", verdict))
    return rows


def _update_row(report: GpuCostReport, update: UpdateCost) -> tuple[str, ...]:
    share = report.utilisation(update)
    return (
        _NAMES[update.agent],
        update.critic,
        f"{update.peak_gb:.2f}",
        f"{update.expected_gb:.2f}",
        f"{update.n_tokens / update.seconds:,.0f}",
        f"{update.seconds:.3f}",
        _tera(update.flops),
        "" if share is None else f"{share:.1%}",
    )


def _update_name(training: Training) -> tuple[str, str]:
    return _NAMES[training.agent], training.critic


def _gb(n_bytes: float) -> str:
    return f"{n_bytes / _GB:.2f}"


def _tera(flops: float) -> str:
    return f"{flops / 1e12:,.3g}" if flops < 1e12 else f"{flops / 1e12:,.1f}"
