"""What learning did to a language model: its divergence from the base, and the perplexity of texts under both.

Nothing here learns or draws; sequences are read by the passes that learners use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from agents.actor import Action
from agents.corpus import Corpus, Passage, passages
from agents.language_model import LanguageModel
from agents.language_model_agent import LanguageModelAgent
from agents.rollout import Turn, hidden_states, token_batch
from agents.vocabulary import VocabularySums, vocabulary_sums

_GROUP = 16
"""Sequences that are read at once."""


@dataclass(frozen=True)
class Divergence:
    """Exact KL(pi || rho) over the vocabulary, in nats.

    Attributes:
        per_token: mean over tokens.
        per_action: mean over actions of the sum over their tokens.
    """

    per_token: float
    per_action: float


@dataclass(frozen=True)
class Perplexities:
    """exp of the mean negative log-likelihood a token, under the base model and under the policy."""

    base: float
    policy: float


class PolicyProbe:
    """Measures the policy of an agent, as it is at the time.

    Args:
        agent: an agent of this package, or of another one on the same base class.
        corpus: texts of which the perplexity is measured; None for none.
    """

    def __init__(self, agent: LanguageModelAgent, corpus: Corpus | None = None) -> None:
        self._agent = agent
        self._corpus = corpus
        self.corpus_fingerprint = None if corpus is None else corpus.fingerprint

    def sample(self, observations: Sequence[str], generator: torch.Generator) -> list[Action]:
        """The agent's actions with their tokens, see :meth:`agents.collecting_agent.CollectingAgent.sample`."""
        return self._agent.sample(observations, generator)

    def divergence(
        self, actions: Sequence[Action], before_pass: Callable[[], None] = lambda: None
    ) -> Divergence | None:
        """See :func:`divergence_from_base`; at the temperature that the agent samples at."""
        return divergence_from_base(self._agent.language_model, actions, self._agent.temperature, before_pass)

    def perplexities(self, before_pass: Callable[[], None] = lambda: None) -> Perplexities | None:
        """See :func:`perplexities`; None without a corpus."""
        return None if self._corpus is None else perplexities(self._agent.language_model, self._corpus, before_pass)


def divergence_from_base(
    language_model: LanguageModel,
    actions: Sequence[Action],
    temperature: float,
    before_pass: Callable[[], None] = lambda: None,
) -> Divergence | None:
    """How far the policy has moved from the base model where it acts; None if no action holds a token.

    Both distributions are softmax(logits / temperature); at temperature 0, where sampling is greedy, those of
    temperature 1. Averaged over actions that the policy has sampled, the sum over an action's tokens estimates the
    divergence of the distributions over whole actions (the chain rule of the divergence).

    Args:
        language_model: policy and base.
        actions: what the policy has written, and what it had read.
        temperature: that the policy samples at.
        before_pass: called before each pass through the model; what it raises ends the measurement.
    """
    divergences: list[list[float]] = []
    read = [Passage(action.prompt_ids, action.action_ids) for action in actions if action.action_ids]
    for group in _groups(read):
        before_pass()
        sums = _sums(language_model, group, temperature or 1.0)
        divergences += _by_passage(sums.kl.double().tolist(), group)
    if not divergences:
        return None
    totals = [math.fsum(values) for values in divergences]
    return Divergence(math.fsum(totals) / sum(map(len, divergences)), math.fsum(totals) / len(totals))


def perplexities(
    language_model: LanguageModel, corpus: Corpus, before_pass: Callable[[], None] = lambda: None
) -> Perplexities:
    """Perplexity of a corpus under base and policy, over all tokens of its documents that count.

    Args:
        language_model: policy and base.
        corpus: the documents, see :func:`agents.corpus.passages`.
        before_pass: called before each pass through the model; what it raises ends the measurement.
    """
    read = [passage for document in corpus.documents for passage in passages(language_model, document)]
    log_pi: list[float] = []
    log_rho: list[float] = []
    for group in _groups(read):
        before_pass()
        sums = _sums(language_model, group, temperature=1.0)
        log_pi += sums.log_pi.double().tolist()
        log_rho += sums.log_rho.double().tolist()
    return Perplexities(base=_perplexity(log_rho), policy=_perplexity(log_pi))


@torch.no_grad()
def _sums(language_model: LanguageModel, group: Sequence[Passage], temperature: float) -> VocabularySums:
    """Of pi and rho at the tokens of passages, one behind the other."""
    batch = token_batch([(_turn(passage),) for passage in group], 1.0, language_model.device)
    return vocabulary_sums(
        hidden_states(language_model, batch, "policy"),
        language_model.head("policy"),
        batch.tokens,
        base_hidden=hidden_states(language_model, batch, "base"),
        base_head=language_model.head("base"),
        temperature=temperature,
    )


def _turn(passage: Passage) -> Turn:
    """A passage in the shape in which sequences are laid out for reading."""
    return Turn(
        env_index=0,
        prompt="",
        action="",
        prompt_ids=passage.prompt_ids,
        action_ids=passage.token_ids,
        log_probs=(0.0,) * len(passage.token_ids),
        stop_reason="eos",
        reward=0.0,
        terminated=True,
        truncated=False,
        next_prompt_ids=None,
        info={},
    )


def _groups(read: Sequence[Passage]) -> list[Sequence[Passage]]:
    return [read[start : start + _GROUP] for start in range(0, len(read), _GROUP)]


def _by_passage(values: Sequence[float], group: Sequence[Passage]) -> list[list[float]]:
    rest = iter(values)
    return [[next(rest) for _ in passage.token_ids] for passage in group]


def _perplexity(log_probs: Sequence[float]) -> float:
    """exp(-mean); infinite where that is no number."""
    try:
        return math.exp(-math.fsum(log_probs) / len(log_probs))
    except OverflowError:
        return math.inf
