"""Handwritten digits, 8 x 8 pixels, as scikit-learn ships them.

E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998), test part.
"""

from __future__ import annotations

from ds_gym.tasks.solutions import EXTRA_TREES, FLOOR, LINEAR
from ds_gym.tasks.task import Solution, Task


def load() -> Task:
    """The 1,797 images in scikit-learn's order; ten classes of 174 to 183 images."""
    from sklearn.datasets import load_digits

    table = load_digits()
    return Task(
        name="digits",
        title="Handwritten digits",
        description="Predict which digit an 8 x 8 image shows, from its 64 grey values between 0 and 16.",
        x=table.data,
        y=table.target,
        feature_names=tuple(table.feature_names),
        class_names=tuple(map(str, table.target_names)),
        target="digit",
        source="scikit-learn load_digits (UCI, Alpaydin and Kaynak 1998)",
        licence="CC BY 4.0",
        solutions=(
            Solution("floor", FLOOR, 0.5),
            Solution("reference", LINEAR, 0.998695),
            Solution("strong", EXTRA_TREES, 0.999341),
        ),
    )
