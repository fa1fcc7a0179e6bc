from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import numpy as np
import pytest
import torch

from agents.random_states import OwnRandomStates, global_random_states, kept_global_random_states


def draws() -> list[float]:
    """An odd number of Gaussians, so that one of a pair waits."""
    return [random.gauss(0, 1), random.random(), np.random.normal(), float(torch.randn(()))]  # noqa: NPY002


def test_what_is_drawn_within_depends_on_the_seed_alone_and_goes_on() -> None:
    first, second, other = OwnRandomStates(3), OwnRandomStates(3), OwnRandomStates(4)
    with first.in_place():
        expected = draws() + draws()
    draws()
    with second.in_place():
        found = draws()
    draws()
    with second.in_place():
        found += draws()
    assert found == expected
    with other.in_place():
        assert not set(draws()) & set(expected)


def test_the_process_goes_on_where_it_stood_whatever_happens_within() -> None:
    before = global_random_states()
    with OwnRandomStates(0).in_place():
        draws()
        random.seed(1)
        torch.manual_seed(1)
    assert global_random_states() == before
    own = OwnRandomStates(0)
    with contextlib.suppress(ZeroDivisionError), own.in_place():
        draws()
        raise ZeroDivisionError
    with kept_global_random_states():
        draws()
    assert global_random_states() == before


def test_states_are_plain_and_go_on_elsewhere() -> None:
    own = OwnRandomStates(5)
    with own.in_place():
        draws()
    state: Any = json.loads(json.dumps(own.state_dict()))
    assert set(state) == {"python", "numpy", "torch"}
    again = OwnRandomStates(0)
    again.load_state_dict(state)
    with own.in_place():
        expected = draws()
    with again.in_place():
        assert draws() == expected


@pytest.mark.parametrize("seed", [0, 2**32, 2**63 - 1])
def test_seeds_of_any_size(seed: int) -> None:
    with OwnRandomStates(seed).in_place():
        assert len(set(draws())) == 4
