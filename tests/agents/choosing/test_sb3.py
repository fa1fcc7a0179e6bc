"""Stable-Baselines3's PPO and A2C as agents: what they do is theirs, and it repeats."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import stable_baselines3
import torch
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import DummyVecEnv

import ds_gym
from agents import SB3A2CConfig, SB3PPOConfig, TrainingDiverged, make_agent, make_config
from agents.agent import agent_traits
from agents.random_states import OwnRandomStates, global_random_states
from ds_gym.wrappers import PipelineGrid, PipelineVectorActions
from ds_gym.wrappers.pipeline_grid import ESTIMATORS, SCALERS
from tests.agents.choosing.outcomes import interrupted, outcome, same
from tests.agents.choosing.table_envs import TableEnv, TableEnvs

TABLE = np.where(np.arange(6).reshape(2, 3) % 4 == 1, -1.0, np.linspace(0, 1, 6).reshape(2, 3))
"""With two choices that fail, so that episodes differ in length."""

pytestmark = pytest.mark.parametrize("name", ["sb3-ppo", "sb3-a2c"])


def make(name: str, seed: int = 0, **settings: Any) -> Any:
    return make_agent(name, None, make_config(name, **{"steps_per_iteration": 3, "hidden_width": 8, **settings}), seed)


def envs_of(num_envs: int = 3, **settings: Any) -> TableEnvs:
    return TableEnvs(num_envs, TABLE, TABLE[::-1], **settings)


def draw_from_all() -> None:
    random.random()
    np.random.rand()  # noqa: NPY002
    torch.rand(())


def test_the_same_seed_gives_the_same_attempts_wherever_the_global_generators_stand(name: str) -> None:
    first = outcome(make(name).learn(envs_of(), 27))
    draw_from_all()
    assert outcome(make(name).learn(envs_of(), 27)) == first
    assert outcome(make(name, seed=1).learn(envs_of(), 27)) != first


def test_global_generators_are_left_as_they_were(name: str) -> None:
    agent = make(name)
    before = global_random_states()
    for _ in agent.learn(envs_of(), 27):
        assert global_random_states() == before
    agent.act(envs_of().reset()[0], torch.Generator().manual_seed(0))
    make(name).load_state_dict(agent.state_dict())
    assert global_random_states() == before


@pytest.mark.parametrize("time_limit", [None, 2])
def test_interrupted_at_any_iteration_it_goes_on_exactly(name: str, time_limit: int | None, tmp_path: Path) -> None:
    straight = make(name, 4)
    expected = outcome(straight.learn(envs_of(time_limit=time_limit), 45))
    assert len(expected) == 5
    for stop in range(0, 45, 9):
        draw_from_all()
        found, agent = interrupted(lambda: make(name, 4), lambda: envs_of(time_limit=time_limit), [stop, 45], tmp_path)
        assert found == expected
        assert same(agent.state_dict(), straight.state_dict())


def test_a_run_that_stopped_and_learns_on_with_a_greater_budget_goes_on_exactly(name: str) -> None:
    expected = outcome(make(name).learn(envs_of(), 36))
    agent = make(name)
    found = outcome(agent.learn(envs_of(), 18))
    assert found + outcome(agent.learn(envs_of(), 36)) == expected


@pytest.mark.parametrize("time_limit", [None, 2])
def test_it_is_what_stable_baselines3_does(name: str, time_limit: int | None) -> None:
    """Its own loop, with its own vector environment, makes the same attempts and comes to the same weights."""
    agent = make(name, 7, **({"batch_size": 6} if name == "sb3-ppo" else {}))
    envs = TableEnvs(2, TABLE, time_limit=time_limit)
    list(agent.learn(envs, 48))

    made: list[tuple[int, ...]] = []

    class Recorded(TableEnv):
        def step(self, action: Any) -> Any:
            made.append(tuple(int(index) for index in action))
            return super().step(action)

    def single() -> gym.Env:
        env = Recorded(TABLE)
        return env if time_limit is None else gym.wrappers.TimeLimit(env, time_limit)

    algorithm = {"sb3-ppo": stable_baselines3.PPO, "sb3-a2c": stable_baselines3.A2C}[name]
    own = {"n_epochs": 10, "batch_size": 6, "clip_range": 0.2} if name == "sb3-ppo" else {}
    with OwnRandomStates(7).in_place():
        model = algorithm("MlpPolicy", DummyVecEnv([single] * 2), **agent.config.arguments(), **own)
        model.learn(48)
    assert made == envs.actions
    assert same(dict(model.policy.state_dict()), agent.state_dict()["algorithm"]["policy"])


@pytest.mark.parametrize(("num_envs", "budget", "sizes"), [(3, 20, [9, 9, 3]), (3, 18, [9, 9]), (4, 1, [4])])
def test_the_budget_is_kept(name: str, num_envs: int, budget: int, sizes: list[int]) -> None:
    envs = envs_of(num_envs)
    iterations = list(make(name).learn(envs, budget))
    assert [len(i.turns) for i in iterations] == sizes
    assert [i.env_steps for i in iterations] == np.cumsum(sizes).tolist()
    assert len(envs.actions) == sum(sizes)


def test_a_short_last_iteration_is_learnt_from_and_goes_on(name: str) -> None:
    agent = make(name)
    iterations = list(agent.learn(envs_of(2), 7)) + list(agent.learn(envs_of(2), 20))
    assert [len(i.turns) for i in iterations] == [6, 2, 6, 6]
    assert all(i.gradient_steps > 0 for i in iterations)


def test_turns_are_the_attempts_as_they_were_made(name: str) -> None:
    envs = envs_of(3, time_limit=2)
    turns = [turn for i in make(name).learn(envs, 36) for turn in i.turns]
    assert [turn.action for turn in turns] == envs.actions
    assert all(type(index) is int for turn in turns for index in turn.action)
    replay = envs_of(3, time_limit=2)
    observations, _ = replay.reset()
    for start in range(0, 36, 3):
        batch = turns[start : start + 3]
        assert [turn.env_index for turn in batch] == [0, 1, 2]
        assert np.array_equal([turn.prompt for turn in batch], observations)
        observations, rewards, terminations, truncations, infos = replay.step([turn.action for turn in batch])
        assert [turn.reward for turn in batch] == rewards.tolist()
        assert [turn.terminated for turn in batch] == terminations.tolist()
        assert [turn.truncated for turn in batch] == truncations.tolist()
        assert [turn.info for turn in batch] == infos["attempts"]
        assert [turn.next_prompt_ids for turn in batch] == [None if ended else () for ended in terminations]
    assert any(turn.truncated for turn in turns)
    assert all(turn.stop_reason is None and turn.prompt_ids == turn.action_ids == () for turn in turns)


def test_metrics_are_finite_and_the_same_in_every_iteration(name: str) -> None:
    for table in (TABLE, np.full((2, 3), 0.5)):  # equal rewards: the variance that could be explained is 0
        iterations = list(make(name, gamma=0).learn(TableEnvs(3, table), 29))
        assert len({tuple(i.metrics) for i in iterations}) == 1
        assert all(math.isfinite(value) for i in iterations for value in i.metrics.values())
        assert {"mean_reward", "valid_rate", "policy_loss", "value_loss", "entropy", "explained_variance"} <= set(
            iterations[0].metrics
        )
        assert iterations[0].metrics["entropy"] == pytest.approx(math.log(6), abs=0.05)
        assert all(set(i.seconds) == {"generation", "environment", "update"} for i in iterations)
        assert all(seconds >= 0 for i in iterations for seconds in i.seconds.values())
        assert all(i.generated_tokens == 0 for i in iterations)


def test_an_iteration_of_a_single_attempt_will_do(name: str) -> None:
    iterations = list(make(name, steps_per_iteration=1).learn(envs_of(1), 5))
    assert [len(i.turns) for i in iterations] == [1] * 5
    assert all(math.isfinite(value) for i in iterations for value in i.metrics.values())


def test_gradient_steps_are_those_of_the_optimiser(name: str) -> None:
    settings = {"n_epochs": 3, "batch_size": 4} if name == "sb3-ppo" else {}
    iterations = list(make(name, **settings).learn(envs_of(3), 18))
    assert [i.gradient_steps for i in iterations] == ([9, 9] if name == "sb3-ppo" else [1, 1])


def test_the_policy_moves_to_the_better_choice(name: str) -> None:
    envs = TableEnvs(8, [[0.1, 0.1], [0.1, 0.9]])
    agent = make_agent(name, None, make_config(name))
    observations = np.repeat(envs.reset()[0][:1], 400, axis=0)

    def share_of_best() -> float:
        return agent.act(observations, torch.Generator().manual_seed(0)).count((1, 1)) / 400

    list(agent.learn(envs, 0))
    assert 0.15 < share_of_best() < 0.35
    list(agent.learn(envs, 512))
    assert share_of_best() > 0.8


def test_acting_draws_from_the_generator_alone_and_follows_the_policy(name: str) -> None:
    agent = make(name)
    envs = envs_of()
    list(agent.learn(envs, 27))
    observations = np.repeat(envs.reset()[0][:1], 3000, axis=0)
    before, state = global_random_states(), agent.state_dict()
    choices = agent.act(observations, torch.Generator().manual_seed(1))
    assert choices == agent.act(observations, torch.Generator().manual_seed(1))
    assert choices != agent.act(observations, torch.Generator().manual_seed(2))
    assert global_random_states() == before
    assert same(agent.state_dict(), state)
    policy = agent._policy.model.policy
    distribution = policy.get_distribution(torch.as_tensor(observations[:1])).distribution
    first, second = (each.probs[0].tolist() for each in distribution)
    counts = Counter(choices)
    for choice in np.ndindex(2, 3):
        assert counts[choice] / 3000 == pytest.approx(first[choice[0]] * second[choice[1]], abs=0.04)


def test_a_loaded_agent_acts_without_environments(name: str) -> None:
    agent = make(name)
    list(agent.learn(envs_of(), 27))
    again = make(name)
    again.load_state_dict(agent.state_dict())
    observations = np.repeat(envs_of().reset()[0], 50, axis=0)
    generator = torch.Generator().manual_seed(0)
    assert again.act(observations, generator) == agent.act(observations, generator.manual_seed(0))


def test_a_state_shares_nothing_with_the_agent(name: str) -> None:
    agent = make(name)
    list(agent.learn(envs_of(), 9))
    state = agent.state_dict()
    weights = {key: value.clone() for key, value in state["algorithm"]["policy"].items()}
    list(agent.learn(envs_of(), 18))
    assert same(state["algorithm"]["policy"], weights)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_a_gradient_that_is_no_number_stops_learning_before_the_weights_are_lost(name: str) -> None:
    agent = make(name)
    envs = envs_of()
    list(agent.learn(envs, 9))
    weights = agent.state_dict()["algorithm"]["policy"]
    envs.envs[0]._rewards = np.full((2, 3), np.inf)
    with pytest.raises(TrainingDiverged, match="a gradient is not finite") as caught:
        list(agent.learn(envs, 18))
    assert same(agent.state_dict()["algorithm"]["policy"], weights)
    iteration = caught.value.iteration
    assert iteration is not None
    assert (iteration.env_steps, len(iteration.turns), iteration.gradient_steps) == (18, 9, 0)


def test_what_it_cannot_do_is_told(name: str) -> None:
    with pytest.raises(ValueError, match=f"agent '{name}' has no policy yet"):
        make(name).act([np.zeros(8)], torch.Generator())
    with pytest.raises(ValueError, match="this agent makes choices"):
        next(make(name).learn(gym.make_vec("CartPole-v1", num_envs=2), 2))
    agent = make(name)
    list(agent.learn(envs_of(3), 9))
    for other in (TableEnvs(3, [0.1, 0.2]), envs_of(2)):
        with pytest.raises(ValueError, match="the agent was trained in 3 environments that show"):
            next(agent.learn(other, 18))
    with pytest.raises(ValueError, match="another seed: 0 there, 1 here"):
        make(name, seed=1).load_state_dict(agent.state_dict())


@pytest.mark.parametrize("setting", ["learning_rate", "gamma", "gae_lambda", "ent_coef", "hidden_width"])
def test_settings_that_are_not_allowed_are_named(name: str, setting: str) -> None:
    with pytest.raises(ValueError, match=f"{setting}=-1.* is not allowed"):
        make_config(name, **{setting: -1})


def test_without_the_package_the_error_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(ValueError, match=f"agent '{name}' needs Stable-Baselines3: pip install") as caught:
        make(name)
    assert "\n" not in str(caught.value)


def test_it_leaves_no_files_behind(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    list(make(name).learn(envs_of(), 9))
    assert list(tmp_path.iterdir()) == []


def test_it_is_registered_and_imported_only_where_it_is_used(name: str) -> None:
    traits = agent_traits(name)
    assert traits.config_class is {"sb3-ppo": SB3PPOConfig, "sb3-a2c": SB3A2CConfig}[name]
    assert (traits.model, traits.interface) == ("none", "pipelines")
    program = "import sys, agents; print('stable_baselines3' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_in_the_real_environments_it_goes_on_exactly(name: str, tmp_path: Path) -> None:
    grid = PipelineGrid(SCALERS[:2], (ESTIMATORS[1], ESTIMATORS[4]))

    def make_envs() -> PipelineVectorActions:
        envs = gym.make_vec(
            ds_gym.registration.ENV_ID,
            num_envs=2,
            task="monks_1",
            n_splits=2,
            autoreset_mode=AutoresetMode.SAME_STEP,
        )
        return PipelineVectorActions(envs, grid)

    expected = outcome(make(name).learn(make_envs(), 12))
    assert interrupted(lambda: make(name), make_envs, [6, 12], tmp_path)[0] == expected
    assert all(turn["info"]["status"] == "scored" for iteration in expected for turn in iteration[1])
