"""Studies as pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.plots import COLOURS
from benchmarks.statistics import Estimate
from benchmarks.storage import write_atomically
from benchmarks.studies.rows import Study
from benchmarks.studies.summary import RIVAL, Missing, Standing, Summary, learning_curve, summaries

_GREY = "#555555"
_MARKERS = "osD^vPXh"
_MARKER_EVERY = 6
_MAX_BANDS = 3
# Okabe and Ito's black and a darker grey for what their six colours do not suffice for.
_PALETTE = (*COLOURS, "#000000", "#8C8C8C")
_LINES = ("-", "--", "-.", ":")


def plot_curves(path: Path, study: Study, missing: Missing) -> None:
    """Writes a PNG of the learning curves over all tasks: interquartile means, with the band of their intervals."""
    with _style():
        figure = Figure(figsize=(8.6, 4.4), layout="constrained")
        axis = figure.subplots()
        _plot_panel(axis, study, missing, None, with_bands=True)
        axis.set_ylabel("mean reward")
        figure.legend(loc="outside right center", frameon=False)
        _save(path, figure)


def plot_task_curves(path: Path, study: Study, missing: Missing) -> None:
    """Writes a PNG of the learning curves, a panel a task; with bands where few learners leave room for them."""
    columns = min(3, len(study.tasks))
    n_rows = -(-len(study.tasks) // columns)
    with _style():
        figure = Figure(figsize=(4.4 * columns, 3.2 * n_rows + 0.5), layout="constrained")
        axes = figure.subplots(n_rows, columns, squeeze=False, sharey=True)
        for axis, task in zip(axes.flat, study.tasks, strict=False):
            _plot_panel(axis, study, missing, task, with_bands=len(study.learners()) <= _MAX_BANDS)
            axis.set_title(task)
        for axis in list(axes.flat)[len(study.tasks) :]:
            axis.set_visible(False)
        for row in axes:
            row[0].set_ylabel("mean reward")
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        _save(path, figure)


def plot_intervals(path: Path, study: Study, missing: Missing) -> None:
    """Writes a PNG of the interquartile means of last fifth and evaluation with their intervals, a line a label."""
    rows = summaries(study, missing)
    with _style():
        figure = Figure(figsize=(8.6, 0.42 * len(rows) + 1.3), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _plot_estimates(left, study, rows, [row.last_fifth.iqm for row in rows])
        _plot_estimates(right, study, rows, [row.evaluation.iqm for row in rows])
        left.set_title("last fifth")
        right.set_title("evaluation")
        for axis in (left, right):
            axis.set_xlabel("interquartile mean of the reward")
        _save(path, figure)


def plot_improvement(path: Path, study: Study, missing: Missing) -> None:
    """Writes a PNG of the probabilities of improvement over the rival, with their intervals."""
    rows = [row for row in summaries(study, missing) if row.label != RIVAL]
    panels: list[tuple[str, list[Standing]]] = [
        ("last fifth", [row.last_fifth for row in rows]),
        ("evaluation", [row.evaluation for row in rows]),
    ]
    with _style():
        figure = Figure(figsize=(8.6, 0.42 * len(rows) + 1.3), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for axis, (title, standings) in zip(axes, panels, strict=True):
            axis.axvline(0.5, color=_GREY, linewidth=1, linestyle="--")
            _plot_estimates(axis, study, rows, [standing.improvement for standing in standings])
            axis.set_xlim(-0.02, 1.02)
            axis.set_title(title)
            axis.set_xlabel(f"P(better than {RIVAL})")
        _save(path, figure)


def _plot_panel(axis: Axes, study: Study, missing: Missing, task: str | None, *, with_bands: bool) -> None:
    learners = study.learners()
    for label in study.labels:
        curve = learning_curve(study, label, missing, task)
        if curve is None:
            continue
        colour, line, marker = _look(study, label)
        if label in learners:
            # Markers at other places for each learner, so that none hides another.
            places = (learners.index(label) % _MARKER_EVERY, _MARKER_EVERY)
            (drawn,) = axis.plot(curve.attempts, curve.values, line, color=colour, linewidth=1.8, label=label)
            drawn.set(marker=marker, markevery=places, markersize=6)
            if with_bands:
                axis.fill_between(curve.attempts, curve.low, curve.high, color=colour, alpha=0.13, linewidth=0)
        else:
            mean = float(curve.values.mean())
            axis.axhline(mean, color=_GREY, linestyle=":", linewidth=1.5, label=f"{label} (no learning)")
    axis.set_xlim(0, float(study.common["env_steps"]))
    axis.set_xlabel("attempts")
    axis.grid(axis="y", alpha=0.25)


def _plot_estimates(axis: Axes, study: Study, rows: Sequence[Summary], estimates: Sequence[Estimate | None]) -> None:
    for place, (row, estimate) in enumerate(zip(rows, estimates, strict=True)):
        if estimate is None:
            continue
        colour, _, marker = _look(study, row.label)
        bounds = [estimate.low, estimate.high]
        axis.plot(bounds, [place, place], color=colour, linewidth=5, alpha=0.4, solid_capstyle="butt")
        axis.plot([estimate.value], [place], marker, color=colour, markersize=5)
    axis.set_yticks(range(len(rows)), [row.label for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="x", alpha=0.25)


def _look(study: Study, label: str) -> tuple[str, str, str]:
    """Colour, line and marker of a label: the same in all pictures of a study."""
    learners = study.learners()
    if label not in learners:
        return _GREY, ":", "*"
    index = learners.index(label)
    return (
        _PALETTE[index % len(_PALETTE)],
        _LINES[index // len(_PALETTE) % len(_LINES)],
        _MARKERS[index % len(_MARKERS)],
    )


def _style() -> AbstractContextManager[None]:
    return matplotlib.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})


def _save(path: Path, figure: Figure) -> None:
    """Raises StorageError where the file cannot be written."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    write_atomically(path, buffer.getvalue())
