"""What every agent of this package does alike: acting, and the loop of collecting attempts and updating."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gymnasium as gym
import torch

from agents.actor import Action, Actor
from agents.agent import STATE_VERSION, AgentConfig, Iteration, TrainingDiverged, check_state
from agents.collector import Collector
from agents.rollout import Rollout


class CollectingAgent:
    """Base of the agents of this package; an algorithm is an actor and an :meth:`_update`.

    Args:
        name: what the agent is registered as.
        config: settings of the agent.
        seed: of everything that the agent draws.
        actor: what decides on its actions.
    """

    def __init__(self, name: str, config: AgentConfig, seed: int, actor: Actor) -> None:
        self._name = name
        self._seed = seed
        self._settings = config
        self._actor = actor
        self._generator = torch.Generator().manual_seed(seed)
        self._collector = Collector(actor, self._generator, seed, config.steps_per_iteration)

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Collect and update until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`."""
        self._collector.begin(envs)
        while (vector_steps := self._collector.steps_left(envs, env_steps)) > 0:
            self._before_acting()
            rollout = self._collector.collect(envs, vector_steps)
            start = time.perf_counter()
            try:
                metrics, gradient_steps = self._update(rollout)
            except TrainingDiverged as error:
                error.iteration = self._iteration(rollout, {}, 0, time.perf_counter() - start)
                raise
            self._after_update(metrics, gradient_steps)
            yield self._iteration(rollout, metrics, gradient_steps, time.perf_counter() - start)

    def act(self, observations: Sequence[Any], generator: torch.Generator) -> list[Any]:
        """Sample one action an observation, see :class:`agents.agent.Agent`."""
        return [action.content for action in self.sample(observations, generator)]

    def sample(self, observations: Sequence[Any], generator: torch.Generator) -> list[Action]:
        """As :meth:`act`, with what else is known of the actions; an agent that acts otherwise overrides this."""
        self._before_acting()
        return self._actor.act(observations, generator, is_exploring=False)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues bit for bit; learners add their networks and optimisers."""
        return {
            **self._identity(),
            "generator": self._generator.get_state(),
            "collector": self._collector.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        check_state(state, self._identity())
        self._generator.set_state(state["generator"])
        self._collector.load_state_dict(state["collector"])

    def _identity(self) -> dict[str, Any]:
        """What a state belongs to, and all that it takes to build the agent anew."""
        return {
            "version": STATE_VERSION,
            "agent": self._name,
            "seed": self._seed,
            "config": dataclasses.asdict(self._settings),
        }

    def _iteration(
        self, rollout: Rollout, metrics: dict[str, float], gradient_steps: int, update_seconds: float
    ) -> Iteration:
        seconds = {
            "generation": rollout.generation_seconds,
            "environment": rollout.environment_seconds,
            "update": update_seconds,
        }
        return Iteration(
            self._collector.env_steps,
            rollout.turns,
            rollout.metrics() | metrics,
            seconds,
            rollout.generated_tokens,
            gradient_steps,
        )

    def _before_acting(self) -> None:
        """Called before the actor acts."""

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Learn from fresh attempts; here, nothing is learnt. Returns metrics and the policy's gradient steps."""
        return {}, 0

    def _after_update(self, metrics: Mapping[str, float], gradient_steps: int) -> None:
        """Called after each update with what it returned."""
