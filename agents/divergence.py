"""What is done when a loss or a gradient is no number: stop before the optimiser step, and hand over the batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from agents.agent import TrainingDiverged
from agents.rollout import Trajectory


def require_finite(inspect: Callable[[], dict[str, Any]], **values: Tensor) -> None:
    """Raise :class:`agents.agent.TrainingDiverged`, naming the value, if one of the scalars is NaN or infinite.

    Args:
        inspect: makes the batch that the error carries; called only then.
        values: losses and norms of gradients.
    """
    for name, value in values.items():
        number = float(value.detach())
        if not math.isfinite(number):
            raise TrainingDiverged(
                f"{name} became {number}; the weights were not changed. Lower the learning rate or raise beta.",
                inspect(),
            )


def inspection_batch(
    trajectories: Sequence[Trajectory], tokens: Mapping[str, Tensor], gradients: Mapping[str, Tensor | None]
) -> dict[str, Any]:
    """A batch as plain containers, to be saved and looked into.

    Args:
        trajectories: what was to be learnt from.
        tokens: what the update had computed by then, float [n] each: of the first n action tokens of the batch, which
            lie one trajectory behind the other; for ETPO those of them that were not tried before in the same state.
        gradients: of parameters, by name.

    Returns:
        A dictionary: ``turns`` (a list of dictionaries with ``trajectory``, ``prompt_ids``, ``action_ids``,
        ``log_probs``, ``reward``, ``terminated``, ``truncated``, ``stop_reason``), ``tokens`` (the tensors, on the CPU)
        and ``not_finite_gradients`` (names of the parameters whose gradient holds a NaN or an infinity).
    """
    turns = [
        {
            "trajectory": index,
            "prompt_ids": list(turn.prompt_ids),
            "action_ids": list(turn.action_ids),
            "log_probs": list(turn.log_probs),
            "reward": float(turn.reward),
            "terminated": bool(turn.terminated),
            "truncated": bool(turn.truncated),
            "stop_reason": str(turn.stop_reason),
        }
        for index, trajectory in enumerate(trajectories)
        for turn in trajectory
    ]
    return {
        "turns": turns,
        "tokens": {name: values.detach().float().cpu().clone() for name, values in tokens.items()},
        "not_finite_gradients": [
            name for name, gradient in gradients.items() if gradient is not None and not bool(gradient.isfinite().all())
        ],
    }
