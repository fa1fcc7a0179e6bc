"""ETPO: entropy-regularised token-level policy optimisation (arXiv 2402.06700), on a forest of tried tokens.

The objective is E[sum_t gamma^t (r_t - beta * sum_j KL(pi || rho)(s_t, w_<j))], rho the frozen base model. Its soft
Bellman equations run from token to token (agents/soft_q.py). What differs from the paper:

- backups run over a forest of the tokens that were tried lately (agents/token_forest.py), each weighted by its
  probability under the present policy (agents/forest_values.py), in place of one-step backups along sampled paths,
  which carry a reward back one token an update;
- the divergence to rho is an exact sum over the vocabulary, and its gradient is; Q is estimated for tried tokens;
- the critic is a pair of heads on rho's features, which cost next to nothing, or an adapter of its own on the base.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from agents.agent import ActorCriticConfig, register_agent, unknown
from agents.critic import Critic, SoftQ, head_generator, soft_q_critic
from agents.deviations import DEVIATIONS, one_sided_huber, shifted_divergences, uniform_base, vocabulary_mean_loss
from agents.forest_values import forest_values
from agents.gradient_step import GradientStep, TokenEvaluation
from agents.language_model import LanguageModel, Network
from agents.learner import ActorCritic, average_metrics
from agents.replay import ReplayBuffer
from agents.rollout import Prompt, Rollout, TokenBatch, Turn, hidden_states, prompt_states
from agents.sampler import Sampler
from agents.soft_q import policy_objective, soft_value
from agents.token_forest import TokenForest, token_forest
from agents.vocabulary import ScoreFunction, VocabularySums, vocabulary_sums


@dataclass(frozen=True)
class ETPOConfig(ActorCriticConfig):
    """Settings of ETPO.

    Attributes:
        trace_lambda: lambda of the soft Q(lambda) returns; 0 is the one-step backup of the paper.
        replay_turns: attempts whose tokens are in the forest, those of the iteration at least.
        prior_visits: how many visits of a state the expectation from elsewhere is worth in a baseline.
        backup_temperature: values are those of a policy that is improved in every state, within this temperature of the
            present one. None: those of the present policy.
        polyak: share of the critic that its target takes over after each gradient step.
        advantage_weight: share of the learned advantage in the doubly robust estimate of Q. Above 0, tokens that were
            never tried are moved by the critic's guess about them.
        advantage_penalty: weight of E_pi[A^2], A = Q - E_pi[Q], in the critic's loss.
        deviation: where the authors' code is followed instead of the equations, one of
            :data:`agents.deviations.DEVIATIONS`.
    """

    trace_lambda: float = 0.95
    replay_turns: int = 48
    prior_visits: float = 1.0
    backup_temperature: float | None = 0.2
    polyak: float = 0.05
    advantage_weight: float = 0.0
    advantage_penalty: float = 0.1
    deviation: str = "none"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "paper": {"trace_lambda": 0.0, "backup_temperature": None, "beta": 0.01, "gamma": 0.99, "polyak": 0.005},
        "fresh-only": {"replay_turns": 0},
        "critic-baseline": {"prior_visits": 1e6},
        "expected-backup": {"backup_temperature": None},
        "learned-advantage": {"advantage_weight": 1.0},
        **{name: {"deviation": name} for name in DEVIATIONS if name != "none"},
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.trace_lambda <= 1, "trace_lambda", "between 0 and 1")
        self._check(self.replay_turns >= 0, "replay_turns", "at least 0")
        self._check(self.prior_visits >= 0, "prior_visits", "at least 0")
        temperature = self.backup_temperature
        self._check(temperature is None or temperature > 0, "backup_temperature", "above 0, or None")
        self._check(0 < self.polyak <= 1, "polyak", "in (0, 1]")
        self._check(0 <= self.advantage_weight <= 1, "advantage_weight", "between 0 and 1")
        self._check(self.advantage_penalty >= 0, "advantage_penalty", "at least 0")
        if self.deviation not in DEVIATIONS:
            raise ValueError(unknown("deviation", self.deviation, DEVIATIONS))


@dataclass(frozen=True)
class _Group:
    """Tokens of the forest over which gradients are accumulated.

    Attributes:
        batch: the distinct attempts in which they were tried first.
        positions: of the n tokens among the action tokens of the batch, int64 [n].
        base_states: hidden states of rho in which they were tried, [n, d].
    """

    batch: TokenBatch
    positions: Tensor
    base_states: Tensor


@dataclass(frozen=True)
class _Reading:
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


@dataclass(frozen=True)
class _Targets:
    """What n tokens are moved towards; float [n] each.

    Attributes:
        log_pi: log pi(w) before the first gradient step.
        q: Q(x, w), see :class:`agents.forest_values.ForestValues`, as are the others.
        baselines: what was to be expected of x.
        weights: of the tokens in the losses.
    """

    log_pi: Tensor
    q: Tensor
    baselines: Tensor
    weights: Tensor


@register_agent("etpo", ETPOConfig)
class ETPO(ActorCritic):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: ETPOConfig
    _critic: Critic[SoftQ]

    def __init__(
        self, language_model: LanguageModel, config: ETPOConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        generator = head_generator(seed)
        raw_logits = config.deviation == "raw-logits"
        critic = soft_q_critic(
            config.critic, language_model, config.critic_width, config.beta, generator, raw_logits=raw_logits
        )
        super().__init__("etpo", language_model, config, seed, critic, sampler)
        self._replay = ReplayBuffer(config.replay_turns)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        replay = [[vars(turn).copy() for turn in trajectory] for trajectory in self._replay.trajectories]
        return {**super().state_dict(), "replay": replay}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        replay = [tuple(Turn(**turn) for turn in trajectory) for trajectory in state["replay"]]
        self._replay = ReplayBuffer(self.config.replay_turns, replay)

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """The targets once, from the forest, then ``batch_uses`` gradient steps; metrics are their averages."""
        n_attempts = sum(bool(turn.action_ids) for turn in rollout.turns)
        if n_attempts == 0:
            raise ValueError("there is nothing to learn from: no action of the batch holds a token")
        fresh = [tuple(turn.tokens_only() for turn in trajectory) for trajectory in rollout.trajectories]
        replay = self._replay.extended(fresh)
        forest = token_forest(replay.trajectories, self.config.gamma)
        distinct = [(turn,) for turn in forest.turns]
        groups = self._groups(forest, self._token_batches(distinct))
        with nullcontext() if len(groups) == 1 else torch.no_grad():  # of one group, the first step is taken at once
            readings = [self._read(group) for group in groups]
        targets = self._targets(forest, groups, readings)
        log_ratio = _log_ratios_of_last(forest, targets, n_attempts)
        self._require_same_policy(log_ratio)
        metrics = []
        for use in range(self.config.batch_uses):
            step = GradientStep(self._optimizer, distinct)
            for group, wanted in zip(groups, targets, strict=True):
                reading = readings[0] if use == 0 and len(groups) == 1 else self._read(group)
                evaluation = self._evaluate(reading, wanted)
                step.note(evaluation)
                step.add(evaluation)
            metrics.append(step.apply())
            self._critic.update_target(self.config.polyak)
        self._replay = replay  # not before: a batch that made the update fail is not learnt from again
        return average_metrics(metrics) | {"log_prob_gap": float(log_ratio.abs().max())}, len(metrics)

    @torch.no_grad()
    def _groups(self, forest: TokenForest, batches: Sequence[TokenBatch]) -> list[_Group]:
        """The tokens of the forest by the batch in which they were tried first."""
        groups = []
        positions = torch.tensor([token.position for token in forest.tokens], device=self._language_model.device)
        end = 0
        for batch in batches:
            start, end = end, end + len(batch)
            here = positions[(positions >= start) & (positions < end)] - start
            groups.append(_Group(batch, here, hidden_states(self._language_model, batch, "base")[here]))
        return groups

    @torch.no_grad()
    def _targets(self, forest: TokenForest, groups: Sequence[_Group], readings: Sequence[_Reading]) -> list[_Targets]:
        """Evaluate the policy on the forest, before the first gradient step."""
        config, target, online = self.config, self._critic.target, self._critic.online
        log_pi = torch.cat([reading.sums.log_pi for reading in readings])
        divergences = torch.cat([reading.sums.kl for reading in readings]).tolist()
        if config.deviation == "shifted-kl":
            divergences = shifted_divergences(forest, divergences)
        estimates = forest_values(
            forest,
            log_pi.tolist(),
            torch.cat([reading.sums.log_rho for reading in readings]).tolist(),
            divergences,
            torch.cat([target.expected_q(read.target_offsets, read.sums.scores) for read in readings]).tolist(),
            torch.cat([online.expected_q(read.offsets, read.sums.learned_scores) for read in readings]).tolist(),
            self._bootstrap_values(forest.bootstrap_prompts).tolist(),
            beta=config.beta,
            trace_lambda=config.trace_lambda,
            prior_visits=config.prior_visits,
            backup_temperature=config.backup_temperature,
        )
        n_tokens = sum(len(group.batch) for group in groups)
        weights = torch.tensor(estimates.weights) * (n_tokens / math.fsum(estimates.weights))
        columns = (log_pi, torch.tensor(estimates.q), torch.tensor(estimates.baselines), weights)
        sizes = [len(group.positions) for group in groups]
        parts = zip(*(column.to(log_pi.device).split(sizes) for column in columns), strict=True)
        return [_Targets(*part) for part in parts]

    def _bootstrap_values(self, prompts: Sequence[Prompt]) -> Tensor:
        """V(x) by the target critic at the ends of prompts, float [M]."""
        model, target = self._language_model, self._critic.target
        base_states = prompt_states(model, prompts, "base")
        network = self._critic.target_network
        states = base_states if network == "base" else prompt_states(model, prompts, network)
        scores = target.scores(states, model.head("base"))
        tokens = torch.zeros(len(prompts), dtype=torch.int64, device=states.device)  # none was chosen there
        sums = self._against_base(prompt_states(model, prompts, "policy"), base_states, tokens, scores)
        expected_q = target.expected_q(target.offsets(states, scores, tokens, sums.scores), sums.scores)
        return soft_value(expected_q, sums.kl, self.config.beta)

    def _read(self, group: _Group) -> _Reading:
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
        return _Reading(
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
        if self.config.deviation == "no-base":
            base_states, base_head = uniform_base(base_states, base_head)
        return vocabulary_sums(
            policy_states,
            model.head("policy"),
            tokens,
            base_hidden=base_states,
            base_head=base_head,
            temperature=self.config.temperature,
            scores=scores,
            learned_scores=learned_scores,
        )

    def _token_states(self, group: _Group, network: Network) -> Tensor:
        """Hidden states [n, d] of a network, in which the tokens of a group were tried."""
        if network == "base":
            return group.base_states
        return hidden_states(self._language_model, group.batch, network)[group.positions]

    def _evaluate(self, reading: _Reading, targets: _Targets) -> TokenEvaluation:
        """The losses of a group and what its metrics need."""
        config, online, target = self.config, self._critic.online, self._critic.target
        sums = reading.sums

        # Critic: regress Q(x, w) on what the forest says, and keep its advantages small.
        q_values = online.q_values(reading.offsets, sums.learned_scores)
        advantage_variance = online.scale**2 * sums.learned_scores.variance
        errors = targets.q - q_values
        fit = one_sided_huber(errors) if config.deviation == "one-sided-huber" else 0.5 * errors**2
        critic_loss = fit + 0.5 * config.advantage_penalty * advantage_variance

        # Policy: descend E_pi[beta * log(pi / rho) - Q].
        advantages = expected_advantages = None
        if config.advantage_weight > 0:
            target_q = target.q_values(reading.target_offsets, sums.scores)
            target_expected_q = target.expected_q(reading.target_offsets, sums.scores)
            advantages = config.advantage_weight * (target_q - target_expected_q).detach()
            expected_advantages = config.advantage_weight * (target_expected_q - target_expected_q.detach())
        policy_loss, clipped = policy_objective(
            sums.log_pi,
            targets.log_pi,
            sums.kl,
            targets.q,
            targets.baselines,
            config.beta,
            config.clip_range,
            advantages=advantages,
            expected_advantages=expected_advantages,
        )
        if config.deviation == "vocabulary-mean":
            head = self._language_model.head("policy")
            policy_loss = vocabulary_mean_loss(sums.log_pi, reading.policy_states, head, reading.tokens, config.beta)
        expected_q = online.expected_q(reading.offsets, sums.learned_scores).detach()
        return TokenEvaluation(
            policy_loss,
            critic_loss,
            log_ratio=sums.log_pi - targets.log_pi,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=clipped,
            returns=targets.q,
            baseline=targets.baselines,
            q=q_values,
            v=soft_value(expected_q, sums.kl, config.beta),
            weight=targets.weights,
        )


def _log_ratios_of_last(forest: TokenForest, targets: Sequence[_Targets], n_attempts: int) -> Tensor:
    """log(pi / mu) of the tokens that the last attempts chose, mu being the policy that they were sampled with."""
    first = sum(forest.visits[root] for root in forest.roots.values()) - n_attempts
    last = [index for index, token in enumerate(forest.tokens) if token.last_attempt >= first]
    log_pi = torch.cat([part.log_pi for part in targets])[last]
    return log_pi - torch.tensor([forest.tokens[index].log_mus[-1] for index in last], device=log_pi.device)
