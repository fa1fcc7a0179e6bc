"""What six classifiers score on the paper's tasks, in both variants.

The figures are means over the five splits of ``protocol="paper"``, measured with scikit-learn 1.9 and one thread. They
belong to tables with the recorded fingerprints; airlines is a 5 % sample there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ds_gym.tasks import solutions
from ds_gym.tasks.task import Solution

BASELINE_PROGRAMS = {
    "dummy_prior": solutions.FLOOR,
    "logreg_scaled": solutions.LINEAR,
    "random_forest": solutions.RANDOM_FOREST,
    "hist_gb": solutions.GRADIENT_BOOSTING,
    "extra_trees300": solutions.EXTRA_TREES_300,
    "mlp_scaled": solutions.NEURAL_NETWORK,
}
"""Model -> its program."""

_FLOOR, _ORDINARY, _SECOND = "dummy_prior", "random_forest", "logreg_scaled"


@dataclass(frozen=True)
class PaperScores:
    """What is known of one task without its table.

    Attributes:
        fingerprint: of the data that were measured (see :attr:`ds_gym.tasks.Task.fingerprint`).
        n_rows, n_features, n_classes: their shape.
        scores: model -> mean ROC AUC.
    """

    fingerprint: str
    n_rows: int
    n_features: int
    n_classes: int
    scores: dict[str, float]


@cache
def paper_scores() -> dict[str, PaperScores]:
    """Name of a task of the suites ``"paper"`` and ``"paper-full"`` -> its known scores."""
    text = files("ds_gym.tasks").joinpath("data", "paper_scores.json").read_text(encoding="utf-8")
    return {name: PaperScores(**fields) for name, fields in json.loads(text).items()}


def known_solutions(name: str, fingerprint: str | None = None) -> tuple[Solution, ...]:
    """Floor, reference and strong program of a task, from the table of scores.

    The floor ignores the features, the strong one is the best of the six, the reference is the random forest (or the
    linear model, where the forest is the best).

    Args:
        name: name of the task.
        fingerprint: of the data at hand; where it is another than that of the measured data, nothing is known.
    """
    known = paper_scores().get(name)
    if known is None or fingerprint not in (None, known.fingerprint):
        return ()
    best = max(known.scores, key=known.scores.__getitem__)
    models = {"floor": _FLOOR, "reference": _ORDINARY if best != _ORDINARY else _SECOND, "strong": best}
    return tuple(
        Solution(role, BASELINE_PROGRAMS[model], known.scores[model])  # type: ignore[arg-type]
        for role, model in models.items()
    )
