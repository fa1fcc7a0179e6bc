"""POAD: policy optimisation with action decomposition (arXiv 2405.15821), PPO whose Bellman backups run over tokens.

A reward is passed back from token to token without discount inside an action, with gamma from the first token of an
action to the last of the one before it (the paper's "Bellman backup with action decomposition"): in PPO's terms,
generalised advantage estimation with gamma at the ends of actions alone (agents/gae.py), as all learners of this
package have it.

So what remains between ``poad`` and ``ppo`` is not the decomposition but the rest of the objective and of the update:

- No divergence to the base model, neither in the rewards nor in the loss: the paper's objective has no base model. The
  setting ``beta`` is NOT USED. In its place stands a bonus on the entropy of every token's distribution.
- The value may leave its old estimate by ``clip_range`` only: the larger of the losses with and without this clip
  counts, and errors are taken to Huber's loss, as in the authors' code (github.com/morning9393/ADRL).
- Once the policy has moved by an approximate divergence of .02, no further step is taken on the batch. In the authors'
  code the critic goes on alone; here both stop, as in ``ppo``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import huber_loss

from agents.agent import ActorCriticConfig, register_agent
from agents.critic import Critic, ValueHead, head_generator, value_critic
from agents.gae import token_gae, whitened
from agents.gradient_step import TokenEvaluation, clipped_surrogate
from agents.language_model import LanguageModel
from agents.learner import ActorCritic
from agents.rollout import Rollout, TokenBatch, bootstrap_states, hidden_states
from agents.sampler import Sampler
from agents.vocabulary import OutputHead, VocabularySums, vocabulary_sums


@dataclass(frozen=True)
class POADConfig(ActorCriticConfig):
    """Settings of POAD. ``beta`` is not used: there is no divergence to the base model in its objective.

    Attributes:
        gae_lambda: lambda of generalised advantage estimation.
        entropy_weight: of the entropy bonus, in nats a token, beside advantages of variance 1.
        huber_delta: errors of the value beyond it count linearly.
        target_kl: no further gradient steps on a batch once the policy has moved this far from the one that sampled it
            (mean over tokens of ratio - 1 - log ratio); None for no such stop.
    """

    gae_lambda: float = 0.95
    entropy_weight: float = 0.01
    huber_delta: float = 10.0
    target_kl: float | None = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.gae_lambda <= 1, "gae_lambda", "between 0 and 1")
        self._check(self.entropy_weight >= 0, "entropy_weight", "at least 0")
        self._check(self.huber_delta > 0, "huber_delta", "above 0")
        self._check(self.target_kl is None or self.target_kl > 0, "target_kl", "above 0, or None")


@dataclass(frozen=True)
class _Group:
    """A group of trajectories, and what does not change over the gradient steps on it.

    Attributes:
        batch: N action tokens.
        base_states: hidden states of rho, [N, d].
        values: of the critic before the first step, float [N].
        advantages: of generalised advantage estimation, float [N]; whitened over the whole batch before the first step.
        returns: what the critic is fitted to, float [N].
    """

    batch: TokenBatch
    base_states: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor


@register_agent("poad", POADConfig)
class POAD(ActorCritic):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: POADConfig
    _critic: Critic[ValueHead]

    def __init__(
        self, language_model: LanguageModel, config: POADConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        critic = value_critic(config.critic, language_model, config.critic_width, head_generator(seed))
        super().__init__("poad", language_model, config, seed, critic, sampler)

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Advantages once, then up to ``batch_uses`` gradient steps; metrics are averages over the steps."""
        groups = [self._prepare(batch) for batch in self._token_batches(rollout.trajectories)]
        advantages = whitened([group.advantages for group in groups])
        groups = [replace(group, advantages=own) for group, own in zip(groups, advantages, strict=True)]
        return self._use_batch(rollout.trajectories, groups, self._evaluate, self.config.target_kl)

    @torch.no_grad()
    def _prepare(self, batch: TokenBatch) -> _Group:
        """Advantages of the rewards alone, by the critic as it is now."""
        model, critic = self._language_model, self._critic
        base_states = hidden_states(model, batch, "base")
        bootstrap = self._bootstrap_states(batch, critic.network, bootstrap_states(model, batch, "base"))
        states = self._states(batch, critic.network, base_states)
        values = critic.online.values(torch.cat([states, bootstrap]))
        advantages = token_gae(
            batch.rewards,
            values[: len(batch)],
            values[batch.next_states],
            batch.discounts,
            batch.continues,
            self.config.gae_lambda,
        )
        values = values[: len(batch)]
        return _Group(batch, base_states, values, advantages, advantages + values)

    def _evaluate(self, group: _Group) -> TokenEvaluation:
        """The losses of a group and what its metrics need."""
        config, batch, critic = self.config, group.batch, self._critic
        policy_states = hidden_states(self._language_model, batch, "policy")
        sums = self._sums_to_uniform(policy_states, batch)
        with torch.no_grad():
            kl_to_base = self._policy_sums(policy_states, batch, group.base_states).kl
        log_ratio = sums.log_pi - batch.log_mu
        surrogate, clipped = clipped_surrogate(log_ratio, group.advantages, config.clip_range)
        values = critic.online.values(self._states(batch, critic.network, group.base_states))
        return TokenEvaluation(
            # The entropy is a constant less the divergence to the uniform distribution.
            policy_loss=surrogate + config.entropy_weight * sums.kl,
            critic_loss=clipped_value_loss(values, group.values, group.returns, config.clip_range, config.huber_delta),
            log_ratio=log_ratio,
            kl=kl_to_base,
            entropy=sums.entropy,
            clipped=clipped,
            returns=group.returns,
            baseline=values,
            q=group.returns,
            v=values,
        )

    def _sums_to_uniform(self, policy_states: Tensor, batch: TokenBatch) -> VocabularySums:
        """As :meth:`_policy_sums`, with the uniform distribution in the place of rho."""
        head = self._language_model.head("policy")
        nothing = policy_states.new_zeros(len(batch), 1)
        uniform = OutputHead(nothing.new_zeros(len(head.weight), 1))
        return vocabulary_sums(
            policy_states,
            head,
            batch.tokens,
            base_hidden=nothing,
            base_head=uniform,
            temperature=self.config.temperature,
        )


def clipped_value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, clip_range: float, huber_delta: float
) -> Tensor:
    """The larger of two losses, Huber's each: of the value, and of the value kept within a range of its old estimate.

    Args:
        values: V(x), float [N], differentiable.
        old_values: V(x) before the first gradient step on the batch, float [N].
        returns: float [N].
        clip_range: how far the value may move.
        huber_delta: errors beyond it count linearly.

    Returns:
        float [N]; without gradient where the value has left the range on the side of the returns.
    """
    clipped_values = old_values + (values - old_values).clamp(-clip_range, clip_range)
    losses = [
        huber_loss(estimates, returns, reduction="none", delta=huber_delta) for estimates in (values, clipped_values)
    ]
    return torch.maximum(*losses)
