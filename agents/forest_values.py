"""Soft Q-learning on a forest of tried tokens: the estimator of ETPO (arXiv 2402.06700, section 4; agents/soft_q.py).

In a state x some tokens were tried, others not. The expectations of the soft Bellman equation

    V(x) = E_{w ~ pi}[Q(x, w)] - beta * KL(pi || rho)(x)

are taken over the tried tokens, each weighted by its probability under the present policy, divided by the probability
that it would have been tried in so many visits (the estimator of Horvitz and Thompson, 1952):

    omega(w) = pi(w) / (1 - (1 - mu(w))^n),    n visits of x, mu(w) the mean probability with which w was chosen.

After one visit this is the importance weight pi / mu, after many it is pi itself. Divided by their sum, the weights are
those of an average. So a state through which many attempts went is known more exactly than any of them knows it, old
attempts count as much as the present policy still thinks of them, and where nothing is shared, what is left is the
return of one sample. Where the sum is below 1, the present policy would mostly do what was not tried: there what was
tried counts for that much less.

A policy that sometimes fails behind a good choice should learn not to fail there, rather than to choose otherwise. So
values are those of a policy that is improved in every state, within a temperature eta of the present one:

    V(x) = eta * log sum_w omega(w) * exp((Q(x, w) - beta * log(pi(w) / rho(w))) / eta),

an expectation under pi for eta -> infinity, the best token for eta -> 0 (mellowmax, arXiv 1612.05628, under pi). At the
optimum of the objective, Q - beta * log(pi / rho) is the same for all tokens, so that eta does not move it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agents.token_forest import TokenForest


@dataclass(frozen=True)
class ForestValues:
    """What a forest says of its E tokens and S states.

    Attributes:
        q: Q(x, w) of tokens, [E].
        baselines: of tokens: what was to be expected in x without this visit, [E].
        values: of states: V(x), [S].
        expected_q: of states: V(x) without the divergence of x itself, [S].
        mean_q: of states: what was to be expected before anything is improved: the mean of Q over the visits, and the
            expectation from elsewhere, [S].
        weights: of tokens: how often the present policy would choose them, per attempt, [E].
    """

    q: list[float]
    baselines: list[float]
    values: list[float]
    expected_q: list[float]
    mean_q: list[float]
    weights: list[float]


def inclusion_weights(log_pi: Sequence[float], log_mus: Sequence[Sequence[float]]) -> tuple[list[float], float]:
    """omega of the tokens that were tried in a state, divided by their sum, and the sum; see the module's docstring.

    Args:
        log_pi: of the k tokens under the present policy.
        log_mus: for each of them, log-probabilities under the policies that chose it, one a visit.

    Returns:
        k numbers that sum to 1, and how far the present policy keeps to what was tried: the sum of omega, at most 1.
    """
    n_visits = sum(map(len, log_mus))
    logs = []
    for log_probability, chosen in zip(log_pi, log_mus, strict=True):
        mu = min(1.0, sum(map(math.exp, chosen)) / len(chosen))
        untried = n_visits * math.log1p(-mu) if mu < 1 else -math.inf
        tried = -math.expm1(untried)
        logs.append(log_probability - math.log(tried) if tried > 0 else log_probability)
    largest = max(logs)
    weights = [math.exp(value - largest) for value in logs]
    total = math.fsum(weights)
    return [weight / total for weight in weights], min(1.0, total * math.exp(min(0.0, largest)))


def soft_maximum(values: Sequence[float], weights: Sequence[float], temperature: float) -> float:
    """eta * log sum_i weights_i * exp(values_i / eta), for weights that sum to 1."""
    largest = max(values)
    terms = (weight * math.exp((value - largest) / temperature) for value, weight in zip(values, weights, strict=True))
    return largest + temperature * math.log(math.fsum(terms))


def forest_values(
    forest: TokenForest,
    log_pi: Sequence[float],
    log_rho: Sequence[float],
    kl: Sequence[float],
    expected_q: Sequence[float],
    priors: Sequence[float],
    bootstrap_values: Sequence[float],
    *,
    beta: float,
    trace_lambda: float,
    prior_visits: float,
    backup_temperature: float | None,
    charged_kl: Sequence[float] | None = None,
) -> ForestValues:
    """Evaluate the present policy, or what it would be if it were improved in every state, on a forest.

    A state's value is a mixture of the critic's estimate U and of what was tried, the latter of weight
    m * lambda / (m * lambda + 1 - lambda) after m visits that count (fewer where the present policy does something
    else): one visit gives a lambda-return, and many visits outweigh the critic.

    Args:
        forest: with E tokens, S states and M prompts to bootstrap from.
        log_pi: of its tokens under the present policy, [E].
        log_rho: of its tokens under the base model, [E].
        kl: KL(pi || rho) in the state of each token, [E].
        expected_q: U, the target critic's estimate of E_pi[Q] in the state of each token, [E].
        priors: the same by the trained critic, for baselines.
        bootstrap_values: the target critic's V at the prompts to bootstrap from, [M].
        beta: weight of the divergence.
        trace_lambda: lambda; 0 is the one-step backup from the critic, 1 leaves values to what was tried.
        prior_visits: how many visits the expectation from elsewhere is worth in a baseline.
        backup_temperature: eta; None for infinity.
        charged_kl: what values are charged with instead of ``kl``, [E]: a deviation, see :mod:`agents.deviations`.
    """
    q = [0.0] * len(forest.tokens)
    shares = [0.0] * len(forest.tokens)
    kept = [0.0] * len(forest.visits)
    tried_q = [0.0] * len(forest.visits)
    values = [0.0] * len(forest.visits)
    improved_q = [0.0] * len(forest.visits)
    for state in forest.order:
        indices = forest.tried[state]
        for index in indices:
            token = forest.tokens[index]
            total, count = 0.0, len(token.outcomes)
            for outcome in token.outcomes:
                if outcome.root is not None:
                    behind = values[outcome.root]
                else:
                    behind = 0.0 if outcome.bootstrap is None else bootstrap_values[outcome.bootstrap]
                total += outcome.reward + outcome.discount * behind
            if token.child is not None:
                total += forest.visits[token.child] * values[token.child]
                count += forest.visits[token.child]
            q[index] = total / count
        weights, kept[state] = inclusion_weights(
            [log_pi[index] for index in indices], [forest.tokens[index].log_mus for index in indices]
        )
        for index, weight in zip(indices, weights, strict=True):
            shares[index] = weight
            tried_q[state] += weight * q[index]
        trust = forest.visits[state] * kept[state] * trace_lambda
        trust = trust / (trust + 1 - trace_lambda) if trust > 0 else 0.0
        own_kl = kl[indices[0]]
        charge = own_kl if charged_kl is None else charged_kl[indices[0]]
        tried_value = tried_q[state]
        if backup_temperature is not None:
            penalised = [q[i] - beta * (log_pi[i] - log_rho[i] - own_kl) for i in indices]
            tried_value = soft_maximum(penalised, weights, backup_temperature)
        improved_q[state] = trust * tried_value + (1 - trust) * expected_q[indices[0]]
        values[state] = improved_q[state] - beta * charge
    weights, baselines, mean_q = _downwards(forest, q, shares, kept, tried_q, priors, prior_visits)
    return ForestValues(q, baselines, values, improved_q, mean_q, weights)


def _downwards(
    forest: TokenForest,
    q: Sequence[float],
    shares: Sequence[float],
    kept: Sequence[float],
    tried_q: Sequence[float],
    priors: Sequence[float],
    prior_visits: float,
) -> tuple[list[float], list[float], list[float]]:
    """Weights and baselines of tokens and means of states, from the roots on.

    The baseline of a visit is the mean over the OTHER visits of its state, and, worth ``prior_visits`` visits, what was
    to be expected there before anything was tried in it: at a root what the critic says, below it what the other
    tokens of the state before it brought.
    """
    reach = [0.0] * len(forest.visits)
    prior = [0.0] * len(forest.visits)
    weights = [0.0] * len(forest.tokens)
    baselines = [0.0] * len(forest.tokens)
    means = [0.0] * len(forest.visits)
    n_attempts = sum(forest.visits[root] for root in forest.roots.values())
    for root in forest.roots.values():
        reach[root] = forest.visits[root] / n_attempts
        prior[root] = priors[forest.tried[root][0]]
    for state in reversed(forest.order):
        n = forest.visits[state]
        seen, unseen = n * tried_q[state], prior_visits * prior[state]
        means[state] = (seen + unseen) / (n + prior_visits)
        for index in forest.tried[state]:
            token = forest.tokens[index]
            weights[index] = reach[state] * kept[state] * shares[index]
            others = n - 1 + prior_visits
            baselines[index] = (seen - q[index] + unseen) / others if others > 0 else prior[state]
            if token.child is not None:
                reach[token.child] = weights[index] * forest.visits[token.child] / len(token.log_mus)
                others = n * (1 - shares[index]) + prior_visits
                excluded = seen - n * shares[index] * q[index] + unseen
                prior[token.child] = excluded / others if others > 0 else prior[state]
    return weights, baselines, means
