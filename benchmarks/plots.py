"""Learning curves."""

from __future__ import annotations

import io
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.results import TASK_SEPARATOR, RunResult
from benchmarks.storage import write_atomically
from benchmarks.table import BASE_AGENT, best_variant, stationary_reward, variant_name

# Okabe and Ito, "Color Universal Design" (2008): told apart with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_GREY = "#555555"
_LINE_STYLES = ("-", "--", "-.", ":")
TITLE_WIDTH = 48
"""Characters in a line of a panel's title."""
SMOOTHING = 3
"""Iterations over which the curves are averaged."""
MOST_IN_PANEL = 7
"""A longer legend would cover the curves: it goes below the panels, once for all of them."""

_Styles = Mapping[str, tuple[str, str]]
"""Colour and line style by label."""


def plot_learning_curves(path: Path, results: Sequence[RunResult]) -> None:
    """Writes a PNG, a panel a task: mean over seeds, a band from the lowest to the highest, the base model as lines.

    Raises:
        StorageError: the file cannot be written.
    """
    by_task: dict[str, list[RunResult]] = defaultdict(list)
    for result in results:
        if result.curve:
            by_task[result.task].append(result)
    if not by_task:
        return
    columns = min(3, len(by_task))
    rows = -(-len(by_task) // columns)
    labels = dict.fromkeys(run.label for runs in by_task.values() for run in runs if run.agent != BASE_AGENT)
    styles = {
        label: (COLOURS[index % len(COLOURS)], _LINE_STYLES[index // len(COLOURS) % len(_LINE_STYLES)])
        for index, label in enumerate(labels)
    }
    with matplotlib.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(5.2 * columns, 3.6 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axis, (task, runs) in zip(axes.flat, by_task.items(), strict=False):
            _plot_task(axis, task, runs, styles)
        _add_legends(figure, list(axes.flat)[: len(by_task)])
        for axis in list(axes.flat)[len(by_task) :]:
            axis.set_visible(False)
        for row in axes:
            row[0].set_ylabel("mean reward")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    write_atomically(path, buffer.getvalue())


def _add_legends(figure: Figure, axes: Sequence[Axes]) -> None:
    """A legend in every panel, or, if it is long, one below them all."""
    lines = {str(line.get_label()): line for axis in axes for line in axis.get_lines()}
    lines = {label: line for label, line in lines.items() if not label.startswith("_")}  # as matplotlib leaves them out
    if len(lines) > MOST_IN_PANEL:
        width, height = figure.get_size_inches()
        n_columns = max(1, int(width / 2.6))
        figure.set_size_inches(width, height + 0.2 * -(-len(lines) // n_columns))
        figure.legend(
            list(lines.values()),
            list(lines),
            loc="outside lower center",
            ncols=n_columns,
            frameon=False,
            fontsize=9,
        )
        return
    for axis in axes:
        axis.legend(loc="lower right", frameon=True, framealpha=0.85, edgecolor="none", fontsize=9)


def _plot_task(axis: Axes, task: str, runs: Sequence[RunResult], styles: _Styles) -> None:
    base: dict[str, list[RunResult]] = defaultdict(list)
    others: dict[str, list[RunResult]] = defaultdict(list)
    for run in runs:
        (base if run.agent == BASE_AGENT else others)[run.label].append(run)
    for label, group in others.items():
        colour, style = styles[label]
        steps, curves = _aligned(group)
        seeds = f"{len(group)} seed{'s' if len(group) > 1 else ''}"
        axis.plot(steps, curves.mean(axis=0), style, color=colour, linewidth=2, label=f"{label} ({seeds})")
        if len(group) > 1:
            axis.fill_between(steps, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.18, linewidth=0)
    _plot_base(axis, base)
    axis.axhline(-1, color=_GREY, linewidth=0.6, alpha=0.5)
    axis.set_ylim(-1.05, 1.05)
    axis.set_xlim(left=0)
    axis.set_title(textwrap.fill(task.replace(TASK_SEPARATOR, f" {TASK_SEPARATOR} "), TITLE_WIDTH))
    axis.set_xlabel("attempts")
    axis.grid(axis="y", alpha=0.25)


def _plot_base(axis: Axes, groups: dict[str, list[RunResult]]) -> None:
    """The base model: the plain one as a line, and the best of its variants as another."""
    if not groups:
        return
    best = best_variant(groups)
    shown = [group for label, group in groups.items() if label == group[0].agent]
    if best not in shown:
        shown.append(best)
    for index, group in enumerate(shown):
        name = f"base model: {variant_name(group[0])}" + (" (best)" if group is best and len(groups) > 1 else "")
        style = ("--", ":", "-.")[index % 3]
        axis.axhline(stationary_reward(group), color=_GREY, linestyle=style, linewidth=1.5, label=name)


def _aligned(runs: Sequence[RunResult]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps [n] and smoothed rewards [runs, n], over as many iterations as every run has."""
    n = min(len(run.curve) for run in runs)
    steps = np.array([point["env_steps"] for point in runs[0].curve[:n]], dtype=np.float64)
    curves = np.array([[point["mean_reward"] for point in run.curve[:n]] for run in runs], dtype=np.float64)
    return steps, np.array([moving_average(curve, SMOOTHING) for curve in curves])


def moving_average(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Mean of each value and the ``window - 1`` before it, or as many as there are; [n] -> [n]."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    return (sums[ends] - sums[starts]) / (ends - starts)
