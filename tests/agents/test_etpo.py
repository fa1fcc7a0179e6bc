"""What a step of ETPO does: it fits the improved policy, stops there, and remembers what is worth it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from agents import make_agent, make_config
from agents.etpo import ETPOConfig
from agents.language_model import LanguageModel
from agents.replay import draw
from agents.rollout import hidden_states, token_batch
from agents.token_forest import token_forest
from tests.agents.attempts import attempt, mixed_trajectories, rollout_of, sampled_by
from tests.agents.learners import trained_parameters


@pytest.fixture
def model(make_llama, wrap) -> LanguageModel:
    return wrap(make_llama(), "lora")


def etpo(model: LanguageModel, **settings: Any) -> Any:
    return make_agent("etpo", model, make_config("etpo", **settings))


def test_the_gradient_is_that_of_the_likelihood_of_attempts_drawn_from_the_improved_policy(
    model: LanguageModel,
) -> None:
    frozen = {"batch_uses": 1, "learning_rate": 0.0, "critic_learning_rate": 0.0, "max_grad_norm": 1e9}
    agent = etpo(model, **frozen)
    trajectories = sampled_by(model, mixed_trajectories())
    forest = token_forest(trajectories, agent.config.gamma)
    targets = agent._targets(forest, agent._reader.groups(forest, range(len(forest.turns))))
    alike = sorted(range(len(forest.turns)), key=lambda n: (forest.turns[n].prompt_ids, forest.turns[n].action_ids))
    weights = [float(targets.weights[forest.paths[n][-1]]) for n in alike]  # none is the beginning of another
    generator = torch.Generator()
    generator.set_state(agent._generator.get_state())
    counts = draw(weights, sum(map(len, trajectories)), generator)
    assert 1 < len(counts) < len(forest.turns)  # some attempts are not worth fitting

    loss, n_tokens = torch.zeros(()), 0
    for place, count in counts.items():
        turn = forest.turns[alike[place]]
        states = hidden_states(model, token_batch([(turn,)], 1.0, model.device), "policy")
        log_pi = model.head("policy").logits(states).log_softmax(-1)
        loss = loss - count * log_pi[range(len(turn.action_ids)), list(turn.action_ids)].sum()
        n_tokens += count * len(turn.action_ids)
    own = model.trainable_parameters()
    expected = dict(zip(own, torch.autograd.grad(loss / n_tokens, list(own.values())), strict=True))

    agent._update(rollout_of(trajectories))
    found = {name: parameter.grad for name, parameter in trained_parameters(agent).items() if name in own}
    assert max(float(gradient.abs().max()) for gradient in found.values()) > 1e-3
    for name, gradient in found.items():
        assert torch.allclose(gradient, expected[name], atol=1e-5), name


@pytest.mark.parametrize(("tolerance", "steps"), [(0.0, 6), (1e9, 1)])
def test_steps_end_where_the_policy_is_near_to_the_improved_one(
    tolerance: float, steps: int, model: LanguageModel
) -> None:
    agent = etpo(model, batch_uses=6, fit_tolerance=tolerance)
    metrics, gradient_steps = agent._update(rollout_of(sampled_by(model, mixed_trajectories())))
    assert gradient_steps == steps
    assert metrics["distance_to_improved"] > 0


def test_fitting_comes_nearer_to_the_improved_policy(model: LanguageModel) -> None:
    agent = etpo(model, batch_uses=1, learning_rate=3e-3, replay_turns=0)
    forest = token_forest(sampled_by(model, mixed_trajectories()), agent.config.gamma)
    groups = agent._reader.groups(forest, range(len(forest.turns)))
    targets = agent._targets(forest, groups)
    attempts = [(turn,) for turn in forest.turns]
    distances = [agent._gradient_step(attempts, groups, targets, None)["distance_to_improved"] for _ in range(5)]
    assert distances == sorted(distances, reverse=True)


def test_the_best_attempt_is_remembered_however_old_it_is(model: LanguageModel) -> None:
    agent = etpo(model, replay_turns=2, batch_uses=1, learning_rate=0.0)
    best = attempt((5, 6), (7, 8), 0.9)
    agent._update(rollout_of(sampled_by(model, [(best,), (attempt((5, 6), (9,), -1.0),)])))
    for token in range(10, 14):
        worse = [(attempt((5, 6), (token, other), reward),) for other, reward in ((1, 0.2), (2, -1.0))]
        agent._update(rollout_of(sampled_by(model, worse)))
    assert best.action_ids in [turn.action_ids for turn in agent._replay.turns]
    assert len(agent._replay.turns) == 2


def test_settings_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r'advantage_weight=0\.5 is not allowed: it must be 0 unless policy_step is "d'
    ):
        ETPOConfig(advantage_weight=0.5)
    with pytest.raises(ValueError, match=r"unknown policy_step: 'projecting'\. Did you mean 'projection'"):
        ETPOConfig(policy_step="projecting")
    with pytest.raises(ValueError, match="improvement_temperature=0 is not allowed"):
        ETPOConfig(improvement_temperature=0)
