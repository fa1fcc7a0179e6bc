"""What Gymnasium asks of an environment, with programs really run."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.env_match import check_environments_match
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv

import ds_gym
from ds_gym.env import DataSciEnv
from ds_gym.evaluation import PROTOCOLS
from ds_gym.prompts import PROMPT_STYLES

LINEAR = (
    "\n    from sklearn.linear_model import LogisticRegression"
    "\n    return LogisticRegression(C={}).fit(x_train, y_train)"
)
FOREST = (
    "\n    from sklearn.ensemble import RandomForestClassifier"
    "\n    return RandomForestClassifier(20).fit(x_train, y_train)"  # unseeded: the sandbox must seed it
)
UNNAMED = "\n    # 漢字 ünïcødé 🙂\n    return LogisticRegression().fit(x_train, y_train)"
NO_PROBABILITIES = "\n    from sklearn.svm import LinearSVC\n    return LinearSVC().fit(x_train, y_train)"
NOTHING = "\n    x = 1"
BROKEN = "\n    return ("


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


IDS = [env_id for env_id, spec in gym.registry.items() if str(spec.entry_point).startswith("ds_gym.")]
EVERY_KIND = [
    pytest.param(
        env_id, {"prompt": prompt, "protocol": protocol, "render_mode": mode}, id=f"{prompt}-{protocol}-{mode}"
    )
    for env_id in IDS
    for prompt in PROMPT_STYLES
    for protocol in PROTOCOLS
    for mode in (None, *DataSciEnv.metadata["render_modes"])
]


def make(env_id: str, **kwargs: Any) -> gym.Env:
    return gym.make(env_id, n_splits=2, **kwargs)


@pytest.mark.parametrize(("env_id", "kwargs"), EVERY_KIND)
def test_checker(env_id: str, kwargs: dict[str, Any]) -> None:
    env = make(env_id, **kwargs)
    check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize(("env_id", "kwargs"), EVERY_KIND)
def test_two_environments_match(env_id: str, kwargs: dict[str, Any]) -> None:
    check_environments_match(make(env_id, **kwargs), make(env_id, **kwargs), num_steps=20, seed=3)


@pytest.mark.parametrize(("env_id", "kwargs"), EVERY_KIND)
def test_a_spec_can_be_written_and_read(env_id: str, kwargs: dict[str, Any]) -> None:
    env = make(env_id, **kwargs)
    assert env.spec is not None
    first = env.reset(seed=1)
    for spec in (pickle.loads(pickle.dumps(env.spec)), EnvSpec.from_json(env.spec.to_json())):
        assert spec == env.spec
        again = gym.make(spec)
        assert again.spec == env.spec
        assert again.reset(seed=1) == first
        assert again.step(NOTHING) == env.step(NOTHING)
        env.reset(seed=1)


@pytest.mark.parametrize("env_id", IDS)
def test_a_namespaced_id(env_id: str) -> None:
    env = gym.make(f"ds_gym:{env_id}", task="wine")
    assert env.spec is not None
    assert json.loads(env.spec.to_json())["entry_point"] == "ds_gym.env:DataSciEnv"
    envs = gym.make_vec(f"ds_gym:{env_id}", num_envs=2, tasks=["wine", "digits"], max_episode_steps=2)
    assert envs.spec is not None
    for spec in (pickle.loads(pickle.dumps(envs.spec)), EnvSpec.from_json(envs.spec.to_json())):
        assert gym.make_vec(spec).reset(seed=0)[0] == envs.reset(seed=0)[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("prompt", "render_mode"), list(zip(PROMPT_STYLES, (None, "ansi", "human"), strict=True)))
def test_200_actions_twice(prompt: str, protocol: str, render_mode: str | None) -> None:
    settings = {"prompt": prompt, "protocol": protocol, "render_mode": render_mode, "cache": False}
    tasks = ["balance_scale", "wine"]
    first, second = (gym.make("DataSci-v0", n_splits=1, tasks=tasks, task_order="random", **settings) for _ in range(2))
    first.action_space.seed(7)
    kinds = np.random.default_rng(7).integers(10, size=200)
    assert first.reset(seed=7) == second.reset(seed=7)
    scores = set()
    for number, kind in enumerate(kinds):
        programs = (LINEAR.format(1 + number), NO_PROBABILITIES, BROKEN, UNNAMED, NOTHING)
        action = programs[kind] if kind < len(programs) else first.action_space.sample()
        step = first.step(action)
        assert second.step(action) == step
        if render_mode is not None:
            assert first.render() == second.render()
        if step[2]:
            scores.add(step[1])
            assert first.reset() == second.reset()
    assert len(scores) > 10


def rollout(task: str) -> list[Any]:
    env = gym.make("DataSci-v0", task=task, n_splits=2)
    records: list[Any] = [env.reset(seed=4)]
    for action in (UNNAMED, NO_PROBABILITIES, NOTHING, BROKEN, FOREST):
        records.append(env.step(action))
    records.append(env.get_wrapper_attr("holdout_score")(FOREST))
    env.close()
    return records


@pytest.mark.parametrize("task", ["balance_scale", "breast_cancer"])
def test_same_actions_same_transcript(task: str) -> None:
    from ds_gym.cache import shared_cache

    first = rollout(task)
    shared_cache().clear()
    assert rollout(task) == first
    errors = [record[4]["error"] for record in first[1:-1]]
    assert [error and (error["kind"], error["line"]) for error in errors] == [
        ("exception", 3),
        ("exception", None),
        ("invalid_predictions", None),
        ("syntax", 2),
        None,
    ]
    assert "LogisticRegression" in errors[0]["message"]
    assert 0.5 < first[5][1] <= 1.0
    assert 0.5 < first[-1] <= 1.0


def vector_transcript(envs: VectorEnv) -> list[Any]:
    actions = (UNNAMED, LINEAR.format(1), NOTHING), (LINEAR.format(2), BROKEN, "\udce9"), (FOREST, UNNAMED, FOREST)
    records: list[Any] = [envs.reset(seed=0)[0]]
    for batch in actions:
        observations, rewards, terminations, truncations, infos = envs.step(batch)
        masked = [infos["code"][i] if infos.get("_code", [False] * 3)[i] else None for i in range(3)]
        records.append((observations, rewards.tolist(), terminations.tolist(), truncations.tolist(), masked))
    envs.close()
    return records


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_all_vector_environments_agree(mode: AutoresetMode) -> None:
    def make() -> gym.Env:
        return gym.make("DataSci-v0", n_splits=2)

    ours = gym.make_vec("DataSci-v0", num_envs=3, n_splits=2, autoreset_mode=mode)
    assert type(ours).__name__ == "DataSciVectorEnv"
    makers: dict[str, Callable[[], VectorEnv]] = {
        "sync": lambda: SyncVectorEnv([make] * 3, autoreset_mode=mode),
        "async, shared memory": lambda: AsyncVectorEnv([make] * 3, autoreset_mode=mode),
        "async, pipes": lambda: AsyncVectorEnv([make] * 3, shared_memory=False, autoreset_mode=mode),
    }
    expected = vector_transcript(ours)
    assert 0.5 < expected[1][1][1] <= 1.0
    for name, maker in makers.items():
        assert vector_transcript(maker()) == expected, name


def test_importing_is_light() -> None:
    code = "import sys, ds_gym; print([m for m in ('torch', 'transformers', 'sklearn', 'pandas') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_using_an_environment_imports_no_learner() -> None:
    code = (
        "import sys, gymnasium, ds_gym; env = gymnasium.make('DataSci-v0', n_splits=1); env.reset(seed=0); "
        f"print(env.step({LINEAR.format(1)!r})[1] > .5, 'torch' in sys.modules, 'agents' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "True False False"


def test_version_and_names() -> None:
    assert ds_gym.__version__
    assert all(hasattr(ds_gym, name) for name in ds_gym.__all__)
