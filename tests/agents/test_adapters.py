"""Policy, critic and target on one base: none moves another, and switching between them loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from agents.adapters import linear_layers
from agents.generation import generate
from agents.language_model import LanguageModel, Network
from agents.model_options import ModelOptions, Tuning
from tests.agents.tiny_models import tiny_language_model, tiny_model, tiny_tokenizer

NETWORKS: tuple[Network, ...] = ("policy", "critic", "target", "base")
TUNINGS: tuple[Tuning, ...] = ("lora", "full")
TOKEN_IDS = torch.tensor([[5, 6, 7, 8], [9, 8, 7, 6]])


def states(model: LanguageModel, network: Network) -> Tensor:
    return model.sequence_states(TOKEN_IDS, torch.ones_like(TOKEN_IDS), network)


def all_states(model: LanguageModel) -> dict[Network, Tensor]:
    return {network: states(model, network).detach() for network in NETWORKS}


def changed(before: dict[Network, Tensor], after: dict[Network, Tensor]) -> set[Network]:
    return {network for network in NETWORKS if not torch.equal(before[network], after[network])}


def disturb(model: LanguageModel, *networks: Network, seed: int = 0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for network in networks:
        for parameter in model.trainable_parameters(network).values():
            parameter.data += 0.05 * torch.randn(parameter.shape, generator=generator)


def every_parameter(model: LanguageModel) -> dict[str, Tensor]:
    modules: Iterator[tuple[str, nn.Module]] = iter({"policy": model._model, "base": model._base}.items())
    return {f"{kind} {name}": p for kind, module in modules for name, p in module.named_parameters()}


@pytest.fixture(params=TUNINGS)
def model(request: pytest.FixtureRequest) -> LanguageModel:
    """Policy, critic and target all differ."""
    model = tiny_language_model("llama", request.param)
    model.add_critic()
    disturb(model, "policy", "critic")
    model.polyak_target(0.5)
    return model


def test_networks_start_as_the_base() -> None:
    for tuning in TUNINGS:
        model = tiny_language_model("llama", tuning)
        policy = states(model, "policy")
        model.add_critic()
        for network in NETWORKS:
            assert torch.equal(states(model, network), policy)


def test_networks_differ_once_they_have_learnt(model: LanguageModel) -> None:
    outputs = list(all_states(model).values())
    assert not any(torch.equal(a, b) for i, a in enumerate(outputs) for b in outputs[:i])


@pytest.mark.parametrize("network", ["policy", "critic"])
def test_a_step_moves_its_own_network_alone(model: LanguageModel, network: Network) -> None:
    before = all_states(model)
    weights = {name: parameter.clone() for name, parameter in every_parameter(model).items()}
    parameters = list(model.trainable_parameters(network).values())
    optimizer = torch.optim.Adam(parameters, 1e-2)
    states(model, network).square().sum().backward()
    optimizer.step()
    assert changed(before, all_states(model)) == {network}
    moved = {id(p) for name, p in every_parameter(model).items() if not torch.equal(p, weights[name])}
    assert moved
    assert moved <= {id(parameter) for parameter in parameters}
    assert all(p.grad is None for p in every_parameter(model).values() if id(p) not in set(map(id, parameters)))


def test_polyak_averaging_moves_the_target_alone(model: LanguageModel) -> None:
    before = all_states(model)
    state = model.critic_state_dict()
    model.polyak_target(0.25)
    assert changed(before, all_states(model)) == {"target"}
    for name, value in model.critic_state_dict().items():
        if ".target." in name:
            critic = state[name.replace(".target.", ".critic.")]
            torch.testing.assert_close(value, 0.75 * state[name] + 0.25 * critic)
    model.polyak_target(1.0)
    assert torch.equal(states(model, "target"), states(model, "critic"))


def test_critic_gradients_reach_nothing_of_the_base(model: LanguageModel) -> None:
    head = model.head("critic")
    head.logits(states(model, "critic").flatten(0, 1)).log_softmax(-1)[:, 3].sum().backward()
    own = {id(parameter) for parameter in model.trainable_parameters("critic").values()}
    assert all((p.grad is not None) == (id(p) in own) for p in every_parameter(model).values())


@pytest.mark.parametrize("tuning", TUNINGS)
def test_states_are_taken_over_apart(tuning: Tuning, model: LanguageModel) -> None:
    if tuning != model.tuning:
        model = tiny_language_model("llama", tuning)
        model.add_critic()
        disturb(model, "policy", "critic", seed=5)
    other = tiny_language_model("llama", tuning)
    policy_alone = other.state_dict()
    other.add_critic()
    fresh = all_states(other)
    other.load_critic_state_dict(model.critic_state_dict())
    loaded = all_states(other)
    assert {"critic"} <= changed(fresh, loaded) <= {"critic", "target"}
    other.load_state_dict(model.state_dict())
    assert not changed(all_states(model), all_states(other))
    with pytest.raises(ValueError, match="do not fit"):
        other.load_state_dict(policy_alone)
    with pytest.raises(ValueError, match="do not fit"):
        tiny_language_model("llama", tuning).load_state_dict(other.state_dict())


def test_add_critic_again_changes_nothing(model: LanguageModel) -> None:
    before = all_states(model)
    model.add_critic()
    assert not changed(before, all_states(model))


def test_a_critic_must_be_added_first() -> None:
    model = tiny_language_model("llama")
    for use in (
        lambda: states(model, "critic"),
        lambda: states(model, "target"),
        lambda: model.trainable_parameters("critic"),
        lambda: model.polyak_target(0.1),
        model.critic_state_dict,
    ):
        with pytest.raises(ValueError, match=r"call add_critic\(\) first"):
            use()
    with pytest.raises(ValueError, match="unknown trained network"):
        model.trainable_parameters("base")


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("tuning", TUNINGS)
def test_gradients_survive_switches(tuning: Tuning, checkpointing: bool) -> None:
    """Forward under one network, then under the others, then backward: as if each had been alone."""
    options = ModelOptions(gradient_checkpointing=checkpointing)
    alone, together = (tiny_language_model("llama", tuning, options) for _ in range(2))
    for model in (alone, together):
        model.add_critic()
        disturb(model, "policy", "critic")
    for network in ("policy", "critic"):
        states(alone, network).square().sum().backward()
    losses = [states(together, network).square().sum() for network in ("policy", "target", "critic", "base")]
    assert not losses[1].requires_grad
    assert not losses[3].requires_grad
    losses[0].backward()
    losses[2].backward()
    for network in ("policy", "critic"):
        expected = alone.trainable_parameters(network)
        for name, parameter in together.trainable_parameters(network).items():
            assert torch.equal(parameter.grad, expected[name].grad), name
        assert any(parameter.grad.abs().sum() > 0 for parameter in expected.values())


def test_only_policy_and_critic_ever_require_gradients(model: LanguageModel) -> None:
    def required() -> set[str]:
        return {name for name, parameter in every_parameter(model).items() if parameter.requires_grad}

    before = required()
    own = {id(p) for network in ("policy", "critic") for p in model.trainable_parameters(network).values()}
    assert {id(p) for name, p in every_parameter(model).items() if name in before} == own
    for network in (*NETWORKS, *reversed(NETWORKS)):
        states(model, network)
        assert required() == before
    assert not any("target" in name for name in before)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("tuning", TUNINGS)
def test_every_module_stays_in_evaluation_mode(tuning: Tuning, checkpointing: bool) -> None:
    model = tiny_language_model("gpt2", tuning, ModelOptions(gradient_checkpointing=checkpointing))
    model.add_critic()
    for network in ("policy", "critic"):
        states(model, network).sum().backward()
    assert not [name for module in (model._model, model._base) for name, m in module.named_modules() if m.training]


def test_dropout_is_off() -> None:
    """GPT-2 and OPT have dropout in their configuration, OPT inside its layers."""
    for architecture in ("gpt2", "opt"):
        for checkpointing in (False, True):
            model = tiny_language_model(architecture, "lora", ModelOptions(gradient_checkpointing=checkpointing))
            assert torch.equal(states(model, "policy"), states(model, "policy"))
            assert torch.equal(states(model, "policy"), states(model, "base"))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_adapters_and_their_averages_are_float32_over_a_half_precision_base(dtype: torch.dtype) -> None:
    llama = tiny_model("llama").to(dtype)
    model = LanguageModel(llama, tiny_tokenizer("bytes"), name="half", tuning="lora")
    model.add_critic()
    for network in NETWORKS:
        assert states(model, network).dtype == dtype
    assert {value.dtype for value in model.state_dict().values()} == {torch.float32}
    disturb(model, "critic")
    for _ in range(3):  # each step is far below the resolution of the base's number format
        model.polyak_target(1e-4)
    for name, value in model.critic_state_dict().items():
        if ".lora_B.target." in name:
            critic = model.critic_state_dict()[name.replace(".target.", ".critic.")]
            torch.testing.assert_close(value, critic * (1 - (1 - 1e-4) ** 3), rtol=1e-4, atol=0)
    states(model, "policy").float().sum().backward()
    assert {p.grad.dtype for p in model.trainable_parameters().values()} == {torch.float32}


def test_sampling_uses_the_adapter_and_leaves_all_weights_as_they_are(model: LanguageModel) -> None:
    before = {name: parameter.clone() for name, parameter in every_parameter(model).items()}
    for network in NETWORKS:
        generator = torch.Generator().manual_seed(0)
        generations = generate(
            model, [(5, 6), (7, 8, 9)], max_new_tokens=6, temperature=1.0, generator=generator, network=network
        )
        for prompt, generation in zip([(5, 6), (7, 8, 9)], generations, strict=True):
            sequence = torch.tensor([[*prompt, *generation.token_ids]])
            hidden = model.sequence_states(sequence, torch.ones_like(sequence), network)[0, len(prompt) - 1 : -1]
            log_probs = model.head(network).logits(hidden).log_softmax(-1)
            expected = log_probs.gather(1, torch.tensor(generation.token_ids)[:, None])[:, 0]
            torch.testing.assert_close(torch.tensor(generation.log_probs), expected, rtol=0, atol=1e-4)
    for name, parameter in every_parameter(model).items():
        assert torch.equal(parameter, before[name]), name


def test_adapters_start_alike_and_leave_the_global_generator_alone() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first, second = (tiny_language_model("llama") for _ in range(2))
    first.add_critic()
    second.add_critic()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(value, second.state_dict()[name]) for name, value in first.state_dict().items())


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_rank_alpha_and_targets_are_options(architecture: str) -> None:
    names = {"llama": ("q_proj", "mlp.down_proj"), "gpt2": ("c_attn", "mlp.c_proj")}[architecture]
    options = ModelOptions(lora_rank=3, lora_alpha=12, lora_targets=", ".join(names))
    model = tiny_language_model(architecture, "lora", options)
    parameters = model.trainable_parameters()
    layers = {name.rpartition(".lora_")[0] for name in parameters}
    assert len(layers) == 4
    assert all(layer.endswith(names) for layer in layers)
    assert {min(parameter.shape) for parameter in parameters.values()} == {3}
    # The adapted layer adds alpha / rank * B A x: doubling alpha doubles what it adds.
    doubled = tiny_language_model(
        architecture, "lora", ModelOptions(lora_rank=3, lora_alpha=24, lora_targets=options.lora_targets)
    )
    layer = next(iter(layers))
    x = torch.randn(2, parameters[f"{layer}.lora_A.policy.weight"].shape[1])
    added = []
    for tiny in (model, doubled):
        disturb(tiny, "policy")
        module = tiny._model.get_submodule(layer)
        assert tiny._adapters is not None
        with tiny._adapters.active("policy"), torch.no_grad():
            added.append(module(x) - module.base_layer(x))
    torch.testing.assert_close(added[1], 2 * added[0])


@pytest.mark.parametrize("targets", ["q_poj", "q_proj,lm_head", "embed_tokens"])
def test_wrong_targets_get_one_line_that_lists_the_layers(targets: str) -> None:
    with pytest.raises(ValueError, match=r"unknown linear layer in lora_targets.*q_proj, up_proj, v_proj\.$") as caught:
        tiny_language_model("llama", "lora", ModelOptions(lora_targets=targets))
    assert "\n" not in str(caught.value)


def test_the_head_has_no_adapter() -> None:
    for architecture in ("llama", "code_llama", "gpt_neox", "opt"):
        layers = linear_layers(tiny_model(architecture))
        assert layers
        assert not {name.rpartition(".")[2] for name in layers} & {"lm_head", "embed_out"}
