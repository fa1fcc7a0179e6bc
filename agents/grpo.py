"""GRPO: group relative policy optimisation (arXiv 2402.03300, section 4.1), without a critic.

Each action is compared with those that were written at the same time on the same task (agents/groups.py): the advantage
of all of its tokens is its return, less the mean of the group, divided by the standard deviation of the group. Per
attempt, the mean over its tokens of

    -min(ratio * A, clip(ratio) * A) + beta * KL(pi || rho),

then the mean over attempts (equation 3). What differs from the paper:

- The divergence is the exact sum over the vocabulary; the paper uses an estimate by the sampled token
  (rho/pi - log(rho/pi) - 1, equation 4). Both have the same mean, and this one the right gradient besides.
- An episode has several turns: the return of an attempt is the discounted sum of the rewards from it on, as far as they
  were collected. The paper's outputs have one reward each, and are drawn for the same prompt.

Advantages are in units of standard deviations, so that a given beta weighs the divergence by how much rewards differ:
it is not the beta of the other learners' objective, unless rewards happen to vary by 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.agent import LearnerConfig, register_agent
from agents.gradient_step import PolicyEvaluation, clipped_surrogate
from agents.groups import action_returns, attempt_groups, attempt_mean_weights, normalised_in_group
from agents.language_model import LanguageModel
from agents.learner import Learner
from agents.rollout import Rollout, TokenBatch, hidden_states
from agents.sampler import Sampler


@dataclass(frozen=True)
class GRPOConfig(LearnerConfig):
    """Settings of GRPO.

    Attributes:
        learning_rate, clip_range: the best of the trials (benchmarks/results/tuning.json).
    """

    learning_rate: float = 3.2e-4
    clip_range: float = 0.4


@dataclass(frozen=True)
class _Group:
    """A group of trajectories over which gradients are accumulated, and what does not change over the gradient steps.

    Attributes:
        batch: N action tokens.
        base_states: hidden states of rho, [N, d].
        advantages: float [N], the same for all tokens of an attempt.
        weights: float [N], of tokens in the loss.
    """

    batch: TokenBatch
    base_states: Tensor
    advantages: Tensor
    weights: Tensor


@register_agent("grpo", GRPOConfig)
class GRPO(Learner):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: GRPOConfig

    def __init__(
        self, language_model: LanguageModel, config: GRPOConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        super().__init__("grpo", language_model, config, seed, sampler)

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Advantages once, then ``batch_uses`` gradient steps; metrics are averages over the steps."""
        groups = self._prepare(rollout)
        return self._use_batch(rollout.trajectories, groups, self._evaluate)

    @torch.no_grad()
    def _prepare(self, rollout: Rollout) -> list[_Group]:
        """Returns of attempts, compared over the whole batch, and laid out as advantages of tokens."""
        batches = self._token_batches(rollout.trajectories)
        returns = torch.cat([action_returns(batch.rewards, batch) for batch in batches])
        advantages = normalised_in_group(returns, attempt_groups(rollout.trajectories, returns.device))
        n_tokens = sum(map(len, batches))
        groups = []
        for batch, own in zip(batches, advantages.split([len(b.action_lengths) for b in batches]), strict=True):
            lengths = batch.action_lengths
            weights = attempt_mean_weights(lengths, n_tokens, len(advantages))
            base_states = hidden_states(self._language_model, batch, "base")
            groups.append(_Group(batch, base_states, own.repeat_interleave(lengths), weights))
        return groups

    def _evaluate(self, group: _Group) -> PolicyEvaluation:
        """The loss of a group and what its metrics need."""
        config = self.config
        sums = self._policy_sums(
            hidden_states(self._language_model, group.batch, "policy"), group.batch, group.base_states
        )
        log_ratio = sums.log_pi - group.batch.log_mu
        surrogate, clipped = clipped_surrogate(log_ratio, group.advantages, config.clip_range)
        return PolicyEvaluation(
            group.weights * (surrogate + config.beta * sums.kl),
            log_ratio=log_ratio,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=clipped,
        )
