"""The global random generators of this process: of Python, numpy and torch.

The agents of this package draw from generators of their own. Agents of other packages may use the global ones, and a
run of such an agent that is taken up again goes on exactly only if these stand where they stood.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch


def global_random_states() -> dict[str, Any]:
    """Where the generators stand, as JSON could hold it; CUDA's only once CUDA is in use."""
    version, words, gauss = random.getstate()
    legacy: Any = np.random.get_state(legacy=False)  # noqa: NPY002  # whatever others drew from
    states = {
        "python": [version, list(words), gauss],
        "numpy": {**legacy, "state": {**legacy["state"], "key": legacy["state"]["key"].tolist()}},
        "torch": _to_text(torch.get_rng_state()),
    }
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


def _to_text(state: torch.Tensor) -> str:
    return bytes(state.tolist()).hex()


def _from_text(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(text), dtype=torch.uint8).clone()
