"""Ten updates are five, a checkpoint on disk, and five more: of every agent of a language model, bit for bit."""

from __future__ import annotations

import dataclasses
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents import Iteration, agent_config_class, list_agents, make_agent, make_config
from agents.agent import agent_traits
from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.random_states import global_random_states, restore_global_random_states

UPDATES = 10
NUM_ENVS = 2


def variants() -> Iterator[Any]:
    """Agents with their defaults, and with every setting that gives them more of a state."""
    for name in list_agents():
        if agent_traits(name).model != "language model":
            continue
        settings = {field.name for field in dataclasses.fields(agent_config_class(name))}
        yield pytest.param(name, {}, "full", id=name)
        yield pytest.param(name, {}, "lora", id=f"{name}-lora")
        if "critic" in settings:
            yield pytest.param(name, {"critic": "adapter"}, "lora", id=f"{name}-critic-adapter")


def score(action: str) -> float | None:
    return None if action[:1].isupper() else sum(letter in "aeiou" for letter in action) / max(1, len(action))


def same(first: Any, second: Any) -> bool:
    """Whether two states are equal, tensors bit for bit."""
    if isinstance(first, torch.Tensor):
        return isinstance(second, torch.Tensor) and torch.equal(first, second) and first.dtype == second.dtype
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


@pytest.mark.parametrize(("name", "settings", "tuning"), list(variants()))
def test_ten_updates_are_five_and_five(
    name: str,
    settings: dict[str, Any],
    tuning: str,
    make_llama: Callable[..., Any],
    wrap: Callable[..., Any],
    make_envs: Any,
    tmp_path: Path,
) -> None:
    config = make_config(name, max_new_tokens=6, **settings)
    attempts = NUM_ENVS * config.steps_per_iteration

    def outcome(iterations: Iterator[Iteration]) -> list[Any]:
        return [(i.env_steps, i.turns, i.metrics, i.gradient_steps, i.generated_tokens) for i in iterations]

    straight = make_agent(name, wrap(make_llama(), tuning), config, seed=3)
    expected = outcome(straight.learn(make_envs(NUM_ENVS, score), UPDATES * attempts))

    first = make_agent(name, wrap(make_llama(), tuning), config, seed=3)
    found = outcome(first.learn(make_envs(NUM_ENVS, score), UPDATES // 2 * attempts))
    save_checkpoint(tmp_path / "checkpoint.pt", first.state_dict())
    del first
    second = make_agent(name, wrap(make_llama(), tuning), config, seed=3)
    second.load_state_dict(load_checkpoint(tmp_path / "checkpoint.pt"))
    found += outcome(second.learn(make_envs(NUM_ENVS, score), UPDATES * attempts))

    assert len(found) == UPDATES
    assert found == expected
    assert same(second.state_dict(), straight.state_dict())


def test_a_state_of_other_weights_or_adapters_is_refused_by_name(make_llama, wrap) -> None:
    state = make_agent("etpo", wrap(make_llama(), "lora")).state_dict()
    with pytest.raises(ValueError, match=r"another weights: 'sha256:\w+' there, 'sha256:\w+' here"):
        make_agent("etpo", wrap(make_llama(seed=1), "lora")).load_state_dict(state)
    with pytest.raises(ValueError, match="another tuning: 'lora' there, 'full' here"):
        make_agent("etpo", wrap(make_llama())).load_state_dict(state)
    with pytest.raises(ValueError, match="another model_options: lora_alpha is 64 there, 32 here"):
        make_agent("etpo", wrap(make_llama(), "lora")).load_state_dict(
            {**state, "model_options": {**state["model_options"], "lora_alpha": 64}}
        )
    with pytest.raises(ValueError, match="another version: 1 there, 3 here"):
        make_agent("etpo", wrap(make_llama(), "lora")).load_state_dict({**state, "version": 1})


def test_the_fingerprint_of_the_base_knows_no_adapters_and_no_learning(make_llama, wrap, make_envs) -> None:
    full, lora = wrap(make_llama()), wrap(make_llama(), "lora")
    lora.add_critic()
    assert full.fingerprint == lora.fingerprint
    trained = wrap(make_llama())
    list(make_agent("etpo", trained, make_config("etpo", max_new_tokens=6)).learn(make_envs(4, score), 8))
    assert trained.fingerprint == full.fingerprint != wrap(make_llama(seed=1)).fingerprint


def test_global_generators_go_on_where_they_stood(tmp_path: Path) -> None:
    def draws() -> list[float]:
        return [random.gauss(0, 1), random.random(), np.random.normal(), np.random.rand(), float(torch.randn(()))]  # noqa: NPY002

    draws()  # an odd number of Gaussians: one of each pair waits
    save_checkpoint(tmp_path / "state.pt", global_random_states())
    expected = draws() + draws()
    restore_global_random_states(load_checkpoint(tmp_path / "state.pt"))
    assert draws() + draws() == expected


def test_environments_that_cannot_go_on_are_reset_with_a_warning(language_model, make_envs, monkeypatch) -> None:
    agent = make_agent("sample", language_model, make_config("sample", max_new_tokens=4))
    monkeypatch.delattr(make_envs, "snapshots")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(agent.learn(make_envs(2, score), 4))
    with pytest.warns(UserWarning, match="no snapshots"):
        list(agent.learn(make_envs(2, score), 8))
