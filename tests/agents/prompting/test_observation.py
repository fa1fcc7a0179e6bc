"""Observations of the real environment, taken apart."""

from __future__ import annotations

import gymnasium as gym
import pytest

import ds_gym  # noqa: F401  # registers the environment
from agents.prompting.observation import read_observation

PROGRAMS = [
    "\n    # Error: a comment that looks like one\n    return undefined",
    "\n    if x_train",
    '\n    raise ValueError("one\\n# Error: two\\nthree")',
    "\n    return None",
]


def observations(style: str, program: str, task: str = "balance_scale") -> tuple[str, str, dict]:
    env = gym.make("DataSci-v0", task=task, prompt=style, n_splits=1)
    try:
        first, _ = env.reset(seed=0)
        second, _, _, _, info = env.step(program)
    finally:
        env.close()
    return first, second, info


@pytest.mark.parametrize("style", ["completion", "infill", "instruct"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_parts_make_up_the_whole_and_the_first_observation_is_found_again(style: str, program: str) -> None:
    first, second, info = observations(style, program)
    at_first, repair = read_observation(first), read_observation(second)
    assert (at_first.text, at_first.first, at_first.is_repair) == (first, first, False)
    assert (at_first.previous_code, at_first.error) == (None, None)
    assert repair.opening + repair.request == second
    assert repair.is_repair
    assert repair.first == first
    assert repair.without_history() == at_first
    assert repair.task == at_first.task
    assert repair.error is not None
    assert repair.error.strip().startswith(info["error"]["message"].split("\n")[0])
    assert repair.previous_code is not None
    for line in info["code"].split("\n")[1:]:
        assert line.strip() in repair.previous_code


@pytest.mark.parametrize("style", ["completion", "infill", "instruct"])
def test_tasks_are_told_apart(style: str) -> None:
    tasks = [read_observation(observations(style, "pass", task)[0]).task for task in ("wine", "monks_1", "monks_2")]
    assert len(set(tasks)) == 3


def test_the_head_of_an_infill_request_has_no_gap() -> None:
    observation = read_observation(observations("infill", "pass")[0])
    assert "<FILL_ME>" in observation.request
    assert observation.request.startswith(observation.head)
    assert observation.head.endswith('"""')


@pytest.mark.parametrize("text", ["", "anything\nelse", "# Attempt 1 of 5.\ndef build_model(", "# Task: x\n" * 50])
def test_other_texts_are_all_request(text: str) -> None:
    observation = read_observation(text)
    assert (observation.text, observation.first, observation.task, observation.is_repair) == (text, text, text, False)
