"""Every registered learner, for tests that hold for all of them."""

from __future__ import annotations

from typing import Any

from agents import agent_config_class, list_agents
from agents.agent import CRITICS, ActorCriticConfig, LearnerConfig

LEARNERS = [name for name in list_agents() if issubclass(agent_config_class(name), LearnerConfig)]
WITH_CRITIC = [name for name in LEARNERS if issubclass(agent_config_class(name), ActorCriticConfig)]

CASES: list[tuple[str, str | None]] = [
    (name, critic) for name in LEARNERS for critic in (CRITICS if name in WITH_CRITIC else (None,))
]
"""Names of learners with each kind of critic that they may have; None where they have none."""

CASES_WITH_CRITIC = [(name, critic) for name, critic in CASES if critic is not None]


def critic_setting(critic: str | None) -> dict[str, Any]:
    """The setting that chooses a kind of critic."""
    return {} if critic is None else {"critic": critic}


def trained_parameters(agent: Any) -> dict[str, Any]:
    """What an agent trains, by name: policy and, if there is one, critic."""
    return {name: parameter for named in agent._optimizer.parameters.values() for name, parameter in named.items()}
