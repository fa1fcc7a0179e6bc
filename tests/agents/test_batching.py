"""Losses and gradients of whole updates do not depend on how a batch is put together."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from agents import make_agent, make_config
from agents.language_model import LanguageModel
from agents.learner import micro_batches
from agents.rollout import Trajectory, token_batch
from agents.vocabulary import chunk_rows
from tests.agents.attempts import attempt, mixed_trajectories, rollout_of, sampled_by
from tests.agents.learners import CASES, CASES_WITH_CRITIC, WITH_CRITIC, critic_setting, trained_parameters

Gradients = dict[str, torch.Tensor]


@pytest.fixture
def model(make_llama, wrap) -> LanguageModel:
    """Four networks that have moved away from each other, so that no term of a loss is zero."""
    model = wrap(make_llama(), "lora")
    model.add_critic()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for network in ("policy", "critic"):
            for parameter in model.trainable_parameters(network).values():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    model.polyak_target(0.5)
    return model


def update(
    name: str, model: LanguageModel, trajectories: Sequence[Trajectory], critic: str | None, **settings: Any
) -> tuple[dict[str, float], Gradients]:
    """Metrics and gradients, policy and critic, of the first gradient step of a fresh learner; it moves nothing."""
    fixed = {"batch_uses": 1, "learning_rate": 0.0, "max_grad_norm": 1e9, "beta": 0.5}
    if name in WITH_CRITIC:
        fixed["critic_learning_rate"] = 0.0
    if name == "etpo":
        fixed["polyak"] = 1e-12
    agent: Any = make_agent(name, model, make_config(name, **fixed, **critic_setting(critic), **settings))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # heads that say something, and their target something else
        for head in (agent._critic.online, agent._critic.target) if name in WITH_CRITIC else ():
            for parameter in head.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    metrics, _ = agent._update(rollout_of(trajectories))
    return metrics, {name: p.grad.clone() for name, p in trained_parameters(agent).items() if p.grad is not None}


def n_tokens(trajectories: Sequence[Trajectory]) -> int:
    return sum(len(turn.action_ids) for trajectory in trajectories for turn in trajectory)


def assert_same_gradients(found: Gradients, expected: Gradients) -> None:
    assert found.keys() == expected.keys()
    assert any(gradient.abs().max() > 1e-4 for gradient in expected.values())
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], atol=2e-5, rtol=1e-3, msg=name)


@pytest.mark.parametrize(("name", "critic"), CASES)
@pytest.mark.parametrize("micro_batch_tokens", [1, 9])
def test_accumulated_gradients_are_those_of_the_whole_batch(
    micro_batch_tokens: int, name: str, critic: str | None, model: LanguageModel
) -> None:
    trajectories = sampled_by(model, mixed_trajectories())
    whole, expected = update(name, model, trajectories, critic)
    parts, found = update(name, model, trajectories, critic, micro_batch_tokens=micro_batch_tokens)
    assert_same_gradients(found, expected)
    assert parts == pytest.approx(whole, abs=1e-4, rel=1e-3)


@pytest.mark.parametrize(("name", "critic"), CASES_WITH_CRITIC)
def test_eight_episodes_at_once_are_eight_batches_of_one(name: str, critic: str, model: LanguageModel) -> None:
    """The losses are means over tokens. PPO and POAD whiten over a batch: its episodes alone are not comparable.

    ETPO compares attempts at the same prompt: what it is given here has no prompt in common. Prompts are not comparable
    where they are weighted by what was found behind them, as they are for the improved policy.
    """
    trajectories = sampled_by(model, mixed_trajectories())
    assert len(trajectories) == 8
    if name == "etpo":
        prompts = [{turn.prompt_ids for turn in trajectory} for trajectory in trajectories]
        trajectories = [
            trajectory
            for index, trajectory in enumerate(trajectories)
            if prompts[index].isdisjoint(set().union(*prompts[:index]))
        ]
        assert len(trajectories) == 5
    settings = {"policy_step": "descent", "advantage_weight": 0.5} if name == "etpo" else {}
    metrics, together = update(name, model, trajectories, critic, **settings)
    total = {key: torch.zeros_like(gradient) for key, gradient in together.items()}
    losses = {"policy_loss": 0.0, "critic_loss": 0.0, "kl": 0.0, "entropy": 0.0, "q_mean": 0.0}
    for trajectory in trajectories:
        share = n_tokens([trajectory]) / n_tokens(trajectories)
        alone, gradients = update(name, model, [trajectory], critic, **settings)
        for key, gradient in gradients.items():
            total[key] += share * gradient
        losses = {key: value + share * alone[key] for key, value in losses.items()}
    if name in ("ppo", "poad"):
        own = model.trainable_parameters()
        together = {key: gradient for key, gradient in together.items() if key not in own}
        total = {key: gradient for key, gradient in total.items() if key not in own}
        del losses["policy_loss"]
    assert_same_gradients(total, together)
    assert losses == pytest.approx({key: metrics[key] for key in losses}, abs=1e-4, rel=1e-3)


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_padding_changes_nothing(name: str, critic: str | None, model: LanguageModel) -> None:
    """A long prompt and a long action beside the others pad all of them, left and right; alone, none is padded."""
    long = attempt(tuple(range(50, 120)), tuple(range(60, 100)), 0.6)
    trajectories = sampled_by(model, [*mixed_trajectories(), (long,)])
    padded_metrics, padded = update(name, model, trajectories, critic)
    alone_metrics, alone = update(name, model, trajectories, critic, micro_batch_tokens=1)
    assert_same_gradients(padded, alone)
    assert padded_metrics == pytest.approx(alone_metrics, abs=1e-4, rel=1e-3)


class LargestTensor(TorchDispatchMode):
    """Notes the largest number of elements that any operation returns."""

    elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        self.elements = max(self.elements, *sizes, 0)
        return result


@pytest.mark.parametrize("tuning", ["full", "lora"])
@pytest.mark.parametrize(("name", "critic"), CASES)
def test_no_tensor_of_an_update_is_as_large_as_tokens_times_vocabulary(
    name: str, critic: str | None, tuning: str, make_llama, wrap
) -> None:
    vocabulary_size = 5000
    model = wrap(make_llama(vocabulary_size=vocabulary_size), tuning)
    actions = [tuple(range(1 + i, 61 + i)) for i in range(8)]
    trajectories = sampled_by(model, [(attempt((5, 6), action, action[0] / 10),) for action in actions])
    with LargestTensor() as largest:
        update(name, model, trajectories, critic)
    buffers = 4 * chunk_rows(vocabulary_size, "cpu") * vocabulary_size
    assert largest.elements <= buffers < n_tokens(trajectories) * vocabulary_size


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_the_order_of_episodes_changes_nothing(name: str, critic: str | None, model: LanguageModel) -> None:
    trajectories = sampled_by(model, mixed_trajectories())
    _, expected = update(name, model, trajectories, critic)
    _, found = update(name, model, trajectories[::-1], critic)
    assert_same_gradients(found, expected)


@pytest.mark.parametrize(("name", "critic"), CASES)
def test_the_ratio_is_one_at_the_first_gradient_step(name: str, critic: str | None, model: LanguageModel) -> None:
    trajectories = sampled_by(model, mixed_trajectories(), temperature=0.7)
    metrics, _ = update(name, model, trajectories, critic, temperature=0.7)
    assert metrics["log_prob_gap"] < 1e-4
    assert metrics["clip_fraction"] == 0
    assert metrics["approx_kl"] == pytest.approx(0, abs=1e-6)
    assert metrics["kl"] > 0.01
    with pytest.raises(RuntimeError, match="ratio of the first gradient step"):
        update(name, model, sampled_by(model, mixed_trajectories(), temperature=0.3), critic, temperature=1.5)


@pytest.mark.parametrize(("name", "critic"), CASES_WITH_CRITIC)
def test_an_action_without_tokens_is_no_choice(name: str, critic: str, model: LanguageModel) -> None:
    """Its reward belongs to the choice before it, discounted; at the beginning of an episode it belongs to nobody."""
    empty = attempt((5, 6, 7), (), -0.5, (5, 6, 7, 8))
    first, last = attempt((5, 6), (7, 8), -1.0, (5, 6, 7)), attempt((5, 6, 7, 8), (9,), 0.8)
    with_empty = sampled_by(model, [(empty, first, empty, last), (empty,)])
    batch = token_batch(with_empty, 0.9, model.device)
    assert batch.tokens.tolist() == [7, 8, 9]
    assert batch.rewards.tolist() == pytest.approx([0, -1 + 0.9 * -0.5, 0.8])
    assert batch.discounts.tolist() == pytest.approx([1, 0.9 * 0.9, 0])
    assert batch.continues.tolist() == [True, True, False]
    assert batch.next_states.tolist()[:2] == [1, 2]
    without = sampled_by(model, [(dataclasses.replace(first, reward=-1 + 1.0 * -0.5), last)])
    _, expected = update(name, model, without, critic, gamma=1.0)
    _, found = update(name, model, with_empty, critic, gamma=1.0)
    assert_same_gradients(found, expected)


def test_an_empty_action_at_the_end_of_a_trajectory_leaves_its_following_prompt(model: LanguageModel) -> None:
    first = attempt((5, 6), (7, 8), -1.0, (5, 6, 7))
    unfinished = token_batch([(first, attempt((5, 6, 7), (), -0.5, (1, 2)))], 0.9, model.device)
    assert unfinished.bootstrap_prompts == ((1, 2),)
    assert unfinished.discounts.tolist() == pytest.approx([1, 0.81])
    assert unfinished.continues.tolist() == [True, False]
    finished = token_batch([(first, attempt((5, 6, 7), (), 0.5))], 0.9, model.device)
    assert finished.bootstrap_prompts == ()
    assert finished.discounts.tolist() == [1, 0]
    assert finished.rewards.tolist() == pytest.approx([0, -1 + 0.45])


def test_a_batch_without_any_token_is_refused(model: LanguageModel) -> None:
    with pytest.raises(ValueError, match="no action of the batch holds a token"):
        update("etpo", model, [(attempt((5,), (), 1.0),)], "heads")


def test_groups_are_whole_trajectories_in_order() -> None:
    trajectories = mixed_trajectories()
    for limit in (1, 4, 7, 9, 100):
        groups = micro_batches(trajectories, limit)
        assert [trajectory for group in groups for trajectory in group] == trajectories
        for group in groups:
            assert len(group) == 1 or n_tokens(group) <= limit
        for group, following in itertools.pairwise(groups):
            assert n_tokens([*group, following[0]]) > limit
    assert micro_batches(trajectories, None) == [trajectories]
