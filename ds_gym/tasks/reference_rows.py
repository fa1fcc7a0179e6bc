"""The rows that the authors' environment (arXiv 2402.06700) takes from the ten OpenML tables, in its order.

It loads them through the package ``caafe`` (arXiv 2305.03403), which draws from NumPy's global generator without
reseeding it in between, so that the rows of a table depend on the tables before it. In words:

1. Each table is shuffled by a generator seeded with 13, and at most its first 10,000 rows are kept.
2. With the generator as the last shuffle, that of jungle_chess, left it, all ten are shuffled once more, one after
   another; at most 2,000 rows are kept, and only a part of them for three tables that are too easy.
3. Three quarters of the rows (a shuffle seeded with 0) go before the rest.

Rows with missing values are dropped afterwards. The streams of NumPy's legacy generator are frozen.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

TABLE_ROWS = {
    "balance_scale": 625,
    "breast_w": 699,
    "cmc": 1_473,
    "credit_g": 1_000,
    "diabetes": 768,
    "tic_tac_toe": 958,
    "eucalyptus": 736,
    "pc1": 1_109,
    "airlines": 539_383,
    "jungle_chess": 44_819,
}
"""Rows of each table, in the order in which they are drawn from."""

_KEPT_PART = {"balance_scale": 0.2, "breast_w": 0.1, "tic_tac_toe": 0.1}
_FIRST_CUT, _SECOND_CUT = 10_000, 2_000
_SHUFFLE_SEED, _DIVISION_SEED = 13, 0
_LAST_PART = 0.25


def reference_rows(table: str, n_rows: int | None = None) -> NDArray[np.int64]:
    """Row numbers, in order, with those of rows that have missing values.

    Args:
        table: a key of :data:`TABLE_ROWS`.
        n_rows: rows of the table at hand, if it is a sample of the published one; at least 10,000 then.
    """
    generator = _shuffled(TABLE_ROWS["jungle_chess"])[1]
    for name, n_published in TABLE_ROWS.items():
        second_shuffle = generator.permutation(min(n_published, _FIRST_CUT))
        if name == table:
            break
    first_shuffle = _shuffled(n_rows or TABLE_ROWS[table])[0]
    n_kept = int(_KEPT_PART.get(table, 1.0) * min(len(second_shuffle), _SECOND_CUT))
    rows = first_shuffle[second_shuffle[:n_kept]]
    n_last = ceil(_LAST_PART * n_kept)
    division = np.random.RandomState(_DIVISION_SEED).permutation(n_kept)
    return rows[np.concatenate([division[n_last:], division[:n_last]])]


def _shuffled(n_rows: int) -> tuple[NDArray[np.int64], np.random.RandomState]:
    order = np.arange(n_rows)
    generator = np.random.RandomState(_SHUFFLE_SEED)
    generator.shuffle(order)
    return order, generator
