"""Generalised advantage estimation over the action tokens of several turns (arXiv 1506.02438, equation 16).

All tensors are float [N], one element an action token, in the order in which the tokens were produced; trajectories
(the turns of one episode) lie one behind the other. Observation tokens do not appear: they take no time.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.recursion import backward_recursion


def token_gae(
    rewards: Tensor, values: Tensor, next_values: Tensor, discounts: Tensor, continues: Tensor, gae_lambda: float
) -> Tensor:
    """A_n = delta_n + d_n * lambda * A_{n+1}, delta_n = r_n + d_n * V(x_{n+1}) - V(x_n).

    Args:
        rewards: r_n; the reward of an attempt stands at the last token of its action.
        values: V(x_n).
        next_values: V(x_{n+1}); at the last token of an action, the value of the next prompt.
        discounts: d_n; 1 inside an action, gamma at its last token, 0 where the episode terminated.
        continues: bool [N]; whether element n + 1 is the token that followed token n, in the same turn or the next one.
        gae_lambda: lambda in [0, 1].

    Returns:
        A, float [N]; the returns to which a critic is fitted are A + V.
    """
    temporal_differences = rewards + discounts * next_values - values
    return backward_recursion(temporal_differences, discounts * gae_lambda * continues)


def whitened(parts: Sequence[Tensor]) -> list[Tensor]:
    """The parts of a batch of advantages, float [n] each, shifted and scaled so that all together have mean 0 and
    variance 1."""
    everything = torch.cat(list(parts))
    mean, deviation = everything.mean(), everything.std(correction=0) + 1e-8
    return [(part - mean) / deviation for part in parts]
