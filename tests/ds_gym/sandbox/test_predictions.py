from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from ds_gym.failures import Failure
from ds_gym.sandbox.predictions import check_probabilities


def test_probabilities_pass_untouched() -> None:
    raw = np.array([[0.25, 0.75], [1.0, 0.0], [1 / 3, 2 / 3]])
    checked = check_probabilities(raw)
    assert isinstance(checked, np.ndarray)
    assert checked.tobytes() == raw.tobytes()


def test_rounding_errors_of_single_precision_are_mended() -> None:
    raw = np.random.default_rng(0).dirichlet(np.ones(5), 100).astype(np.float32).astype(float) * 1.0004 - 1e-9
    checked = check_probabilities(raw)
    assert isinstance(checked, np.ndarray)
    assert checked.min() >= 0
    np.testing.assert_allclose(checked.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(checked, raw, atol=1e-3)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ([[np.nan, 1.0], [0.5, 0.5]], "NaN or infinity in 1 of 2 rows"),
        ([[np.inf, 0.0], [-np.inf, 0.5]], "NaN or infinity in 2 of 2 rows"),
        ([[1.5, -0.5], [0.5, 0.5]], "values from -0.5 to 1.5"),
        ([[0.5, 0.4], [0.5, 0.5]], "sum to values from 0.9 to 1"),
        ([[0.0, 0.0]], "each row must sum to 1"),
    ],
)
def test_other_numbers_are_refused_in_words(raw: list[list[float]], words: str) -> None:
    failure = check_probabilities(np.array(raw))
    assert isinstance(failure, Failure)
    assert failure.kind == "invalid_predictions"
    assert words in failure.message


@given(arrays(np.float64, st.tuples(st.integers(0, 6), st.integers(1, 4))))
def test_whatever_passes_is_a_distribution(raw: NDArray[np.float64]) -> None:
    checked = check_probabilities(raw)
    if isinstance(checked, np.ndarray):
        assert checked.shape == raw.shape
        assert np.isfinite(checked).all()
        assert ((checked >= 0) & (checked <= 1)).all()
        np.testing.assert_allclose(checked.sum(axis=1), 1, atol=1e-8)
