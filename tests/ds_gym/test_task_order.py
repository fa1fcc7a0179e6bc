"""Episodes that differ in their task."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.vector import SyncVectorEnv

from ds_gym.env import DataSciEnv
from ds_gym.task_order import TaskOrder
from ds_gym.tasks import Task
from ds_gym.vector import DataSciVectorEnv

GOOD = "\n    return good(x_train, y_train)"
BAD = "\n    return fail(x_train, y_train)"


@pytest.fixture
def tasks(make_separable_task: Callable[..., Task]) -> list[Task]:
    return [make_separable_task(name=name) for name in "abc"]


def names_of_episodes(env: DataSciEnv, n: int, seed: int | None = None) -> str:
    names = [env.reset(seed=seed)[1]["task"]]
    return "".join(names + [env.reset()[1]["task"] for _ in range(n - 1)])


def test_one_after_another(tasks: list[Task], fake_sandbox: Any) -> None:
    env = DataSciEnv(tasks=tasks, sandbox=fake_sandbox)
    assert names_of_episodes(env, 5, seed=0) == "abcab"
    assert names_of_episodes(env, 4) == "cabc"
    assert names_of_episodes(env, 2, seed=7) == "ab"
    assert env.reset(options={"task": "wine"})[1] == {"task": "wine"}
    assert names_of_episodes(env, 2) == "ca"  # the order of the others stays


def test_drawn_with_the_seed(tasks: list[Task], fake_sandbox: Any) -> None:
    env = DataSciEnv(tasks=tasks, task_order="random", sandbox=fake_sandbox)
    drawn = [names_of_episodes(env, 30, seed=seed) for seed in (0, 1, 0)]
    assert drawn[0] == drawn[2] != drawn[1]
    assert set(drawn[0]) == set("abc")
    assert {names_of_episodes(env, 1, seed=seed) for seed in range(20)} == set("abc")


@pytest.mark.parametrize(
    ("num_envs", "expected"),
    [
        (3, ["aaa", "bbb", "ccc"]),
        (6, ["aaa", "bbb", "ccc", "aaa", "bbb", "ccc"]),
        (2, ["acb", "bac"]),
        (1, ["abc"]),
        (4, ["abc", "bca", "cab", "abc"]),
    ],
)
def test_environments_share_out_the_tasks(
    tasks: list[Task], fake_sandbox: Any, num_envs: int, expected: list[str]
) -> None:
    envs = DataSciVectorEnv(num_envs, tasks=tasks, sandbox=fake_sandbox)
    for seed in (None, 11):
        rounds = [envs.reset(seed=seed)[1]["task"]] + [envs.reset()[1]["task"] for _ in range(2)]
        episodes = ["".join(names) for names in zip(*rounds, strict=True)]
        assert episodes == expected


@pytest.mark.parametrize("n_tasks", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("num_envs", [1, 2, 3, 4, 6])
def test_every_task_is_played(make_separable_task: Callable[..., Task], n_tasks: int, num_envs: int) -> None:
    tasks = [make_separable_task(name=str(i)) for i in range(n_tasks)]
    hands = TaskOrder(tasks, "round-robin").deal(num_envs)
    assert {task.name for hand in hands for task in hand.tasks} == {task.name for task in tasks}
    assert [hand.tasks[0] for hand in hands] == [tasks[i % n_tasks] for i in range(num_envs)]


@pytest.mark.parametrize("order", ["round-robin", "random"])
def test_same_transcript_as_gymnasiums(tasks: list[Task], fake_sandbox: Any, order: str) -> None:
    ours = gym.make_vec("DataSci-v0", num_envs=3, tasks=tasks, task_order=order, sandbox=fake_sandbox)
    hands = [[task] for task in tasks] if order == "round-robin" else [tasks] * 3
    makers = [lambda hand=hand: DataSciEnv(tasks=hand, task_order=order, sandbox=fake_sandbox) for hand in hands]
    theirs = SyncVectorEnv(makers)
    assert repr(ours.reset(seed=3)) == repr(theirs.reset(seed=3))
    seen = set()
    for actions in ((GOOD, BAD, GOOD), (BAD, GOOD, GOOD), (GOOD, BAD, BAD), (GOOD, GOOD, BAD), (BAD, BAD, BAD)):
        step = ours.step(actions)
        seen |= {info["task"] for info in step[4].pop("attempts")}
        del step[4]["_attempts"]
        assert repr(step) == repr(theirs.step(actions))
    assert len(seen) > 1


@pytest.mark.parametrize("order", ["round-robin", "random"])
def test_the_order_goes_on_from_a_snapshot(tasks: list[Task], fake_sandbox: Any, order: str) -> None:
    settings: dict[str, Any] = {"tasks": tasks, "task_order": order, "sandbox": fake_sandbox}
    envs = DataSciVectorEnv(2, autoreset_mode="SameStep", **settings)
    others = DataSciVectorEnv(2, autoreset_mode="SameStep", **settings)
    envs.reset(seed=5)
    envs.step((GOOD, BAD))
    others.restore(json.loads(json.dumps(envs.snapshots())))
    for _ in range(8):
        assert repr(others.step((GOOD, GOOD))) == repr(envs.step((GOOD, GOOD)))


def test_splits_are_drawn_once_for_all_environments(
    tasks: list[Task], fake_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Counting(DataSciEnv):
        def _evaluator_of(self, task: Task) -> Any:
            known = task in self._evaluators
            if not known:
                made.append(task.name)
            return super()._evaluator_of(task)

    monkeypatch.setattr("ds_gym.vector.DataSciEnv", Counting)
    envs = DataSciVectorEnv(8, tasks=tasks, task_order="random", sandbox=fake_sandbox)
    for _ in range(5):
        envs.reset()
    assert made == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"tasks": "wine"}, "tasks: given 'wine'; allowed: a list"),
        ({"tasks": []}, "tasks: given an empty list"),
        ({"tasks": 3}, "tasks: given 3"),
        ({"tasks": ["wine", "whine"]}, r"unknown value 'whine'.*Did you mean 'wine'\?"),
        ({"tasks": ["wine"], "task": "digits"}, "task, tasks: given 'digits' and"),
        ({"tasks": ["wine"], "task_order": "roundrobin"}, r"task_order: .*Did you mean 'round-robin'\?"),
        ({"task_order": None}, "task_order: unknown value None"),
    ],
)
@pytest.mark.parametrize("make", [DataSciEnv, DataSciVectorEnv])
def test_bad_arguments(make: Callable[..., Any], fake_sandbox: Any, kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(sandbox=fake_sandbox, **kwargs)
