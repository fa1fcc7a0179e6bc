from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from agents.agent import CRITICS
from agents.critic import (
    Critic,
    HeadsSoftQ,
    NetworkSoftQ,
    SoftQ,
    explained_variance,
    head_generator,
    polyak_update,
    soft_q_critic,
    value_critic,
)
from agents.language_model import LanguageModel
from agents.rollout import hidden_states, token_batch
from agents.vocabulary import CentredProducts, LogRatios, VocabularySums, vocabulary_sums
from tests.agents.attempts import mixed_trajectories

BETA = 0.3


@pytest.fixture
def model(make_llama, wrap) -> LanguageModel:
    return wrap(make_llama(), "lora")


def make(kind: str, model: LanguageModel) -> Critic[SoftQ]:
    return soft_q_critic(kind, model, 8, BETA, head_generator(0))


def perturb(parameters: Any, seed: int, size: float = 0.1) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(size * torch.randn(parameter.shape, generator=generator))


def sums_and_values(model: LanguageModel, critic: Critic[SoftQ]) -> tuple[VocabularySums, Tensor, Tensor]:
    """The sums over the scores of target and online critic at a batch, and their values."""
    batch = token_batch(mixed_trajectories(), 0.9, model.device)
    target, online = (hidden_states(model, batch, network) for network in (critic.target_network, critic.network))
    sums = vocabulary_sums(
        hidden_states(model, batch, "policy"),
        model.head("policy"),
        batch.tokens,
        base_hidden=hidden_states(model, batch, "base"),
        base_head=model.head("base"),
        scores=critic.target.scores(target, model.head("base")),
        learned_scores=critic.online.scores(online, model.head("base")),
    )
    return sums, critic.target.values(target), critic.online.values(online)


@pytest.mark.parametrize("kind", CRITICS)
def test_the_first_q_is_zero(kind: str, model: LanguageModel) -> None:
    """So that the first target of the policy, rho * exp(Q / beta), is rho itself. Whatever the policy is by then."""
    critic = make(kind, model)
    perturb(model.trainable_parameters().values(), seed=1)
    sums, target_values, online_values = sums_and_values(model, critic)
    assert (sums.kl > 0).all()
    for subject, values, of in (
        (critic.target, target_values, sums.scores),
        (critic.online, online_values, sums.learned_scores),
    ):
        zero = torch.zeros_like(values)
        torch.testing.assert_close(subject.q_values(values, of), zero, atol=1e-6, rtol=0)
        torch.testing.assert_close(subject.expected_q(values, of), zero, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", CRITICS)
def test_expected_q_is_the_expectation_of_q(kind: str, model: LanguageModel) -> None:
    """Against whole distributions at a few states."""
    critic = make(kind, model)
    perturb([*model.trainable_parameters().values(), *critic.parameters().values()], seed=1)
    batch = token_batch(mixed_trajectories(), 0.9, model.device)
    with torch.no_grad():
        policy, base, states = (hidden_states(model, batch, network) for network in ("policy", "base", critic.network))
        log_pi = model.head("policy").logits(policy).log_softmax(-1)
        log_rho = model.head("base").logits(base).log_softmax(-1)
        scores = critic.online.scores(states, model.head("base"))
        if isinstance(scores, CentredProducts):
            raw = scores.queries @ scores.keys.T
            f = raw - (log_pi.exp() * raw).sum(-1, keepdim=True)
        else:
            assert isinstance(scores, LogRatios)
            f = scores.head.logits(scores.hidden).log_softmax(-1) - log_rho
        q = critic.online.values(states)[:, None] + critic.online.scale * f
        sums, _, values = sums_and_values(model, critic)
    torch.testing.assert_close(
        critic.online.q_values(values, sums.learned_scores), q.gather(1, batch.tokens[:, None])[:, 0], atol=1e-4, rtol=0
    )
    expected = (log_pi.exp() * q).sum(-1)
    torch.testing.assert_close(critic.online.expected_q(values, sums.learned_scores), expected, atol=1e-4, rtol=0)
    assert expected.std() > 1e-3
    if kind == "adapter":  # phi is soft-optimal for Q, and V its soft-optimal value
        soft_optimal = (log_rho + q / BETA).log_softmax(-1)
        torch.testing.assert_close(soft_optimal, scores.head.logits(states).log_softmax(-1), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", CRITICS)
def test_a_loss_of_the_critic_reaches_all_of_it_and_nothing_else(kind: str, model: LanguageModel) -> None:
    critic = make(kind, model)
    perturb(critic.parameters().values(), seed=1)
    sums, _, values = sums_and_values(model, critic)
    (critic.online.q_values(values, sums.learned_scores) ** 2 + sums.learned_scores.variance).sum().backward()
    for name, parameter in critic.parameters().items():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert all(parameter.grad is None for parameter in model.trainable_parameters().values())
    assert all(parameter.grad is None for parameter in critic.target.parameters())


@pytest.mark.parametrize("kind", CRITICS)
def test_the_target_follows_slowly_in_float32(kind: str, model: LanguageModel) -> None:
    critic = make(kind, model)
    before, _, _ = sums_and_values(model, critic)
    perturb(critic.parameters().values(), seed=1)
    untouched, values_before, _ = sums_and_values(model, critic)
    assert torch.equal(untouched.scores.chosen, before.scores.chosen)
    critic.update_target(0.25)
    sums, values, online_values = sums_and_values(model, critic)
    assert not torch.equal(values, values_before)
    assert not torch.equal(sums.scores.chosen, before.scores.chosen)
    assert all(parameter.dtype == torch.float32 for parameter in critic.parameters().values())
    critic.update_target(1.0)
    sums, values, online_values = sums_and_values(model, critic)
    torch.testing.assert_close(values, online_values)
    torch.testing.assert_close(sums.scores.chosen, sums.learned_scores.chosen)


def test_heads_cost_no_network_and_adapters_share_the_base(model: LanguageModel) -> None:
    heads = make("heads", model)
    assert heads.network == heads.target_network == "base"
    assert isinstance(heads.online, HeadsSoftQ)
    assert all(name.startswith("head.") for name in heads.parameters())
    with pytest.raises(ValueError, match="add_critic"):
        model.trainable_parameters("critic")
    adapter = make("adapter", model)
    assert (adapter.network, adapter.target_network) == ("critic", "target")
    assert isinstance(adapter.online, NetworkSoftQ)
    assert model.trainable_parameters("critic").keys() < adapter.parameters().keys()


@pytest.mark.parametrize("kind", CRITICS)
def test_values_start_at_zero(kind: str, model: LanguageModel) -> None:
    critic = value_critic(kind, model, 8, head_generator(0))
    states = torch.randn(5, model.hidden_size, generator=torch.Generator().manual_seed(0))
    assert torch.equal(critic.online.values(states), torch.zeros(5))
    assert critic.online.values(states.bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("kind", CRITICS)
def test_state_round_trip(kind: str, model: LanguageModel) -> None:
    critic, other = make(kind, model), make(kind, model)
    perturb(critic.online.parameters(), seed=1)
    critic.update_target(0.5)
    other.load_state_dict(critic.state_dict())
    states = torch.randn(5, model.hidden_size, generator=torch.Generator().manual_seed(0))
    assert torch.equal(other.online.values(states), critic.online.values(states))
    assert torch.equal(other.target.values(states), critic.target.values(states))


def test_polyak_average() -> None:
    source, target = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        source.weight.fill_(1.0)
        target.weight.fill_(0.0)
    polyak_update(target, source, 0.1)
    polyak_update(target, source, 0.1)
    assert float(target.weight.detach()) == pytest.approx(0.19)


def test_explained_variance() -> None:
    returns = torch.tensor([0.0, 1.0, 2.0])
    assert explained_variance(returns, returns) == pytest.approx(1)
    assert explained_variance(returns + 5, returns) == pytest.approx(1)
    assert explained_variance(torch.ones(3), returns) == pytest.approx(0)
    assert explained_variance(-returns, returns) == pytest.approx(-3)
    assert explained_variance(returns, torch.ones(3)) == 0
