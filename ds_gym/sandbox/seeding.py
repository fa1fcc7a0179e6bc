"""One seed for every source of randomness that programs ask for without a seed of their own.

Time, process numbers and memory addresses (``hash(object())``) stay what they are: a program that draws from these does
not repeat itself.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from numpy.random import bit_generator

_SEED = random.Random.seed  # before anything replaces it
_REPLACED: tuple[tuple[ModuleType | type, str], ...] = (
    (random.Random, "seed"),
    (random, "seed"),
    (random, "_urandom"),  # what random.SystemRandom and secrets ask
    (os, "urandom"),  # what uuid.uuid4 asks
    (os, "getrandom"),
    (bit_generator, "randbits"),  # what a numpy generator made without a seed asks
)


def seed_generators(seed: int) -> None:
    """Seed ``random`` and numpy's global generator, and let one stream answer whoever asks the system for entropy.

    That is ``random.Random()`` and ``random.seed()``, ``random.SystemRandom``, ``secrets``, ``os.urandom``,
    ``uuid.uuid4``, and numpy's generators made without a seed.
    """
    stream = random.Random()
    _SEED(stream, seed)

    def seed_generator(self: random.Random, a: Any = None, version: int = 2) -> None:
        _SEED(self, stream.getrandbits(128) if a is None else a, version)

    def urandom(size: int, /) -> bytes:
        return stream.randbytes(size)

    def getrandom(size: int, flags: int = 0) -> bytes:
        return stream.randbytes(size)

    seed_global = seed_generator.__get__(random._inst)
    functions = (seed_generator, seed_global, urandom, urandom, getrandom, stream.getrandbits)
    for (owner, name), function in zip(_REPLACED, functions, strict=True):
        if hasattr(owner, name):  # not every system has os.getrandom
            setattr(owner, name, function)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (programs use it)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Do so for a while; then put back the functions and the states of the global generators."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    functions = [(owner, name, vars(owner)[name]) for owner, name in _REPLACED if hasattr(owner, name)]
    try:
        seed_generators(seed)
        yield
    finally:
        for owner, name, function in functions:
            setattr(owner, name, function)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
