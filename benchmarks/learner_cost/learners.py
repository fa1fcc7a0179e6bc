"""The settings with which updates are measured."""

from __future__ import annotations

from typing import Any

from agents.agent import ActorCriticConfig, make_config


def measured_config(agent: str, **settings: Any) -> ActorCriticConfig:
    """One gradient step on the batch alone, with Adam, no replay, and learning rates of 0.

    The work is that of learning, and the policy stays the one that sampled.
    """
    alone: dict[str, Any] = {"replay_turns": 0} if agent == "etpo" else {}
    fixed: dict[str, Any] = {
        "batch_uses": 1,
        "learning_rate": 0.0,
        "critic_learning_rate": 0.0,
        "stop_at_function_end": False,
    }
    config = make_config(agent, **fixed, **alone, **settings)
    assert isinstance(config, ActorCriticConfig)
    return config
