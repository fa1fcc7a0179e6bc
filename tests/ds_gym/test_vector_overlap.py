"""Sending attempts and receiving what becomes of them, on a sandbox that runs nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from gymnasium.error import (
    AlreadyPendingCallError,
    ClosedEnvironmentError,
    InvalidAction,
    NoAsyncCallError,
    ResetNeeded,
)
from gymnasium.vector import AutoresetMode

from ds_gym import Failure, SandboxError
from ds_gym.sandbox import SplitJob
from ds_gym.tasks import Task
from ds_gym.vector import DataSciVectorEnv

GOOD = "\n    return good(x_train, y_train)"
BAD = "\n    return fail(x_train, y_train)"
SLOW = "\n    return slow(x_train, y_train)"
FAULTY = "\n    return faulty(x_train, y_train)"
BROKEN = "\n    return fit("
N = 4


class Machine:
    """Answers jobs; holds up slow programs until told, and fails itself for faulty ones."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.repaired = False
        self.n_jobs = 0

    def __call__(self, job: SplitJob) -> np.ndarray | Failure:
        self.n_jobs += 1
        if "slow" in job.source:
            assert self.go_on.wait(30)
        if "faulty" in job.source and not self.repaired:
            raise SandboxError("no worker")
        if "fail" in job.source:
            return Failure("exception", "NameError: name 'fail' is not defined", 2)
        score = 1 / (1 + np.exp(-job.x_eval[:, 0]))
        return np.column_stack([1 - score, score])


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine()
    yield machine
    machine.go_on.set()


@pytest.fixture
def make_envs(
    task: Task, make_fake_sandbox: Any, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., DataSciVectorEnv]:
    monkeypatch.setattr("ds_gym.vector.usable_processors", lambda: N)

    def make(num_envs: int = N, **kwargs: Any) -> DataSciVectorEnv:
        settings = {"task": task, "sandbox": make_fake_sandbox(machine), "max_attempts": 3, "n_splits": 2, **kwargs}
        envs = DataSciVectorEnv(num_envs, **settings)
        envs.reset(seed=0)
        return envs

    return make


def plain(batch: Any) -> Any:
    return [
        batch[0],
        *(array.tolist() for array in batch[1:4]),
        list(batch[4]["attempts"]),
        batch[4]["env_id"].tolist(),
    ]


def test_a_learner_goes_on_while_others_run(make_envs: Callable[..., DataSciVectorEnv], machine: Machine) -> None:
    envs = make_envs()
    envs.send((SLOW, BAD, SLOW, BAD))
    observations, rewards, terminations, truncations, infos = envs.recv(min_envs=2)
    assert infos["env_id"].tolist() == [1, 3]
    assert infos["env_id"].dtype == np.int64
    assert rewards.tolist() == [-1.0, -1.0]
    assert terminations.tolist() == truncations.tolist() == [False, False]
    assert all("Attempt 2 of 3." in observation for observation in observations)
    assert infos["attempt"].tolist() == [1, 1]
    assert infos["_error"].tolist() == [True, True]
    envs.send((GOOD, BROKEN), infos["env_id"])
    *_, infos = envs.recv(env_ids=[3, 1])
    assert [info["attempt"] for info in infos["attempts"]] == [2, 2]
    assert infos["status"].tolist() == ["scored", "failed"]
    machine.go_on.set()
    _, rewards, *_, infos = envs.recv()
    assert infos["env_id"].tolist() == [0, 2]
    assert rewards.tolist() == [1.0, 1.0]


def test_cancelled_attempts_do_not_count(make_envs: Callable[..., DataSciVectorEnv], machine: Machine) -> None:
    envs = make_envs()
    envs.send((SLOW, BAD, SLOW, GOOD))
    envs.cancel()
    with pytest.raises(NoAsyncCallError):
        envs.recv()
    machine.go_on.set()
    envs.send((GOOD, BAD), [1, 2])
    *_, infos = envs.recv()
    assert [info["attempt"] for info in infos["attempts"]] == [1, 1]
    envs.close()
    with pytest.raises(ClosedEnvironmentError):
        envs.cancel()


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_receiving_all_is_a_step(make_envs: Callable[..., DataSciVectorEnv], mode: AutoresetMode) -> None:
    sent, stepped = make_envs(autoreset_mode=mode), make_envs(autoreset_mode=mode)
    for actions in ((BAD, GOOD, "", BROKEN), (GOOD, BAD, BAD, BAD), (BAD, BAD, BAD, GOOD), (BAD, BAD, GOOD, GOOD)):
        order = [2, 0, 3, 1]
        sent.send([actions[i] for i in order[:3]], np.array(order[:3]))
        sent.send([actions[1]], [1])
        observations, *arrays, infos = sent.recv()
        expected, *expected_arrays, expected_infos = stepped.step(actions)
        assert observations == expected
        assert [array.tolist() for array in arrays] == [array.tolist() for array in expected_arrays]
        assert infos.pop("env_id").tolist() == [0, 1, 2, 3]
        assert repr(infos) == repr(expected_infos)
        if mode is AutoresetMode.DISABLED and expected_arrays[1].any():
            for envs in (sent, stepped):
                envs.reset(options={"reset_mask": expected_arrays[1]})


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_parts_are_what_the_whole_is(make_envs: Callable[..., DataSciVectorEnv], mode: AutoresetMode) -> None:
    sent, stepped = make_envs(autoreset_mode=mode), make_envs(autoreset_mode=mode)
    for actions in ((BAD, GOOD, "", BROKEN), (GOOD, BAD, BAD, BAD), (BAD, BAD, BAD, GOOD)):
        observations, rewards, *_, infos = stepped.step(actions)
        sent.send(actions)
        for i in (2, 0, 3, 1):
            part = sent.recv([i])
            assert part[0] == (observations[i],)
            assert part[1].tolist() == [rewards[i]]
            assert list(part[4]["attempts"]) == [infos["attempts"][i]]
            if part[2].any() and mode is AutoresetMode.SAME_STEP:
                assert part[4]["final_obs"][0] == infos["final_obs"][i]
                assert part[4]["final_info"]["status"].tolist() == [infos["final_info"]["status"][i]]


def test_an_attempt_under_way_is_no_part_of_its_episode(
    make_envs: Callable[..., DataSciVectorEnv], machine: Machine
) -> None:
    envs, others = make_envs(), make_envs()
    envs.step((BAD,) * N)
    before = json.loads(json.dumps(envs.snapshots()))
    envs.send((SLOW, GOOD), (0, 1))
    assert envs.snapshots() == before
    machine.go_on.set()
    others.restore(before)
    others.send((SLOW, GOOD), (0, 1))
    assert plain(others.recv()) == plain(envs.recv())
    assert others.snapshots() == envs.snapshots() != before


def test_equal_programs_under_way_run_once_and_keep_no_thread_waiting(
    make_envs: Callable[..., DataSciVectorEnv], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ds_gym.vector.usable_processors", lambda: 2)
    envs = make_envs()
    envs.send((SLOW, SLOW, SLOW, GOOD))
    assert envs.recv([3])[1].tolist() == [1.0]  # while the others wait for one and the same
    machine.go_on.set()
    assert envs.recv()[1].tolist() == [1.0] * 3
    assert machine.n_jobs == 4  # two programs, two splits


def test_without_the_cache_every_program_is_run(make_envs: Callable[..., DataSciVectorEnv], machine: Machine) -> None:
    envs = make_envs(cache=False)
    envs.step((GOOD,) * N)
    assert machine.n_jobs == 2 * N


def test_a_fault_of_the_machinery_touches_nothing_else(
    make_envs: Callable[..., DataSciVectorEnv], machine: Machine
) -> None:
    envs = make_envs()
    envs.step((BAD,) * N)
    envs.send((BAD, FAULTY, GOOD, FAULTY))
    before = envs.snapshots()
    with pytest.raises(SandboxError, match=r"environments \[1, 3\]: no worker"):
        envs.recv()
    assert envs.snapshots() == before  # nobody lost an attempt
    n_jobs = machine.n_jobs
    *_, infos = envs.recv()  # the others are still there, and are not run again
    assert infos["env_id"].tolist() == [0, 2]
    assert infos["attempt"].tolist() == [2, 2]
    assert machine.n_jobs == n_jobs
    machine.repaired = True
    envs.send((FAULTY, FAULTY), (1, 3))
    _, rewards, *_, infos = envs.recv()
    assert rewards.tolist() == [1.0, 1.0]
    assert infos["attempt"].tolist() == [2, 2]


def test_a_step_that_met_a_fault_may_be_made_again(
    make_envs: Callable[..., DataSciVectorEnv], machine: Machine
) -> None:
    envs, others = make_envs(), make_envs()
    for _ in range(2):
        with pytest.raises(SandboxError, match=r"environments \[1\]: no worker"):
            envs.step((BAD, FAULTY, GOOD, BROKEN))
    assert envs.snapshots() == others.snapshots()
    machine.repaired = True
    assert repr(envs.step((BAD, FAULTY, GOOD, BROKEN))) == repr(others.step((BAD, FAULTY, GOOD, BROKEN)))


def test_an_error_of_another_kind_is_not_disguised(
    make_envs: Callable[..., DataSciVectorEnv], make_fake_sandbox: Any
) -> None:
    def defective(job: SplitJob) -> np.ndarray:
        raise ZeroDivisionError("a bug")

    envs = make_envs(sandbox=make_fake_sandbox(defective))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        envs.step((GOOD,) * N)
    assert [len(snapshot["attempts"]) for snapshot in envs.snapshots()] == [0] * N


def test_what_is_busy_is_not_touched(make_envs: Callable[..., DataSciVectorEnv], machine: Machine) -> None:
    envs = make_envs(autoreset_mode="Disabled")
    envs.step((GOOD, BAD, BAD, BAD))
    snapshots = envs.snapshots()
    envs.send((SLOW, BAD), (1, 2))
    calls: list[Callable[[], Any]] = [
        lambda: envs.step((GOOD,) * N),
        lambda: envs.send((GOOD, GOOD), (2, 3)),
        lambda: envs.reset(),
        lambda: envs.reset(options={"reset_mask": np.array([True, True, False, False])}),
        lambda: envs.restore(snapshots),
    ]
    for call in calls:
        with pytest.raises(AlreadyPendingCallError, match=r"environments \[.*\] have attempts under way"):
            call()
    observations, _ = envs.reset(options={"reset_mask": np.array([True, False, False, False])})  # an idle one
    assert "Attempt 1 of 3." in observations[0]
    envs.send((BAD,), (0,))
    machine.go_on.set()
    *_, infos = envs.recv()
    assert infos["env_id"].tolist() == [0, 1, 2]
    assert infos["attempt"].tolist() == [1, 2, 2]


def test_misuse_is_named(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs = make_envs(autoreset_mode="Disabled")
    for env_ids in ([0, 0], [N], [-1], [0.0], ["0"], [True], 3, "01", [[0]]):
        with pytest.raises(ValueError, match="env_ids: given"):
            envs.send((GOOD,), env_ids)  # type: ignore[arg-type]
    for actions, ids in (((GOOD,), None), ((GOOD,), [0, 1]), ("ab", [0, 1]), ((GOOD, 3), [0, 1])):
        with pytest.raises(InvalidAction, match="given"):
            envs.send(actions, ids)  # type: ignore[arg-type]
    with pytest.raises(NoAsyncCallError, match=r"call send\(\)"):
        envs.recv()
    envs.send((GOOD, BAD), (0, 1))
    with pytest.raises(NoAsyncCallError, match=r"environments \[2\]"):
        envs.recv([0, 2])
    for min_envs in (0, 3, 1.5):
        with pytest.raises(ValueError, match="min_envs: given"):
            envs.recv(min_envs=min_envs)  # type: ignore[arg-type]
    envs.recv()
    with pytest.raises(ResetNeeded, match=r"episodes \[0\] have ended"):
        envs.send((GOOD, GOOD), (1, 0))
    assert envs.snapshots()[1]["attempts"][-1]["code"].endswith(BAD)  # nothing had begun


def test_closing_with_attempts_under_way(make_envs: Callable[..., DataSciVectorEnv]) -> None:
    envs = make_envs()
    envs.send((SLOW,) * N)
    envs.close()
    envs.close()
    for call in (envs.reset, envs.recv, lambda: envs.step((GOOD,) * N), lambda: envs.send((GOOD,) * N)):
        with pytest.raises(ClosedEnvironmentError, match=r"after close\(\)"):
            call()
