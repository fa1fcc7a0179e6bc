"""The improved policy on a forest of tried tokens: what the soft Bellman equation says is best, where that is known.

Given Q, the policy that is best under the objective of ETPO (arXiv 2402.06700) less a price eta for leaving the present
policy is, in every state on its own,

    argmax_p E_{w ~ p}[Q(x, w)] - beta * KL(p || rho)(x) - eta * KL(p || pi)(x)
        = pi(w) * exp((Q(x, w) - beta * log(pi(w) / rho(w))) / (beta + eta)) / Z.

At the optimum of the objective, where Q - beta * log(pi / rho) is the same for all tokens, that is pi itself, whatever
eta is. Where it is not, the policy moves there; to descend the objective by gradients only begins to.

The improved policy keeps to tokens that were tried: it is the above over these alone. Q of another token could only be
guessed, and a program that departs from what was tried in the middle is most often none.

Prompts are given, not chosen, and behind some of them nothing good was found yet. What was tried at a prompt counts for
as much as it is better than what was to be expected there, by the logistic function of the difference over eta: a
program that failed on a prompt of its own is the best known there, and still none to learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agents.forest_values import ForestValues
from agents.token_forest import TokenForest

_LARGEST_EXPONENT = 30.0  # so that some weight is left where nothing good was found at all


@dataclass(frozen=True)
class ImprovedPolicy:
    """What the improved policy does on the E tokens of a forest.

    Attributes:
        log_probs: its log-probabilities of the tokens, in their states, [E].
        weights: how often it would choose them, per attempt, [E].
    """

    log_probs: list[float]
    weights: list[float]


def improved_policy(
    forest: TokenForest,
    log_pi: Sequence[float],
    log_rho: Sequence[float],
    values: ForestValues,
    *,
    beta: float,
    temperature: float,
) -> ImprovedPolicy:
    """See the module's docstring.

    Args:
        forest: with E tokens.
        log_pi: of its tokens under the present policy, [E].
        log_rho: of its tokens under the base model, [E].
        values: what the forest says of tokens and states.
        beta: weight of the divergence from the base model.
        temperature: eta, above 0.
    """
    n_attempts = sum(forest.visits[root] for root in forest.roots.values())
    reach = [0.0] * len(forest.visits)
    for root in forest.roots.values():
        gain = (values.expected_q[root] - values.mean_q[root]) / temperature
        reach[root] = forest.visits[root] / n_attempts / (1 + math.exp(min(-gain, _LARGEST_EXPONENT)))
    log_probs = [0.0] * len(forest.tokens)
    weights = [0.0] * len(forest.tokens)
    for state in reversed(forest.order):
        indices = forest.tried[state]
        tilted = [
            log_pi[index] + (values.q[index] - beta * (log_pi[index] - log_rho[index])) / (beta + temperature)
            for index in indices
        ]
        largest = max(tilted)
        log_total = largest + math.log(math.fsum(math.exp(value - largest) for value in tilted))
        for index, value in zip(indices, tilted, strict=True):
            log_probs[index] = value - log_total
            weights[index] = reach[state] * math.exp(log_probs[index])
            token = forest.tokens[index]
            if token.child is not None:
                reach[token.child] = weights[index] * forest.visits[token.child] / len(token.log_mus)
    return ImprovedPolicy(log_probs, weights)
