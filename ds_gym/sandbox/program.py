"""Running a program's two phases and turning what goes wrong into failures. Used inside the isolation."""

from __future__ import annotations

import builtins
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random import bit_generator
from numpy.typing import NDArray

from ds_gym.failures import Failure
from ds_gym.sandbox.descriptions import PROGRAM_FILENAME, clean_message, describe_exception


class ProgramFailed(Exception):
    """Carries the :class:`~ds_gym.failures.Failure` of a program."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def seed_generators(seed: int) -> None:
    """Seed ``random``, numpy's global generator, and the entropy of every numpy generator made without a seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (programs use it)
    # numpy asks ``secrets.randbits`` under this name for the entropy of SeedSequence().
    bit_generator.randbits = random.Random(seed).getrandbits  # type: ignore[attr-defined]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the generators for a while and put back their states."""
    states = random.getstate(), np.random.get_state(), bit_generator.randbits  # type: ignore[attr-defined]  # noqa: NPY002
    seed_generators(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        bit_generator.randbits = states[2]  # type: ignore[attr-defined]


def build(source: str, x_train: NDArray[np.float64], y_train: NDArray[np.int64]) -> Any:
    """Execute ``source`` and call its ``build_model``.

    Raises:
        ProgramFailed: whatever went wrong.
    """
    try:
        code = compile(source, PROGRAM_FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        error.filename = PROGRAM_FILENAME
        raise ProgramFailed(describe_exception(error, source)) from None
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        text = "the program is nested too deeply" if not isinstance(error, ValueError) else _unreadable(source)
        raise ProgramFailed(Failure("syntax", f"SyntaxError: {text}")) from None
    namespace = {"__name__": "build_model", "__builtins__": builtins}
    try:
        exec(code, namespace)
        build_model = namespace.get("build_model")
        if not callable(build_model):
            raise ProgramFailed(Failure("syntax", "SyntaxError: the program defines no function build_model"))
        model = build_model(x_train, y_train)
        if model is not None:
            model.predict_proba  # noqa: B018  (an estimator without it is found before the evaluation rows are asked for)
    except ProgramFailed:
        raise
    except BaseException as error:
        raise ProgramFailed(describe_exception(error, source)) from None
    if model is None:
        message = "build_model returned None: return the fitted classifier"
        raise ProgramFailed(Failure("invalid_predictions", message))
    return model


def predict(model: Any, source: str, x_eval: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Ask the model for probabilities.

    Returns:
        float64 ``[len(x_eval), n_classes]``; the numbers are not checked.

    Raises:
        ProgramFailed: whatever went wrong.
    """
    expected = (len(x_eval), n_classes)
    try:
        raw = model.predict_proba(x_eval)
    except BaseException as error:
        raise ProgramFailed(describe_exception(error, source)) from None
    try:
        array = np.asarray(raw)
        if array.dtype.kind not in "fiubO":
            raise TypeError(f"values of type {array.dtype}")
        array = np.array(array, dtype=np.float64, order="C")
    except MemoryError as error:
        raise ProgramFailed(describe_exception(error, source)) from None
    except BaseException:
        raise ProgramFailed(_wrong(f"a {type(raw).__name__}", expected)) from None
    if array.shape != expected:
        what = f"a {type(raw).__name__}" if array.ndim == 0 else f"shape {array.shape}"
        raise ProgramFailed(_wrong(what, expected))
    return array


def _wrong(what: str, expected: tuple[int, int]) -> Failure:
    message = f"predict_proba returned {what}, expected floats of shape {expected}: one column per class"
    return Failure("invalid_predictions", clean_message(message))


def _unreadable(source: str) -> str:
    return "the program contains null bytes" if "\0" in source else "the program is not valid UTF-8 text"
