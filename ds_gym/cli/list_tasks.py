"""``ds-gym list``: the tasks as a table, for a person or for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

import click
import gymnasium
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ds_gym.cli.console import NearestChoice, make_console, make_table
from ds_gym.cli.gallery import ROLES, SUITE_TITLES, gallery, score_cells, shape_cells, tasks_of_no_suite
from ds_gym.tasks import list_suites, list_tasks
from ds_gym.tasks.openml import HOME_VARIABLE
from ds_gym.tasks.summary import TaskSummary, summarise


@click.command()
@click.option("--suite", type=NearestChoice(list_suites()), help="Only the tasks of this suite.")
@click.option("--markdown", is_flag=True, help="Write the page docs/tasks.md, with sources and licences.")
def command(suite: str | None, markdown: bool) -> None:
    """List the tasks, the shapes of their tables and the scores of known programs.

    Scores are mean ROC AUC under the protocol "paper": floor ignores the features, reference is an ordinary program,
    strong a good one. No table is read that the package does not hold itself.
    """
    suites = list(list_suites()) if suite is None else [suite]
    if markdown:
        click.echo(gallery(suites), nl=False)
        return
    console = make_console()
    listed = {name: [summarise(task) for task in list_tasks(name)] for name in suites}
    for name, summaries in listed.items():
        console.print(_table(SUITE_TITLES.get(name, name), summaries))
        console.print()
    if suite is None and (others := tasks_of_no_suite()):
        console.print(Text.assemble(("of other packages, or your own: ", "bold"), ", ".join(others), "\n"))
    _print_missing(console, [summary for summaries in listed.values() for summary in summaries])
    console.print(Text(f"Environments: {', '.join(_environment_ids())}", "dim"))


def _table(title: str, summaries: Sequence[TaskSummary]) -> Table:
    table = make_table(title)
    table.add_column("task", style="cyan", no_wrap=True)
    for header in ("rows", "features", "classes", *ROLES):
        table.add_column(header, justify="right", no_wrap=True)
    for summary in summaries:
        cells = [summary.name, *shape_cells(summary), *score_cells(summary)]
        table.add_row(*cells, style=None if summary.is_available else "dim")
    return table


def _print_missing(console: Console, summaries: Sequence[TaskSummary]) -> None:
    missing = {summary.file.name: summary for summary in summaries if summary.file and not summary.is_available}
    if not missing:
        return
    folder = next(iter(missing.values())).file.parent  # type: ignore[union-attr]
    console.print(Text.assemble((f"Not in {folder}: ", "yellow"), ", ".join(missing)))
    console.print(
        Text(
            "Tables of OpenML are downloaded when they are first asked for; where to get the others: ds-gym show TASK. "
            f"The environment variable {HOME_VARIABLE} names another folder.\n"
        )
    )


def _environment_ids() -> list[str]:
    return [name for name in gymnasium.registry if name.startswith("DataSci-")]
