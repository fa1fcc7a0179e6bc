"""The settings with which updates are measured."""

from __future__ import annotations

from typing import Any

from agents.agent import ActorCriticConfig, make_config


def measured_config(agent: str, **settings: Any) -> ActorCriticConfig:
    """One gradient step on the whole batch and nothing else, with Adam and learning rates of 0.

    The work is that of learning, and the policy stays the one that sampled. ETPO descends its objective, because of
    what its improved policy would not write it takes no gradients.
    """
    alone: dict[str, Any] = {"replay_turns": 0, "policy_step": "descent"} if agent == "etpo" else {}
    fixed: dict[str, Any] = {
        "batch_uses": 1,
        "learning_rate": 0.0,
        "critic_learning_rate": 0.0,
        "stop_at_function_end": False,
    }
    config = make_config(agent, **fixed, **alone, **settings)
    assert isinstance(config, ActorCriticConfig)
    return config
