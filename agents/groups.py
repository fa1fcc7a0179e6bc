"""Attempts compared with attempts at the same task: the mathematics of GRPO and RLOO, which do without a critic.

A group are the attempts that were made at the same vector step on the same task: as many as there are environments on
that task. Attempts of a group have the same number of collected steps behind them, so that their returns within a
rollout are comparable. B is the number of attempts that hold tokens, in the order of their trajectories; N the number
of their action tokens, in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from agents.recursion import backward_recursion
from agents.rollout import TokenBatch, Trajectory


def attempt_groups(trajectories: Sequence[Trajectory], device: torch.device) -> Tensor:
    """The number of the group that each attempt belongs to.

    Args:
        trajectories: of one rollout; those of an environment in the order in which they were made.
        device: of the result.

    Returns:
        int64 [B]. Attempts without tokens, in which nothing was chosen, are left out.
    """
    steps: Counter[int] = Counter()
    numbers: dict[tuple[int, Any], int] = {}
    groups: list[int] = []
    for trajectory in trajectories:
        for turn in trajectory:
            key = (steps[turn.env_index], turn.info.get("task"))
            steps[turn.env_index] += 1
            if turn.action_ids:
                groups.append(numbers.setdefault(key, len(numbers)))
    return torch.tensor(groups, dtype=torch.int64, device=device)


def action_returns(rewards: Tensor, batch: TokenBatch) -> Tensor:
    """Rewards from each action on, to the end of its trajectory, discounted at the ends of actions.

    Args:
        rewards: float [N], of tokens.
        batch: its layout and its discounts.

    Returns:
        float [B].
    """
    to_go = backward_recursion(rewards, batch.discounts * batch.continues)
    first_tokens = batch.action_lengths.cumsum(0) - batch.action_lengths
    return to_go[first_tokens]


def normalised_in_group(returns: Tensor, groups: Tensor) -> Tensor:
    """(G - mean of the group) / standard deviation of the group (GRPO, arXiv 2402.03300, section 4.1.2).

    Args:
        returns: G, float [B].
        groups: int64 [B].

    Returns:
        float [B]; 0 where all attempts of a group brought the same, in a group of one above all.
    """
    counts, means = _group_means(returns, groups)
    centred = returns.double() - means[groups]
    deviations = (_sums(centred**2, groups, len(counts)) / counts).sqrt()[groups]
    smallest = 1e-6 * (1 + means.abs()[groups])  # below are differences of rounding
    return torch.where(deviations <= smallest, torch.zeros_like(centred), centred / deviations).to(returns.dtype)


def left_one_out(returns: Tensor, groups: Tensor) -> Tensor:
    """G - mean of the OTHER attempts of the group (the RLOO estimator, arXiv 2402.14740).

    The mean of the others does not depend on the attempt, so that it biases no gradient.

    Args:
        returns: G, float [B].
        groups: int64 [B].

    Returns:
        float [B]; 0 in a group of one.
    """
    counts, means = _group_means(returns, groups)
    others = (counts - 1).clamp_min(1)
    # G - (n * mean - G) / (n - 1) = (G - mean) * n / (n - 1)
    return ((returns.double() - means[groups]) * (counts / others)[groups]).to(returns.dtype)


def action_sums(values: Tensor, lengths: Tensor) -> Tensor:
    """Sums over the tokens of each action, float [N] to float [B]; differentiable.

    Args:
        values: of tokens, float [N].
        lengths: tokens of each action, int64 [B].
    """
    return _sums(values, torch.repeat_interleave(lengths), len(lengths))


def attempt_mean_weights(lengths: Tensor, n_tokens: int, n_attempts: int) -> Tensor:
    """Weights that make of a mean over tokens the mean over attempts of the mean over the tokens of each.

    Args:
        lengths: tokens of each action, int64 [B].
        n_tokens: tokens of the whole batch, of which these actions may be a part.
        n_attempts: attempts of the whole batch.

    Returns:
        float [N].
    """
    return (n_tokens / (n_attempts * lengths.float())).repeat_interleave(lengths)


def _group_means(returns: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Attempts and mean return of each group, float64 each."""
    counts = torch.bincount(groups).double()
    return counts, _sums(returns.double(), groups, len(counts)) / counts


def _sums(values: Tensor, indices: Tensor, n: int) -> Tensor:
    return values.new_zeros(n).index_add(0, indices, values)
