"""Noisy XOR: the sign of a product decides, four columns are noise, and one label in ten is wrong.

The best possible score is known: whoever ranks the rows by the sign of the product, and no better can be done, puts a
positive row above a negative one with probability .9 * .9 and level with it with probability 2 * .9 * .1, so the
expected ROC AUC is .81 + .18 / 2 = .9. The rows come from NumPy's legacy generator, whose stream is frozen.
"""

from __future__ import annotations

import numpy as np

from ds_gym.tasks.solutions import FLOOR, GRADIENT_BOOSTING, RANDOM_FOREST
from ds_gym.tasks.task import Solution, Task

N_ROWS, N_FEATURES, SEED = 1_000, 6, 0
FLIP_RATE = 0.1
BAYES_ROC_AUC = (1 - FLIP_RATE) ** 2 + FLIP_RATE * (1 - FLIP_RATE)
"""Expected ROC AUC of the best possible classifier."""


def generate(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows.

    Returns:
        ``x``, float64 [n_rows, 6], uniform on [-1, 1); ``y``, int64 [n_rows]: whether ``x[:, 0] * x[:, 1] > 0``,
        the opposite in a tenth of the rows, drawn independently.
    """
    generator = np.random.RandomState(seed)
    x = generator.uniform(-1, 1, size=(n_rows, N_FEATURES))
    is_flipped = generator.uniform(size=n_rows) < FLIP_RATE
    return x, ((x[:, 0] * x[:, 1] > 0) ^ is_flipped).astype(np.int64)


def load() -> Task:
    """1,000 rows, two classes of about equal size."""
    x, y = generate(N_ROWS, SEED)
    return Task(
        name="noisy_xor",
        title="Noisy XOR",
        description="Predict a label that two of six numbers decide together, and that is wrong in one row of ten.",
        x=x,
        y=y,
        feature_names=tuple(f"x{column}" for column in range(N_FEATURES)),
        class_names=("negative", "positive"),
        target="label",
        source="generated: 1,000 rows, NumPy RandomState(0); the best possible expected score is .9",
        licence="public domain (generated)",
        solutions=(
            Solution("floor", FLOOR, 0.5),
            Solution("reference", RANDOM_FOREST, 0.864366),
            Solution("strong", GRADIENT_BOOSTING, 0.890368),
        ),
    )
