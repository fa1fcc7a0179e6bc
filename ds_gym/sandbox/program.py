"""Running a program's two phases and turning what goes wrong into failures. Used inside the isolation."""

from __future__ import annotations

import builtins
import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ds_gym.failures import Failure
from ds_gym.sandbox.descriptions import PROGRAM_FILENAME, clean_message, describe_exception, type_name


class ProgramFailed(Exception):
    """Carries the :class:`~ds_gym.failures.Failure` of a program; its cause is what the program raised, if it did."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def build(source: str, x_train: Any, y_train: NDArray[np.int64]) -> Any:
    """Execute ``source`` and call its ``build_model``.

    ``x_train`` is float64 ``[n, f]`` or a data frame (see :func:`ds_gym.columns.hand_over`).

    Raises:
        ProgramFailed: whatever went wrong.
    """
    try:
        code = compile(source, PROGRAM_FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        error.filename = PROGRAM_FILENAME
        raise ProgramFailed(describe_exception(error, source)) from error
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
        if model is None or inspect.isgenerator(model) or inspect.iscoroutine(model):
            message = f"build_model returned {'None' if model is None else 'a ' + type_name(model)}"
            raise ProgramFailed(Failure("invalid_predictions", f"{message}: return the fitted classifier"))
        model.predict_proba  # noqa: B018  (an estimator without it is found before the evaluation rows are asked for)
    except ProgramFailed:
        raise
    except BaseException as error:
        raise _described(error, source) from error
    return model


def predict(model: Any, source: str, x_eval: Any, n_classes: int) -> NDArray[np.float64]:
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
        raise _described(error, source) from error
    try:
        array = np.asarray(raw)
        if array.dtype.kind not in "fiubO":
            raise TypeError(f"values of type {array.dtype}")
        array = np.array(array, dtype=np.float64, order="C")
    except MemoryError as error:
        raise _described(error, source) from error
    except BaseException as error:
        raise ProgramFailed(_wrong(f"a {type_name(raw)}", expected)) from error
    if array.shape != expected:
        what = f"a {type_name(raw)}" if array.ndim == 0 else f"shape {array.shape}"
        raise ProgramFailed(_wrong(what, expected))
    return array


def _described(error: BaseException, source: str) -> ProgramFailed:
    """The failure of what a program raised; describing it runs code of the program, ``__str__`` for example."""
    try:
        return ProgramFailed(describe_exception(error, source))
    except MemoryError:
        raise
    except BaseException:
        return ProgramFailed(
            Failure("exception", clean_message(f"{type_name(error)}: an error without a readable text"))
        )


def _wrong(what: str, expected: tuple[int, int]) -> Failure:
    message = f"predict_proba returned {what}, expected floats of shape {expected}: one column per class"
    return Failure("invalid_predictions", clean_message(message))


def _unreadable(source: str) -> str:
    return "the program contains null bytes" if "\0" in source else "the program is not valid UTF-8 text"
