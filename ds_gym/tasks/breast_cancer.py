"""Breast cancer Wisconsin (diagnostic), as scikit-learn ships it.

W. N. Street, W. H. Wolberg, O. L. Mangasarian, "Nuclear feature extraction for breast tumor diagnosis" (1993); UCI.
"""

from __future__ import annotations

from ds_gym.tasks.solutions import FLOOR, LINEAR, RANDOM_FOREST
from ds_gym.tasks.task import Solution, Task


def load() -> Task:
    """The 569 rows in scikit-learn's order; classes malignant (212 rows), benign (357)."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    return Task(
        name="breast_cancer",
        title="Breast cancer",
        description="Predict whether a breast tumour is malignant or benign, from measurements of its cell nuclei.",
        x=table.data,
        y=table.target,
        feature_names=tuple(name.replace(" ", "_") for name in table.feature_names),
        class_names=tuple(map(str, table.target_names)),
        target="diagnosis",
        source="scikit-learn load_breast_cancer (UCI, Street, Wolberg and Mangasarian 1993)",
        licence="CC BY 4.0",
        solutions=(
            Solution("floor", FLOOR, 0.5),
            Solution("reference", RANDOM_FOREST, 0.988621),
            Solution("strong", LINEAR, 0.993111),
        ),
    )
