"""KLQ: KL-regularised Q-learning with the policy as its own critic (arXiv 2508.17000).

The objective is that of ETPO and PPO-RLHF. Of a policy that is soft-optimal, Q is known up to a number a state:

    Q(x, w) = V(x) + beta * log(pi(w | x) / rho(w | x)).

Here pi and a value head together ARE Q: whatever they are, V(x) = E_pi[Q] - beta * KL(pi || rho) = beta * log
sum_w rho(w | x) exp(Q(x, w) / beta), so that the value head is the soft value exactly, and pi is the soft-optimal
policy of Q. Both are fitted to soft lambda-returns G (agents/soft_q.py), computed once a batch with the policy that
sampled it: each gradient step descends 1/2 (Q(x, w) - G)^2, a token at a time.

At the first step, pi being the policy that sampled, G - Q is the advantage of PPO-RLHF (GAE at the same lambda, with
the divergence in the rewards), and the gradient with respect to the policy is beta times that of PPO's surrogate
without clip and whitening; the paper calls this the equivalence of the two. In later steps there is no clip: a token
stops moving when its Q has reached its return.

A small beta takes that brake away. For Q to follow a return that is better by D, log pi(w) has to move by D / beta: by
100 for a reward that is better by 1 and a beta of .01. Log-ratios then never come near their targets, every return,
however noisy, pushes its token on in every step, and the learning rate alone limits how far. With beta = 0 the loss
would not depend on the policy at all; it must be above.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.agent import ActorCriticConfig, register_agent
from agents.critic import Critic, ValueHead, head_generator, value_critic
from agents.gradient_step import TokenEvaluation
from agents.language_model import LanguageModel
from agents.learner import ActorCritic
from agents.rollout import Rollout, TokenBatch, bootstrap_states, hidden_states
from agents.sampler import Sampler
from agents.soft_q import soft_q_lambda_returns


@dataclass(frozen=True)
class KLQConfig(ActorCriticConfig):
    """Settings of KLQ.

    Attributes:
        trace_lambda: lambda of the soft lambda-returns.
        learning_rate, batch_uses: the best of the trials, as is lambda (benchmarks/results/tuning.json).
    """

    trace_lambda: float = 1.0
    learning_rate: float = 7.9e-5
    batch_uses: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.beta > 0, "beta", "above 0: Q is made of beta * log(pi / rho)")
        self._check(0 <= self.trace_lambda <= 1, "trace_lambda", "between 0 and 1")


@dataclass(frozen=True)
class _Group:
    """A group of trajectories, and what does not change over the gradient steps on it.

    Attributes:
        batch: N action tokens.
        base_states: hidden states of rho, [N, d].
        returns: G, float [N].
    """

    batch: TokenBatch
    base_states: Tensor
    returns: Tensor


@register_agent("klq", KLQConfig)
class KLQ(ActorCritic):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: KLQConfig
    _critic: Critic[ValueHead]

    def __init__(
        self, language_model: LanguageModel, config: KLQConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        critic = value_critic(config.critic, language_model, config.critic_width, head_generator(seed))
        super().__init__("klq", language_model, config, seed, critic, sampler)

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Returns once, then ``batch_uses`` gradient steps; metrics are averages over the steps."""
        groups = [self._prepare(batch) for batch in self._token_batches(rollout.trajectories)]
        return self._use_batch(rollout.trajectories, groups, self._evaluate)

    @torch.no_grad()
    def _prepare(self, batch: TokenBatch) -> _Group:
        """Soft lambda-returns by the policy that sampled and the value head as it is now."""
        config, model, critic = self.config, self._language_model, self._critic
        base_states = hidden_states(model, batch, "base")
        bootstrap = self._bootstrap_states(batch, critic.network, bootstrap_states(model, batch, "base"))
        states = self._states(batch, critic.network, base_states)
        values = critic.online.values(torch.cat([states, bootstrap]))
        q_values = values[: len(batch)] + config.beta * (batch.log_mu - self._log_rho(batch, base_states))
        traces = torch.full_like(q_values, config.trace_lambda)  # the policy that sampled is the one that is valued
        returns = soft_q_lambda_returns(
            batch.rewards, batch.discounts, values[batch.next_states], q_values, traces, batch.continues
        )
        return _Group(batch, base_states, returns)

    def _evaluate(self, group: _Group) -> TokenEvaluation:
        """The squared error of Q, once as a function of the policy and once as one of the value head."""
        beta, batch, critic = self.config.beta, group.batch, self._critic
        sums = self._policy_sums(hidden_states(self._language_model, batch, "policy"), batch, group.base_states)
        values = critic.online.values(self._states(batch, critic.network, group.base_states))
        scores = beta * (sums.log_pi - sums.log_rho)
        return TokenEvaluation(
            policy_loss=0.5 * (values.detach() + scores - group.returns) ** 2,
            critic_loss=0.5 * (values + scores.detach() - group.returns) ** 2,
            log_ratio=sums.log_pi - batch.log_mu,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=torch.zeros_like(values),
            returns=group.returns,
            baseline=values + beta * sums.kl,
            q=values + scores,
            v=values,
        )
