from __future__ import annotations

from typing import Any

import pytest
import torch

from agents import make_agent, make_config
from agents.language_model import LanguageModel
from agents.poad import clipped_value_loss
from tests.agents.attempts import mixed_trajectories, rollout_of, sampled_by


def test_values_may_move_by_the_range_alone() -> None:
    """Of each: the value, its old estimate, the return; and the loss by hand, at a range of .2."""
    cases = [
        (0.1, 0.0, 1.0, 0.5 * 0.9**2),  # within the range: plain
        (0.5, 0.0, 1.0, 0.5 * 0.8**2),  # has left it towards the return: the loss of the clipped value, which is larger
        (-0.5, 0.0, 1.0, 0.5 * 1.5**2),  # has left it away from the return: plain, so that it may come back
        (0.5, 0.0, 0.3, 0.5 * 0.2**2),  # beyond a return that lies outside of the range
    ]
    values = torch.tensor([case[0] for case in cases], requires_grad=True)
    old, returns, expected = (torch.tensor([case[i] for case in cases]) for i in (1, 2, 3))
    losses = clipped_value_loss(values, old, returns, 0.2, 10.0)
    torch.testing.assert_close(losses, expected)
    losses.sum().backward()
    assert values.grad is not None
    assert [float(gradient) == 0 for gradient in values.grad] == [False, True, False, False]


def test_large_errors_count_linearly() -> None:
    values = torch.tensor([0.0, 0.0], requires_grad=True)
    losses = clipped_value_loss(values, values.detach(), torch.tensor([0.5, -30.0]), 0.2, 10.0)
    assert losses.tolist() == pytest.approx([0.125, 10 * (30 - 5)])
    losses.sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == pytest.approx([-0.5, 10.0])


def test_the_entropy_bonus_is_the_gradient_of_the_entropy(language_model: LanguageModel) -> None:
    """The only term of the loss that the weight changes, taken of a policy whose entropy is known otherwise."""
    trajectories = sampled_by(language_model, mixed_trajectories(), temperature=0.8)
    parameter = language_model.trainable_parameters()["model.layers.0.mlp.up_proj.weight"]
    gradients = []
    for weight in (0.0, 1.0):
        agent: Any = make_agent(
            "poad",
            language_model,
            make_config(
                "poad", entropy_weight=weight, batch_uses=1, learning_rate=0, max_grad_norm=1e9, temperature=0.8
            ),
        )
        agent._update(rollout_of(trajectories))
        gradients.append(parameter.grad.clone())

    entropies = []
    for trajectory in trajectories:
        for turn in trajectory:
            ids = torch.tensor([[*turn.prompt_ids, *turn.action_ids[:-1]]])
            states = language_model.sequence_states(ids, torch.ones_like(ids))[0, len(turn.prompt_ids) - 1 :]
            log_pi = language_model.head("policy").logits(states, 0.8).log_softmax(-1)
            entropies.append(-(log_pi.exp() * log_pi).sum(-1))
    parameter.grad = None
    torch.cat(entropies).mean().backward()
    torch.testing.assert_close(gradients[1] - gradients[0], -parameter.grad, atol=1e-6, rtol=1e-3)


def test_beta_is_not_used_and_the_divergence_is_still_measured(language_model: LanguageModel, make_envs) -> None:
    state, metrics = language_model.state_dict(), []
    for beta in (0.0, 5.0):
        language_model.load_state_dict(state)
        agent = make_agent("poad", language_model, make_config("poad", beta=beta, max_new_tokens=4, learning_rate=1e-3))
        metrics.append([i.metrics for i in agent.learn(make_envs(4, lambda action: len(action) / 10), 16)])
    assert metrics[0] == metrics[1]
    assert metrics[0][-1]["kl"] > 0


def test_no_further_step_once_the_policy_has_moved(language_model: LanguageModel, make_envs) -> None:
    config = make_config("poad", max_new_tokens=4, learning_rate=0.02, batch_uses=8)
    agent = make_agent("poad", language_model, config)
    (iteration,) = agent.learn(make_envs(8, lambda action: len(action) / 10), 16)
    assert 1 <= iteration.gradient_steps < 8
