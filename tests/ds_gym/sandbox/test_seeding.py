from __future__ import annotations

import os
import random
import secrets
import tempfile
import uuid
from collections.abc import Callable
from types import MethodType

import numpy as np
import pytest
from numpy.random import bit_generator

from ds_gym.sandbox.seeding import seeded

SOURCES: dict[str, Callable[[], object]] = {
    "random": random.random,
    "random.Random()": lambda: random.Random().random(),
    "random.seed()": lambda: (random.seed(), random.random()),
    "random.Random().seed()": lambda: (generator := random.Random(3), generator.seed(), generator.random())[2],
    "random.SystemRandom": lambda: (random.SystemRandom().random(), random.SystemRandom().sample(range(99), 5)),
    "secrets": lambda: (secrets.token_hex(), secrets.randbelow(10**9), secrets.choice(range(10**6))),
    "os.urandom": lambda: os.urandom(9),
    "uuid.uuid4": uuid.uuid4,
    "names of temporary files": lambda: next(tempfile._RandomNameSequence()),  # type: ignore[attr-defined]
    "numpy, global": lambda: np.random.rand(),  # noqa: NPY002
    "numpy, global, reseeded": lambda: (np.random.seed(), np.random.rand()),  # noqa: NPY002
    "numpy, default_rng": lambda: np.random.default_rng().random(),
    "numpy, RandomState": lambda: np.random.RandomState().rand(),
    "numpy, bit generators": lambda: [kind().random_raw() for kind in (np.random.PCG64, np.random.SFC64)],
    "numpy, SeedSequence": lambda: np.random.SeedSequence().entropy,
}  # fmt: skip


def draw(source: Callable[[], object], seed: int) -> list[object]:
    with seeded(seed):
        return [source() for _ in range(2)]


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_not_seeded_follows_the_seed(name: str) -> None:
    first = draw(SOURCES[name], 1)
    assert draw(SOURCES[name], 1) == first
    assert draw(SOURCES[name], 2) != first
    assert first[0] != first[1]  # a stream, not a constant


def test_what_a_program_seeds_itself_is_what_it_is_elsewhere() -> None:
    expected = random.Random(5).random(), random.Random("text").random(), np.random.default_rng(5).random()
    with seeded(1):
        random.seed(5)
        assert random.random() == expected[0]
        assert (random.Random(5).random(), random.Random("text").random()) == expected[:2]
        assert np.random.default_rng(5).random() == expected[2]


def test_everything_is_put_back() -> None:
    def functions() -> list[object]:
        # A bound method is made anew whenever it is asked for.
        found = [random.Random.seed, random.seed, random._urandom, os.urandom, bit_generator.randbits]  # type: ignore[attr-defined]
        return [one.__func__ if isinstance(one, MethodType) else one for one in found]

    states = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    before = functions()
    with pytest.raises(ZeroDivisionError), seeded(3):
        np.random.rand() + random.random() / 0  # noqa: NPY002
    assert functions() == before
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == states  # noqa: NPY002
    for source in SOURCES.values():
        assert source() != source()
