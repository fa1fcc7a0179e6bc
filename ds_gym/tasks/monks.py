"""The three MONK's problems: all 432 robots that six attributes describe, and three rules that call some of them monks.

S. B. Thrun et al., "The MONK's problems: a performance comparison of different learning algorithms", Carnegie Mellon
University CMU-CS-91-197 (1991). The rows here are generated: every combination in lexicographic order, labelled without
the noise that the report adds to the training rows of the third problem.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from ds_gym.tasks.solutions import FLOOR, GRADIENT_BOOSTING, LINEAR, ONE_HOT_NEURAL_NETWORK
from ds_gym.tasks.task import Solution, Task

ATTRIBUTES = {
    "head_shape": ("round", "square", "octagon"),
    "body_shape": ("round", "square", "octagon"),
    "is_smiling": ("yes", "no"),
    "holding": ("sword", "balloon", "flag"),
    "jacket_color": ("red", "yellow", "green", "blue"),
    "has_tie": ("yes", "no"),
}
"""Attribute -> its values, coded 1, 2, ... in this order."""

Rule = Callable[[np.ndarray], np.ndarray]


def first_rule(x: np.ndarray) -> np.ndarray:
    """Head and body have the same shape, or the jacket is red. ``x``: [rows, 6]; gives bool [rows]."""
    same_shape: np.ndarray = x[:, 0] == x[:, 1]
    return same_shape | (x[:, 4] == 1)


def second_rule(x: np.ndarray) -> np.ndarray:
    """Exactly two of the six attributes have their first value. ``x``: [rows, 6]; gives bool [rows]."""
    exactly_two: np.ndarray = (x == 1).sum(axis=1) == 2
    return exactly_two


def third_rule(x: np.ndarray) -> np.ndarray:
    """The jacket is green and a sword is held, or the jacket is not blue and the body no octagon."""
    green_with_sword: np.ndarray = (x[:, 4] == 3) & (x[:, 3] == 1)
    return green_with_sword | ((x[:, 4] != 4) & (x[:, 1] != 3))


def _load(number: int, rule: Rule, reference: Solution) -> Task:
    x = np.array(list(itertools.product(*(range(1, len(values) + 1) for values in ATTRIBUTES.values()))), dtype=float)
    return Task(
        name=f"monks_{number}",
        title=f"MONK's problem {number}",
        description="Predict whether a robot belongs to the monks, from six coded attributes of its looks.",
        x=x,
        y=rule(x).astype(np.int64),
        feature_names=tuple(ATTRIBUTES),
        class_names=("no", "yes"),
        target="is_monk",
        source=f"generated: all 432 combinations under rule {number} of the MONK's problems (Thrun et al. 1991)",
        licence="public domain (generated)",
        solutions=(Solution("floor", FLOOR, 0.5), reference, Solution("strong", ONE_HOT_NEURAL_NETWORK, 1.0)),
    )


def load_1() -> Task:
    """216 of the 432 rows are monks, by :func:`first_rule`."""
    return _load(1, first_rule, Solution("reference", LINEAR, 0.716442))


def load_2() -> Task:
    """142 of the 432 rows are monks, by :func:`second_rule`."""
    return _load(2, second_rule, Solution("reference", GRADIENT_BOOSTING, 0.788499))


def load_3() -> Task:
    """228 of the 432 rows are monks, by :func:`third_rule`."""
    return _load(3, third_rule, Solution("reference", LINEAR, 0.889366))
