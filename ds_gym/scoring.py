"""The reward's only source: ROC AUC from labels and probabilities. Nothing here runs untrusted code."""

from __future__ import annotations

import numpy as np


def roc_auc(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Area under the ROC curve; for more than two classes the mean over all pairs of classes (one-vs-one, macro).

    Binary: T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006). Several classes: D.
    J. Hand and R. J. Till, "A simple generalisation of the area under the ROC curve", Machine Learning 45 (2001), M
    of equation 7.

    Args:
        labels: int64 of shape [n], values 0 .. classes - 1, every class present.
        probabilities: float64 of shape [n, classes], finite, rows summing to 1 (small deviations are divided out).

    Returns:
        A float between 0 and 1.

    Raises:
        ValueError: shapes do not fit, or a class is missing from ``labels``.
    """
    from sklearn.metrics import roc_auc_score

    n_rows, n_classes = probabilities.shape
    if labels.shape != (n_rows,):
        raise ValueError(f"labels of shape {labels.shape} for probabilities of shape {probabilities.shape}")
    if not np.array_equal(np.unique(labels), np.arange(n_classes)):
        raise ValueError(f"labels hold the classes {np.unique(labels).tolist()}; all of 0..{n_classes - 1} are needed")
    if n_classes == 2:
        return float(roc_auc_score(labels, probabilities[:, 1]))
    sums = probabilities.sum(axis=1, keepdims=True)
    if not np.allclose(sums, 1.0):  # scikit-learn refuses what a sandbox may still have accepted
        probabilities = probabilities / sums
    return float(roc_auc_score(labels, probabilities, multi_class="ovo", average="macro", labels=np.arange(n_classes)))
