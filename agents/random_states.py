"""The global random generators of this process: of Python, numpy and torch.

The agents of this package draw from generators of their own. Agents of other packages may use the global ones, and a
run of such an agent that is taken up again goes on exactly only if these stand where they stood.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


def global_random_states() -> dict[str, Any]:
    """Where the generators stand, as JSON could hold it; CUDA's only once CUDA is in use."""
    legacy: Any = np.random.get_state(legacy=False)  # noqa: NPY002  # whatever others drew from
    states = _plain(random.getstate(), legacy, torch.get_rng_state())
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states["cuda"] = [_to_text(state) for state in torch.cuda.get_rng_state_all()]
    return states


def restore_global_random_states(states: dict[str, Any]) -> None:
    """Let the generators go on where they stood. States of CUDA devices that are not here are left out."""
    version, words, gauss = states["python"]
    random.setstate((version, tuple(words), gauss))
    legacy = states["numpy"]
    key = np.asarray(legacy["state"]["key"], dtype=np.uint32)
    np.random.set_state({**legacy, "state": {**legacy["state"], "key": key}})  # noqa: NPY002
    torch.set_rng_state(_from_text(states["torch"]))
    if torch.cuda.is_available():
        for device, text in enumerate(states.get("cuda", [])[: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(_from_text(text), device)


@contextlib.contextmanager
def kept_global_random_states() -> Iterator[None]:
    """Within, others may draw from the global generators or seed them; afterwards these stand where they stood."""
    states = global_random_states()
    try:
        yield
    finally:
        restore_global_random_states(states)


class OwnRandomStates:
    """States of the global generators that belong to one agent whose code, by others, draws from these.

    The generators of CUDA devices are left out: such code is to compute on the CPU.

    Args:
        seed: decides where the generators begin.
    """

    def __init__(self, seed: int) -> None:
        words = np.random.SeedSequence(abs(seed))
        legacy: Any = np.random.RandomState(np.random.MT19937(words)).get_state(legacy=False)
        self._states = _plain(random.Random(seed).getstate(), legacy, torch.Generator().manual_seed(seed).get_state())

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the global generators stand where this agent left them; afterwards, where the process left them."""
        with kept_global_random_states():
            restore_global_random_states(self._states)
            try:
                yield
            finally:
                self._states = {name: state for name, state in global_random_states().items() if name != "cuda"}

    def state_dict(self) -> dict[str, Any]:
        """Plain values, as JSON could hold them."""
        return self._states

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a :meth:`state_dict` stood."""
        self._states = state


def _plain(python: tuple[Any, ...], numpy: dict[str, Any], torch_state: torch.Tensor) -> dict[str, Any]:
    """States of the three generators as plain values."""
    version, words, gauss = python
    return {
        "python": [version, list(words), gauss],
        "numpy": {**numpy, "state": {**numpy["state"], "key": numpy["state"]["key"].tolist()}},
        "torch": _to_text(torch_state),
    }


def _to_text(state: torch.Tensor) -> str:
    return bytes(state.tolist()).hex()


def _from_text(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(text), dtype=torch.uint8).clone()
