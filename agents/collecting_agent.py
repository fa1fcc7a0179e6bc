"""What every agent around a language model does alike: acting, and the loop of collecting attempts and updating."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gymnasium as gym
import torch

from agents.agent import STATE_VERSION, Iteration, SamplingConfig, check_state
from agents.generation import generate
from agents.language_model import LanguageModel
from agents.rollout import Collector, Rollout


class CollectingAgent:
    """Base of the agents of this package; an algorithm is an :meth:`_update`.

    Args:
        name: what the agent is registered as.
        language_model: the policy and its base.
        config: settings of the agent.
        seed: of everything that the agent draws.
    """

    def __init__(self, name: str, language_model: LanguageModel, config: SamplingConfig, seed: int) -> None:
        self._language_model = language_model
        self._sampling = config
        self._generator = torch.Generator().manual_seed(seed)
        self._collector = Collector(language_model, config, self._generator, seed)
        self._identity = {
            "version": STATE_VERSION,
            "agent": name,
            "model": f"{language_model.name} ({language_model.tuning})",
            "seed": seed,
            "config": dataclasses.asdict(config),
        }

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Collect and update until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`."""
        self._collector.begin(envs)
        while (vector_steps := self._collector.steps_left(envs, env_steps)) > 0:
            rollout = self._collector.collect(envs, vector_steps)
            start = time.perf_counter()
            metrics, gradient_steps = self._update(rollout)
            seconds = {
                "generation": rollout.generation_seconds,
                "environment": rollout.environment_seconds,
                "update": time.perf_counter() - start,
            }
            yield Iteration(
                self._collector.env_steps,
                rollout.turns,
                rollout.metrics() | metrics,
                seconds,
                rollout.generated_tokens,
                gradient_steps,
            )

    def act(self, observations: Sequence[str], generator: torch.Generator) -> list[str]:
        """Sample one action an observation, see :class:`agents.agent.Agent`."""
        model, config = self._language_model, self._sampling
        prompts = [model.encode_prompt(observation, reserve=config.max_new_tokens) for observation in observations]
        generations = generate(
            model,
            prompts,
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            generator=generator,
        )
        return [model.decode_action(generation.token_ids) for generation in generations]

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues bit for bit; learners add their networks and optimisers."""
        return {
            **self._identity,
            "generator": self._generator.get_state(),
            "collector": self._collector.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        check_state(state, self._identity)
        self._generator.set_state(state["generator"])
        self._collector.load_state_dict(state["collector"])

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Learn from fresh attempts; here, nothing is learnt. Returns metrics and the policy's gradient steps."""
        return {}, 0
