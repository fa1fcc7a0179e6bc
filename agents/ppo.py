"""PPO for language models (PPO-RLHF, arXiv 1707.06347 and 2203.02155), several turns an episode.

The objective is that of ETPO: E[sum_t gamma^t (r_t - beta * sum_j KL(pi || rho)(s_t, w_<j))]. Here the divergence
enters the rewards as its one-sample estimate log pi(w) - log rho(w), the critic estimates V alone, and the policy
ascends the clipped surrogate with whitened advantages of GAE over action tokens (agents/gae.py).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch.nn.utils import clip_grad_norm_

from agents.agent import LearnerConfig, register_agent, require_finite
from agents.collecting_agent import CollectingAgent
from agents.critic import Head, explained_variance, head_generator
from agents.gae import token_gae
from agents.language_model import LanguageModel
from agents.rollout import Rollout, bootstrap_states, hidden_states, token_batch
from agents.vocabulary import vocabulary_sums

RATIO_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.5, torch.float16: 0.5}
"""How far log pi of the sampling pass and of the training pass may lie apart before the first gradient step."""


@dataclass(frozen=True)
class PPOConfig(LearnerConfig):
    """Settings of PPO.

    Attributes:
        gae_lambda: lambda of generalised advantage estimation.
        learning_rate: smaller than ETPO's; each was the best of its trials (benchmarks/results/tuning.json).
        target_kl: no further gradient steps on a batch once the policy has moved this far from the one that sampled it
            (mean over tokens of ratio - 1 - log ratio); None for no such stop.
    """

    gae_lambda: float = 0.95
    learning_rate: float = 1e-4
    target_kl: float | None = 0.05

    presets: ClassVar[dict[str, dict[str, Any]]] = {"default": {}, "paper": {"beta": 0.01, "gamma": 0.99}}

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.gae_lambda <= 1, "gae_lambda", "between 0 and 1")
        self._check(self.target_kl is None or self.target_kl > 0, "target_kl", "above 0, or None")


@register_agent("ppo", PPOConfig)
class PPO(CollectingAgent):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    def __init__(self, language_model: LanguageModel, config: PPOConfig, seed: int) -> None:
        super().__init__("ppo", language_model, config, seed)
        self.config = config
        self._policy_parameters = list(language_model.trainable_parameters().values())
        critic = Head(language_model.hidden_size, config.critic_width, 1, head_generator(seed))
        self._critic = critic.to(language_model.device)
        betas = (config.adam_beta1, config.adam_beta2)
        self._policy_optimizer = torch.optim.Adam(self._policy_parameters, config.learning_rate, betas)
        self._critic_optimizer = torch.optim.Adam(self._critic.parameters(), config.critic_learning_rate, betas)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        return {
            **super().state_dict(),
            "policy": self._language_model.state_dict(),
            "critic": copy.deepcopy(self._critic.state_dict()),
            "policy_optimizer": copy.deepcopy(self._policy_optimizer.state_dict()),
            "critic_optimizer": copy.deepcopy(self._critic_optimizer.state_dict()),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._language_model.load_state_dict(state["policy"])
        self._critic.load_state_dict(state["critic"])
        self._policy_optimizer.load_state_dict(copy.deepcopy(state["policy_optimizer"]))
        self._critic_optimizer.load_state_dict(copy.deepcopy(state["critic_optimizer"]))

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Advantages once, then up to ``batch_uses`` gradient steps; metrics are averages over the steps."""
        config, model = self.config, self._language_model
        batch = token_batch(rollout.trajectories, config.gamma, model.device)
        features = hidden_states(model, batch, "base")
        with torch.no_grad():
            all_values = self._critic(torch.cat([features, bootstrap_states(model, batch, "base")]))[:, 0]
        values = all_values[: len(features)]
        metrics: list[dict[str, float]] = []
        for use in range(config.batch_uses):
            policy = vocabulary_sums(
                hidden_states(model, batch, "policy"),
                model.head("policy"),
                batch.tokens,
                base_hidden=features,
                base_head=model.head("base"),
                temperature=config.temperature,
            )
            log_ratio = policy.log_pi - batch.log_mu
            approx_kl = float((log_ratio.exp() - 1 - log_ratio).detach().mean())
            if use == 0:
                self._require_same_policy(log_ratio)
                rewards = batch.rewards - config.beta * (batch.log_mu - policy.log_rho)
                advantages = token_gae(
                    rewards,
                    values,
                    all_values[batch.next_states],
                    batch.discounts,
                    batch.continues,
                    config.gae_lambda,
                )
                returns = advantages + values
                whitened = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
            elif config.target_kl is not None and approx_kl > config.target_kl:
                break

            ratio = log_ratio.exp()
            unclipped = ratio * whitened
            clipped = ratio.clamp(1 - config.clip_range, 1 + config.clip_range) * whitened
            policy_loss = -torch.minimum(unclipped, clipped).mean()
            estimates = self._critic(features)[:, 0]
            critic_loss = 0.5 * ((returns - estimates) ** 2).mean()

            require_finite(policy_loss=policy_loss, critic_loss=critic_loss)
            self._policy_optimizer.zero_grad()
            self._critic_optimizer.zero_grad()
            policy_loss.backward()
            critic_loss.backward()
            policy_norm = clip_grad_norm_(self._policy_parameters, config.max_grad_norm)
            critic_norm = clip_grad_norm_(self._critic.parameters(), config.max_grad_norm)
            require_finite(policy_gradient=policy_norm, critic_gradient=critic_norm)
            self._policy_optimizer.step()
            self._critic_optimizer.step()
            metrics.append(
                {
                    "policy_loss": float(policy_loss.detach()),
                    "critic_loss": float(critic_loss.detach()),
                    "kl": float(policy.kl.detach().mean()),
                    "approx_kl": approx_kl,
                    "clip_fraction": float((clipped < unclipped).float().mean()),
                    "entropy": float(policy.entropy.detach().mean()),
                    "explained_variance": explained_variance(estimates.detach(), returns),
                    "q_mean": float(returns.mean()),
                    "v_mean": float(estimates.detach().mean()),
                    "grad_norm": float(policy_norm),
                    "critic_grad_norm": float(critic_norm),
                    "log_prob_gap": float(log_ratio.detach().abs().max()),
                }
            )
        averages = {name: sum(step[name] for step in metrics) / len(metrics) for name in metrics[0]}
        return averages | {"log_prob_gap": metrics[0]["log_prob_gap"]}, len(metrics)

    def _require_same_policy(self, log_ratio: torch.Tensor) -> None:
        """Before the first gradient step the ratio is 1, or sampling and training do not speak of the same policy."""
        gap = float(log_ratio.detach().abs().max())
        tolerance = RATIO_TOLERANCE[self._language_model.head("policy").weight.dtype]
        if gap > tolerance:
            raise RuntimeError(
                f"sampling and training disagree about log-probabilities by {gap:.2g} (allowed: {tolerance:.2g}): "
                "the ratio of the first gradient step would not be 1"
            )
