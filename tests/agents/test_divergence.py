"""A loss or gradient that is no number stops the run before anything is changed, and hands over the batch."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_leaves

from agents import TrainingDiverged, make_agent, make_config
from agents.agent import Agent
from agents.language_model import LanguageModel
from tests.agents.learners import CASES, critic_setting, trained_parameters

SETTINGS = {"max_new_tokens": 6, "steps_per_iteration": 1}


def vowels(action: str) -> float:
    return sum(letter in "aeiou" for letter in action) / max(1, len(action))


def parts_that_learn(agent: Any) -> dict[str, Any]:
    """A copy of the networks and optimisers; not of what was collected, which goes on."""
    state = agent.state_dict()
    parts = ("policy", "critic", "policy_optimizer", "critic_optimizer")
    return copy.deepcopy({key: state[key] for key in parts if key in state})


def assert_unchanged_and_finite(agent: Agent, before: dict[str, Any]) -> None:
    leaves, leaves_before = tree_leaves(parts_that_learn(agent)), tree_leaves(before)
    assert len(leaves) == len(leaves_before)
    for leaf, leaf_before in zip(leaves, leaves_before, strict=True):
        if isinstance(leaf, torch.Tensor):
            assert torch.equal(leaf, leaf_before)
            assert leaf.isfinite().all()
        else:
            assert leaf == leaf_before


@pytest.mark.parametrize("reward", [float("inf"), float("nan")])
@pytest.mark.parametrize(("name", "critic"), [case for case in CASES if case[0] != "rft"])  # no reward in its loss
def test_a_loss_that_is_no_number_changes_nothing(
    name: str, critic: str | None, reward: float, language_model: LanguageModel, make_envs, tmp_path: Path
) -> None:
    rewards = {"now": None}
    replay = {"replay_turns": 0} if name == "etpo" else {}
    agent = make_agent(name, language_model, make_config(name, **critic_setting(critic), **SETTINGS, **replay))
    learning = agent.learn(make_envs(4, lambda a: vowels(a) if rewards["now"] is None else rewards["now"]), 8)
    next(learning)  # one healthy update, so that the optimisers have a state
    before = parts_that_learn(agent)
    rewards["now"] = reward
    with pytest.raises(TrainingDiverged, match=r"_loss became (nan|inf|-inf)") as caught:
        next(learning)
    assert "\n" not in str(caught.value)
    assert_unchanged_and_finite(agent, before)

    batch = caught.value.batch
    assert batch is not None
    torch.save(batch, tmp_path / "diverged.pt")
    read = torch.load(tmp_path / "diverged.pt", weights_only=True)
    assert len(read["turns"]) == 4
    n_tokens = sum(len(turn["action_ids"]) for turn in read["turns"])
    assert all(
        len(turn["log_probs"]) == len(turn["action_ids"]) > 0 < len(turn["prompt_ids"]) for turn in read["turns"]
    )
    assert not torch.tensor([turn["reward"] for turn in read["turns"]]).isfinite().any()
    (n_evaluated,) = {len(values) for values in read["tokens"].values()}
    assert n_evaluated == n_tokens if name != "etpo" else 0 < n_evaluated <= n_tokens  # shared tokens count once
    assert (
        not torch.stack([read["tokens"].get(key, torch.ones(())).sum() for key in ("policy_loss", "critic_loss")])
        .isfinite()
        .all()
    )
    assert read["tokens"]["kl"].isfinite().all()


@pytest.mark.parametrize(
    ("owner", "name", "critic"),
    [(owner, *case) for case in CASES for owner in ("policy", "critic") if owner == "policy" or case[1]],
)
def test_a_gradient_that_is_no_number_changes_nothing(
    owner: str, name: str, critic: str | None, language_model: LanguageModel, make_envs
) -> None:
    agent: Any = make_agent(name, language_model, make_config(name, **critic_setting(critic), **SETTINGS))
    learning = agent.learn(make_envs(4, vowels), 8)
    next(learning)
    before = parts_that_learn(agent)
    key, parameter = list(agent._optimizer.parameters[owner].items())[-1]
    handle = parameter.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(TrainingDiverged, match=f"{owner}_gradient became nan") as caught:
        next(learning)
    handle.remove()
    assert_unchanged_and_finite(agent, before)
    assert caught.value.batch is not None
    assert caught.value.batch["not_finite_gradients"] == [f"{owner}: {key}"]


def test_learning_goes_on_after_a_batch_that_was_no_number(language_model: LanguageModel, make_envs) -> None:
    """Nothing of the failed batch is left behind: the next update is that of a learner that never saw it."""
    rewards: list[float | None] = [float("nan"), None]
    agents = []
    for first in rewards:
        agent: Any = make_agent("etpo", copy.deepcopy(language_model), make_config("etpo", **SETTINGS))
        now = {"reward": first}
        learning = agent.learn(
            make_envs(4, lambda a, now=now: vowels(a) if now["reward"] is None else now["reward"]), 4
        )
        if first is not None:
            with pytest.raises(TrainingDiverged):
                next(learning)
            agent._generator.manual_seed(0)
            agent._collector.load_state_dict({"env_steps": 0, "snapshots": None})
            now["reward"] = None
            learning = agent.learn(make_envs(4, vowels), 4)
        next(learning)
        agents.append(parts_that_learn(agent))
    for leaf, expected in zip(tree_leaves(agents[0]), tree_leaves(agents[1]), strict=True):
        assert torch.equal(leaf, expected) if isinstance(leaf, torch.Tensor) else leaf == expected


def test_a_failure_in_a_later_group_leaves_no_gradient(language_model: LanguageModel, make_envs) -> None:
    seen: list[str] = []

    def reward(action: str) -> float:
        seen.append(action)
        return float("nan") if len(seen) == 4 else 0.5

    agent: Any = make_agent("ppo", language_model, make_config("ppo", micro_batch_tokens=1, gae_lambda=0.0, **SETTINGS))
    with pytest.raises(TrainingDiverged):
        list(agent.learn(make_envs(4, reward), 4))
    assert all(parameter.grad is None for parameter in trained_parameters(agent).values())
