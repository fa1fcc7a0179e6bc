"""ETPO: entropy-regularised token-level policy optimisation (arXiv 2402.06700), with soft Q(lambda).

The objective is E[sum_t gamma^t (r_t - beta * sum_j KL(pi || rho)(s_t, w_<j))], rho the frozen base model. Its soft
Bellman equations run from token to token (agents/soft_q.py); the critic learns them by lambda-returns that reach back
from the reward over the whole action, and the policy ascends their doubly robust estimate. What differs from the paper:

- lambda-returns in place of one-step backups, which carry a reward back one token an update;
- the divergence to rho is an exact sum over the vocabulary, and its gradient is; Q is estimated for sampled tokens;
- the critic is a pair of heads on rho's features, so that it costs next to nothing and cannot disturb the policy.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from agents.agent import LearnerConfig, register_agent, require_finite
from agents.collecting_agent import CollectingAgent
from agents.critic import SoftQCritic, explained_variance, head_generator, polyak_update
from agents.language_model import LanguageModel
from agents.replay import ReplayBuffer
from agents.rollout import Rollout, Trajectory, Turn, bootstrap_states, hidden_states, token_batch
from agents.soft_q import clipped_traces, policy_objective, soft_q_lambda_returns, soft_value
from agents.vocabulary import vocabulary_sums


@dataclass(frozen=True)
class ETPOConfig(LearnerConfig):
    """Settings of ETPO.

    Attributes:
        trace_lambda: lambda of the soft Q(lambda) returns; 0 is the one-step backup of the paper.
        polyak: share of the critic that its target takes over after each gradient step.
        advantage_weight: share of the learned advantage in the doubly robust estimate of Q. Above 0, tokens that were
            never sampled are moved by the critic's guess about them.
        advantage_penalty: weight of E_pi[A^2] in the critic's loss.
        replay_capacity: turns kept for replay; 0 for none.
        replay_uses: gradient steps an iteration on replayed turns, after those on the fresh batch.
    """

    trace_lambda: float = 0.95
    polyak: float = 0.05
    advantage_weight: float = 0.0
    advantage_penalty: float = 0.1
    replay_capacity: int = 0
    replay_uses: int = 0

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "paper": {"trace_lambda": 0.0, "beta": 0.01, "gamma": 0.99, "polyak": 0.005},
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.trace_lambda <= 1, "trace_lambda", "between 0 and 1")
        self._check(0 < self.polyak <= 1, "polyak", "in (0, 1]")
        self._check(0 <= self.advantage_weight <= 1, "advantage_weight", "between 0 and 1")
        self._check(self.advantage_penalty >= 0, "advantage_penalty", "at least 0")
        self._check(self.replay_capacity >= 0, "replay_capacity", "at least 0")
        self._check(self.replay_uses >= 0, "replay_uses", "at least 0")


@register_agent("etpo", ETPOConfig)
class ETPO(CollectingAgent):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    def __init__(self, language_model: LanguageModel, config: ETPOConfig, seed: int) -> None:
        super().__init__("etpo", language_model, config, seed)
        self.config = config
        self._replay = ReplayBuffer(config.replay_capacity)
        self._policy_parameters = list(language_model.trainable_parameters().values())
        self._keys = language_model.head("base").weight.detach()
        self._critic = SoftQCritic(self._keys, config.critic_width, head_generator(seed)).to(language_model.device)
        self._target_critic = copy.deepcopy(self._critic).requires_grad_(False)
        betas = (config.adam_beta1, config.adam_beta2)
        self._policy_optimizer = torch.optim.Adam(self._policy_parameters, config.learning_rate, betas)
        self._critic_optimizer = torch.optim.Adam(self._critic.parameters(), config.critic_learning_rate, betas)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        return {
            **super().state_dict(),
            "policy": self._language_model.state_dict(),
            "critic": copy.deepcopy(self._critic.state_dict()),
            "target_critic": copy.deepcopy(self._target_critic.state_dict()),
            "policy_optimizer": copy.deepcopy(self._policy_optimizer.state_dict()),
            "critic_optimizer": copy.deepcopy(self._critic_optimizer.state_dict()),
            "replay": [[vars(turn).copy() for turn in trajectory] for trajectory in self._replay.trajectories()],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._language_model.load_state_dict(state["policy"])
        self._critic.load_state_dict(state["critic"])
        self._target_critic.load_state_dict(state["target_critic"])
        self._policy_optimizer.load_state_dict(copy.deepcopy(state["policy_optimizer"]))
        self._critic_optimizer.load_state_dict(copy.deepcopy(state["critic_optimizer"]))
        self._replay = ReplayBuffer(self.config.replay_capacity)
        self._replay.add(tuple(Turn(**turn) for turn in trajectory) for trajectory in state["replay"])

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Gradient steps on the fresh trajectories, then on replayed ones; the metrics are those of the fresh steps."""
        config = self.config
        steps = self._gradient_steps(rollout.trajectories, config.batch_uses)
        metrics = {name: sum(step[name] for step in steps) / len(steps) for name in steps[0]}
        metrics["log_prob_gap"] = steps[0]["log_prob_gap"]
        if config.replay_capacity and config.replay_uses:
            self._replay.add(tuple(turn.tokens_only() for turn in trajectory) for trajectory in rollout.trajectories)
            for _ in range(config.replay_uses):
                replayed = self._replay.sample(len(rollout.turns), self._generator)
                steps += self._gradient_steps(replayed, uses=1) if replayed else []
        return metrics, len(steps)

    def _gradient_steps(self, trajectories: Sequence[Trajectory], uses: int) -> list[dict[str, float]]:
        """Take ``uses`` gradient steps on trajectories; the targets are computed anew in every step."""
        config, model = self.config, self._language_model
        batch = token_batch(trajectories, config.gamma, model.device)
        features = hidden_states(model, batch, "base")
        bootstrap_features = bootstrap_states(model, batch, "base")
        bootstrap_kl = self._kl(bootstrap_states(model, batch, "policy"), bootstrap_features)
        metrics = []
        for _ in range(uses):
            # pi against rho in every state, and what the target critic says of the sampled tokens.
            with torch.no_grad():
                target_expected_q = self._target_critic.expected_q(features)
                bootstrap_expected_q = self._target_critic.expected_q(bootstrap_features)
                target_queries = self._target_critic.queries(features)
            hidden = hidden_states(model, batch, "policy")
            policy = vocabulary_sums(
                hidden,
                model.head("policy"),
                batch.tokens,
                base_hidden=features,
                base_head=model.head("base"),
                temperature=config.temperature,
                queries=target_queries[:, None],
                keys=self._keys,
            )
            log_pi, kl = policy.log_pi, policy.kl
            expected_target_advantage = policy.mean_scores[:, 0]
            target_advantage = (policy.scores[:, 0] - expected_target_advantage).detach()

            # Soft Q(lambda) targets.
            values = torch.cat(
                [
                    soft_value(target_expected_q, kl.detach(), config.beta),
                    soft_value(bootstrap_expected_q, bootstrap_kl, config.beta),
                ]
            )
            returns = soft_q_lambda_returns(
                batch.rewards,
                batch.discounts,
                values[batch.next_states],
                target_expected_q + target_advantage,
                clipped_traces(log_pi.detach(), batch.log_mu, config.trace_lambda),
                batch.continues,
            )

            # Critic: regress Q(x, w) = U(x) + A(x, w) - E_pi[A] on the targets, and keep A small.
            critic = vocabulary_sums(
                hidden.detach(),
                model.head("policy").detach(),
                batch.tokens,
                temperature=config.temperature,
                queries=self._critic.queries(features)[:, None],
                keys=self._keys,
            )
            expected_q = self._critic.expected_q(features)
            q_values = expected_q + (critic.scores - critic.mean_scores)[:, 0]
            advantage_variance = (critic.mean_square_scores - critic.mean_scores**2)[:, 0]
            critic_loss = 0.5 * ((returns - q_values) ** 2 + config.advantage_penalty * advantage_variance).mean()

            # Policy: descend E_pi[beta * log(pi / rho) - Q].
            losses, clipped = policy_objective(
                log_pi,
                batch.log_mu,
                kl,
                returns,
                expected_q.detach(),
                config.beta,
                config.clip_range,
                advantages=config.advantage_weight * target_advantage,
                expected_advantages=config.advantage_weight
                * (expected_target_advantage - expected_target_advantage.detach()),
            )
            policy_loss = losses.mean()

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
            polyak_update(self._target_critic, self._critic, config.polyak)

            log_ratio = (log_pi - batch.log_mu).detach()
            metrics.append(
                {
                    "policy_loss": float(policy_loss.detach()),
                    "critic_loss": float(critic_loss.detach()),
                    "kl": float(kl.detach().mean()),
                    "approx_kl": float((log_ratio.exp() - 1 - log_ratio).mean()),
                    "clip_fraction": float(clipped.float().mean()),
                    "entropy": float(policy.entropy.detach().mean()),
                    "explained_variance": explained_variance(expected_q.detach(), returns),
                    "q_mean": float(q_values.detach().mean()),
                    "v_mean": float(soft_value(expected_q, kl, config.beta).detach().mean()),
                    "grad_norm": float(policy_norm),
                    "critic_grad_norm": float(critic_norm),
                    "log_prob_gap": float(log_ratio.abs().max()),
                }
            )
        return metrics

    @torch.no_grad()
    def _kl(self, hidden: Tensor, features: Tensor) -> Tensor:
        """KL(pi || rho), float [M], in states where no token was drawn."""
        model = self._language_model
        return vocabulary_sums(
            hidden,
            model.head("policy"),
            torch.zeros(len(hidden), dtype=torch.int64, device=hidden.device),
            base_hidden=features,
            base_head=model.head("base"),
            temperature=self.config.temperature,
        ).kl
