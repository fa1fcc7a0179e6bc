from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ds_gym.scoring import roc_auc


def rank_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """P(score of a positive > score of a negative), ties counting one half, by comparing all pairs."""
    pairs = [(p > n) + 0.5 * (p == n) for p, n in itertools.product(scores[labels == 1], scores[labels == 0])]
    return float(np.mean(pairs))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_binary_is_the_probability_of_right_order(rng: np.random.Generator) -> None:
    labels = rng.integers(2, size=60)
    scores = rng.integers(10, size=60) / 10  # with ties
    assert roc_auc(labels, np.column_stack([1 - scores, scores])) == pytest.approx(rank_auc(labels, scores))


def test_several_classes_are_the_mean_over_pairs(rng: np.random.Generator) -> None:
    labels = rng.integers(4, size=80)
    probabilities = rng.dirichlet(np.ones(4), size=80)
    expected = []
    for a, b in itertools.permutations(range(4), 2):
        rows = (labels == a) | (labels == b)
        expected.append(rank_auc((labels[rows] == a).astype(int), probabilities[rows, a]))
    assert roc_auc(labels, probabilities) == pytest.approx(float(np.mean(expected)))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_extremes(n_classes: int) -> None:
    labels = np.arange(30) % n_classes
    right = np.eye(n_classes)[labels]
    assert roc_auc(labels, right) == 1.0
    assert roc_auc(labels, np.full((30, n_classes), 1 / n_classes)) == 0.5
    assert roc_auc(labels, np.roll(right, 1, axis=1)) < 0.5


def test_rows_that_sum_to_nearly_one_are_scored() -> None:
    labels = np.arange(30) % 3
    assert roc_auc(labels, np.eye(3)[labels] * 1.0005) == 1.0


def test_missing_class_and_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"all of 0\.\.2 are needed"):
        roc_auc(np.array([0, 1, 0, 1]), np.full((4, 3), 1 / 3))
    with pytest.raises(ValueError, match="shape"):
        roc_auc(np.array([0, 1, 0]), np.full((4, 2), 0.5))


@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("decimals", [1, 3, 16])
def test_it_is_scikit_learn_s_score_to_the_last_bit(n_classes: int, decimals: int) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        labels = np.append(np.arange(n_classes), rng.integers(n_classes, size=rng.integers(2, 300)))
        probabilities = rng.dirichlet(np.full(n_classes, 0.3), size=len(labels)).round(decimals)  # with ties
        probabilities[:, 0] += 1 - probabilities.sum(axis=1)
        given = probabilities[:, 1] if n_classes == 2 else probabilities
        expected = roc_auc_score(labels, given, multi_class="ovo", labels=np.arange(n_classes))
        assert roc_auc(labels, probabilities) == expected
