"""Every architecture: padding, batches and caches change nothing, and three updates of each learner go well."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from agents import make_agent, make_config
from agents.kv_cache import select_rows
from agents.language_model import LanguageModel, Network
from agents.model_options import ModelOptions, Tuning
from agents.rollout import Turn, hidden_states, token_batch
from tests.agents.tiny_models import ARCHITECTURES, WINDOW, tiny_language_model

NETWORKS: tuple[Network, ...] = ("policy", "critic", "target", "base")

# Of unequal lengths, beyond the windows, and with a common beginning.
SEQUENCES = [
    [3, 4, 5, 6] + [(7 * i + j) % 290 + 3 for j in range(n)] for i, n in enumerate([9, 1, 16, 4, 12, 7, 2, 20])
]

each_architecture = pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
each_network = pytest.mark.parametrize("network", NETWORKS)


@functools.cache
def learnt(architecture: str, tuning: Tuning = "lora", checkpointing: bool = False) -> LanguageModel:
    """A model whose four networks all differ; treat it as read-only."""
    model = tiny_language_model(architecture, tuning, ModelOptions(gradient_checkpointing=checkpointing))
    model.add_critic()
    generator = torch.Generator().manual_seed(0)
    for network in ("policy", "critic"):
        for parameter in model.trainable_parameters(network).values():
            parameter.data += 0.05 * torch.randn(parameter.shape, generator=generator)
    model.polyak_target(0.5)
    return model


@torch.no_grad()
def alone(model: LanguageModel, network: Network) -> list[Tensor]:
    """Hidden states of each sequence by itself: no padding, no cache, no batch."""
    return [model.sequence_states(ids, torch.ones_like(ids), network)[0] for ids in map(row, SEQUENCES)]


def row(tokens: Sequence[int]) -> Tensor:
    return torch.tensor([list(tokens)])


def assert_equal(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.std()))


@each_architecture
def test_networks_read_what_came_before(architecture: str) -> None:
    """The comparisons below can fail: the first token of a sequence matters for the last one, and networks differ."""
    model = learnt(architecture)
    outputs = [alone(model, network)[1] for network in NETWORKS]
    assert not any(torch.allclose(a, b, atol=1e-3) for i, a in enumerate(outputs) for b in outputs[:i])
    changed = row([9, *SEQUENCES[1][1:]])
    assert not torch.allclose(
        model.sequence_states(changed, torch.ones_like(changed), "base")[0], outputs[3], atol=1e-3
    )


@each_network
@each_architecture
@torch.no_grad()
def test_padding_on_either_side_changes_nothing(architecture: str, network: Network) -> None:
    model = learnt(architecture)
    width = max(map(len, SEQUENCES)) + 3
    for on_the_left in (False, True):
        ids = torch.full((len(SEQUENCES), width), model.pad_token_id)
        mask = torch.zeros_like(ids)
        spans = [slice(width - len(s), width) if on_the_left else slice(0, len(s)) for s in SEQUENCES]
        for i, (sequence, span) in enumerate(zip(SEQUENCES, spans, strict=True)):
            ids[i, span], mask[i, span] = torch.tensor(sequence), 1
        hidden = model.sequence_states(ids, mask, network)
        for i, expected in enumerate(alone(model, network)):
            assert_equal(hidden[i, spans[i]], expected)


@each_network
@each_architecture
@torch.no_grad()
def test_reading_in_parts_through_a_cache_changes_nothing(architecture: str, network: Network) -> None:
    """Prompts in one batch, with what they share read once; then tokens one by one, of rows in another order."""
    model = learnt(architecture)
    expected = alone(model, network)
    for new_tokens in (None, 6):
        prompts = [sequence[: max(2, len(sequence) - 6)] for sequence in SEQUENCES]
        encoded = model.encode_prompts(prompts, network, new_tokens=new_tokens)
        for i, prompt in enumerate(prompts):
            assert_equal(encoded.last_hidden[i], expected[i][len(prompt) - 1])
        order = [7, 2, 4, 0]
        rows = torch.tensor(order)
        cache, mask = select_rows(encoded.cache, rows), encoded.mask[rows]
        for step in range(6):
            tokens = torch.tensor([[SEQUENCES[i][len(prompts[i]) + step]] for i in order])
            mask = torch.cat([mask, torch.ones_like(tokens)], dim=1)
            hidden = model.forward(tokens, mask, cache, network)
            for position, i in enumerate(order):
                assert_equal(hidden[position, 0], expected[i][len(prompts[i]) + step])
            if step == 2:  # as sampling does when a row has ended
                order = order[:2] + order[3:]
                kept = torch.tensor([0, 1, 3])
                cache.batch_select_indices(kept)
                mask = mask[kept]


@torch.no_grad()
def test_windows_are_narrower_than_the_sequences() -> None:
    """A token that lies outside of the window of the only attending layers is not seen."""
    model = tiny_language_model("mistral")
    reach = 2 * (WINDOW - 1)  # two layers
    sequence = list(range(20, 20 + reach + 2))
    last = [
        model.sequence_states(row(tokens), torch.ones(1, len(sequence), dtype=torch.int64))[0, -1]
        for tokens in (sequence, [5, *sequence[1:]], [sequence[0], 5, *sequence[2:]])
    ]
    assert torch.equal(last[0], last[1])
    assert not torch.allclose(last[0], last[2], atol=1e-4)


def turns() -> list[tuple[Turn, ...]]:
    """Eight trajectories of one turn or two, of prompts that partly agree."""

    def turn(index: int, n: int) -> Turn:
        sequence = SEQUENCES[index]
        cut = max(2, len(sequence) - n)
        return Turn(
            env_index=0, prompt="", action="", prompt_ids=tuple(sequence[:cut]), action_ids=tuple(sequence[cut:]),
            log_probs=(0.0,) * len(sequence[cut:]), stop_reason="length", reward=0.5, terminated=False, truncated=True,
            next_prompt_ids=tuple(sequence[:5]), info={},
        )  # fmt: skip

    return [(turn(i, 1 + 3 * i),) for i in range(4)] + [(turn(i, 5), turn(i, 2)) for i in range(4, 8)]


@each_network
@pytest.mark.parametrize("checkpointing", [False, True])
@each_architecture
@torch.no_grad()
def test_a_batch_of_eight_is_eight_batches_of_one(architecture: str, checkpointing: bool, network: Network) -> None:
    model = learnt(architecture, checkpointing=checkpointing)
    cpu = torch.device("cpu")
    together = hidden_states(model, token_batch(turns(), 0.9, cpu), network)
    apart = [hidden_states(model, token_batch([trajectory], 0.9, cpu), network) for trajectory in turns()]
    assert_equal(together, torch.cat(apart))
    plain = []
    for trajectory in turns():
        for turn in trajectory:
            ids = row(turn.prompt_ids + turn.action_ids)
            states = model.sequence_states(ids, torch.ones_like(ids), network)
            plain.append(states[0, len(turn.prompt_ids) - 1 : -1])
    assert_equal(together, torch.cat(plain))
    assert len(together) == sum(len(turn.action_ids) for trajectory in turns() for turn in trajectory)


@pytest.mark.parametrize("tuning", ["lora", "full"])
@pytest.mark.parametrize("network", ["policy", "critic"])
@each_architecture
def test_gradient_checkpointing_gives_the_same_gradients(architecture: str, network: Network, tuning: Tuning) -> None:
    """Also where other networks were asked before the backward pass."""
    gradients = []
    for checkpointing in (False, True):
        model = learnt(architecture, tuning, checkpointing)
        parameters = model.trainable_parameters(network)
        states = hidden_states(model, token_batch(turns(), 0.9, torch.device("cpu")), network)
        for other in NETWORKS:
            hidden_states(model, token_batch(turns()[:1], 0.9, torch.device("cpu")), other)
        gradients.append(torch.autograd.grad(states.square().mean(), list(parameters.values()), allow_unused=True))
    assert any(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients[0])
    for plain, checkpointed in zip(*gradients, strict=True):
        assert (plain is None) == (checkpointed is None)
        if plain is not None:
            torch.testing.assert_close(checkpointed, plain, rtol=1e-3, atol=1e-6 + 1e-4 * float(plain.abs().max()))


def test_gradient_checkpointing_keeps_less() -> None:
    """What a forward pass saves for its backward pass, outside of the layers' inputs, is not kept."""
    saved = []
    for checkpointing in (False, True):
        model = learnt("llama", "lora", checkpointing)
        sizes: list[int] = []

        def count(tensor: Tensor, sizes: list[int] = sizes) -> Tensor:
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            model.sequence_states(row(SEQUENCES[7]), torch.ones(1, len(SEQUENCES[7]), dtype=torch.int64))
        saved.append(sum(sizes))
    assert saved[1] < saved[0] / 4


def environments(make_envs: Any, model: LanguageModel) -> Any:
    """Attempts end well if the answer has an odd number of characters, after which the prompts differ in length."""

    class Environments(make_envs):  # type: ignore[misc]
        def _observation(self, i: int) -> str:
            prompt: str = super()._observation(i)
            return f"{prompt}<FILL_ME>\n    return model" if model.prompt_style == "infill" else prompt

    return Environments(4, lambda action: len(action) / 10 if len(action) % 2 else None)


def train(agent_name: str, model: LanguageModel, make_envs: Any, **settings: Any) -> list[dict[str, float]]:
    """Metrics of three updates."""
    config = make_config(agent_name, max_new_tokens=10, steps_per_iteration=2, batch_uses=1, **settings)
    agent = make_agent(agent_name, model, config, seed=3)
    iterations = list(agent.learn(environments(make_envs, model), env_steps=24))
    assert [iteration.gradient_steps for iteration in iterations] == [1, 1, 1]
    return [iteration.metrics for iteration in iterations]


@pytest.mark.parametrize("critic", ["adapter", "heads"])
@pytest.mark.parametrize("agent_name", ["etpo", "ppo"])
@each_architecture
def test_three_updates(architecture: str, agent_name: str, critic: str, make_envs: Any) -> None:
    model = tiny_language_model(architecture, "full" if critic == "heads" else "lora")
    if critic == "adapter":
        model.add_critic()
    before, head = model.state_dict(), model.head("base").weight.clone()
    metrics = train(agent_name, model, make_envs, critic=critic)
    after = model.state_dict()
    for network in ("policy", "critic") if critic == "adapter" else ("policy",):
        parameters = model.trainable_parameters(network)  # type: ignore[arg-type]
        moved = [name for name in parameters if not torch.equal(before[name], after[name])]
        assert len(moved) > len(parameters) / 2
    assert torch.equal(model.head("base").weight, head)
    for update in metrics:
        assert all(math.isfinite(value) for value in update.values()), update
        assert update["log_prob_gap"] < 1e-4  # sampling pass and training pass agree


@pytest.mark.parametrize("agent_name", ["poad", "klq", "grpo", "rloo", "rft"])
@pytest.mark.parametrize("architecture", ["llama", "phi", "cohere"])
def test_three_updates_of_the_rivals(architecture: str, agent_name: str, make_envs: Any) -> None:
    """Heads that are tied, that have a bias, and whose logits are scaled."""
    model = tiny_language_model(architecture, "lora")
    before = model.state_dict()
    for update in train(agent_name, model, make_envs):
        assert all(math.isfinite(value) for value in update.values()), update
        assert update["log_prob_gap"] < 1e-4  # sampling pass and training pass agree
    assert any(not torch.equal(before[name], after) for name, after in model.state_dict().items())


@pytest.mark.parametrize("agent_name", ["etpo", "ppo"])
@pytest.mark.parametrize("architecture", ["llama", "gpt2", "mistral"])
def test_three_updates_with_gradient_checkpointing(architecture: str, agent_name: str, make_envs: Any) -> None:
    """As without, up to the order of sums."""
    losses = []
    for checkpointing in (False, True):
        model = tiny_language_model(architecture, "lora", ModelOptions(gradient_checkpointing=checkpointing))
        metrics = train(agent_name, model, make_envs, critic="adapter")
        losses.append([update["critic_loss"] for update in metrics])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
