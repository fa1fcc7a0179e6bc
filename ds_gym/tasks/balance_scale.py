"""Balance scale: the full 5 x 5 x 5 x 5 factorial of weights and distances under the torque rule.

R. S. Siegler, "Three aspects of cognitive development", Cognitive Psychology 8 (1976); as a table: UCI Machine Learning
Repository, OpenML 11. The rows here are generated, not copied: weights and distances 1 to 5 in lexicographic order,
which is also the order of the published table.
"""

from __future__ import annotations

import itertools

import numpy as np

from ds_gym.tasks.solutions import FLOOR, LINEAR, NEURAL_NETWORK
from ds_gym.tasks.task import Solution, Task


def load() -> Task:
    """The 625 rows; classes left (288 rows), balanced (49), right (288)."""
    x = np.array(list(itertools.product(range(1, 6), repeat=4)), dtype=np.float64)
    torque_difference = x[:, 2] * x[:, 3] - x[:, 0] * x[:, 1]
    return Task(
        name="balance_scale",
        title="Balance scale",
        description=(
            "Predict whether a scale tips left, is balanced or tips right, from the weight and distance on each side."
        ),
        x=x,
        y=np.sign(torque_difference) + 1,
        feature_names=("left_weight", "left_distance", "right_weight", "right_distance"),
        class_names=("left", "balanced", "right"),
        target="class",
        source="generated: full factorial under the torque rule (Siegler 1976; equals OpenML 11)",
        licence="public domain (generated)",
        solutions=(
            Solution("floor", FLOOR, 0.5),
            Solution("reference", LINEAR, 0.944955),
            Solution("strong", NEURAL_NETWORK, 0.994865),
        ),
    )
