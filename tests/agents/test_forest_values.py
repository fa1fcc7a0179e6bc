"""What a forest of tried tokens says of a policy, against enumeration and against lambda-returns of single samples."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.forest_values import ForestValues, forest_values, inclusion_weights, soft_maximum
from agents.rollout import Trajectory, token_batch
from agents.soft_q import soft_q_lambda_returns, soft_value
from agents.token_forest import TokenForest, token_forest
from tests.agents.attempts import attempt, first_places, mixed_trajectories
from tests.agents.test_token_mdp import (
    ACTIONS,
    BETA,
    GAMMA,
    INDEX,
    REWARD,
    divergence,
    log_prob_of_action,
    random_log_policy,
    terminates,
    token_q,
)

PROMPTS = {0: (100,), 1: (101,)}
log_probabilities = st.floats(-8, 0)


def with_log_probs(turn, log_probs):
    return type(turn)(**{**vars(turn), "log_probs": tuple(log_probs)})


def visits_of_the_mdp(log_mu: torch.Tensor, copies: int) -> list[Trajectory]:
    """Every trajectory of the token MDP, each ``copies`` times, as if ``log_mu`` had sampled it."""
    trajectories = []
    for first in ACTIONS:
        seconds = [None] if terminates(0, first) else ACTIONS
        for second in seconds:
            turns = [(0, first)] + ([] if second is None else [(1, second)])
            trajectory = []
            for turn, action in turns:
                following = None if terminates(turn, action) else PROMPTS[1]
                made = attempt(PROMPTS[turn], action, REWARD[turn, action], following)
                log_probs = [float(log_mu[INDEX[turn, action[:j]], token]) for j, token in enumerate(action)]
                trajectory.append(with_log_probs(made, log_probs))
            trajectories += [tuple(trajectory)] * copies
    return trajectories


def states_of_the_mdp(forest: TokenForest) -> tuple[list[int], list[int]]:
    """The token state and the token of each tried token."""
    states, tokens = [], []
    for turn, place in first_places(forest):
        number = 0 if turn.prompt_ids == PROMPTS[0] else 1
        states.append(INDEX[number, turn.action_ids[:place]])
        tokens.append(turn.action_ids[place])
    return states, tokens


def evaluate(forest: TokenForest, log_pi: list[float], **changed) -> ForestValues:
    n = len(forest.tokens)
    arguments = {
        "log_rho": log_pi, "kl": [0.0] * n, "expected_q": [0.0] * n, "priors": [0.0] * n,
        "bootstrap_values": [0.0] * len(forest.bootstrap_prompts),
        "beta": BETA, "trace_lambda": 1.0, "prior_visits": 1.0,
        "backup_temperature": None,
    } | changed  # fmt: skip
    return forest_values(forest, log_pi, **arguments)


def test_after_many_visits_the_values_are_those_of_the_present_policy_whoever_sampled() -> None:
    log_pi, log_mu, log_rho = (random_log_policy(seed) for seed in (1, 2, 3))
    forest = token_forest(visits_of_the_mdp(log_mu, copies=60), GAMMA)
    states, tokens = states_of_the_mdp(forest)
    kl = divergence(log_pi, log_rho)
    found = evaluate(forest, log_pi[states, tokens].tolist(), kl=kl[states].tolist())
    q, v = token_q(log_pi, log_rho)
    assert torch.allclose(torch.tensor(found.q), q[states, tokens].float(), atol=1e-3)
    by_state = dict(zip((token.state for token in forest.tokens), states, strict=True))
    assert [found.values[state] for state in by_state] == pytest.approx(
        [float(v[s]) for s in by_state.values()], abs=1e-3
    )
    # Weights are the probabilities of prefixes under the present policy, for each prompt.
    turn = 1
    for action in ACTIONS:
        at = [i for i in range(len(states)) if (states[i], tokens[i]) == (INDEX[turn, action[:-1]], action[-1])]
        share = forest.visits[forest.roots[PROMPTS[turn]]] / sum(forest.visits[r] for r in forest.roots.values())
        probability = math.exp(float(log_prob_of_action(log_pi, turn, action)))
        assert found.weights[at[0]] == pytest.approx(share * probability, abs=1e-3)


@pytest.mark.parametrize("trace_lambda", [0.0, 0.6, 1.0])
def test_a_single_trajectory_has_its_lambda_returns(trace_lambda: float) -> None:
    generator = torch.Generator().manual_seed(0)
    trajectory = (attempt((1,), (5, 6, 7), -1.0, (2,)), attempt((2,), (8, 9), -0.5, (3,)))
    batch = token_batch([trajectory], GAMMA, torch.device("cpu"))
    n = len(batch)
    expected_q, kl, bootstrap = torch.rand(3, n + 1, generator=generator)
    values = soft_value(expected_q, kl, BETA)
    values[n] = bootstrap[0]
    returns = soft_q_lambda_returns(
        batch.rewards, batch.discounts, values[batch.next_states], expected_q[:n],
        torch.full((n,), trace_lambda), batch.continues,
    )  # fmt: skip
    forest = token_forest([trajectory], GAMMA)
    found = evaluate(
        forest, [-1.0] * n, kl=kl[:n].tolist(), expected_q=expected_q[:n].tolist(),
        bootstrap_values=[float(bootstrap[0])], trace_lambda=trace_lambda,
    )  # fmt: skip
    assert found.q == pytest.approx(returns.tolist(), abs=1e-5)
    assert found.weights == pytest.approx([1 / 2] * n)  # two attempts, each token once in its own


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(log_probabilities, st.lists(log_probabilities, min_size=1, max_size=3)), min_size=1, max_size=5)
)
def test_weights_are_an_average_and_grow_with_the_policy(given_tokens) -> None:
    log_pi = [token[0] for token in given_tokens]
    log_mus = [token[1] for token in given_tokens]
    weights, kept = inclusion_weights(log_pi, log_mus)
    assert 0 <= kept <= 1
    assert sum(weights) == pytest.approx(1)
    assert all(weight >= 0 for weight in weights)
    raised, _ = inclusion_weights([log_pi[0] + 0.5, *log_pi[1:]], log_mus)
    assert raised[0] >= weights[0] - 1e-12


def test_weights_between_importance_weights_and_probabilities() -> None:
    log = math.log
    # One visit each of tokens that were as rare: importance weights pi / mu, up to their sum.
    weights, kept = inclusion_weights([log(0.002), log(0.001)], [[log(0.001)], [log(0.001)]])
    assert weights == pytest.approx([2 / 3, 1 / 3], rel=1e-2)
    assert kept == 1
    # So many visits that each was bound to be tried: the probabilities.
    often = [log(0.5)] * 100
    assert inclusion_weights([log(0.9), log(0.1)], [often, often])[0] == pytest.approx([0.9, 0.1])
    # On policy, a token that was tried once among many counts as once among so many visits.
    rare, _ = inclusion_weights([log(0.9), log(1e-6)], [[log(0.9)] * 9, [log(1e-6)]])
    assert rare == pytest.approx([0.9, 0.1], rel=1e-2)
    # What the policy has all but given up counts by its importance weight.
    assert inclusion_weights([log(0.001)], [[log(0.5)]]) == ([1.0], pytest.approx(0.002))


@pytest.mark.parametrize("temperature", [None, 1.0, 0.2])
def test_the_soft_optimal_policy_has_its_values_at_every_backup_temperature(temperature: float | None) -> None:
    """Enumeration: Q* and V* of the token MDP, and the policy rho * exp((Q* - V*) / beta)."""
    log_rho, log_mu = random_log_policy(3), random_log_policy(2)
    log_pi = log_rho
    for _ in range(8):  # each round makes one more state optimal, from the last tokens to the first
        q, _ = token_q(log_pi, log_rho)
        log_pi = (log_rho + q / BETA).log_softmax(-1)
    q, _ = token_q(log_pi, log_rho)
    forest = token_forest(visits_of_the_mdp(log_mu, copies=200), GAMMA)
    states, tokens = states_of_the_mdp(forest)
    found = evaluate(
        forest,
        log_pi[states, tokens].tolist(),
        log_rho=log_rho[states, tokens].tolist(),
        kl=divergence(log_pi, log_rho)[states].tolist(),
        backup_temperature=temperature,
    )
    assert torch.allclose(torch.tensor(found.q), q[states, tokens].float(), atol=2e-3)


def test_soft_maxima_lie_between_the_mean_and_the_maximum() -> None:
    values, weights = [0.9, -1.0, 0.5], [0.2, 0.5, 0.3]
    found = [soft_maximum(values, weights, temperature) for temperature in (1e-3, 0.1, 1.0, 1e6)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(0.9, abs=0.01)
    assert found[-1] == pytest.approx(0.2 * 0.9 - 0.5 + 0.15, abs=1e-4)


def test_baselines_are_what_the_other_visits_brought() -> None:
    """Three attempts that part at their first token, visited once each: leave-one-out means, whatever comes after."""
    rewards = {(5, 8): 0.9, (6, 8): 0.3, (7, 8, 9): -1.0}
    forest = token_forest([(attempt((1,), action, reward),) for action, reward in rewards.items()], GAMMA)
    found = evaluate(forest, [-1.0] * len(forest.tokens), prior_visits=0.0)
    for (turn, _), baseline in zip(first_places(forest), found.baselines, strict=True):
        others = [reward for other, reward in rewards.items() if other != turn.action_ids]
        assert baseline == pytest.approx(sum(others) / 2, rel=1e-3)


def test_an_unknown_prompt_has_the_critics_baseline() -> None:
    forest = token_forest([(attempt((1,), (5, 6), 0.9),)], GAMMA)
    found = evaluate(forest, [-1.0, -1.0], priors=[0.25, 0.75], prior_visits=2.0)
    assert found.baselines == pytest.approx([0.25, 0.25])


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(0.01, 4))
def test_a_constant_added_to_all_rewards_changes_no_advantage(shift: float, prior_visits: float) -> None:
    one_turn = [trajectory for trajectory in mixed_trajectories() if len(trajectory) == 1 and trajectory[0].terminated]

    def advantages(added: float) -> list[float]:
        moved = [(attempt(turn.prompt_ids, turn.action_ids, turn.reward + added),) for (turn,) in one_turn]
        forest = token_forest(moved, GAMMA)
        n = len(forest.tokens)
        found = evaluate(forest, [-1.0] * n, priors=[added] * n, prior_visits=prior_visits)
        return [q - baseline for q, baseline in zip(found.q, found.baselines, strict=True)]

    assert advantages(shift) == pytest.approx(advantages(0.0), abs=1e-9)


def test_a_forest_of_nothing_but_a_prompt_that_recurs_uses_the_bootstrap() -> None:
    forest = token_forest([(attempt((1,), (5,), -1.0, (1,)), attempt((1,), (6,), 0.5))], GAMMA)
    found = evaluate(forest, [-1.0, -1.0], bootstrap_values=[0.4])
    assert found.q == pytest.approx([-1 + GAMMA * 0.4, 0.5])
