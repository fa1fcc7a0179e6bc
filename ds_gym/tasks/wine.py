"""Wine recognition, as scikit-learn ships it.

S. Aeberhard, M. Forina, "Wine", UCI Machine Learning Repository (1992).
"""

from __future__ import annotations

from ds_gym.tasks.solutions import FLOOR, LINEAR, RANDOM_FOREST
from ds_gym.tasks.task import Solution, Task


def load() -> Task:
    """The 178 rows in scikit-learn's order; three cultivars (59, 71, 48 rows).

    Nearly every program that runs scores above .99: a smoke test.
    """
    from sklearn.datasets import load_wine

    table = load_wine()
    return Task(
        name="wine",
        title="Wine",
        description="Predict the cultivar that a wine was made from, from its chemical analysis.",
        x=table.data,
        y=table.target,
        feature_names=tuple(name.replace("/", "_") for name in table.feature_names),
        class_names=tuple(map(str, table.target_names)),
        target="cultivar",
        source="scikit-learn load_wine (UCI, Aeberhard and Forina 1992)",
        licence="CC BY 4.0",
        solutions=(
            Solution("floor", FLOOR, 0.5),
            Solution("reference", RANDOM_FOREST, 0.998354),
            Solution("strong", LINEAR, 0.999546),
        ),
    )
