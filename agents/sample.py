"""The base model itself: it samples and never learns. What every learner has to beat."""

from __future__ import annotations

from agents.agent import SamplingConfig, register_agent
from agents.language_model import LanguageModel
from agents.language_model_agent import LanguageModelAgent
from agents.sampler import Sampler


@register_agent("sample", SamplingConfig, is_stationary=True)
class Sample(LanguageModelAgent):
    """Samples from the language model as it is; an :class:`agents.agent.Agent`."""

    def __init__(
        self, language_model: LanguageModel, config: SamplingConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        super().__init__("sample", language_model, config, seed, sampler)
        self.config = config
