"""ETPO: entropy-regularised token-level policy optimisation (arXiv 2402.06700), with soft Q(lambda).

The objective is E[sum_t gamma^t (r_t - beta * sum_j KL(pi || rho)(s_t, w_<j))], rho the frozen base model. Its soft
Bellman equations run from token to token (agents/soft_q.py); the critic learns them by lambda-returns that reach back
from the reward over the whole action, and the policy ascends their doubly robust estimate. What differs from the paper:

- lambda-returns in place of one-step backups, which carry a reward back one token an update;
- the divergence to rho is an exact sum over the vocabulary, and its gradient is; Q is estimated for sampled tokens;
- the critic is a pair of heads on rho's features, which cost next to nothing, or an adapter of its own on the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from agents.agent import ActorCriticConfig, register_agent
from agents.critic import Critic, SoftQ, head_generator, soft_q_critic
from agents.gradient_step import GradientStep, TokenEvaluation
from agents.language_model import LanguageModel
from agents.learner import ActorCritic, average_metrics
from agents.replay import ReplayBuffer
from agents.rollout import Rollout, TokenBatch, Trajectory, Turn, bootstrap_states, hidden_states
from agents.sampler import Sampler
from agents.soft_q import clipped_traces, policy_objective, soft_q_lambda_returns, soft_value
from agents.vocabulary import vocabulary_sums


@dataclass(frozen=True)
class ETPOConfig(ActorCriticConfig):
    """Settings of ETPO.

    Attributes:
        trace_lambda: lambda of the soft Q(lambda) returns; 0 is the one-step backup of the paper.
        polyak: share of the critic that its target takes over after each gradient step.
        advantage_weight: share of the learned advantage in the doubly robust estimate of Q. Above 0, tokens that were
            never sampled are moved by the critic's guess about them.
        advantage_penalty: weight of E_pi[A^2], A = Q - E_pi[Q], in the critic's loss.
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


@dataclass(frozen=True)
class _Group:
    """A group of trajectories, and what does not change over the gradient steps on it.

    Attributes:
        batch: N action tokens, M unfinished trajectories.
        base_states: hidden states of rho, [N, d].
        bootstrap_states: hidden states that the target critic reads behind unfinished trajectories, [M, d].
        bootstrap_scores: E_pi of the target critic's scores there, float [M].
        bootstrap_kl: KL(pi || rho) there, float [M].
    """

    batch: TokenBatch
    base_states: Tensor
    bootstrap_states: Tensor
    bootstrap_scores: Tensor
    bootstrap_kl: Tensor


@register_agent("etpo", ETPOConfig)
class ETPO(ActorCritic):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: ETPOConfig
    _critic: Critic[SoftQ]

    def __init__(
        self, language_model: LanguageModel, config: ETPOConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        generator = head_generator(seed)
        critic = soft_q_critic(config.critic, language_model, config.critic_width, config.beta, generator)
        super().__init__("etpo", language_model, config, seed, critic, sampler)
        self._replay = ReplayBuffer(config.replay_capacity)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        replay = [[vars(turn).copy() for turn in trajectory] for trajectory in self._replay.trajectories()]
        return {**super().state_dict(), "replay": replay}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._replay = ReplayBuffer(self.config.replay_capacity)
        self._replay.add(tuple(Turn(**turn) for turn in trajectory) for trajectory in state["replay"])

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Gradient steps on the fresh trajectories, then on replayed ones; the metrics are those of the fresh steps."""
        config = self.config
        steps = self._gradient_steps(rollout.trajectories, config.batch_uses, fresh=True)
        metrics = average_metrics(steps)
        if config.replay_capacity and config.replay_uses:
            self._replay.add(tuple(turn.tokens_only() for turn in trajectory) for trajectory in rollout.trajectories)
            for _ in range(config.replay_uses):
                replayed = self._replay.sample(len(rollout.turns), self._generator)
                steps += self._gradient_steps(replayed, uses=1, fresh=False) if replayed else []
        return metrics, len(steps)

    def _gradient_steps(self, trajectories: Sequence[Trajectory], uses: int, fresh: bool) -> list[dict[str, float]]:
        """Take ``uses`` gradient steps on trajectories; the targets are computed anew in every step."""
        groups = [self._prepare(batch) for batch in self._token_batches(trajectories)]
        metrics = []
        for use in range(uses):
            step = GradientStep(self._optimizer, trajectories)
            for group in groups:
                evaluation = self._evaluate(group)
                if fresh and use == 0:
                    self._require_same_policy(evaluation.log_ratio)
                step.note(evaluation)
                step.add(evaluation)
            metrics.append(step.apply())
            self._critic.update_target(self.config.polyak)
        return metrics

    @torch.no_grad()
    def _prepare(self, batch: TokenBatch) -> _Group:
        """What is computed once for all gradient steps on a group."""
        model, critic = self._language_model, self._critic
        base_states = bootstrap_states(model, batch, "base")
        target_states = self._bootstrap_states(batch, critic.target_network, base_states)
        sums = vocabulary_sums(
            bootstrap_states(model, batch, "policy"),
            model.head("policy"),
            batch.tokens.new_zeros(len(base_states)),  # no token was drawn there
            base_hidden=base_states,
            base_head=model.head("base"),
            temperature=self.config.temperature,
            scores=critic.target.scores(target_states, model.head("base")),
        )
        return _Group(batch, hidden_states(model, batch, "base"), target_states, sums.scores.mean, sums.kl)

    def _evaluate(self, group: _Group) -> TokenEvaluation:
        """The losses of a group and what its metrics need."""
        config, model = self.config, self._language_model
        batch, online, target = group.batch, self._critic.online, self._critic.target

        # pi against rho in every state, and what the critic and its target say of the tokens.
        online_states = self._states(batch, self._critic.network, group.base_states)
        with torch.no_grad():
            target_states = self._states(batch, self._critic.target_network, group.base_states)
            target_values = target.values(target_states)
            bootstrap_values = target.values(group.bootstrap_states)
            target_scores = target.scores(target_states, model.head("base"))
        sums = vocabulary_sums(
            hidden_states(model, batch, "policy"),
            model.head("policy"),
            batch.tokens,
            base_hidden=group.base_states,
            base_head=model.head("base"),
            temperature=config.temperature,
            scores=target_scores,
            learned_scores=online.scores(online_states, model.head("base")),
        )

        # Soft Q(lambda) targets.
        target_q = target.q_values(target_values, sums.scores)
        target_expected_q = target.expected_q(target_values, sums.scores)
        bootstrap_expected_q = bootstrap_values + target.scale * group.bootstrap_scores
        values = torch.cat(
            [
                soft_value(target_expected_q, sums.kl, config.beta).detach(),
                soft_value(bootstrap_expected_q, group.bootstrap_kl, config.beta),
            ]
        )
        returns = soft_q_lambda_returns(
            batch.rewards,
            batch.discounts,
            values[batch.next_states],
            target_q,
            clipped_traces(sums.log_pi.detach(), batch.log_mu, config.trace_lambda),
            batch.continues,
        )

        # Critic: regress Q(x, w) on the targets, and keep its advantages small.
        online_values = online.values(online_states)
        q_values = online.q_values(online_values, sums.learned_scores)
        advantage_variance = online.scale**2 * sums.learned_scores.variance
        critic_loss = 0.5 * ((returns - q_values) ** 2 + config.advantage_penalty * advantage_variance)

        # Policy: descend E_pi[beta * log(pi / rho) - Q].
        expected_q = online.expected_q(online_values, sums.learned_scores).detach()
        advantages = expected_advantages = None
        if config.advantage_weight > 0:
            advantages = config.advantage_weight * (target_q - target_expected_q).detach()
            expected_advantages = config.advantage_weight * (target_expected_q - target_expected_q.detach())
        policy_loss, clipped = policy_objective(
            sums.log_pi,
            batch.log_mu,
            sums.kl,
            returns,
            expected_q,
            config.beta,
            config.clip_range,
            advantages=advantages,
            expected_advantages=expected_advantages,
        )
        return TokenEvaluation(
            policy_loss,
            critic_loss,
            log_ratio=sums.log_pi - batch.log_mu,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=clipped,
            returns=returns,
            baseline=expected_q,
            q=q_values,
            v=soft_value(expected_q, sums.kl, config.beta),
        )
