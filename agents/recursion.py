"""The backward recursion that every return and every advantage of this package is made of."""

from __future__ import annotations

import torch
from torch import Tensor


def backward_recursion(increments: Tensor, factors: Tensor) -> Tensor:
    """``y[n] = increments[n] + factors[n] * y[n + 1]``, with ``y = 0`` behind the last element.

    Trajectories lie one behind the other; a factor of 0 at the last token of a trajectory separates it from the next.

    Args:
        increments: float [N].
        factors: float [N].

    Returns:
        float [N], of the dtype and on the device of ``increments``; accumulated in float64.
    """
    result = [0.0] * len(increments)
    following = 0.0
    factor_list = factors.tolist()
    for n, increment in zip(range(len(result) - 1, -1, -1), reversed(increments.tolist()), strict=True):
        following = increment + factor_list[n] * following
        result[n] = following
    return torch.tensor(result, dtype=increments.dtype, device=increments.device)
