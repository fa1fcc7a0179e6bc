"""The base model itself: it samples and never learns. What every learner has to beat."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gymnasium as gym
import torch

from agents.agent import STATE_VERSION, Iteration, SamplingConfig, check_state, register_agent
from agents.generation import generate
from agents.language_model import LanguageModel
from agents.rollout import Collector


@register_agent("sample", SamplingConfig)
class Sample:
    """Samples from the language model as it is; an :class:`agents.agent.Agent`."""

    def __init__(self, language_model: LanguageModel, config: SamplingConfig, seed: int) -> None:
        self.config = config
        self._language_model = language_model
        self._generator = torch.Generator().manual_seed(seed)
        self._collector = Collector(language_model, config, self._generator, seed)
        self._identity = {
            "version": STATE_VERSION,
            "agent": "sample",
            "model": f"{language_model.name} ({language_model.tuning})",
            "seed": seed,
            "config": dataclasses.asdict(config),
        }

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Collect until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`."""
        self._collector.begin(envs)
        while (vector_steps := self._collector.steps_left(envs, env_steps)) > 0:
            rollout = self._collector.collect(envs, vector_steps)
            seconds = {
                "generation": rollout.generation_seconds,
                "environment": rollout.environment_seconds,
                "update": 0.0,
            }
            yield Iteration(
                self._collector.env_steps,
                rollout.turns,
                rollout.metrics(),
                seconds,
                rollout.generated_tokens,
                gradient_steps=0,
            )

    def act(self, observations: Sequence[str], generator: torch.Generator) -> list[str]:
        """Sample one action an observation, see :class:`agents.agent.Agent`."""
        model, config = self._language_model, self.config
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
        """Everything that continues sampling bit for bit."""
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
