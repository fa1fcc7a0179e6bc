"""What agents did, in a form that ``==`` compares, and interrupted runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from agents import Agent, Iteration
from agents.checkpoint import load_checkpoint, save_checkpoint


def outcome(iterations: Iterator[Iteration]) -> list[Any]:
    """All of every iteration but clock times."""
    return [(i.env_steps, [_plain(vars(turn)) for turn in i.turns], i.metrics, i.gradient_steps) for i in iterations]


def interrupted(
    make_agent: Callable[[], Agent], make_envs: Callable[[], gym.vector.VectorEnv], stops: list[int], folder: Path
) -> tuple[list[Any], Agent]:
    """The outcome of a run that stopped after so many attempts, each time to be taken up by another agent."""
    found: list[Any] = []
    agent = make_agent()
    for stop in stops:
        found += outcome(agent.learn(make_envs(), stop))
        save_checkpoint(folder / "checkpoint.pt", agent.state_dict())
        agent = make_agent()
        agent.load_state_dict(load_checkpoint(folder / "checkpoint.pt"))
    return found, agent


def same(first: Any, second: Any) -> bool:
    """Whether two states are equal, tensors bit for bit."""
    if isinstance(first, torch.Tensor):
        return isinstance(second, torch.Tensor) and torch.equal(first, second) and first.dtype == second.dtype
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return (str(value.dtype), value.tolist()) if isinstance(value, np.ndarray) else value
