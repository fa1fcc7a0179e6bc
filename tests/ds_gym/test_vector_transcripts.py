"""All vector environments give one and the same transcript, whatever the texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers import TimeLimit

from ds_gym.env import DataSciEnv
from ds_gym.tasks import Task
from ds_gym.vector import DataSciVectorEnv

GOOD = "\n    return good(x_train, y_train)"
BAD = "\n    return fail(x_train, y_train)"
BROKEN = "\n    # 漢字 ä 🙂\n    return fit("
LONG = "\n    # " + "漢é🙂x" * 4_965 + BAD  # a program
TOO_LONG = "\n    # " + "漢é🙂x" * 4_998 + "\n"  # none
SURROGATE = "\n    return '\udce9'"
ACTIONS = (
    (BAD, GOOD, "", TOO_LONG),
    (GOOD, LONG, BROKEN, "\0"),
    (BAD, BAD, SURROGATE, GOOD),
    (LONG, "é", GOOD, ""),
    (TOO_LONG, "", "漢字", BAD),
    (GOOD, BAD, LONG, BAD),
    ("", "", "", ""),
)
N = 4


def plain(value: Any) -> Any:
    """Arrays as lists with their types, mappings as dictionaries, not-a-number as a word: comparable by ``==``."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), [plain(item) for item in value.tolist()]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(item) for item in value]
    return "nan" if value != value else value


def transcript(envs: VectorEnv) -> list[Any]:
    try:
        records = [plain(envs.reset(seed=5))]
        for actions in ACTIONS:
            observations, rewards, terminations, truncations, infos = envs.step(actions)
            infos = {key: value for key, value in infos.items() if key not in ("attempts", "_attempts")}
            records.append(plain([observations, rewards, terminations, truncations, infos]))
            ended = terminations | truncations
            if envs.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
                records.append(plain(envs.reset(options={"reset_mask": ended})))
        return records
    finally:
        envs.close()


MAKERS: dict[str, Callable[..., VectorEnv]] = {
    "sync": SyncVectorEnv,
    "async, shared memory": lambda makers, **kwargs: AsyncVectorEnv(makers, context="fork", **kwargs),
    "async, pipes": lambda makers, **kwargs: AsyncVectorEnv(makers, context="fork", shared_memory=False, **kwargs),
}


@pytest.fixture
def settings(task: Task, fake_sandbox: Any) -> dict[str, Any]:
    return {"task": task, "sandbox": fake_sandbox, "max_attempts": 3}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("prompt", ["completion", "infill", "instruct"])
def test_same_transcript(
    settings: dict[str, Any], prompt: str, mode: AutoresetMode, make: Callable[..., VectorEnv]
) -> None:
    settings["prompt"] = prompt
    ours = transcript(DataSciVectorEnv(N, autoreset_mode=mode, **settings))
    assert transcript(make([lambda: DataSciEnv(**settings)] * N, autoreset_mode=mode)) == ours
    observations = [text for record in ours for text in record[1][0][1]]
    assert max(map(len, observations)) > 19_000
    assert any("漢é🙂x漢é🙂x" in text for text in observations)
    assert any("\ufffd" in text for text in observations)  # a lone surrogate is shown, and can be encoded
    assert all(text.encode() for text in observations)


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_same_truncation_as_gymnasiums(settings: dict[str, Any], mode: AutoresetMode, limit: int) -> None:
    ours = transcript(DataSciVectorEnv(N, autoreset_mode=mode, max_episode_steps=limit, **settings))

    def make() -> TimeLimit:
        return TimeLimit(DataSciEnv(**settings), max_episode_steps=limit)

    assert transcript(SyncVectorEnv([make] * N, autoreset_mode=mode)) == ours
    assert any(any(record[1][3][1]) for record in ours if len(record[1]) == 5)


def test_the_space_holds_every_text(settings: dict[str, Any]) -> None:
    envs = DataSciVectorEnv(N, **settings)
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space
    for actions in ACTIONS:
        assert actions in envs.action_space
        assert envs.step(actions)[0] in envs.observation_space
    envs.close()
