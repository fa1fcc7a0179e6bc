"""How the outcome of a program is told to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from ds_gym.tasks import Task


def print_outcome(console: Console, info: Mapping[str, Any]) -> None:
    """The score of an attempt with its splits, or why it failed, with the line at fault.

    Args:
        console: where to print.
        info: of :meth:`ds_gym.env.DataSciEnv.step`.
    """
    error = info["error"]
    if error is not None:
        console.print(
            Text.assemble(("failed ", "bold red"), (f"({error['kind']}) ", "red"), _printable(error["message"]))
        )
        lines = str(info["code"]).split("\n")
        if error["line"] is not None and 1 <= error["line"] <= len(lines):
            console.print(Text(f"  line {error['line']}: {_printable(lines[error['line'] - 1].strip())}", style="dim"))
        return
    splits = " ".join(f"{score:.4f}" for score in info["split_scores"])
    console.print(
        Text.assemble(
            (f"ROC AUC {info['score']:.4f}", "bold green"),
            f", standard deviation {info['score_std']:.4f} over the splits\n  {splits}",
        )
    )


def _printable(text: str) -> str:
    """Without what a terminal would obey: the program may be anybody's."""
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)


def known_scores(task: Task) -> str:
    """The scores of the task's own solutions, in one line; empty if it has none."""
    if not task.solutions:
        return ""
    scores = ", ".join(f"{solution.role} {solution.score:.4f}" for solution in task.solutions)
    return f"known scores (protocol paper): {scores}"
