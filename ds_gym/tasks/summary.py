"""What can be said of a task without its table: for listings, which must not need files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ds_gym.tasks.openml import data_folders
from ds_gym.tasks.paper import REFERENCE_SUFFIX
from ds_gym.tasks.paper_scores import known_solutions, paper_scores
from ds_gym.tasks.paper_tables import PAPER_TABLES
from ds_gym.tasks.registry import get_task
from ds_gym.tasks.task import Solution


@dataclass(frozen=True)
class TaskSummary:
    """The card of a task.

    Attributes:
        name, title, description, source, licence: as in :class:`~ds_gym.tasks.Task`.
        n_rows, n_features, n_classes: the size of the table whose scores are known.
        solutions: programs with known scores.
        file: the CSV file that the task needs, where it was found or is expected; None for a task that needs none.
        is_available: whether the task can be had without a download.
        url: where a person can download the table, or None.
    """

    name: str
    title: str
    description: str
    n_rows: int
    n_features: int
    n_classes: int
    source: str
    licence: str
    solutions: tuple[Solution, ...]
    file: Path | None = None
    is_available: bool = True
    url: str | None = None

    def score(self, role: str) -> float | None:
        """The known score of the ``"floor"``, ``"reference"`` or ``"strong"`` program, or None."""
        return next((solution.score for solution in self.solutions if solution.role == role), None)


def summarise(name: str) -> TaskSummary:
    """The card of a registered task. Loads its table only where that needs no file.

    Raises:
        ValueError: no task has this name.
    """
    table = PAPER_TABLES.get(name.removesuffix(REFERENCE_SUFFIX))
    if table is None:
        task = get_task(name)
        return TaskSummary(
            name=name,
            title=task.title,
            description=task.description,
            n_rows=task.n_rows,
            n_features=task.n_features,
            n_classes=task.n_classes,
            source=task.source,
            licence=task.licence,
            solutions=task.solutions,
        )
    known = paper_scores()[name]
    places = [folder / f"{table.name}.csv" for folder in data_folders()]
    found = next((place for place in places if place.is_file()), None)
    return TaskSummary(
        name=name,
        title=table.title,
        description=table.description,
        n_rows=known.n_rows,
        n_features=known.n_features,
        n_classes=known.n_classes,
        source=table.source,
        licence=table.licence,
        solutions=known_solutions(name),
        file=found or places[0],
        is_available=found is not None,
        url=table.url,
    )
