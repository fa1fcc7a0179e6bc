"""The gallery of tasks, generated from the registry: ``python -m ds_gym list --markdown > docs/tasks.md``."""

from __future__ import annotations

from collections.abc import Sequence

from ds_gym.tasks import list_suites, list_tasks
from ds_gym.tasks.summary import TaskSummary, summarise

ROLES = ("floor", "reference", "strong")

SUITE_TITLES = {
    "embedded": "embedded: part of the package",
    "paper": "paper: rows and codes of the environment of arXiv 2402.06700",
    "paper-full": "paper-full: all complete rows of the same tables",
}
"""Suite -> its heading in a terminal."""

_PREFACE = """# Tasks

Written by `python -m ds_gym list --markdown > docs/tasks.md` from the registry; not to be edited by hand.

Scores are mean ROC AUC (one-vs-one for more than two classes) over five half splits of all rows, `protocol="paper"`.
*Floor* ignores the features, *reference* is what an ordinary program earns, *strong* what a good one earns. Their code:
`ds_gym.get_task(name).solutions`. `python -m ds_gym validate` runs them again.
"""

_SUITE_TEXTS = {
    "embedded": "Made by the package, or taken from scikit-learn: no file, no network.",
    "paper": """The fourteen tables of [arXiv 2402.06700](https://arxiv.org/abs/2402.06700), with exactly the rows and
codes of the environment of its authors. Files are looked for as `<table>.csv` in `$DS_GYM_DATA_HOME` and in the user's
cache folder; tables that OpenML has are downloaded otherwise. Airlines: the figures are those of a 5 % sample of the
published table, which is accepted in its place.""",
    "paper-full": "The same tables with all their complete rows; of airlines, again, those of the sample.",
}


def tasks_of_no_suite() -> list[str]:
    """Tasks of other packages, and those that were registered in this process."""
    grouped = {name for suite in list_suites() for name in list_tasks(suite)}
    return [name for name in list_tasks() if name not in grouped]


def shape_cells(summary: TaskSummary) -> list[str]:
    """Rows, features and classes, as a table shows them."""
    return [f"{number:,}" for number in (summary.n_rows, summary.n_features, summary.n_classes)]


def score_cells(summary: TaskSummary) -> list[str]:
    """Known scores of :data:`ROLES`, as a table shows them."""
    scores = [summary.score(role) for role in ROLES]
    return ["-" if score is None else f"{score:.4f}" for score in scores]


def gallery(suites: Sequence[str]) -> str:
    """The page ``docs/tasks.md``: the tasks of these suites, in Markdown that ends with a line end."""
    return "\n".join([_PREFACE, *(gallery_section(suite) for suite in suites)])


def gallery_section(suite: str) -> str:
    """The part of the page about one suite."""
    lines = [
        f"## {suite}",
        "",
        _SUITE_TEXTS[suite],
        "",
        f"| task | what it asks | rows | features | classes | {' | '.join(ROLES)} | source | licence |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --- | --- |",
        *(_row(summarise(name)) for name in list_tasks(suite)),
    ]
    return "\n".join(lines) + "\n"


def _row(summary: TaskSummary) -> str:
    cells = [
        f"`{summary.name}`",
        summary.description,
        *shape_cells(summary),
        *score_cells(summary),
        f"[{summary.source}]({summary.url})" if summary.url else summary.source,
        summary.licence,
    ]
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
