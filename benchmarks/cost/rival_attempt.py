"""One attempt as the other ways run it, in a new interpreter. Imports no more than the program itself needs.

As a script: reads ``.npz`` arrays from standard input and writes the probabilities as ``.npy`` to standard output.
"""

from __future__ import annotations

import io
import sys
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def pack(source: str, splits: list[tuple[NDArray[Any], ...]]) -> Arrays:
    """A program and its splits ``(x_train, y_train, x_eval)`` by name."""
    arrays: Arrays = {"source": np.frombuffer(source.encode(), np.uint8)}
    for number, (x_train, y_train, x_eval) in enumerate(splits):
        arrays |= {f"x_train_{number}": x_train, f"y_train_{number}": y_train, f"x_eval_{number}": x_eval}
    return arrays


def fit_and_predict(arrays: Arrays) -> NDArray[np.float64]:
    """Run the program on each split; probabilities ``[splits, m, classes]``."""
    source = arrays["source"].tobytes().decode()
    probabilities = []
    for number in range(len(arrays) // 3):
        namespace: dict[str, object] = {}
        exec(source, namespace)
        model = namespace["build_model"](arrays[f"x_train_{number}"], arrays[f"y_train_{number}"])  # type: ignore[operator]
        probabilities.append(model.predict_proba(arrays[f"x_eval_{number}"]))
    return np.array(probabilities)


def answer(connection: Connection, arrays: Arrays) -> None:
    """Body of a process of the module multiprocessing."""
    connection.send_bytes(fit_and_predict(arrays).tobytes())
    connection.close()


if __name__ == "__main__":
    with np.load(io.BytesIO(sys.stdin.buffer.read())) as received:
        np.save(sys.stdout.buffer, fit_and_predict(dict(received)))
