"""What every agent around a language model does alike: acting, and the loop of collecting attempts and updating."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import torch

from agents.agent import STATE_VERSION, Iteration, SamplingConfig, TrainingDiverged, check_state
from agents.collector import Collector
from agents.generation import LocalSampler
from agents.language_model import LanguageModel
from agents.rollout import Rollout
from agents.sampler import Sampler

LARGE_LOG_PROB_GAP = 0.05
"""Above this, the log-probabilities of sampling and of training are no longer those of one policy."""


@dataclass(frozen=True)
class SampledAction:
    """An action with its tokens.

    Attributes:
        prompt_ids: what the model read.
        action_ids: what it wrote.
        text: the action as the environment takes it.
    """

    prompt_ids: tuple[int, ...]
    action_ids: tuple[int, ...]
    text: str


class CollectingAgent:
    """Base of the agents of this package; an algorithm is an :meth:`_update`.

    Args:
        name: what the agent is registered as.
        language_model: the policy and its base.
        config: settings of the agent.
        seed: of everything that the agent draws.
        sampler: what writes the actions; None for a :class:`agents.generation.LocalSampler`.
    """

    def __init__(
        self,
        name: str,
        language_model: LanguageModel,
        config: SamplingConfig,
        seed: int,
        sampler: Sampler | None = None,
    ) -> None:
        self._language_model = language_model
        self._sampling = config
        if sampler is None:
            sampler = LocalSampler(language_model, stop_at_function_end=config.stop_at_function_end)
        self._sampler = sampler
        self._generator = torch.Generator().manual_seed(seed)
        self._collector = Collector(language_model, sampler, config, self._generator, seed)
        self._sampler_is_current = False
        self._has_warned = False
        self._identity = {
            "version": STATE_VERSION,
            "agent": name,
            "model": f"{language_model.name} ({language_model.tuning})",
            "seed": seed,
            "config": dataclasses.asdict(config),
        }

    @property
    def language_model(self) -> LanguageModel:
        """The policy and its base."""
        return self._language_model

    @property
    def temperature(self) -> float:
        """That actions are sampled at."""
        return self._sampling.temperature

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Collect and update until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`."""
        self._collector.begin(envs)
        while (vector_steps := self._collector.steps_left(envs, env_steps)) > 0:
            self._update_sampler()
            rollout = self._collector.collect(envs, vector_steps)
            start = time.perf_counter()
            try:
                metrics, gradient_steps = self._update(rollout)
            except TrainingDiverged as error:
                error.iteration = self._iteration(rollout, {}, 0, time.perf_counter() - start)
                raise
            self._sampler_is_current = self._sampler_is_current and gradient_steps == 0
            self._warn_of_gap(metrics)
            yield self._iteration(rollout, metrics, gradient_steps, time.perf_counter() - start)

    def act(self, observations: Sequence[str], generator: torch.Generator) -> list[str]:
        """Sample one action an observation, see :class:`agents.agent.Agent`."""
        return [action.text for action in self.sample(observations, generator)]

    def sample(self, observations: Sequence[str], generator: torch.Generator) -> list[SampledAction]:
        """As :meth:`act`, with the tokens that were read and written; an agent that acts otherwise overrides this."""
        config = self._sampling
        prompts = [
            self._language_model.encode_prompt(observation, reserve=config.max_new_tokens)
            for observation in observations
        ]
        self._update_sampler()
        generations = self._sampler.sample(
            prompts,
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            generator=generator,
        )
        return [
            SampledAction(prompt, generation.token_ids, generation.text)
            for prompt, generation in zip(prompts, generations, strict=True)
        ]

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
        self._sampler_is_current = False

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

    def _update_sampler(self) -> None:
        if not self._sampler_is_current:
            self._sampler.policy_changed()
            self._sampler_is_current = True

    def _warn_of_gap(self, metrics: Mapping[str, float]) -> None:
        """Say once that what was sampled is not what is trained."""
        gap = metrics.get("log_prob_gap", 0.0)
        if gap > LARGE_LOG_PROB_GAP and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"the log-probabilities of sampling and of training differ by up to {gap:.2g} "
                f"(more than {LARGE_LOG_PROB_GAP}): the sampler and the learner compute different policies, "
                "or their number format is too coarse",
                stacklevel=3,
            )

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Learn from fresh attempts; here, nothing is learnt. Returns metrics and the policy's gradient steps."""
        return {}, 0
