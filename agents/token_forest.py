"""Attempts as a forest: which tokens were tried in which state, how often, and what came of them.

A state is a prompt and the tokens of an action so far. Attempts that begin alike go through the same states, and an
episode that goes on behind a failed attempt goes on at the root of its next prompt. What is known of a state is then
known from all the attempts that went through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agents.rollout import Choice, Prompt, Trajectory, Turn, choices


@dataclass
class Outcome:
    """What followed the last token of an action, once.

    Attributes:
        reward: r.
        discount: gamma, or 0 where the episode terminated.
        root: the state at the end of the next prompt; None where the episode terminated or nothing was tried behind.
        bootstrap: index of the next prompt in :attr:`TokenForest.bootstrap_prompts` where nothing was tried, else None.
    """

    reward: float
    discount: float
    root: int | None = None
    bootstrap: int | None = None


@dataclass
class TriedToken:
    """A token that was tried in a state: an edge of the forest.

    Attributes:
        state: the state in which it was tried.
        log_mus: its log-probabilities under the policies that chose it, one a visit.
        child: the state behind it inside the action; None if every action ended with it.
        outcomes: of the actions that ended with it.
        last_attempt: number of the last attempt that chose it, from 0 in the order in which they were made.
    """

    state: int
    last_attempt: int
    log_mus: list[float] = field(default_factory=list)
    child: int | None = None
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass
class TokenForest:
    """Attempts that share what they have in common.

    Attributes:
        turns: the distinct attempts.
        paths: of each of them, the indices of its tokens, one for each token of the action.
        tokens: the E tried tokens, in the order in which the paths first come to them.
        tried: of each of S states, the indices of the tokens that were tried there.
        visits: of each state, how often an attempt went through it.
        roots: the states at the ends of prompts at which something was tried.
        order: all states, each behind those that it leads to.
        bootstrap_prompts: prompts behind unfinished episodes at which nothing was tried, and those that lead back to
            themselves.
    """

    turns: list[Turn] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)
    tokens: list[TriedToken] = field(default_factory=list)
    tried: list[list[int]] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)
    roots: dict[Prompt, int] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    bootstrap_prompts: list[Prompt] = field(default_factory=list)


def token_forest(trajectories: Sequence[Trajectory], gamma: float) -> TokenForest:
    """Make a forest of trajectories.

    Args:
        trajectories: consecutive turns of episodes. Turns without tokens are credited to the turn before them.
        gamma: discount at the ends of actions.
    """
    forest = TokenForest()
    made: list[Choice] = []
    for trajectory in trajectories:
        episode = choices(trajectory, gamma)
        for choice, following in pairwise(episode):
            choice.next_prompt_ids = following.turn.prompt_ids
        made += episode
    leaves = _plant(forest, made)
    leads_to: dict[Prompt, list[Prompt]] = {prompt: [] for prompt in forest.roots}
    for choice in made:
        if choice.next_prompt_ids in forest.roots:
            leads_to[choice.turn.prompt_ids].append(choice.next_prompt_ids)
    ordered, cycles = _depth_first(leads_to)
    states: dict[Prompt, list[int]] = {prompt: _states_below(forest, root) for prompt, root in forest.roots.items()}
    forest.order = [state for prompt in ordered for state in reversed(states[prompt])]
    _connect(forest, made, leaves, cycles)
    return forest


def _plant(forest: TokenForest, made: Sequence[Choice]) -> list[int]:
    """Enter attempts into the forest; returns the last token of each."""
    tried: dict[tuple[int, int], int] = {}
    planted: set[tuple[Prompt, Prompt]] = set()
    leaves = []
    for attempt, choice in enumerate(made):
        turn = choice.turn
        if turn.prompt_ids not in forest.roots:
            forest.roots[turn.prompt_ids] = _new_state(forest)
        state: int | None = forest.roots[turn.prompt_ids]
        path: list[int] = []
        for token_id, log_mu in zip(turn.action_ids, turn.log_probs, strict=True):
            if state is None:
                state = forest.tokens[path[-1]].child = _new_state(forest)
            if (state, token_id) not in tried:
                tried[state, token_id] = len(forest.tokens)
                forest.tried[state].append(len(forest.tokens))
                forest.tokens.append(TriedToken(state, attempt))
            path.append(tried[state, token_id])
            token = forest.tokens[path[-1]]
            token.log_mus.append(log_mu)
            token.last_attempt = attempt
            forest.visits[state] += 1
            state = token.child
        if (turn.prompt_ids, turn.action_ids) not in planted:
            planted.add((turn.prompt_ids, turn.action_ids))
            forest.turns.append(turn)
            forest.paths.append(path)
        leaves.append(path[-1])
    return leaves


def _new_state(forest: TokenForest) -> int:
    forest.tried.append([])
    forest.visits.append(0)
    return len(forest.visits) - 1


def _states_below(forest: TokenForest, root: int) -> list[int]:
    """The states of a prompt, each before those that it leads to."""
    states = [root]
    for state in states:
        children = (forest.tokens[index].child for index in forest.tried[state])
        states.extend(child for child in children if child is not None)
    return states


def _connect(
    forest: TokenForest, made: Sequence[Choice], leaves: Sequence[int], cycles: set[tuple[Prompt, Prompt]]
) -> None:
    """Say of each action what came behind it."""
    bootstraps: dict[Prompt, int] = {}
    for choice, leaf in zip(made, leaves, strict=True):
        outcome = Outcome(choice.reward, choice.discount)
        following = choice.next_prompt_ids
        if following is not None and choice.discount > 0:
            if following in forest.roots and (choice.turn.prompt_ids, following) not in cycles:
                outcome.root = forest.roots[following]
            else:
                outcome.bootstrap = bootstraps.setdefault(following, len(bootstraps))
        forest.tokens[leaf].outcomes.append(outcome)
    forest.bootstrap_prompts = list(bootstraps)


def _depth_first(leads_to: dict[Prompt, list[Prompt]]) -> tuple[list[Prompt], set[tuple[Prompt, Prompt]]]:
    """Prompts, each behind those that it leads to; and the steps that close a cycle and are disregarded for that."""
    ordered: list[Prompt] = []
    finished: set[Prompt] = set()
    open_prompts: set[Prompt] = set()
    cycles: set[tuple[Prompt, Prompt]] = set()
    for start in leads_to:
        stack = [] if start in finished else [(start, iter(leads_to[start]))]
        open_prompts.update(prompt for prompt, _ in stack)
        while stack:
            prompt, following = stack[-1]
            for step in following:
                if step in open_prompts:
                    cycles.add((prompt, step))
                elif step not in finished:
                    open_prompts.add(step)
                    stack.append((step, iter(leads_to[step])))
                    break
            else:
                stack.pop()
                open_prompts.remove(prompt)
                finished.add(prompt)
                ordered.append(prompt)
    return ordered, cycles
