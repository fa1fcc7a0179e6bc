from __future__ import annotations

import itertools

import gymnasium as gym
import pytest
import torch

from agents.actor import LanguageModelActor
from agents.agent import SamplingConfig
from agents.collector import Collector
from agents.generation import LocalSampler
from agents.language_model import LanguageModel
from agents.rollout import Trajectory, Turn, bootstrap_states, hidden_states, token_batch

DEVICE = torch.device("cpu")


def turn(prompt: tuple[int, ...], action: tuple[int, ...], reward: float, following: tuple[int, ...] | None) -> Turn:
    return Turn(
        0, "", "", prompt, action, (-1.0,) * len(action), "eos", reward, following is None, False, following, {}
    )


REPAIRED: Trajectory = (turn((5, 6), (7, 8, 9), -1.0, (5, 6, 7)), turn((5, 6, 7), (4,), 0.8, None))
UNFINISHED: Trajectory = (turn((5, 6), (9, 9), -1.0, (1, 2)),)


def test_layout_of_several_turns() -> None:
    batch = token_batch([REPAIRED, UNFINISHED], 0.9, DEVICE)
    assert len(batch) == 6
    assert batch.prompts == ((5, 6), (5, 6, 7))
    assert batch.prompt_index.tolist() == [0, 1, 0]
    assert batch.bootstrap_prompts == ((1, 2),)
    assert batch.tokens.tolist() == [7, 8, 9, 4, 9, 9]
    assert batch.rewards.tolist() == pytest.approx([0, 0, -1, 0.8, 0, -1])
    assert batch.discounts.tolist() == pytest.approx([1, 1, 0.9, 0, 1, 0.9])
    assert batch.continues.tolist() == [True, True, True, False, True, False]
    assert batch.next_states.tolist() == [1, 2, 3, 0, 5, 6]
    assert batch.action_lengths.tolist() == [3, 1, 2]


def test_all_actions_of_one_token_and_all_terminated(language_model: LanguageModel) -> None:
    batch = token_batch([(turn((5, 6), (0,), 0.5, None),), (turn((5,), (3,), 0.5, None),)], 0.9, DEVICE)
    assert bootstrap_states(language_model, batch, "policy").shape == (0, language_model.hidden_size)
    assert hidden_states(language_model, batch, "policy").shape == (2, language_model.hidden_size)


def test_padding_token_inside_an_action_is_trained(language_model: LanguageModel) -> None:
    """Masks come from lengths: a sampled end of sequence, equal to the padding token, is a token like any other."""
    assert language_model.pad_token_id == 0
    batch = token_batch([(turn((0, 5), (7, 0), 1.0, None),), (turn((5,), (1, 2, 3, 4), 1.0, None),)], 0.9, DEVICE)
    assert len(batch) == 6
    assert hidden_states(language_model, batch, "policy").shape[0] == 6


@pytest.mark.parametrize("reads_trees", [True, False])
@pytest.mark.parametrize("architecture", ["make_llama", "make_gpt2"])
def test_hidden_states_and_gradients_do_not_depend_on_batching(
    architecture: str, reads_trees: bool, request: pytest.FixtureRequest, wrap
) -> None:
    """Padding and the shared reading of what is common change nothing: each turn is computed alone, too."""
    model = wrap(request.getfixturevalue(architecture)())
    assert model.reads_trees
    model.reads_trees = reads_trees
    batch = token_batch([REPAIRED, UNFINISHED], 0.9, DEVICE)
    together = hidden_states(model, batch, "policy")
    weights = torch.randn(together.shape, generator=torch.Generator().manual_seed(0))
    parameters = list(model.trainable_parameters().values())
    gradients = torch.autograd.grad((together * weights).sum(), parameters)

    rows = []
    for one in (*REPAIRED, *UNFINISHED):
        token_ids = torch.tensor([[*one.prompt_ids, *one.action_ids[:-1]]])
        hidden = model.forward(token_ids, torch.ones_like(token_ids), model.new_cache())
        rows.append(hidden[0, len(one.prompt_ids) - 1 :])
    alone = torch.cat(rows)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    for found, expected in zip(gradients, torch.autograd.grad((alone * weights).sum(), parameters), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
    token_ids = torch.tensor([[1, 2]])
    expected = model.forward(token_ids, torch.ones_like(token_ids), model.new_cache())[:, -1]
    torch.testing.assert_close(bootstrap_states(model, batch, "policy"), expected, atol=1e-5, rtol=1e-4)


def collector(model: LanguageModel, **settings: int) -> Collector:
    config = SamplingConfig(max_new_tokens=6, **settings)
    actor = LanguageModelActor(model, LocalSampler(model), config)
    return Collector(actor, torch.Generator().manual_seed(0), 0, config.steps_per_iteration)


def test_collected_turns_are_chained_by_episode(language_model: LanguageModel, make_envs) -> None:
    envs = make_envs(3, lambda action: None if len(action) % 2 else 0.5, max_attempts=3)
    subject = collector(language_model)
    subject.begin(envs)
    rollout = subject.collect(envs, 5)
    assert len(rollout.turns) == subject.env_steps == 15
    assert sum(map(len, rollout.trajectories)) == 15
    for trajectory in rollout.trajectories:
        assert len({turn.env_index for turn in trajectory}) == 1
        for earlier, later in itertools.pairwise(trajectory):
            assert not earlier.terminated
            assert earlier.next_prompt_ids == later.prompt_ids
        last = trajectory[-1]
        assert last.terminated == (last.next_prompt_ids is None)
    statuses = {turn.info["status"] for turn in rollout.turns}
    assert statuses == {"scored", "failed"}
    metrics = rollout.metrics()
    assert metrics["valid_rate"] == sum(turn.reward > -1 for turn in rollout.turns) / 15
    assert metrics["eos_rate"] + metrics["function_end_rate"] + metrics["truncation_rate"] == pytest.approx(1)


def test_a_truncated_episode_goes_on_in_its_own_last_observation(language_model: LanguageModel, make_envs) -> None:
    envs = make_envs(1, lambda action: None, max_attempts=5, time_limit=2)
    subject = collector(language_model)
    subject.begin(envs)
    first, second = subject.collect(envs, 2).turns
    assert second.truncated
    assert not second.terminated
    reserve = 6
    assert second.next_prompt_ids == language_model.encode_prompt(
        "# Task: a table. It failed. It failed. Write:", reserve
    )
    assert first.next_prompt_ids == second.prompt_ids


def test_steps_left_stops_at_the_budget(language_model: LanguageModel, make_envs) -> None:
    envs = make_envs(4, lambda action: 0.5)
    subject = collector(language_model, steps_per_iteration=3)
    subject.begin(envs)
    assert subject.steps_left(envs, 100) == 3
    assert subject.steps_left(envs, 8) == 2
    subject.collect(envs, 2)
    assert subject.steps_left(envs, 9) == 1
    assert subject.steps_left(envs, 8) == 0


def test_infos_of_any_gymnasium_vector_environment(language_model: LanguageModel) -> None:
    """Without the suite's own list of infos, the attempt's info is taken from Gymnasium's arrays."""

    class WordEnv(gym.Env):
        observation_space = action_space = gym.spaces.Text(1000)

        def reset(self, *, seed=None, options=None):
            return "# Task", {}

        def step(self, action):
            return "# Task", 0.5, True, False, {"status": "scored", "score": 0.5}

    envs = gym.vector.SyncVectorEnv([WordEnv] * 2, autoreset_mode=gym.vector.AutoresetMode.SAME_STEP)
    subject = collector(language_model)
    subject.begin(envs)
    assert [turn.info["status"] for turn in subject.collect(envs, 1).turns] == ["scored", "scored"]


def test_other_autoreset_modes_are_refused(language_model: LanguageModel, make_envs) -> None:
    envs = make_envs(1, lambda action: 0.5)
    envs.metadata = {"autoreset_mode": gym.vector.AutoresetMode.NEXT_STEP}
    with pytest.raises(ValueError, match="SAME_STEP"):
        collector(language_model).begin(envs)
