"""What the networks of ETPO say of the tokens of a forest: laid out in groups, read one after another.

Gradients are accumulated over groups of attempts. A token that several attempts have in common is read in the first of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from agents.critic import Critic, SoftQ
from agents.deviations import uniform_base
from agents.language_model import LanguageModel, Network
from agents.learner import micro_batches
from agents.rollout import Prompt, TokenBatch, hidden_states, prompt_states, token_batch
from agents.soft_q import soft_value
from agents.token_forest import TokenForest
from agents.vocabulary import ScoreFunction, VocabularySums, vocabulary_sums


@dataclass(frozen=True)
class ForestGroup:
    """Tokens of the forest over which gradients are accumulated.

    Attributes:
        batch: attempts that hold them.
        positions: of the n tokens among the action tokens of the batch, int64 [n].
        indices: of the n tokens among those of the forest, int64 [n].
        base_states: hidden states of rho in which they were tried, [n, d].
    """

    batch: TokenBatch
    positions: Tensor
    indices: Tensor
    base_states: Tensor


@dataclass(frozen=True)
class ForestReading:
    """What the networks say of the n tokens of a group.

    Attributes:
        policy_states: hidden states of the policy, [n, d].
        tokens: int64 [n].
        sums: policy against base; the scores are the target critic's, the learned scores those of the trained one.
        offsets: U of the trained critic, float [n], see :meth:`agents.critic.SoftQ.offsets`.
        target_offsets: U of the target critic, float [n].
    """

    policy_states: Tensor
    tokens: Tensor
    sums: VocabularySums
    offsets: Tensor
    target_offsets: Tensor


class ForestReader:
    """Reads tokens of a forest with the networks of an agent.

    Args:
        language_model: policy and base.
        critic: what says what tokens are worth.
        temperature: of the policy.
        gamma: discount at the ends of actions.
        micro_batch_tokens: action tokens of a group at most; None for one group.
        base_is_uniform: the deviation "no-base", see :mod:`agents.deviations`.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        critic: Critic[SoftQ],
        *,
        temperature: float,
        gamma: float,
        micro_batch_tokens: int | None,
        base_is_uniform: bool,
    ) -> None:
        self._language_model = language_model
        self._critic = critic
        self._temperature = temperature
        self._gamma = gamma
        self._micro_batch_tokens = micro_batch_tokens
        self._base_is_uniform = base_is_uniform

    @torch.no_grad()
    def groups(self, forest: TokenForest, read: Sequence[int]) -> list[ForestGroup]:
        """Some attempts, laid out.

        Args:
            forest: with E tokens.
            read: which of its attempts.
        """
        device = self._language_model.device
        places: dict[int, int] = {}
        n_positions = 0
        for attempt in read:
            for index in forest.paths[attempt]:
                places.setdefault(index, n_positions)
                n_positions += 1
        indices = torch.tensor(list(places), device=device)
        positions = torch.tensor(list(places.values()), device=device)
        groups = []
        end = 0
        for attempts in micro_batches([(forest.turns[attempt],) for attempt in read], self._micro_batch_tokens):
            batch = token_batch(attempts, self._gamma, device)
            start, end = end, end + len(batch)
            here = (positions >= start) & (positions < end)
            own, within = indices[here], positions[here] - start
            states = hidden_states(self._language_model, batch, "base")[within]
            groups.append(ForestGroup(batch, within, own, states))
        return groups

    def read(self, group: ForestGroup) -> ForestReading:
        """Run the networks; differentiable with respect to the policy and the trained critic."""
        critic, head = self._critic, self._language_model.head("base")
        tokens = group.batch.tokens[group.positions]
        policy_states = self._token_states(group, "policy")
        states = self._token_states(group, critic.network)
        scores = critic.online.scores(states, head)
        with torch.no_grad():
            target_states = self._token_states(group, critic.target_network)
            target_scores = critic.target.scores(target_states, head)
        sums = self._against_base(policy_states, group.base_states, tokens, target_scores, scores)
        return ForestReading(
            policy_states,
            tokens,
            sums,
            critic.online.offsets(states, scores, tokens, sums.learned_scores),
            critic.target.offsets(target_states, target_scores, tokens, sums.scores).detach(),
        )

    def _against_base(
        self,
        policy_states: Tensor,
        base_states: Tensor,
        tokens: Tensor,
        scores: ScoreFunction,
        learned_scores: ScoreFunction | None = None,
    ) -> VocabularySums:
        """Policy against base and what critics say of tokens, in n states [n, d] of both."""
        model, base_head = self._language_model, self._language_model.head("base")
        if self._base_is_uniform:
            base_states, base_head = uniform_base(base_states, base_head)
        return vocabulary_sums(
            policy_states,
            model.head("policy"),
            tokens,
            base_hidden=base_states,
            base_head=base_head,
            temperature=self._temperature,
            scores=scores,
            learned_scores=learned_scores,
        )

    def _token_states(self, group: ForestGroup, network: Network) -> Tensor:
        """Hidden states [n, d] of a network, in which the tokens of a group were tried."""
        if network == "base":
            return group.base_states
        return hidden_states(self._language_model, group.batch, network)[group.positions]

    @torch.no_grad()
    def prompt_values(self, prompts: Sequence[Prompt], beta: float) -> Tensor:
        """V(x) by the target critic at the ends of prompts, float [M]."""
        model, target = self._language_model, self._critic.target
        base_states = prompt_states(model, prompts, "base")
        network = self._critic.target_network
        states = base_states if network == "base" else prompt_states(model, prompts, network)
        scores = target.scores(states, model.head("base"))
        tokens = torch.zeros(len(prompts), dtype=torch.int64, device=states.device)  # none was chosen there
        sums = self._against_base(prompt_states(model, prompts, "policy"), base_states, tokens, scores)
        expected_q = target.expected_q(target.offsets(states, scores, tokens, sums.scores), sums.scores)
        return soft_value(expected_q, sums.kl, beta)
