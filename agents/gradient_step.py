"""One gradient step of a policy and, where there is one, its critic: accumulated, guarded, applied, summed up."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from agents.agent import LearnerConfig, TrainingDiverged
from agents.critic import explained_variance
from agents.divergence import inspection_batch, require_finite
from agents.rollout import Trajectory


@dataclass(frozen=True)
class PolicyEvaluation:
    """What an update has computed of n action tokens; float [n] each.

    Attributes:
        policy_loss: differentiable with respect to the policy alone.
        log_ratio: log(pi(w) / mu(w)), mu being the policy that sampled.
        kl: KL(pi || rho).
        entropy: of pi.
        clipped: 1 where the clip took the gradient away, else 0.
        weight: of the tokens in losses and averages; None where all weigh 1.
    """

    policy_loss: Tensor
    _: KW_ONLY
    log_ratio: Tensor
    kl: Tensor
    entropy: Tensor
    clipped: Tensor
    weight: Tensor | None = None

    def detached(self) -> dict[str, Tensor]:
        """The tensors by name, without gradients."""
        tensors = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: tensor.detach().float() for name, tensor in tensors.items() if tensor is not None}

    def total(self, losses: Tensor) -> Tensor:
        """The weighted sum of losses, float [n]."""
        return losses.sum() if self.weight is None else (self.weight * losses).sum()


@dataclass(frozen=True)
class TokenEvaluation(PolicyEvaluation):
    """The same where there is a critic.

    Attributes:
        critic_loss: differentiable with respect to the critic alone.
        returns: what the critic is fitted to.
        baseline: the critic's estimate of the returns without knowing w.
        q: the estimate of Q(x, w).
        v: the estimate of V(x).
    """

    critic_loss: Tensor
    _: KW_ONLY
    returns: Tensor
    baseline: Tensor
    q: Tensor
    v: Tensor


class NetworkOptimizers:
    """An Adam for each network that is trained, and a bound on the length of each one's gradient."""

    def __init__(self, config: LearnerConfig) -> None:
        self._betas = (config.adam_beta1, config.adam_beta2)
        self._max_grad_norm = config.max_grad_norm
        self.parameters: dict[str, dict[str, nn.Parameter]] = {}
        self._optimizers: dict[str, torch.optim.Adam] = {}

    def add(self, network: str, parameters: Mapping[str, nn.Parameter], learning_rate: float) -> None:
        """Train a network, "policy" or "critic", by its parameters."""
        self.parameters[network] = dict(parameters)
        self._optimizers[network] = torch.optim.Adam(parameters.values(), learning_rate, self._betas)

    def zero_grad(self) -> None:
        for optimizer in self._optimizers.values():
            optimizer.zero_grad()

    def gradient_norms(self) -> dict[str, Tensor]:
        """Lengths of the gradients, by network."""
        return {
            network: get_total_norm([parameter.grad for parameter in named.values() if parameter.grad is not None])
            for network, named in self.parameters.items()
        }

    def step(self, norms: Mapping[str, Tensor]) -> None:
        """Scale gradients of these lengths down to the longest that is allowed, and take a step."""
        for network, optimizer in self._optimizers.items():
            clip_grads_with_norm_(self.parameters[network].values(), self._max_grad_norm, norms[network])
            optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Copies of the states of all, as ``policy_optimizer`` and ``critic_optimizer``."""
        return {
            f"{network}_optimizer": copy.deepcopy(optimizer.state_dict())
            for network, optimizer in self._optimizers.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the entries of :meth:`state_dict`; others are left alone."""
        for network, optimizer in self._optimizers.items():
            optimizer.load_state_dict(copy.deepcopy(state[f"{network}_optimizer"]))


class GradientStep:
    """A gradient step on a batch of trajectories: :meth:`add` its groups one after another, then :meth:`apply`.

    Losses are means over the action tokens of the whole batch. A value that is not finite raises
    :class:`agents.agent.TrainingDiverged` before anything is changed.
    """

    def __init__(self, optimizer: NetworkOptimizers, trajectories: Sequence[Trajectory]) -> None:
        self._optimizer = optimizer
        self._trajectories = trajectories
        self._n_tokens = sum(len(turn.action_ids) for trajectory in trajectories for turn in trajectory)
        self._evaluations: list[dict[str, Tensor]] = []
        optimizer.zero_grad()

    def note(self, evaluation: PolicyEvaluation) -> None:
        """Remember what was computed of the next tokens, for :meth:`tokens` and for whoever looks into a failure."""
        self._evaluations.append(evaluation.detached())

    def add(self, evaluation: PolicyEvaluation) -> None:
        """Accumulate the gradients of a group that was noted."""
        losses = {"policy_loss": evaluation.total(evaluation.policy_loss) / self._n_tokens}
        if isinstance(evaluation, TokenEvaluation):
            losses["critic_loss"] = evaluation.total(evaluation.critic_loss) / self._n_tokens
        self._require_finite(**losses)
        torch.stack(list(losses.values())).sum().backward()

    def apply(self) -> dict[str, float]:
        """Take the step; returns its metrics."""
        norms = self._optimizer.gradient_norms()
        self._require_finite(**{f"{network}_gradient": norm for network, norm in norms.items()})
        self._optimizer.step(norms)
        lengths = {"grad_norm" if network == "policy" else f"{network}_grad_norm": norms[network] for network in norms}
        return self.metrics() | {name: float(length) for name, length in lengths.items()}

    def metrics(self) -> dict[str, float]:
        """Averages over all tokens so far."""
        return _metrics(self.tokens())

    def tokens(self) -> dict[str, Tensor]:
        """The fields of the evaluations for all tokens so far, float [n], without gradients."""
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
            f"{network}: {name}": parameter.grad
            for network, named in self._optimizer.parameters.items()
            for name, parameter in named.items()
        }
        return inspection_batch(self._trajectories, self.tokens(), parameters)


def approximate_kl(log_ratio: Tensor) -> float:
    """Mean of ratio - 1 - log ratio: an estimate of KL(mu || pi) from samples of mu that is never negative."""
    return float(_kl_terms(log_ratio).mean())


def _kl_terms(log_ratio: Tensor) -> Tensor:
    return log_ratio.exp() - 1 - log_ratio


def clipped_surrogate(log_ratio: Tensor, advantages: Tensor, clip_range: float) -> tuple[Tensor, Tensor]:
    """-min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A) (PPO, arXiv 1707.06347, equation 7).

    Args:
        log_ratio: log(pi / mu) of tokens, or of whole actions; float [n], differentiable.
        advantages: float [n].
        clip_range: epsilon.

    Returns:
        losses, float [n]; and bool [n], where the clip took the gradient away.
    """
    unclipped = log_ratio.exp() * advantages
    clipped = log_ratio.exp().clamp(1 - clip_range, 1 + clip_range) * advantages
    return -torch.minimum(unclipped, clipped), clipped < unclipped


def _metrics(tokens: Mapping[str, Tensor]) -> dict[str, float]:
    weight = tokens.get("weight")

    def mean(values: Tensor) -> float:
        return float(values.mean() if weight is None else (weight * values).sum() / weight.sum())

    metrics = {
        "policy_loss": mean(tokens["policy_loss"]),
        "kl": mean(tokens["kl"]),
        "approx_kl": mean(_kl_terms(tokens["log_ratio"])),
        "clip_fraction": mean(tokens["clipped"]),
        "entropy": mean(tokens["entropy"]),
        "log_prob_gap": float(tokens["log_ratio"].abs().max()),
    }
    if "critic_loss" not in tokens:
        return metrics
    return metrics | {
        "critic_loss": mean(tokens["critic_loss"]),
        "explained_variance": explained_variance(tokens["baseline"], tokens["returns"]),
        "q_mean": mean(tokens["q"]),
        "v_mean": mean(tokens["v"]),
    }
