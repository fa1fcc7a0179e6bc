"""Documents: prompts of the environment, repairs whose error is the one that running the program gave."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

import ds_gym  # noqa: F401  (registers DataSci-v0)
from agents.tinycoder.corpus import RepairPair, make_repair_pairs, sample_repair


@pytest.fixture(scope="module")
def pairs() -> list[RepairPair]:
    return make_repair_pairs(40, seed=5)


def test_pairs_are_failures_and_their_fixes(pairs: list[RepairPair]) -> None:
    assert len(pairs) >= 35
    assert all(pair.message and pair.code.startswith("def build_model(x_train, y_train):") for pair in pairs)


def test_pairs_are_the_same_for_the_same_seed(pairs: list[RepairPair]) -> None:
    assert make_repair_pairs(40, seed=5) == pairs


def test_a_repair_prompt_has_the_format_of_the_environment(pairs: list[RepairPair]) -> None:
    """What the environment shows after a pair's program failed there ends like the document, the task lines aside."""
    env = gym.make("DataSci-v0", task="tic_tac_toe")
    env.reset(seed=0)
    pair = next(pair for pair in pairs if pair.mistake == "no-probabilities")
    observation, reward, *_ = env.step(pair.code)
    assert reward == -1.0
    document, fixed = sample_repair(np.random.default_rng(0), [pair])
    shared = observation[observation.index("The previous attempt:") :].replace(" 2 classes", " N classes")
    assert shared.rsplit("for", 1)[0] == document[document.index("The previous attempt:") :].rsplit("for", 1)[0]
    env.reset(seed=0)
    _, reward, *_ = env.step(fixed)
    assert reward > 0
    env.close()
