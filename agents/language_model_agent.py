"""What every agent does alike that has a language model's tokens in hand: its sampler follows the policy."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from agents.actor import LanguageModelActor
from agents.agent import SamplingConfig
from agents.collecting_agent import CollectingAgent
from agents.generation import LocalSampler
from agents.language_model import LanguageModel
from agents.sampler import Sampler

LARGE_LOG_PROB_GAP = 0.05
"""Above this, the log-probabilities of sampling and of training are no longer those of one policy."""


class LanguageModelAgent(CollectingAgent):
    """Base of the agents that train a language model, or sample from it as it is; an algorithm is an :meth:`_update`.

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
        if sampler is None:
            sampler = LocalSampler(language_model, stop_at_function_end=config.stop_at_function_end)
        super().__init__(name, config, seed, LanguageModelActor(language_model, sampler, config))
        self._language_model = language_model
        self._sampling = config
        self._sampler = sampler
        self._sampler_is_current = False
        self._has_warned = False

    @property
    def language_model(self) -> LanguageModel:
        """The policy and its base."""
        return self._language_model

    @property
    def temperature(self) -> float:
        """That actions are sampled at."""
        return self._sampling.temperature

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._sampler_is_current = False

    def _before_acting(self) -> None:
        if not self._sampler_is_current:
            self._sampler.policy_changed()
            self._sampler_is_current = True

    def _after_update(self, metrics: Mapping[str, float], gradient_steps: int) -> None:
        self._sampler_is_current = self._sampler_is_current and gradient_steps == 0
        gap = metrics.get("log_prob_gap", 0.0)
        if gap > LARGE_LOG_PROB_GAP and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"the log-probabilities of sampling and of training differ by up to {gap:.2g} "
                f"(more than {LARGE_LOG_PROB_GAP}): the sampler and the learner compute different policies, "
                "or their number format is too coarse",
                stacklevel=3,
            )

    def _identity(self) -> dict[str, Any]:
        model = self._language_model
        return super()._identity() | {
            "model": model.name,
            "tuning": model.tuning,
            "dtype": str(model.head("base").weight.dtype).removeprefix("torch."),
            "model_options": model.options.deciding(),
            "weights": model.fingerprint,
        }
