"""Another engine behind an agent, and what an agent asks of it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from agents import make_agent, make_config
from agents.generation import LocalSampler
from agents.language_model import LanguageModel
from agents.sampler import Generation, OnEnd
from tests.agents.learners import LEARNERS


class RemoteEngine:
    """Samples with weights of its own, which it takes over when it is told to, in the reverse order of the prompts."""

    def __init__(self, trained: LanguageModel, log_prob_error: float = 0.0) -> None:
        self._trained = trained
        self._own = copy.deepcopy(trained)
        self._log_prob_error = log_prob_error
        self.n_updates = 0
        self.n_calls = 0

    def sample(
        self,
        prompts: Sequence[tuple[int, ...]],
        *,
        max_new_tokens: int,
        temperature: float,
        generator: torch.Generator,
        on_end: OnEnd | None = None,
    ) -> list[Generation]:
        self.n_calls += 1
        sampler = LocalSampler(self._own, stop_at_function_end=False)
        settings: dict[str, Any] = {"max_new_tokens": max_new_tokens, "temperature": temperature}
        generations = []
        for generation in sampler.sample(prompts[::-1], generator=generator, **settings)[::-1]:
            log_probs = tuple(log_prob + self._log_prob_error for log_prob in generation.log_probs)
            generations.append(dataclasses.replace(generation, log_probs=log_probs))
        for index in reversed(range(len(prompts))):
            if on_end is not None:
                on_end(index, generations[index])
        return generations

    def policy_changed(self) -> None:
        self.n_updates += 1
        self._own.load_state_dict(self._trained.state_dict())


def score(action: str) -> float | None:
    return None if len(action) % 2 else min(1.0, len(action) / 10)


@pytest.mark.parametrize("name", [*LEARNERS, "sample"])
def test_another_engine_samples_and_follows_the_policy(name: str, language_model: LanguageModel, make_envs) -> None:
    engine = RemoteEngine(language_model)
    agent = make_agent(name, language_model, make_config(name, max_new_tokens=6), seed=0, sampler=engine)
    iterations = list(agent.learn(make_envs(4, score), 24))
    assert engine.n_calls == 6
    assert sum(iteration.generated_tokens for iteration in iterations) > 24
    if name == "sample":
        assert engine.n_updates == 1
    else:
        assert engine.n_updates == len(iterations) == 3
        assert all(iteration.metrics["log_prob_gap"] < 1e-4 for iteration in iterations)
    agent.act(["# Task"], torch.Generator().manual_seed(0))
    assert engine.n_calls == 7
    assert engine.n_updates == (1 if name == "sample" else 4)


def test_a_loaded_state_reaches_the_engine(language_model: LanguageModel, make_envs) -> None:
    config = make_config("ppo", max_new_tokens=6, learning_rate=1e-2)
    trained = copy.deepcopy(language_model)
    agent = make_agent("ppo", trained, config, seed=0)
    list(agent.learn(make_envs(4, score), 8))
    engine = RemoteEngine(language_model)
    resumed = make_agent("ppo", language_model, config, seed=0, sampler=engine)
    resumed.load_state_dict(agent.state_dict())
    generators = [torch.Generator().manual_seed(5) for _ in range(2)]
    assert resumed.act(["# Task"], generators[0]) == agent.act(["# Task"], generators[1])


@pytest.mark.parametrize("name", LEARNERS)
def test_a_large_gap_of_log_probabilities_is_told_once(name: str, language_model: LanguageModel, make_envs) -> None:
    engine = RemoteEngine(language_model, log_prob_error=0.1)
    agent = make_agent(name, language_model, make_config(name, max_new_tokens=6), seed=0, sampler=engine)
    with pytest.warns(UserWarning, match="sampling and of training differ by up to 0.1") as warnings:
        iterations = list(agent.learn(make_envs(4, score), 24))
    assert len(warnings) == 1
    assert all(iteration.metrics["log_prob_gap"] == pytest.approx(0.1, abs=1e-3) for iteration in iterations)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_local_sampler_has_no_gap(name: str, language_model: LanguageModel, make_envs, recwarn) -> None:
    agent = make_agent(name, language_model, make_config(name, max_new_tokens=6), seed=0)
    for iteration in agent.learn(make_envs(4, score), 16):
        assert iteration.metrics["log_prob_gap"] < 1e-4
    assert not [warning for warning in recwarn if "differ" in str(warning.message)]
