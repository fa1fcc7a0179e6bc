from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ds_gym.env import DataSciEnv
from ds_gym.failures import Failure
from ds_gym.sandbox import SplitJob
from ds_gym.tasks import Task
from ds_gym.vector import DataSciVectorEnv
from ds_gym.wrappers import PipelineActions, PipelineGrid, PipelineVectorActions, TaskSolutions
from ds_gym.wrappers.pipeline_grid import ESTIMATORS

N = 3
GRID = PipelineGrid(estimators=ESTIMATORS[1:3])
"""Of naive Bayes, which runs, and nearest neighbours, which do not; see :func:`neighbours_fail`."""
BAYES, NEIGHBOURS = (0, 0, 0), (0, 1, 0)


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def neighbours_fail(job: SplitJob) -> np.ndarray | Failure:
    if "KNeighbors" in job.source:
        return Failure("exception", "ValueError: no neighbours", 3)
    score = 1 / (1 + np.exp(-job.x_eval[:, 0] * (1 if "Scaler" in job.source else -0.0)))
    return np.column_stack([1 - score, score])


@pytest.fixture
def tasks(make_separable_task: Callable[..., Task]) -> list[Task]:
    return [make_separable_task(60, "first"), make_separable_task(40, "second")]


@pytest.fixture
def arguments(tasks: list[Task], make_fake_sandbox: Callable[..., Any]) -> dict[str, Any]:
    return {"tasks": tasks, "sandbox": make_fake_sandbox(neighbours_fail), "max_attempts": 2, "n_splits": 2}


def make(arguments: dict[str, Any], mode: AutoresetMode = AutoresetMode.SAME_STEP, n: int = N) -> PipelineVectorActions:
    return PipelineVectorActions(DataSciVectorEnv(n, autoreset_mode=mode, **arguments), GRID)


def plain(value: Any) -> Any:
    """Arrays as lists with their types, mappings as dictionaries, not-a-number as a word: comparable by ``==``."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, [plain(item) for item in value.tolist()]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in ("attempts", "_attempts")}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return "nan" if value != value else value


def transcript(envs: VectorEnv, batches: list[Any]) -> list[Any]:
    """What comes back for these choices; with autoreset disabled, ended episodes are reset where there are some."""
    records = [plain(envs.reset(seed=5))]
    for batch in batches:
        step = envs.step(np.array(batch))
        records.append(plain(step))
        ended = step[2] | step[3]
        if envs.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
            records.append(plain(envs.reset(options={"reset_mask": ended})))
    return records


CHOICES = st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 5))


@pytest.mark.parametrize("mode", list(AutoresetMode))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(CHOICES, min_size=N, max_size=N), max_size=6))
def test_it_is_so_many_single_environments(arguments: dict[str, Any], mode: AutoresetMode, batches: list[Any]) -> None:
    singles = [PipelineActions(env, GRID) for env in DataSciEnv(**arguments).siblings(N)]
    expected = SyncVectorEnv([lambda env=env: env for env in singles], autoreset_mode=mode)  # type: ignore[misc]
    envs = make(arguments, mode)
    assert transcript(envs, batches) == transcript(expected, batches)
    for ours, theirs in [
        (envs.single_action_space, expected.single_action_space),
        (envs.action_space, expected.action_space),
        (envs.single_observation_space, expected.single_observation_space),
        (envs.observation_space, expected.observation_space),
    ]:
        assert ours == theirs


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mode=st.sampled_from([AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP]),
    before=st.lists(st.lists(CHOICES, min_size=N, max_size=N), max_size=4),
    after=st.lists(st.lists(CHOICES, min_size=N, max_size=N), min_size=1, max_size=4),
)
def test_after_a_restore_all_goes_on_exactly(
    arguments: dict[str, Any], mode: AutoresetMode, before: list[Any], after: list[Any]
) -> None:
    straight = make(arguments, mode)
    observations, _ = straight.reset(seed=5)
    for batch in before:
        observations = straight.step(batch)[0]
    snapshots = json.loads(json.dumps(straight.snapshots()))
    again = make(arguments, mode)
    restored = again.restore(snapshots)
    assert restored.dtype == np.float32
    assert np.array_equal(restored, observations)
    for batch in after:
        assert plain(again.step(batch)) == plain(straight.step(batch))


def test_what_is_seen_of_a_failed_attempt_and_of_an_ended_episode(arguments: dict[str, Any]) -> None:
    envs = make(arguments, n=2)
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space
    table = [
        [np.log10(60), np.log10(2), np.log10(2), 0.5, 0.5, 0],
        [np.log10(40), np.log10(2), np.log10(2), 0.5, 0.5, 0],
    ]
    assert observations == pytest.approx(np.array([[*table[0], 0, 1], [*table[1], 0, 1]]), rel=1e-6)
    observations, rewards, _, _, infos = envs.step([NEIGHBOURS, BAYES])
    assert rewards.tolist() == [-1.0, 0.5]
    assert observations == pytest.approx(np.array([[*table[0], -1, 0.5], [*table[1], 0, 1]]), rel=1e-6)
    assert infos["final_obs"][0] is None
    assert infos["final_obs"][1] == pytest.approx(np.array([*table[1], 0.5, 0.5]), rel=1e-6)
    assert infos["final_obs"][1].dtype == np.float32
    assert [info["status"] for info in infos["attempts"]] == ["failed", "scored"]


def test_the_last_observation_of_an_episode_is_of_its_own_task(arguments: dict[str, Any]) -> None:
    envs = make(arguments, n=1)
    envs.reset(seed=0)
    observations, _, _, _, infos = envs.step([BAYES])
    assert infos["final_obs"][0][0] == np.float32(np.log10(60))
    assert observations[0][0] == np.float32(np.log10(40))


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([BAYES, BAYES], "actions: given 2; allowed: num_envs=3 choices"),
        ([BAYES] * 4, "actions: given 4; allowed: num_envs=3 choices"),
        (7, "actions: given 7; allowed: num_envs=3 choices"),
        (None, "actions: given None; allowed: num_envs=3 choices"),
        ([BAYES, BAYES, (0, 2, 0)], "allowed: three integers from 0, below"),
        ([BAYES, BAYES, (0, 0)], "allowed: three integers from 0, below"),
        (np.zeros((3, 3)), "allowed: three integers from 0, below"),
        ("abc", "allowed: three integers from 0, below"),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_is_run(
    arguments: dict[str, Any], actions: Any, message: str
) -> None:
    envs = make(arguments)
    before, _ = envs.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        envs.step(actions)
    assert arguments["sandbox"].jobs == []
    assert np.array_equal(envs.restore(envs.snapshots()), before)
    assert envs.step(tuple([BAYES] * 3))[1].tolist() == [0.5] * 3


def test_a_task_without_solutions_is_refused_before_anything_is_run(arguments: dict[str, Any]) -> None:
    envs = PipelineVectorActions(DataSciVectorEnv(2, **arguments), TaskSolutions())
    envs.reset(seed=0)
    with pytest.raises(ValueError, match="task 'first' has no 'reference' solution"):
        envs.step(np.array([[1], [1]]))
    assert arguments["sandbox"].jobs == []


def test_other_environments_are_refused() -> None:
    for envs in (gym.make_vec("CartPole-v1", num_envs=2), gym.make("CartPole-v1")):
        with pytest.raises(ValueError, match=r"allowed: what gymnasium.make_vec\('DataSci-v0', ...\) makes"):
            PipelineVectorActions(envs)  # type: ignore[arg-type]


def test_before_the_first_reset_there_is_nothing_to_see(arguments: dict[str, Any]) -> None:
    with pytest.raises(ResetNeeded):
        make(arguments).snapshots()


def test_gymnasiums_wrappers_go_around_it_and_under_it(arguments: dict[str, Any]) -> None:
    around = RecordEpisodeStatistics(make(arguments))
    under = PipelineVectorActions(RecordEpisodeStatistics(DataSciVectorEnv(N, **arguments)), GRID)
    for envs in (around, under):
        envs.reset(seed=0)
        infos = envs.step(np.array([BAYES] * N))[4]
        assert infos["episode"]["r"].tolist() == [0.5] * N


def test_programs_that_really_run() -> None:
    envs = PipelineVectorActions(
        gym.make_vec("DataSci-v0", num_envs=2, task="monks_1", n_splits=2, autoreset_mode=AutoresetMode.SAME_STEP)
    )
    envs.reset(seed=0)
    observations, rewards, terminations, _, infos = envs.step(np.array([[0, 1, 0], [0, 4, 3]]))
    assert observations in envs.observation_space
    assert terminations.all()
    assert (rewards > 0.6).all()
    assert ["GaussianNB" in infos["attempts"][0]["code"], "DecisionTree" in infos["attempts"][1]["code"]] == [
        True,
        True,
    ]
    envs.close()
    assert envs.closed
