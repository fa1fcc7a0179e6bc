"""The improved policy on a forest of tried tokens, against enumeration."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from agents.forest_policy import improved_policy
from agents.forest_values import ForestValues
from agents.token_forest import TokenForest, token_forest
from tests.agents.attempts import attempt
from tests.agents.test_forest_values import evaluate, states_of_the_mdp, visits_of_the_mdp
from tests.agents.test_token_mdp import BETA, GAMMA, divergence, random_log_policy, token_q

logs = st.floats(-6, 0)


def improved_in_the_mdp(log_pi: Tensor, log_rho: Tensor, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    """Where every action was tried many times: log-probabilities of the improved policy, and where they belong."""
    forest = token_forest(visits_of_the_mdp(random_log_policy(2), copies=200), GAMMA)
    states, tokens = (torch.tensor(column) for column in states_of_the_mdp(forest))
    own, base = log_pi[states, tokens].tolist(), log_rho[states, tokens].tolist()
    values = evaluate(
        forest, own, log_rho=base, kl=divergence(log_pi, log_rho)[states].tolist(), backup_temperature=temperature
    )
    improved = improved_policy(forest, own, base, values, beta=BETA, temperature=temperature)
    return torch.tensor(improved.log_probs, dtype=log_pi.dtype), states, tokens


@pytest.mark.parametrize("temperature", [0.05, 0.5, 5.0])
def test_improving_again_and_again_ends_at_the_soft_optimal_policy(temperature: float) -> None:
    """Whoever sampled, and whatever the price of a step: rho * exp((Q* - V*) / beta) in every state that matters."""
    log_rho = random_log_policy(3)
    optimal = log_rho
    for _ in range(8):  # each round makes one more state optimal, from the last tokens to the first
        optimal = (log_rho + token_q(optimal, log_rho)[0] / BETA).log_softmax(-1)
    log_pi = random_log_policy(1)
    for _ in range(round(40 + 40 * temperature / BETA)):
        found, states, tokens = improved_in_the_mdp(log_pi, log_rho, temperature)
        log_pi = log_pi.clone()
        log_pi[states, tokens] = found
        log_pi = log_pi.log_softmax(-1)
    assert torch.allclose(log_pi[states, tokens].exp(), optimal[states, tokens].exp(), atol=5e-3)


def of_one_state(log_pi: list[float], q: list[float]) -> tuple[TokenForest, ForestValues]:
    forest = token_forest([(attempt((1,), (token,), value),) for token, value in enumerate(q)], GAMMA)
    return forest, evaluate(forest, log_pi)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(logs, logs, st.floats(-1, 1), logs), min_size=2, max_size=5), st.floats(0.02, 2))
def test_no_other_policy_on_the_tried_tokens_is_worth_more_than_its_price(rows, temperature: float) -> None:
    """E_p[Q] - beta * KL(p || rho) - eta * KL(p || pi), here against a random p."""
    log_pi, log_rho, q, other = (list(column) for column in zip(*rows, strict=True))
    forest, values = of_one_state(log_pi, q)
    improved = improved_policy(forest, log_pi, log_rho, values, beta=BETA, temperature=temperature)
    assert math.fsum(math.exp(value) for value in improved.log_probs) == pytest.approx(1)

    def worth(log_p: list[float]) -> float:
        return math.fsum(
            math.exp(p) * (value - BETA * (p - rho) - temperature * (p - pi))
            for p, pi, rho, value in zip(log_p, log_pi, log_rho, q, strict=True)
        )

    log_total = math.log(math.fsum(math.exp(value) for value in other))
    assert worth(improved.log_probs) >= worth([value - log_total for value in other]) - 1e-9


def test_weights_are_the_probabilities_of_prefixes_and_failures_hardly_count() -> None:
    rewards = {(5, 8): 0.9, (5, 9): 0.3, (6, 8): -1.0}
    forest = token_forest([(attempt((1,), action, reward),) for action, reward in rewards.items()], GAMMA)
    n = len(forest.tokens)
    values = evaluate(forest, [-1.0] * n, backup_temperature=0.1)
    improved = improved_policy(forest, [-1.0] * n, [-1.0] * n, values, beta=0.0, temperature=0.1)
    weights = [improved.weights[path[-1]] for path in forest.paths]
    assert weights[1] / weights[0] == pytest.approx(math.exp(-6), rel=1e-6)
    assert weights[2] / weights[0] < math.exp(-18)
    first = forest.paths[0][0]
    assert improved.weights[first] == pytest.approx(weights[0] + weights[1])


def test_what_failed_at_a_prompt_of_its_own_is_not_learnt() -> None:
    trajectories = [(attempt((1,), (5,), 0.8),), (attempt((2,), (5,), -1.0),), (attempt((3,), (5,), -1.0, (4,)),)]
    forest = token_forest(trajectories, GAMMA)
    values = evaluate(forest, [-1.0] * 3, priors=[0.6] * 3, bootstrap_values=[0.6])
    improved = improved_policy(forest, [-1.0] * 3, [-1.0] * 3, values, beta=BETA, temperature=0.1)
    assert improved.log_probs == pytest.approx([0.0] * 3)  # there is no other token
    assert improved.weights[1] < 1e-3 * improved.weights[0]
    assert improved.weights[2] < 0.05 * improved.weights[0]


def test_weight_is_left_where_everything_is_far_below_expectation() -> None:
    forest, _ = of_one_state([-1.0, -2.0], [-1e6, -1e6])
    values = evaluate(forest, [-1.0, -2.0], priors=[1e6, 1e6])
    improved = improved_policy(forest, [-1.0, -2.0], [-1.0, -2.0], values, beta=BETA, temperature=0.1)
    assert sum(improved.weights) > 0
