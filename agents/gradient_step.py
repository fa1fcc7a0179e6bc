"""One gradient step of a policy and its critic: accumulated over groups of a batch, guarded, applied, summed up."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from agents.agent import LearnerConfig, TrainingDiverged
from agents.critic import explained_variance
from agents.divergence import inspection_batch, require_finite
from agents.rollout import Trajectory


@dataclass(frozen=True)
class TokenEvaluation:
    """What an update has computed of n action tokens; float [n] each.

    Attributes:
        policy_loss: differentiable with respect to the policy alone.
        critic_loss: differentiable with respect to the critic alone.
        log_ratio: log(pi(w) / mu(w)), mu being the policy that sampled.
        kl: KL(pi || rho).
        entropy: of pi.
        clipped: 1 where the clip took the gradient away, else 0.
        returns: what the critic is fitted to.
        baseline: the critic's estimate of the returns without knowing w.
        q: the estimate of Q(x, w).
        v: the estimate of V(x).
    """

    policy_loss: Tensor
    critic_loss: Tensor
    log_ratio: Tensor
    kl: Tensor
    entropy: Tensor
    clipped: Tensor
    returns: Tensor
    baseline: Tensor
    q: Tensor
    v: Tensor

    def detached(self) -> dict[str, Tensor]:
        """The tensors by name, without gradients."""
        return {field.name: getattr(self, field.name).detach().float() for field in fields(self)}


class ActorCriticOptimizer:
    """Adam for the policy and Adam for the critic; the lengths of their gradients are bounded apart."""

    def __init__(
        self, policy: Mapping[str, nn.Parameter], critic: Mapping[str, nn.Parameter], config: LearnerConfig
    ) -> None:
        betas = (config.adam_beta1, config.adam_beta2)
        self.max_grad_norm = config.max_grad_norm
        self.policy_parameters = dict(policy)
        self.critic_parameters = dict(critic)
        self._policy = torch.optim.Adam(policy.values(), config.learning_rate, betas)
        self._critic = torch.optim.Adam(critic.values(), config.critic_learning_rate, betas)

    def zero_grad(self) -> None:
        self._policy.zero_grad()
        self._critic.zero_grad()

    def gradient_norms(self) -> tuple[Tensor, Tensor]:
        """Lengths of the gradients of policy and critic."""
        policy, critic = (
            get_total_norm([parameter.grad for parameter in parameters.values() if parameter.grad is not None])
            for parameters in (self.policy_parameters, self.critic_parameters)
        )
        return policy, critic

    def step(self, policy_norm: Tensor, critic_norm: Tensor) -> None:
        """Scale gradients of these lengths down to the longest that is allowed, and take a step."""
        clip_grads_with_norm_(self.policy_parameters.values(), self.max_grad_norm, policy_norm)
        clip_grads_with_norm_(self.critic_parameters.values(), self.max_grad_norm, critic_norm)
        self._policy.step()
        self._critic.step()

    def state_dict(self) -> dict[str, Any]:
        """Copies of the states of both."""
        return {
            "policy_optimizer": copy.deepcopy(self._policy.state_dict()),
            "critic_optimizer": copy.deepcopy(self._critic.state_dict()),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the two entries of :meth:`state_dict`; others are left alone."""
        self._policy.load_state_dict(copy.deepcopy(state["policy_optimizer"]))
        self._critic.load_state_dict(copy.deepcopy(state["critic_optimizer"]))


class GradientStep:
    """A gradient step on a batch of trajectories: :meth:`add` its groups one after another, then :meth:`apply`.

    Both losses are means over the action tokens of the whole batch. A value that is not finite raises
    :class:`agents.agent.TrainingDiverged` before anything is changed.
    """

    def __init__(self, optimizer: ActorCriticOptimizer, trajectories: Sequence[Trajectory]) -> None:
        self._optimizer = optimizer
        self._trajectories = trajectories
        self._n_tokens = sum(len(turn.action_ids) for trajectory in trajectories for turn in trajectory)
        self._evaluations: list[dict[str, Tensor]] = []
        optimizer.zero_grad()

    def note(self, evaluation: TokenEvaluation) -> None:
        """Remember what was computed of the next tokens, for :meth:`tokens` and for whoever looks into a failure."""
        self._evaluations.append(evaluation.detached())

    def add(self, evaluation: TokenEvaluation) -> None:
        """Accumulate the gradients of a group that was noted."""
        policy_loss = evaluation.policy_loss.sum() / self._n_tokens
        critic_loss = evaluation.critic_loss.sum() / self._n_tokens
        self._require_finite(policy_loss=policy_loss, critic_loss=critic_loss)
        (policy_loss + critic_loss).backward()

    def apply(self) -> dict[str, float]:
        """Take the step; returns its metrics."""
        policy_norm, critic_norm = self._optimizer.gradient_norms()
        self._require_finite(policy_gradient=policy_norm, critic_gradient=critic_norm)
        self._optimizer.step(policy_norm, critic_norm)
        return _metrics(self.tokens()) | {"grad_norm": float(policy_norm), "critic_grad_norm": float(critic_norm)}

    def tokens(self) -> dict[str, Tensor]:
        """The fields of :class:`TokenEvaluation` for all tokens so far, float [n], without gradients."""
        if not self._evaluations:
            return {}
        return {name: torch.cat([part[name] for part in self._evaluations]) for name in self._evaluations[0]}

    def _require_finite(self, **values: Tensor) -> None:
        try:
            require_finite(self._inspect, **values)
        except TrainingDiverged:
            self._optimizer.zero_grad()
            raise

    def _inspect(self) -> dict[str, Any]:
        parameters = {
            f"{owner}: {name}": parameter.grad
            for owner, named in (
                ("policy", self._optimizer.policy_parameters),
                ("critic", self._optimizer.critic_parameters),
            )
            for name, parameter in named.items()
        }
        return inspection_batch(self._trajectories, self.tokens(), parameters)


def approximate_kl(log_ratio: Tensor) -> float:
    """Mean of ratio - 1 - log ratio: an estimate of KL(mu || pi) from samples of mu that is never negative."""
    return float((log_ratio.exp() - 1 - log_ratio).mean())


def _metrics(tokens: Mapping[str, Tensor]) -> dict[str, float]:
    return {
        "policy_loss": float(tokens["policy_loss"].mean()),
        "critic_loss": float(tokens["critic_loss"].mean()),
        "kl": float(tokens["kl"].mean()),
        "approx_kl": approximate_kl(tokens["log_ratio"]),
        "clip_fraction": float(tokens["clipped"].mean()),
        "entropy": float(tokens["entropy"].mean()),
        "explained_variance": explained_variance(tokens["baseline"], tokens["returns"]),
        "q_mean": float(tokens["q"].mean()),
        "v_mean": float(tokens["v"].mean()),
        "log_prob_gap": float(tokens["log_ratio"].abs().max()),
    }
