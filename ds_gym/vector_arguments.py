"""What is particular to the arguments of a vector environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from ds_gym.validation import check_choice


def check_autoreset_mode(mode: str | AutoresetMode) -> AutoresetMode:
    """The mode of this name; else a ValueError with a did-you-mean."""
    if isinstance(mode, AutoresetMode):
        return mode
    return AutoresetMode(check_choice("autoreset_mode", mode, [each.value for each in AutoresetMode]))


def check_seeds(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """A seed for every environment: none, ``seed + i``, or ``seed[i]``; a ValueError for another number of them."""
    if seed is None:
        return [None] * num_envs
    if isinstance(seed, (int, np.integer)):
        return [int(seed) + i for i in range(num_envs)]
    if len(seed) != num_envs:
        raise ValueError(f"seed: given {len(seed)} seeds; allowed: one, or num_envs={num_envs}")
    return list(seed)


def check_reset_mask(mask: Any, num_envs: int) -> np.ndarray:
    """Which environments to reset, bool [num_envs], all for None; a ValueError for anything else."""
    if mask is None:
        return np.ones(num_envs, dtype=np.bool_)
    if isinstance(mask, np.ndarray) and mask.shape == (num_envs,) and mask.dtype == np.bool_ and mask.any():
        return mask
    raise ValueError(
        f"options['reset_mask']: given {mask!r}; allowed: bool array of shape ({num_envs},), not all False"
    )
