"""Attempts begin while others are still being written; what comes of them does not depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gymnasium as gym
import pytest
import torch

from agents.actor import LanguageModelActor
from agents.agent import SamplingConfig
from agents.collector import Collector
from agents.language_model import LanguageModel
from agents.rollout import Turn
from agents.sampler import Generation, OnEnd
from agents.stepping import VectorStepper

PROGRAMS = [
    "\n    from sklearn.naive_bayes import GaussianNB\n    return GaussianNB().fit(x_train, y_train)",
    "\n    return undefined",
    "\n    from sklearn.tree import DecisionTreeClassifier\n    return DecisionTreeClassifier().fit(x_train, y_train)",
    "\n    return (",
]


class Script:
    """Writes the programs above, in an order that changes with every call; the last action ends first."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.n_calls = 0
        self._interrupt_at = interrupt_at

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
        texts = [PROGRAMS[(i + self.n_calls) % len(PROGRAMS)] for i in range(len(prompts))]
        generations = [Generation((1, 0), (-1.0, -1.0), "eos", text) for text in texts]
        for index in reversed(range(len(prompts))):
            assert on_end is not None
            on_end(index, generations[index])
            if self.n_calls == self._interrupt_at and index == 1:
                raise KeyboardInterrupt
        return generations

    def policy_changed(self) -> None:
        pass


def make_data_science_envs(**settings: Any) -> gym.vector.VectorEnv:
    import ds_gym

    return gym.make_vec(
        ds_gym.registration.ENV_ID,
        num_envs=3,
        autoreset_mode=gym.vector.AutoresetMode.SAME_STEP,
        task="monks_1",
        n_splits=2,
        max_attempts=2,
        **settings,
    )


@pytest.fixture
def envs() -> Iterator[gym.vector.VectorEnv]:
    made = make_data_science_envs()
    yield made
    made.close()


def collector(model: LanguageModel, sampler: Script) -> Collector:
    actor = LanguageModelActor(model, sampler, SamplingConfig(max_new_tokens=8))
    return Collector(actor, torch.Generator().manual_seed(0), seed=0, steps_per_iteration=2)


def collect(model: LanguageModel, envs: gym.vector.VectorEnv) -> tuple[Turn, ...]:
    subject = collector(model, Script())
    subject.begin(envs)
    return subject.collect(envs, 4).turns


class Passing(gym.vector.VectorWrapper):
    """A wrapper, which an action must not get around."""

    def __init__(self, env: gym.vector.VectorEnv) -> None:
        super().__init__(env)
        self.n_steps = 0

    def step(self, actions: Any) -> Any:
        self.n_steps += 1
        return super().step(actions)


def test_sent_or_stepped_the_transcripts_are_the_same(
    language_model: LanguageModel, envs: gym.vector.VectorEnv
) -> None:
    wrapped = Passing(make_data_science_envs())
    try:
        stepped = collect(language_model, wrapped)
    finally:
        wrapped.close()
    assert wrapped.n_steps == 4
    sent = collect(language_model, envs)
    assert sent == stepped
    assert {turn.info["status"] for turn in sent} == {"scored", "failed"}
    assert {turn.terminated for turn in sent} == {True, False}


def test_attempts_are_sent_one_by_one_and_received_at_once(language_model: LanguageModel, make_envs) -> None:
    envs = make_envs(3, len)
    calls: list[Any] = []

    def send(actions: Any, env_ids: Any) -> None:
        calls.append((tuple(actions), tuple(env_ids)))

    def recv() -> Any:
        calls.append("recv")
        return type(envs).step(envs, PROGRAMS[:3])

    envs.send, envs.recv = send, recv
    subject = collector(language_model, Script())
    subject.begin(envs)
    turns = subject.collect(envs, 1).turns
    assert calls == [((turns[i].action,), (i,)) for i in (2, 1, 0)] + ["recv"]


def test_an_interrupt_leaves_no_attempt_under_way(language_model: LanguageModel, envs: gym.vector.VectorEnv) -> None:
    subject = collector(language_model, Script(interrupt_at=2))
    subject.begin(envs)
    before = subject.collect(envs, 1)
    observations = tuple(turn.prompt for turn in before.turns)
    with pytest.raises(KeyboardInterrupt):
        subject.collect(envs, 1)
    assert subject.env_steps == 3
    envs.unwrapped.send(PROGRAMS[:1], env_ids=[2])  # refused if an attempt were under way there
    envs.unwrapped.cancel()
    subject.begin(envs)
    assert all(turn.prompt not in observations or turn.info["attempt"] == 1 for turn in subject.collect(envs, 1).turns)


def test_environments_that_cannot_cancel_are_emptied(make_envs) -> None:
    envs = make_envs(2, len)
    calls: list[str] = []
    envs.send = lambda actions, env_ids: calls.append("send")
    envs.recv = lambda: calls.append("recv")
    stepper = VectorStepper(envs)

    def fail() -> None:
        with stepper.step():
            stepper.send(0, "a")
            raise ValueError("sampling failed")

    with pytest.raises(ValueError, match="sampling failed"):
        fail()
    assert calls == ["send", "recv"]
