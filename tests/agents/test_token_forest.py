from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.rollout import Trajectory
from agents.token_forest import token_forest
from tests.agents.attempts import Ids, attempt, first_places, mixed_trajectories

GAMMA = 0.9
actions = st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple)
prompts = st.integers(10, 12).map(lambda token: (token,))
turns = st.tuples(prompts, actions, st.floats(-1, 1), st.none() | prompts)
episodes = st.lists(st.lists(turns, min_size=1, max_size=3), min_size=1, max_size=8)


def made(given_episodes: list[list[tuple[Ids, Ids, float, Ids | None]]]) -> list[Trajectory]:
    return [tuple(attempt(*turn) for turn in episode) for episode in given_episodes]


@settings(max_examples=60, deadline=None)
@given(episodes)
def test_a_forest_holds_every_token_of_every_attempt_once(given_episodes) -> None:
    trajectories = made(given_episodes)
    forest = token_forest(trajectories, GAMMA)
    attempts = [turn for trajectory in trajectories for turn in trajectory]
    tried = {(turn.prompt_ids, turn.action_ids[: place + 1]) for turn, place in first_places(forest)}
    assert tried == {
        (turn.prompt_ids, turn.action_ids[: end + 1]) for turn in attempts for end in range(len(turn.action_ids))
    }
    assert len(tried) == len(forest.tokens)
    assert sum(len(token.log_mus) for token in forest.tokens) == sum(len(turn.action_ids) for turn in attempts)
    assert sum(len(token.outcomes) for token in forest.tokens) == len(attempts)
    assert sum(forest.visits[root] for root in forest.roots.values()) == len(attempts)
    for state, indices in enumerate(forest.tried):
        assert forest.visits[state] == sum(len(forest.tokens[index].log_mus) for index in indices)
    assert len({(turn.prompt_ids, turn.action_ids) for turn in forest.turns}) == len(forest.turns)
    assert [len(path) for path in forest.paths] == [len(turn.action_ids) for turn in forest.turns]
    assert list(dict.fromkeys(index for path in forest.paths for index in path)) == list(range(len(forest.tokens)))
    for turn, path in zip(forest.turns, forest.paths, strict=True):
        states = [forest.tokens[index].state for index in path]
        assert states == [forest.roots[turn.prompt_ids], *(forest.tokens[index].child for index in path[:-1])]


@settings(max_examples=60, deadline=None)
@given(episodes)
def test_states_come_behind_all_states_that_they_lead_to(given_episodes) -> None:
    """Also where prompts lead to each other, or to themselves."""
    forest = token_forest(made(given_episodes), GAMMA)
    place = {state: i for i, state in enumerate(forest.order)}
    assert sorted(place) == list(range(len(forest.visits)))
    for token in forest.tokens:
        if token.child is not None:
            assert place[token.child] < place[token.state]
        for outcome in token.outcomes:
            if outcome.root is not None:
                assert place[outcome.root] < place[token.state]
            assert outcome.root is None or outcome.bootstrap is None


def test_a_failed_attempt_leads_to_the_attempts_that_were_made_behind_it() -> None:
    again = (1, 2)
    trajectories = [
        (attempt((1,), (5, 6), -1.0, again), attempt(again, (7,), 0.8)),
        (attempt((1,), (5, 6), -1.0, again),),
        (attempt((1,), (5,), -1.0, (3,)),),
    ]
    forest = token_forest(trajectories, GAMMA)
    assert forest.bootstrap_prompts == [(3,)]
    first, second = (forest.tokens[i] for i in range(2))
    assert [(outcome.reward, outcome.discount, outcome.bootstrap) for outcome in first.outcomes] == [(-1.0, GAMMA, 0)]
    assert first.child == second.state
    assert [outcome.root for outcome in second.outcomes] == [forest.roots[again]] * 2


def test_a_prompt_that_leads_back_to_itself_is_bootstrapped() -> None:
    forest = token_forest([(attempt((1,), (5,), -1.0, (1,)), attempt((1,), (6,), 0.5))], GAMMA)
    assert forest.bootstrap_prompts == [(1,)]
    assert forest.tokens[0].outcomes[0].bootstrap == 0


def test_turns_without_tokens_are_credited_to_the_turn_before() -> None:
    trajectory = (attempt((1,), (5,), -1.0, (2,)), attempt((2,), (), -0.5, (3,)), attempt((3,), (6,), 0.5))
    forest = token_forest([trajectory], GAMMA)
    (outcome,) = forest.tokens[0].outcomes
    assert outcome.reward == pytest.approx(-1 - 0.5 * GAMMA)
    assert outcome.discount == pytest.approx(GAMMA**2)
    assert outcome.root == forest.roots[3,]


def test_the_last_attempt_that_chose_a_token_is_known() -> None:
    forest = token_forest(mixed_trajectories(), GAMMA)
    alike = [dataclasses.replace(turn, info={}) for trajectory in mixed_trajectories() for turn in trajectory]
    expected = {}
    for number, turn in enumerate(alike):
        for end in range(len(turn.action_ids)):
            expected[turn.prompt_ids, turn.action_ids[: end + 1]] = number
    for token, (turn, place) in zip(forest.tokens, first_places(forest), strict=True):
        assert token.last_attempt == expected[turn.prompt_ids, turn.action_ids[: place + 1]]
