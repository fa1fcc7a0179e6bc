"""The vector environment against Gymnasium's, on a sandbox that runs nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from ds_gym import SandboxError
from ds_gym.env import DataSciEnv
from ds_gym.sandbox import SplitJob
from ds_gym.tasks import Task
from ds_gym.vector import DataSciVectorEnv

GOOD = "\n    return good(x_train, y_train)"
BAD = "\n    return fail(x_train, y_train)"
BROKEN = "\n    # 漢字 ä 🙂\n    return fit("
N = 3
SCRIPT = [
    (BAD, GOOD, ""),
    (GOOD, BAD, BROKEN),
    (BAD, BAD, BAD),
    (BROKEN, GOOD, GOOD),
    (BAD, "é", GOOD),
    (GOOD, BAD, BAD),
]


@pytest.fixture
def make_envs(task: Task, fake_sandbox: Any) -> Callable[..., DataSciVectorEnv]:
    def make(num_envs: int = N, **kwargs: Any) -> DataSciVectorEnv:
        return DataSciVectorEnv(num_envs, **{"task": task, "sandbox": fake_sandbox, "max_attempts": 3, **kwargs})

    return make


def equal(a: Any, b: Any) -> bool:
    """Deep equality that knows arrays of objects, and takes not-a-number for equal to itself."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and equal(a.tolist(), b.tolist())
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b) or (a != a and b != b)


def transcript(envs: Any) -> list[Any]:
    records: list[Any] = [envs.reset(seed=5)]
    for actions in SCRIPT:
        records.append(envs.step(actions))
        for key in ("attempts", "_attempts"):
            records[-1][4].pop(key, None)
        ended = records[-1][2]
        if envs.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
            records.append(envs.reset(options={"reset_mask": ended}))
    envs.close()
    return records


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_same_transcript_as_gymnasiums(
    make_envs: Callable[..., DataSciVectorEnv], task: Task, fake_sandbox: Any, mode: AutoresetMode
) -> None:
    def make_one() -> DataSciEnv:
        return DataSciEnv(task=task, sandbox=fake_sandbox, max_attempts=3)

    ours = transcript(make_envs(autoreset_mode=mode))
    assert equal(ours, transcript(SyncVectorEnv([make_one] * N, autoreset_mode=mode)))
    assert any(record[2].any() for record in ours if len(record) == 5)


def test_attempts_are_plain_infos_of_the_step(
    make_envs: Callable[..., DataSciVectorEnv], task: Task, fake_sandbox: Any
) -> None:
    envs = make_envs(autoreset_mode=AutoresetMode.SAME_STEP)
    single = DataSciEnv(task=task, sandbox=fake_sandbox)
    envs.reset(seed=0)
    observations, _, terminations, _, infos = envs.step((BAD, GOOD, BROKEN))
    for action, info in zip((BAD, GOOD, BROKEN), infos["attempts"], strict=True):
        single.reset()
        assert info == single.step(action)[4]
    attempts = list(infos["attempts"])
    assert json.loads(json.dumps(attempts)) == attempts
    assert terminations.tolist() == [False, True, False]
    assert "Attempt 1 of 3." in observations[1]  # already of the new episode
    assert "Attempt 2 of 3." in observations[0]


def test_attempts_run_at_the_same_time(
    make_envs: Callable[..., DataSciVectorEnv], make_fake_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ds_gym.vector.usable_processors", lambda: N)
    meeting = threading.Barrier(N, timeout=30)

    def meet(job: SplitJob) -> np.ndarray:
        meeting.wait()  # breaks after its timeout unless all come at once
        return np.full((len(job.x_eval), 2), 0.5)

    envs = make_envs(sandbox=make_fake_sandbox(meet), n_splits=1)
    envs.reset(seed=0)
    _, rewards, *_ = envs.step(tuple(f"{GOOD}  # {i}" for i in range(N)))
    assert rewards.tolist() == [0.5] * N


def test_one_program_written_by_all_is_run_once(make_envs: Callable[..., DataSciVectorEnv], fake_sandbox: Any) -> None:
    envs = make_envs(num_envs=4, n_splits=2)
    envs.reset(seed=0)
    envs.step((GOOD,) * 4)
    assert len(fake_sandbox.jobs) == 2


def test_a_fault_of_the_machinery_is_raised_when_all_have_ended(
    make_envs: Callable[..., DataSciVectorEnv], make_fake_sandbox: Any
) -> None:
    def broken(job: SplitJob) -> np.ndarray:
        if "fail" in job.source:
            raise SandboxError("no worker")
        return np.full((len(job.x_eval), 2), 0.5)

    envs = make_envs(sandbox=make_fake_sandbox(broken))
    envs.reset(seed=0)
    with pytest.raises(SandboxError, match="no worker"):
        envs.step((BAD, GOOD, GOOD))
    _, rewards, *_, infos = envs.step((GOOD, GOOD, GOOD))  # nobody lost an attempt
    assert rewards.tolist() == [0.5] * N
    assert infos["attempt"].tolist() == [1, 1, 1]


def test_episodes_go_on_from_snapshots(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs, others = make_envs(), make_envs()
    envs.reset(seed=0)
    observations, *_ = envs.step((BAD, GOOD, BROKEN))
    snapshots = json.loads(json.dumps(envs.snapshots()))
    assert others.restore(snapshots) == observations
    for actions in SCRIPT:
        assert equal(others.step(actions), envs.step(actions))
    with pytest.raises(ValueError, match="snapshots: given 1; allowed: num_envs=3"):
        others.restore(snapshots[:1])


def test_seeds(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs = make_envs()
    envs.reset(seed=10)
    assert envs.get_attr("np_random_seed") == (10, 11, 12)
    envs.reset(seed=[3, 2, 1])
    assert envs.get_attr("np_random_seed") == (3, 2, 1)
    with pytest.raises(ValueError, match="seed: given 2 seeds"):
        envs.reset(seed=[1, 2])


def test_spaces_and_members(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs = make_envs(render_mode="ansi")
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space
    assert envs.action_space.sample() in envs.action_space
    assert envs.call("snapshot") == tuple(envs.snapshots())
    envs.set_attr("note", ["a", "b", "c"])
    assert envs.get_attr("note") == ("a", "b", "c")
    with pytest.raises(ValueError, match="values: given 2"):
        envs.set_attr("note", ["a", "b"])
    rendered = envs.render()
    assert rendered is not None
    assert all("No attempt yet" in text for text in rendered)


def test_misuse_is_named(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs = make_envs(autoreset_mode="Disabled")
    with pytest.raises(ResetNeeded, match="no episodes yet"):
        envs.step((GOOD,) * N)
    envs.reset(seed=0)
    for actions in ("abc", (GOOD,), (GOOD, GOOD, 3)):
        with pytest.raises(InvalidAction, match="given"):
            envs.step(actions)  # type: ignore[arg-type]
    envs.step((GOOD, BAD, BAD))
    with pytest.raises(ResetNeeded, match=r"episodes \[0\] have ended"):
        envs.step((GOOD,) * N)
    for mask in ([True, False, False], np.array([True]), np.zeros(N, dtype=bool)):
        with pytest.raises(ValueError, match="reset_mask"):
            envs.reset(options={"reset_mask": mask})


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_envs": 0}, "num_envs: given 0"),
        ({"autoreset_mode": "SameStp"}, r"autoreset_mode: unknown value 'SameStp'.*Did you mean 'SameStep'\?"),
        ({"task": "whine"}, "Did you mean 'wine'"),
    ],
)
def test_bad_arguments(make_envs: Callable[..., DataSciVectorEnv], kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_envs(**kwargs)


def test_closing_twice(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs = make_envs()
    envs.reset(seed=0)
    envs.close()
    envs.close()
    assert envs.closed


def test_made_by_gymnasium(task: Task, fake_sandbox: Any) -> None:
    envs = gym.make_vec("DataSci-v0", num_envs=2, task=task, sandbox=fake_sandbox, autoreset_mode="SameStep")
    assert isinstance(envs, DataSciVectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert envs.spec is not None
    envs.reset(seed=0)
    assert envs.step((GOOD, BAD))[1].tolist() == [1.0, -1.0]
    envs.close()
