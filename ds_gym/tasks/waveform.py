"""Waveform: mixtures of two of three triangular waves, with noise, read at 21 points.

L. Breiman, J. H. Friedman, R. A. Olshen, C. J. Stone, "Classification and Regression Trees" (1984), section 2.6.2; the
same generator made UCI's "Waveform Database Generator". The best classifier errs in about 14 % of the rows.
The rows here come from NumPy's legacy generator, whose stream is frozen, so they are the same everywhere.
"""

from __future__ import annotations

import numpy as np

from ds_gym.tasks.solutions import FLOOR, GRADIENT_BOOSTING, LINEAR
from ds_gym.tasks.task import Solution, Task

N_ROWS, N_POINTS, SEED = 900, 21, 0
_CENTRES = (7, 15, 11)
_HEIGHT = 6
_PAIRS = ((0, 1), (0, 2), (1, 2))


def waves() -> np.ndarray:
    """The three triangular waves, float64 [3, 21]: 6 at their centre, falling by 1 a point, not below 0."""
    points = np.arange(1, N_POINTS + 1)
    return np.array([np.maximum(_HEIGHT - np.abs(points - centre), 0) for centre in _CENTRES], dtype=np.float64)


def generate(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows.

    Returns:
        ``x``, float64 [n_rows, 21]: ``u * wave_a + (1 - u) * wave_b + e``, ``u`` uniform on [0, 1), ``e`` standard
        normal; ``y``, int64 [n_rows]: which pair ``a, b`` (0: first and second wave, 1: first and third, 2: second
        and third), drawn evenly.
    """
    generator = np.random.RandomState(seed)
    y = generator.randint(0, len(_PAIRS), n_rows)
    share = generator.uniform(size=(n_rows, 1))
    noise = generator.normal(size=(n_rows, N_POINTS))
    first, second = np.array(_PAIRS)[y].T
    shapes = waves()
    return share * shapes[first] + (1 - share) * shapes[second] + noise, y.astype(np.int64)


def load() -> Task:
    """900 rows, three classes of about equal size."""
    x, y = generate(N_ROWS, SEED)
    return Task(
        name="waveform",
        title="Waveform",
        description="Predict which two of three waves were mixed, from 21 noisy readings of the mixture.",
        x=x,
        y=y,
        feature_names=tuple(f"reading_{point}" for point in range(1, N_POINTS + 1)),
        class_names=("first and second", "first and third", "second and third"),
        target="mixture",
        source="generated: 900 rows of Breiman's waveform generator (Breiman et al. 1984), NumPy RandomState(0)",
        licence="public domain (generated)",
        solutions=(
            Solution("floor", FLOOR, 0.5),
            Solution("reference", GRADIENT_BOOSTING, 0.944578),
            Solution("strong", LINEAR, 0.958484),
        ),
    )
