"""Soft Q-learning over tokens: the mathematics of ETPO (arXiv 2402.06700, section 4), on tensors alone.

Token n is drawn in state x_n (a prompt and the tokens before n). With pi the policy, rho the base model and beta the
weight of the divergence between them,

    V(x) = E_{w ~ pi}[Q(x, w)] - beta * KL(pi || rho)(x)
    Q(x_n, w_n) = r_n + d_n * V(x_{n+1}),

where r_n is 0 and d_n is 1 inside an action; at the last token of an action r_n is the reward and d_n is gamma, or 0
where the episode terminated. All tensors here are float [N], one element an action token, in the order in which the
tokens were produced; trajectories (the turns of one episode) lie one behind the other.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.recursion import backward_recursion


def soft_value(expected_q: Tensor, kl: Tensor, beta: float) -> Tensor:
    """V(x) = E_pi[Q(x, w)] - beta * KL(pi || rho)(x) (arXiv 2402.06700, equation 7, as an expectation under pi)."""
    return expected_q - beta * kl


def soft_q_lambda_returns(
    rewards: Tensor, discounts: Tensor, next_values: Tensor, q_values: Tensor, traces: Tensor, continues: Tensor
) -> Tensor:
    """The soft lambda-return G_n = r_n + d_n * (V(x_{n+1}) + c_{n+1} * (G_{n+1} - Q(x_{n+1}, w_{n+1}))).

    The correction is 0 in expectation where Q is exact, so that the fixed point is the same for all traces.

    Args:
        rewards: r_n.
        discounts: d_n; 0 where the episode terminated.
        next_values: V(x_{n+1}) by the target critic; at the last token of an action, the value of the next prompt.
        q_values: Q(x_n, w_n) by the target critic.
        traces: c_n: lambda on policy, lambda * min(1, pi(w) / mu(w)) off it (Retrace, arXiv 1606.02647, equation 4).
        continues: bool [N]; whether element n + 1 is the token that followed token n.

    Returns:
        G, float [N], detached.
    """
    next_traces = torch.cat([traces[1:], traces.new_zeros(1)]) if len(traces) else traces
    temporal_differences = rewards + discounts * next_values - q_values
    corrections = backward_recursion(temporal_differences, discounts * next_traces * continues)
    return q_values.detach() + corrections


def policy_objective(
    log_pi: Tensor,
    log_mu: Tensor,
    kl: Tensor,
    returns: Tensor,
    expected_q: Tensor,
    beta: float,
    clip_range: float,
    *,
    advantages: Tensor | None = None,
    expected_advantages: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The ETPO loss E_pi[beta * log(pi/rho) - Q] with a doubly robust estimate of Q, a token at a time.

    The estimate is Q(x, w) = U(x) + A(x, w) + 1[w = w_n] * (G_n - U(x) - A(x, w_n)) / mu(w_n) with U = E_pi[Q]:
    unbiased for any critic where mu = pi. The sampled term is clipped as in PPO (arXiv 1707.06347, equation 7); the
    divergence and E_pi[A] are exact sums over the vocabulary.

    Args:
        log_pi: log pi(w_n), differentiable.
        log_mu: log mu(w_n) of the policy that sampled.
        kl: KL(pi || rho) at x_n, differentiable.
        returns: G_n.
        expected_q: U(x_n).
        beta: weight of the divergence.
        clip_range: epsilon of the clipped ratio.
        advantages: A(x_n, w_n) with E_pi[A] = 0, or None for A = 0. Scaled down, it moves less weight onto the critic.
        expected_advantages: E_pi[A] at x_n, differentiable with respect to pi alone (its value is 0).

    Returns:
        losses: float [N], to be averaged.
        clipped: bool [N], where the clip took the gradient away.
    """
    residuals = returns - expected_q
    if advantages is not None:
        residuals = residuals - advantages
    ratios = (log_pi - log_mu).exp()
    unclipped = ratios * residuals
    clipped = ratios.clamp(1 - clip_range, 1 + clip_range) * residuals
    losses = beta * kl - torch.minimum(unclipped, clipped)
    if expected_advantages is not None:
        losses = losses - expected_advantages
    return losses, clipped < unclipped
