"""Checking the numbers that a worker sent, in the parent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ds_gym.failures import Failure

TOLERANCE = 1e-3
"""How far a row may sum from 1, and a value lie outside [0, 1]: enough for single-precision models."""

_EXACT = 1e-9


def check_probabilities(raw: NDArray[np.float64]) -> NDArray[np.float64] | Failure:
    """Check that ``raw`` (``[m, n_classes]``) holds probabilities.

    Returns:
        Probabilities in [0, 1] with rows summing to 1: ``raw`` itself where it does so to within 1e-9, else clipped
        and divided by the row sums, provided that nothing was off by more than :data:`TOLERANCE`. Otherwise a failure
        of kind ``"invalid_predictions"``.
    """
    n_bad_rows = int(np.count_nonzero(~np.isfinite(raw).all(axis=1)))
    if n_bad_rows:
        return _invalid(f"predict_proba returned NaN or infinity in {n_bad_rows} of {len(raw)} rows")
    if not len(raw):
        return raw
    low, high = float(raw.min()), float(raw.max())
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        return _invalid(f"predict_proba returned values from {low:.4g} to {high:.4g}: they must lie between 0 and 1")
    sums = raw.sum(axis=1)
    if np.abs(sums - 1).max() > TOLERANCE:
        return _invalid(
            f"the rows of predict_proba sum to values from {sums.min():.4g} to {sums.max():.4g}: each row must sum to 1"
        )
    if low >= 0 and high <= 1 and np.abs(sums - 1).max() <= _EXACT:
        return raw
    clipped = np.clip(raw, 0.0, 1.0)
    return clipped / clipped.sum(axis=1, keepdims=True)


def _invalid(message: str) -> Failure:
    return Failure("invalid_predictions", message)
