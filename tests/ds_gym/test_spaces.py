from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Dict, Discrete, Tuple
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.vector.utils import (
    batch_differing_spaces,
    batch_space,
    create_empty_array,
    create_shared_memory,
    iterate,
    read_from_shared_memory,
    write_to_shared_memory,
)

from ds_gym.spaces import UnicodeText

TEXTS = ("", "plain", "漢字 äß 🙂 \n\t", "nul \0 and \x7f", "lone \udce9 surrogate", "é🙂" * 10_000)


class Echo(gym.Env[Any, str]):
    """Observes what was done to it, as text alone or in a dictionary."""

    def __init__(self, nested: bool = False) -> None:
        text = UnicodeText(20_000)
        self.observation_space = Dict({"text": text, "n": Discrete(20_001)}) if nested else text
        self.action_space = text
        self._nested = nested

    def _observe(self, text: str) -> Any:
        return {"text": text, "n": len(text)} if self._nested else text

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return self._observe("начало"), {}

    def step(self, action: str) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self._observe(action), float(len(action)), action == "plain", False, {"text": action}


def nested_echo() -> Echo:
    return Echo(nested=True)


MAKERS = {
    "sync": SyncVectorEnv,
    "async, shared memory": AsyncVectorEnv,
    "async, pipes": lambda fns, **kwargs: AsyncVectorEnv(fns, shared_memory=False, **kwargs),
}


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_texts_come_back_unharmed(make: Callable[..., Any], mode: AutoresetMode) -> None:
    envs = make([Echo] * len(TEXTS), autoreset_mode=mode)
    try:
        first, _ = envs.reset(seed=0)
        assert first == ("начало",) * len(TEXTS)
        second, rewards, terminations, *_ = envs.step(TEXTS)
        reset_at_once = mode is AutoresetMode.SAME_STEP
        assert second == tuple("начало" if text == "plain" and reset_at_once else text for text in TEXTS)
        assert rewards.tolist() == [len(text) for text in TEXTS]
        assert terminations.tolist() == [text == "plain" for text in TEXTS]
        assert second in envs.observation_space
        third, *_ = envs.step(TEXTS[::-1])
        assert third[0] == TEXTS[-1]
        assert first == ("начало",) * len(TEXTS)  # what was handed out does not change later
        assert second[-1] == TEXTS[-1]
    finally:
        envs.close()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_texts_inside_dictionaries(make: Callable[..., Any]) -> None:
    envs = make([nested_echo] * len(TEXTS))
    try:
        envs.reset(seed=0)
        observations, *_ = envs.step(TEXTS)
        assert observations["text"] == TEXTS
        assert observations["n"].tolist() == [len(text) for text in TEXTS]
    finally:
        envs.close()


def test_observations_without_copies_follow_the_memory() -> None:
    envs = AsyncVectorEnv([Echo] * 2, copy=False)
    try:
        observations, _ = envs.reset(seed=0)
        envs.step(("a", "é"))
        assert tuple(observations) == ("a", "é")
        assert observations in envs.observation_space
    finally:
        envs.close()


def test_shared_memory_round_trip() -> None:
    space = UnicodeText(20_000)
    memory = create_shared_memory(space, n=len(TEXTS))
    view: Any = read_from_shared_memory(space, memory, n=len(TEXTS))
    assert tuple(view) == ("",) * len(TEXTS)
    for index, text in enumerate(TEXTS):
        write_to_shared_memory(space, index, text, memory)  # type: ignore[arg-type]
    assert view == TEXTS
    assert view[-1] == TEXTS[-1]
    assert view[1:3] == TEXTS[1:3]
    assert len(view) == len(TEXTS)
    assert "plain" in view
    kept = [deepcopy(view), pickle.loads(pickle.dumps(view))]
    write_to_shared_memory(space, 1, "é", memory)  # type: ignore[arg-type]
    assert view[1] == "é"
    assert [type(copy) for copy in kept] == [tuple, tuple]
    assert [copy[1] for copy in kept] == ["plain", "plain"]


def test_a_text_that_does_not_fit_is_refused() -> None:
    space = UnicodeText(3)
    memory = create_shared_memory(space, n=2)
    with pytest.raises(ValueError, match="4 code points does not fit"):
        write_to_shared_memory(space, 0, "four", memory)  # type: ignore[arg-type]


def test_contains() -> None:
    space = UnicodeText(3, min_length=1)
    assert all(text in space for text in ("a", "漢字🙂", "\0", "\udce9", np.str_("ab")))
    assert not any(value in space for value in ("", "four", 1, None, b"ab", ["a"]))


def test_samples_lie_in_the_space_and_follow_the_seed() -> None:
    spaces = [UnicodeText(50, min_length=2, seed=seed) for seed in (7, 7, 8)]
    samples = [[space.sample() for _ in range(50)] for space in spaces]
    assert samples[0] == samples[1] != samples[2]
    assert all(sample in spaces[0] for sample in samples[0])
    assert not "".join(samples[0]).isascii()
    with pytest.raises(ValueError, match="mask"):
        spaces[0].sample(mask=1)  # type: ignore[arg-type]


def test_batching() -> None:
    space = UnicodeText(5, seed=1)
    batched = batch_space(space, n=3)
    assert isinstance(batched, Tuple)
    assert list(batched.spaces) == [space] * 3
    assert len(set(batched.sample())) > 1
    assert list(iterate(batched, ("ab", "cde", ""))) == ["ab", "cde", ""]
    assert create_empty_array(space, n=3) in batched
    differing: Any = batch_differing_spaces([UnicodeText(5), UnicodeText(6)])
    assert list(differing.spaces) == [UnicodeText(5), UnicodeText(6)]


def test_equality_and_json() -> None:
    assert UnicodeText(5) == UnicodeText(5) == pickle.loads(pickle.dumps(UnicodeText(5)))
    assert UnicodeText(5) != UnicodeText(5, min_length=1)
    assert UnicodeText(5) != gym.spaces.Text(5)
    space = UnicodeText(20_000)
    assert space.from_jsonable(space.to_jsonable(TEXTS)) == list(TEXTS)


@pytest.mark.parametrize("bounds", [(-1, 0), (2, 3)])
def test_impossible_lengths(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="0 <= min_length <= max_length"):
        UnicodeText(bounds[0], min_length=bounds[1])
