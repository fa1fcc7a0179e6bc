"""Attempts that were never made: for tests that choose prompts, actions and rewards themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch

from agents.language_model import LanguageModel
from agents.rollout import Rollout, Trajectory, Turn
from agents.token_forest import TokenForest

Ids = tuple[int, ...]


def attempt(prompt: Ids, action: Ids, reward: float, following: Ids | None = None) -> Turn:
    """A turn that ended its episode, or was followed by a prompt. Every token had log-probability -1."""
    info = {"status": "scored" if reward > -1 else "failed"}
    return Turn(
        0, "", "", prompt, action, (-1.0,) * len(action), "length", reward, following is None, False, following, info
    )


def first_places(forest: TokenForest) -> list[tuple[Turn, int]]:
    """Of each token of a forest: the first attempt that holds it, and its place in the action."""
    places: dict[int, tuple[Turn, int]] = {}
    for turn, path in zip(forest.turns, forest.paths, strict=True):
        for place, index in enumerate(path):
            places.setdefault(index, (turn, place))
    return [places[index] for index in range(len(forest.tokens))]


def in_environments_of_their_own(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    """The same trajectories, made side by side."""
    return [
        tuple(dataclasses.replace(turn, env_index=index) for turn in trajectory)
        for index, trajectory in enumerate(trajectories)
    ]


def mixed_trajectories() -> list[Trajectory]:
    """Eight episodes: one to three turns, actions of one to five tokens, two that did not end, prompts of 1 to 6."""
    trajectories: list[Trajectory] = [
        (attempt((5, 6), (7, 8, 9), -1.0, (5, 6, 7)), attempt((5, 6, 7), (4,), 0.8)),
        (attempt((5, 6), (9, 9), -1.0, (1, 2)),),
        (attempt((11,), (3, 0), 0.3),),
        (attempt((5, 6, 7, 8, 9, 10), (12, 13, 14, 15, 16), 0.9),),
        (
            attempt((5, 6), (20,), -1.0, (5, 6, 20)),
            attempt((5, 6, 20), (21, 22), -1.0, (5, 6, 20, 21)),
            attempt((5, 6, 20, 21), (23, 24, 25, 26), 0.5),
        ),
        (attempt((30, 31, 32), (33,), -1.0, (30, 31)),),
        (attempt((5, 6), (7, 8, 9), 0.1),),
        (attempt((40, 41), (1, 1, 1, 1), 0.7),),
    ]
    return in_environments_of_their_own(trajectories)


@torch.no_grad()
def sampled_by(model: LanguageModel, trajectories: Sequence[Trajectory], temperature: float = 1.0) -> list[Trajectory]:
    """The same trajectories with the log-probabilities of the model's policy; each turn is read alone, unpadded."""
    result = []
    for trajectory in trajectories:
        turns = []
        for turn in trajectory:
            if not turn.action_ids:
                turns.append(turn)
                continue
            ids = torch.tensor([[*turn.prompt_ids, *turn.action_ids[:-1]]], device=model.device)
            hidden = model.forward(ids, torch.ones_like(ids), model.new_cache())[0, len(turn.prompt_ids) - 1 :]
            log_probs = model.head("policy").logits(hidden, temperature).log_softmax(-1)
            chosen = log_probs.gather(1, torch.tensor(turn.action_ids, device=model.device)[:, None])[:, 0]
            turns.append(dataclasses.replace(turn, log_probs=tuple(chosen.tolist())))
        result.append(tuple(turns))
    return result


def rollout_of(trajectories: Sequence[Trajectory]) -> Rollout:
    """What a collector would have brought."""
    return Rollout(tuple(turn for trajectory in trajectories for turn in trajectory), tuple(trajectories), 0.0, 0.0)
