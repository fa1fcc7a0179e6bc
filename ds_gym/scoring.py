"""The reward's only source: ROC AUC from labels and probabilities. Nothing here runs untrusted code."""

from __future__ import annotations

import itertools

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
    n_rows, n_classes = probabilities.shape
    if labels.shape != (n_rows,):
        raise ValueError(f"labels of shape {labels.shape} for probabilities of shape {probabilities.shape}")
    if not np.array_equal(np.unique(labels), np.arange(n_classes)):
        raise ValueError(f"labels hold the classes {np.unique(labels).tolist()}; all of 0..{n_classes - 1} are needed")
    if n_classes == 2:
        return _binary_auc(labels == 1, probabilities[:, 1])
    sums = probabilities.sum(axis=1, keepdims=True)
    if not np.allclose(sums, 1.0):  # probabilities as near to a distribution as a sandbox accepts
        probabilities = probabilities / sums
    areas = []
    for first, second in itertools.combinations(range(n_classes), 2):
        rows = np.flatnonzero((labels == first) | (labels == second))
        positive = labels[rows] == first
        one, other = (
            _binary_auc(positive, probabilities[rows, first]),
            _binary_auc(~positive, probabilities[rows, second]),
        )
        areas.append((one + other) / 2)
    return float(np.mean(areas))


def _binary_auc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the curve of true over false positive rates, one point a distinct score, by the trapezoid rule.

    The arithmetic is that of ``sklearn.metrics.roc_auc_score``, to the last bit, without its checks of the
    arguments: these take ten times as long as the sum, under the interpreter's lock, which attempts that run side by
    side would all wait for.

    Args:
        positive: bool [n], with both values.
        scores: float64 [n].
    """
    order = np.argsort(-scores, kind="stable")
    positive, scores = positive[order], scores[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # the last row of each distinct score
    true_positives = np.cumsum(positive, dtype=np.float64)[ends]
    false_positives = 1.0 + ends - true_positives
    if len(ends) > 2:  # points on a straight line add nothing but rounding
        corners = (np.diff(true_positives, 2) != 0) | (np.diff(false_positives, 2) != 0)
        kept = np.concatenate([[True], corners, [True]])
        true_positives, false_positives = true_positives[kept], false_positives[kept]
    x = np.concatenate([[0.0], false_positives / false_positives[-1]])
    y = np.concatenate([[0.0], true_positives / true_positives[-1]])
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2.0).sum())
