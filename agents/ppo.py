"""PPO for language models (PPO-RLHF, arXiv 1707.06347 and 2203.02155), several turns an episode.

The objective is that of ETPO: E[sum_t gamma^t (r_t - beta * sum_j KL(pi || rho)(s_t, w_<j))]. Here the divergence
enters the rewards as its one-sample estimate log pi(w) - log rho(w), the critic estimates V alone, and the policy
ascends the clipped surrogate with whitened advantages of GAE over action tokens (agents/gae.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from agents.agent import ActorCriticConfig, register_agent
from agents.critic import Critic, ValueHead, head_generator, value_critic
from agents.gae import token_gae, whitened
from agents.gradient_step import TokenEvaluation, clipped_surrogate
from agents.language_model import LanguageModel
from agents.learner import ActorCritic
from agents.rollout import Rollout, TokenBatch, bootstrap_states, hidden_states
from agents.sampler import Sampler


@dataclass(frozen=True)
class PPOConfig(ActorCriticConfig):
    """Settings of PPO.

    Attributes:
        gae_lambda: lambda of generalised advantage estimation.
        target_kl: no further gradient steps on a batch once the policy has moved this far from the one that sampled it
            (mean over tokens of ratio - 1 - log ratio); None for no such stop.
    """

    gae_lambda: float = 0.95
    target_kl: float | None = 0.05

    presets: ClassVar[dict[str, dict[str, Any]]] = {"default": {}, "paper": {"beta": 0.01, "gamma": 0.99}}

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.gae_lambda <= 1, "gae_lambda", "between 0 and 1")
        self._check(self.target_kl is None or self.target_kl > 0, "target_kl", "above 0, or None")


@dataclass(frozen=True)
class _Group:
    """A group of trajectories, and what does not change over the gradient steps on it.

    Attributes:
        batch: N action tokens.
        base_states: hidden states of rho, [N, d].
        advantages: of generalised advantage estimation, float [N]; whitened over the whole batch before the first step.
        returns: what the critic is fitted to, float [N].
    """

    batch: TokenBatch
    base_states: Tensor
    advantages: Tensor
    returns: Tensor


@register_agent("ppo", PPOConfig)
class PPO(ActorCritic):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: PPOConfig
    _critic: Critic[ValueHead]

    def __init__(
        self, language_model: LanguageModel, config: PPOConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        critic = value_critic(config.critic, language_model, config.critic_width, head_generator(seed))
        super().__init__("ppo", language_model, config, seed, critic, sampler)

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Advantages once, then up to ``batch_uses`` gradient steps; metrics are averages over the steps."""
        groups = [self._prepare(batch) for batch in self._token_batches(rollout.trajectories)]
        advantages = whitened([group.advantages for group in groups])
        groups = [replace(group, advantages=own) for group, own in zip(groups, advantages, strict=True)]
        return self._use_batch(rollout.trajectories, groups, self._evaluate, self.config.target_kl)

    @torch.no_grad()
    def _prepare(self, batch: TokenBatch) -> _Group:
        """The divergence in the rewards, one sample a token, and advantages by the critic as it is now."""
        config, model, critic = self.config, self._language_model, self._critic
        base_states = hidden_states(model, batch, "base")
        log_rho = self._log_rho(batch, base_states)
        bootstrap = self._bootstrap_states(batch, critic.network, bootstrap_states(model, batch, "base"))
        states = self._states(batch, critic.network, base_states)
        values = critic.online.values(torch.cat([states, bootstrap]))
        advantages = token_gae(
            batch.rewards - config.beta * (batch.log_mu - log_rho),
            values[: len(batch)],
            values[batch.next_states],
            batch.discounts,
            batch.continues,
            config.gae_lambda,
        )
        return _Group(batch, base_states, advantages, advantages + values[: len(batch)])

    def _evaluate(self, group: _Group) -> TokenEvaluation:
        """The losses of a group and what its metrics need."""
        batch, critic = group.batch, self._critic
        sums = self._policy_sums(hidden_states(self._language_model, batch, "policy"), batch, group.base_states)
        log_ratio = sums.log_pi - batch.log_mu
        policy_loss, clipped = clipped_surrogate(log_ratio, group.advantages, self.config.clip_range)
        estimates = critic.online.values(self._states(batch, critic.network, group.base_states))
        return TokenEvaluation(
            policy_loss=policy_loss,
            critic_loss=0.5 * (group.returns - estimates) ** 2,
            log_ratio=log_ratio,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=clipped,
            returns=group.returns,
            baseline=estimates,
            q=group.returns,
            v=estimates,
        )
