"""The learners' mathematics against enumeration of a small token MDP: several turns, actions of unequal length."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from agents.gae import token_gae
from agents.soft_q import policy_objective, soft_q_lambda_returns, soft_value

BETA, GAMMA = 0.3, 0.9
END = 0
ACTIONS = [(END,), (1, END), (1, 1), (1, 2), (2, END), (2, 1), (2, 2)]  # at most two tokens, END ends early
FAILING = {
    (END,),
    (1, 1),
    (2, 2),
}  # on a first attempt these are answered by another prompt; a second attempt is the last
TOKEN_STATES = [(turn, prefix) for turn in (0, 1) for prefix in ((), (1,), (2,))]
INDEX = {state: index for index, state in enumerate(TOKEN_STATES)}
REWARD = {
    (turn, action): float(value)
    for (turn, action), value in zip(
        [(turn, action) for turn in (0, 1) for action in ACTIONS],
        torch.rand(14, generator=torch.Generator().manual_seed(7), dtype=torch.float64) * 2 - 1,
        strict=True,
    )
}


def random_log_policy(seed: int) -> Tensor:
    """Log-probabilities [token states, tokens]."""
    logits = torch.randn(len(TOKEN_STATES), 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return logits.log_softmax(-1)


def ends(turn: int, prefix: tuple[int, ...], token: int) -> bool:
    return token == END or len(prefix) == 1


def terminates(turn: int, action: tuple[int, ...]) -> bool:
    return turn == 1 or action not in FAILING


def divergence(log_pi: Tensor, log_rho: Tensor) -> Tensor:
    return (log_pi.exp() * (log_pi - log_rho)).sum(-1)


def token_q(log_pi: Tensor, log_rho: Tensor, discount_inside: float = 1.0) -> tuple[Tensor, Tensor]:
    """Q [states, tokens] and V [states] of a policy by backward induction over token states."""
    q = torch.zeros_like(log_pi)
    v = torch.zeros(len(TOKEN_STATES), dtype=log_pi.dtype)
    for index in (4, 5, 3, 1, 2, 0):
        turn, prefix = TOKEN_STATES[index]
        for token in range(3):
            if not ends(turn, prefix, token):
                q[index, token] = discount_inside * v[INDEX[turn, (*prefix, token)]]
                continue
            action = (*prefix, token)
            q[index, token] = REWARD[turn, action]
            if not terminates(turn, action):
                q[index, token] += GAMMA * v[INDEX[1, ()]]
        expected = (log_pi[index].exp() * q[index]).sum()
        v[index] = soft_value(expected, divergence(log_pi[index], log_rho[index]), BETA)
    return q, v


def log_prob_of_action(log_policy: Tensor, turn: int, action: tuple[int, ...]) -> Tensor:
    terms = [log_policy[INDEX[turn, action[:j]], token] for j, token in enumerate(action)]
    return torch.stack(terms).sum()


def action_value(log_pi: Tensor, log_rho: Tensor, turn: int) -> Tensor:
    """Soft value of a prompt by enumeration of whole actions: E[r + gamma * V(s') - beta * log(pi(a) / rho(a))]."""
    total = torch.zeros((), dtype=log_pi.dtype)
    for action in ACTIONS:
        log_p, log_q = log_prob_of_action(log_pi, turn, action), log_prob_of_action(log_rho, turn, action)
        q = torch.tensor(REWARD[turn, action], dtype=log_pi.dtype)
        if not terminates(turn, action):
            q = q + GAMMA * action_value(log_pi, log_rho, 1)
        total = total + log_p.exp() * (q - BETA * (log_p - log_q))
    return total


@dataclass
class Enumeration:
    """All trajectories one behind the other, as the learners lay them out, and how probable each is."""

    states: Tensor
    tokens: Tensor
    rewards: Tensor
    discounts: Tensor
    next_states: Tensor
    continues: Tensor
    weights: Tensor  # probability of the trajectory under the policy that sampled
    turn_discounts: Tensor  # gamma^t


def enumerate_trajectories(log_mu: Tensor) -> Enumeration:
    trajectories = []
    for first in ACTIONS:
        if terminates(0, first):
            trajectories.append([first])
        else:
            trajectories += [[first, second] for second in ACTIONS]
    rows: list[list[float]] = []
    weights = []
    for trajectory in trajectories:
        log_weight = sum(log_prob_of_action(log_mu, turn, action) for turn, action in enumerate(trajectory))
        for turn, action in enumerate(trajectory):
            for j, token in enumerate(action):
                state, last = INDEX[turn, action[:j]], j + 1 == len(action)
                done = last and terminates(turn, action)
                reward = REWARD[turn, action] if last else 0.0
                discount = 0.0 if done else GAMMA if last else 1.0
                following = 0 if done else INDEX[1, ()] if last else INDEX[turn, action[: j + 1]]
                rows.append([state, token, reward, discount, following, not done, GAMMA**turn])
                weights.append(log_weight.exp())
    columns = torch.tensor(rows, dtype=torch.float64).unbind(1)
    return Enumeration(
        columns[0].long(), columns[1].long(), columns[2], columns[3], columns[4].long(), columns[5].bool(),
        torch.stack(weights).detach(), columns[6],
    )  # fmt: skip


def q_lambda_returns(
    everything: Enumeration, q: Tensor, log_pi: Tensor, log_rho: Tensor, log_mu: Tensor, trace_lambda: float
) -> Tensor:
    values = soft_value((log_pi.exp() * q).sum(-1), divergence(log_pi, log_rho), BETA)
    at = (everything.states, everything.tokens)
    traces = trace_lambda * (log_pi[at] - log_mu[at]).exp().clamp_max(1)
    return soft_q_lambda_returns(
        everything.rewards, everything.discounts, values[everything.next_states], q[at], traces, everything.continues
    )


def expectation_by_token(everything: Enumeration, quantity: Tensor) -> Tensor:
    """E[quantity | state, token] under the sampling policy, [states, tokens]."""
    at = everything.states * 3 + everything.tokens
    total = torch.zeros(len(TOKEN_STATES) * 3, dtype=torch.float64)
    weight = total.clone()
    total.index_add_(0, at, everything.weights * quantity)
    weight.index_add_(0, at, everything.weights)
    return (total / weight.clamp_min(1e-300)).view(-1, 3)


@pytest.fixture
def log_pi() -> Tensor:
    return random_log_policy(1)


@pytest.fixture
def log_rho() -> Tensor:
    return random_log_policy(2)


@pytest.fixture
def log_mu() -> Tensor:
    return random_log_policy(3)


def test_token_value_is_action_level_soft_value(log_pi: Tensor, log_rho: Tensor) -> None:
    _, v = token_q(log_pi, log_rho)
    for turn in (0, 1):
        torch.testing.assert_close(v[INDEX[turn, ()]], action_value(log_pi, log_rho, turn))


def test_a_discount_inside_the_action_breaks_that(log_pi: Tensor, log_rho: Tensor) -> None:
    _, v = token_q(log_pi, log_rho, discount_inside=GAMMA)
    assert (v[INDEX[0, ()]] - action_value(log_pi, log_rho, 0)).abs() > 1e-3


def test_product_of_token_policies_is_the_action_level_soft_optimal_policy(log_rho: Tensor) -> None:
    # Soft policy iteration over tokens: pi <- rho * exp(Q / beta), normalised.
    log_pi = log_rho
    for _ in range(6):
        q, v = token_q(log_pi, log_rho)
        log_pi = (log_rho + q / BETA).log_softmax(-1)
    optimal_value = torch.zeros((), dtype=torch.float64)
    for turn in (1, 0):
        q_of_actions = torch.tensor([REWARD[turn, action] for action in ACTIONS], dtype=torch.float64)
        if turn == 0:
            bonus = [0.0 if terminates(0, action) else GAMMA * float(optimal_value) for action in ACTIONS]
            q_of_actions += torch.tensor(bonus, dtype=torch.float64)
        log_base = torch.stack([log_prob_of_action(log_rho, turn, action) for action in ACTIONS])
        optimal_value = BETA * (log_base + q_of_actions / BETA).logsumexp(0)
        torch.testing.assert_close(v[INDEX[turn, ()]], optimal_value)
        products = torch.stack([log_prob_of_action(log_pi, turn, action) for action in ACTIONS])
        torch.testing.assert_close(products, log_base + (q_of_actions - optimal_value) / BETA)


def test_q_of_a_network_critic_speaks_of_a_soft_optimal_policy(log_pi: Tensor, log_rho: Tensor) -> None:
    """Q = V_phi + beta * log(phi / rho): phi is soft-optimal for it, and V_phi its soft-optimal value."""
    log_phi = random_log_policy(9)
    v_phi = torch.randn(len(TOKEN_STATES), generator=torch.Generator().manual_seed(10), dtype=torch.float64)
    q = v_phi[:, None] + BETA * (log_phi - log_rho)
    torch.testing.assert_close((log_rho + q / BETA).log_softmax(-1), log_phi)
    torch.testing.assert_close(BETA * (log_rho + q / BETA).logsumexp(-1), v_phi)
    expected_q = (log_pi.exp() * q).sum(-1)
    value = soft_value(expected_q, divergence(log_pi, log_rho), BETA)
    torch.testing.assert_close(value, v_phi - BETA * divergence(log_pi, log_phi))
    # Every Q can be written so: the critic can represent the exact one.
    exact, _ = token_q(log_pi, log_rho)
    v_of_exact = BETA * (log_rho + exact / BETA).logsumexp(-1)
    phi_of_exact = (log_rho + exact / BETA).log_softmax(-1)
    torch.testing.assert_close(v_of_exact[:, None] + BETA * (phi_of_exact - log_rho), exact)


@pytest.mark.parametrize("trace_lambda", [0.0, 0.5, 0.95, 1.0])
def test_exact_q_is_the_fixed_point_of_soft_q_lambda(
    trace_lambda: float, log_pi: Tensor, log_rho: Tensor, log_mu: Tensor
) -> None:
    everything = enumerate_trajectories(log_mu)  # off policy
    q, _ = token_q(log_pi, log_rho)
    expected = expectation_by_token(everything, q_lambda_returns(everything, q, log_pi, log_rho, log_mu, trace_lambda))
    torch.testing.assert_close(expected, q)


@pytest.mark.parametrize("trace_lambda", [0.0, 0.5, 0.95, 1.0])
def test_soft_q_lambda_converges_to_exact_q_from_zero(
    trace_lambda: float, log_pi: Tensor, log_rho: Tensor, log_mu: Tensor
) -> None:
    everything = enumerate_trajectories(log_mu)
    exact, _ = token_q(log_pi, log_rho)
    q = torch.zeros_like(exact)
    for _ in range(4):  # four tokens at most: a one-step backup needs four sweeps
        returns = q_lambda_returns(everything, q, log_pi, log_rho, log_mu, trace_lambda)
        q = expectation_by_token(everything, returns)
    torch.testing.assert_close(q, exact)


def test_longer_traces_reach_farther_in_one_sweep(log_pi: Tensor, log_rho: Tensor) -> None:
    everything = enumerate_trajectories(log_pi)
    exact, _ = token_q(log_pi, log_rho)
    zero = torch.zeros_like(exact)
    errors = []
    for trace_lambda in (0.0, 0.5, 1.0):
        returns = q_lambda_returns(everything, zero, log_pi, log_rho, log_pi, trace_lambda)
        errors.append((expectation_by_token(everything, returns) - exact).abs().sum().item())
    assert errors[0] > errors[1] > errors[2]


def gradient_of_objective(logits: Tensor, log_rho: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(action_value(logits.log_softmax(-1), log_rho, 0), logits)
    return gradient


@pytest.mark.parametrize("with_advantages", [False, True])
def test_etpo_loss_with_exact_q_has_the_gradient_of_the_objective(
    with_advantages: bool, log_pi: Tensor, log_rho: Tensor
) -> None:
    logits = log_pi.clone().requires_grad_()
    log_p = logits.log_softmax(-1)
    everything = enumerate_trajectories(log_pi)
    at = (everything.states, everything.tokens)
    q, _ = token_q(log_pi, log_rho)
    wrong_value = torch.randn(len(TOKEN_STATES), generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    wrong_advantage = torch.randn(*q.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    wrong_advantage -= (log_pi.exp() * wrong_advantage).sum(-1, keepdim=True)
    corrections = {}
    if with_advantages:  # doubly robust: whatever the critic believes, the expectation is right
        corrections = {
            "advantages": wrong_advantage[at],
            "expected_advantages": (log_p.exp() * wrong_advantage).sum(-1)[everything.states],
        }
    losses, clipped = policy_objective(
        log_p[at],
        log_pi[at],
        divergence(log_p, log_rho)[everything.states],
        q[at],
        wrong_value[everything.states],
        BETA,
        0.2,
        **corrections,
    )
    (everything.weights * everything.turn_discounts * losses).sum().backward()
    torch.testing.assert_close(-logits.grad, gradient_of_objective(logits, log_rho))
    assert not clipped.any()


def test_etpo_loss_with_sampled_returns_has_the_gradient_of_the_objective(log_pi: Tensor, log_rho: Tensor) -> None:
    logits = log_pi.clone().requires_grad_()
    log_p = logits.log_softmax(-1)
    everything = enumerate_trajectories(log_pi)
    at = (everything.states, everything.tokens)
    wrong_q = torch.randn(len(TOKEN_STATES), 3, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    returns = q_lambda_returns(
        everything, wrong_q, log_pi, log_rho, log_pi, trace_lambda=1.0
    )  # unbiased for any critic
    losses, _ = policy_objective(
        log_p[at],
        log_pi[at],
        divergence(log_p, log_rho)[everything.states],
        returns,
        (log_pi.exp() * wrong_q).sum(-1)[everything.states],
        BETA,
        0.2,
    )
    (everything.weights * everything.turn_discounts * losses).sum().backward()
    torch.testing.assert_close(-logits.grad, gradient_of_objective(logits, log_rho))


@pytest.mark.parametrize(("gae_lambda", "exact_critic"), [(1.0, False), (0.0, True), (0.7, True), (1.0, True)])
def test_ppo_surrogate_at_ratio_one_has_the_gradient_of_the_objective(
    gae_lambda: float, exact_critic: bool, log_pi: Tensor, log_rho: Tensor
) -> None:
    logits = log_pi.clone().requires_grad_()
    everything = enumerate_trajectories(log_pi)
    at = (everything.states, everything.tokens)
    _, v = token_q(log_pi, log_rho)
    if not exact_critic:
        v = torch.randn(len(v), generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    advantages = token_gae(
        everything.rewards - BETA * (log_pi - log_rho)[at],
        v[everything.states],
        v[everything.next_states],
        everything.discounts,
        everything.continues,
        gae_lambda,
    )
    ratio = (logits.log_softmax(-1)[at] - log_pi[at]).exp()
    (everything.weights * everything.turn_discounts * ratio * advantages).sum().backward()
    torch.testing.assert_close(logits.grad, gradient_of_objective(logits, log_rho))
