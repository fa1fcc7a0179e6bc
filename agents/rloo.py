"""RLOO: REINFORCE with a leave-one-out baseline (arXiv 2402.14740), without a critic.

A whole action is one decision, and its reward is penalised by how far it strays from the base model:

    R = r - beta * sum_j log(pi(w_j | x_j) / rho(w_j | x_j)).

The return of an action is the discounted sum of the penalised rewards from it on, as far as they were collected; its
advantage is that return less the mean return of the OTHER actions written at the same time on the same task
(agents/groups.py), which biases no gradient.

The paper takes one step on each batch. Here a batch is used ``batch_uses`` times: the loss is the clipped surrogate of
PPO (arXiv 1707.06347, equation 7) with the ratio of whole actions, the product of those of their tokens. At the first
step the ratio is 1 and the gradient is that of REINFORCE, A * sum_j grad log pi(w_j); at later ones the clip keeps
actions from being moved ever farther on the strength of one sample, about which REINFORCE itself would know nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.agent import LearnerConfig, register_agent
from agents.gradient_step import PolicyEvaluation, clipped_surrogate
from agents.groups import action_returns, action_sums, attempt_groups, attempt_mean_weights, left_one_out
from agents.language_model import LanguageModel
from agents.learner import Learner
from agents.rollout import Rollout, TokenBatch, hidden_states
from agents.sampler import Sampler


@dataclass(frozen=True)
class RLOOConfig(LearnerConfig):
    """Settings of RLOO.

    Attributes:
        learning_rate, clip_range: the best of the trials (benchmarks/results/tuning.json).
    """

    learning_rate: float = 3.2e-4
    clip_range: float = 0.4


@dataclass(frozen=True)
class _Group:
    """A group of trajectories over which gradients are accumulated, and what does not change over the gradient steps.

    Attributes:
        batch: N action tokens of B attempts.
        base_states: hidden states of rho, [N, d].
        advantages: float [B].
        weights: float [N], of tokens in the loss.
    """

    batch: TokenBatch
    base_states: Tensor
    advantages: Tensor
    weights: Tensor


@register_agent("rloo", RLOOConfig)
class RLOO(Learner):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: RLOOConfig

    def __init__(
        self, language_model: LanguageModel, config: RLOOConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        super().__init__("rloo", language_model, config, seed, sampler)

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Advantages once, then ``batch_uses`` gradient steps; metrics are averages over the steps."""
        groups = self._prepare(rollout)
        return self._use_batch(rollout.trajectories, groups, self._evaluate)

    @torch.no_grad()
    def _prepare(self, rollout: Rollout) -> list[_Group]:
        """Penalised returns of attempts, compared over the whole batch."""
        batches = self._token_batches(rollout.trajectories)
        states = [hidden_states(self._language_model, batch, "base") for batch in batches]
        returns = []
        for batch, base_states in zip(batches, states, strict=True):
            penalties = self.config.beta * (batch.log_mu - self._log_rho(batch, base_states))
            returns.append(action_returns(batch.rewards - penalties, batch))
        advantages = left_one_out(torch.cat(returns), attempt_groups(rollout.trajectories, self._language_model.device))
        n_tokens = sum(map(len, batches))
        parts = advantages.split([len(batch.action_lengths) for batch in batches])
        return [
            _Group(batch, base_states, own, attempt_mean_weights(batch.action_lengths, n_tokens, len(advantages)))
            for batch, base_states, own in zip(batches, states, parts, strict=True)
        ]

    def _evaluate(self, group: _Group) -> PolicyEvaluation:
        """The loss of a group and what its metrics need; all tokens of an action bear its loss alike."""
        lengths = group.batch.action_lengths
        sums = self._policy_sums(
            hidden_states(self._language_model, group.batch, "policy"), group.batch, group.base_states
        )
        log_ratio = sums.log_pi - group.batch.log_mu
        losses, clipped = clipped_surrogate(action_sums(log_ratio, lengths), group.advantages, self.config.clip_range)
        return PolicyEvaluation(
            group.weights * losses.repeat_interleave(lengths),
            log_ratio=log_ratio,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=clipped.repeat_interleave(lengths),
        )
