from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ds_gym.tasks.reference_rows import TABLE_ROWS, reference_rows

DIGESTS = {
    "balance_scale": (125, [416, 593, 99], "69190dc34bcb1346"),
    "breast_w": (69, [587, 455, 43], "d66b7f901d1c89d2"),
    "cmc": (1473, [610, 46, 1293], "d0a28f542019c1a9"),
    "credit_g": (1000, [932, 509, 330], "7745d53db599397e"),
    "diabetes": (768, [287, 649, 19], "25f4f48134e27649"),
    "tic_tac_toe": (95, [267, 292, 147], "82c92f728c0eb518"),
    "eucalyptus": (736, [577, 5, 652], "5cfbb61e70a10c88"),
    "pc1": (1109, [529, 830, 20], "50630b7d8f6a03ac"),
    "airlines": (2000, [333, 5644, 1959], "459ea87386edd456"),
    "jungle_chess": (2000, [7927, 19916, 38273], "2c7a9993252203e7"),
}
"""Number of rows, the first three, and a digest of all (of airlines: for the 5 % sample)."""


@pytest.mark.parametrize("table", TABLE_ROWS)
def test_the_rows_are_those_of_the_authors_environment(table: str) -> None:
    rows = reference_rows(table, 26_969 if table == "airlines" else None)
    n_rows, first, digest = DIGESTS[table]
    assert (len(rows), rows[:3].tolist()) == (n_rows, first)
    assert hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16] == digest


def test_rows_are_drawn_once_and_exist() -> None:
    for table, n_rows in TABLE_ROWS.items():
        rows = reference_rows(table)
        assert len(np.unique(rows)) == len(rows) <= 2_000
        assert 0 <= rows.min() <= rows.max() < n_rows
