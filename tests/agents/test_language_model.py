from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM

from agents.language_model import LanguageModel, load_language_model


@pytest.fixture
def folder(tmp_path: Path, make_llama, tokenizer) -> Path:
    path = tmp_path / "tiny-llama"
    make_llama().save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def test_loads_a_folder(folder: Path, make_llama) -> None:
    model = load_language_model(str(folder), device="cpu")
    assert model.tuning == "full"
    assert model.prompt_style == "completion"
    assert model.eos_token_ids == {0}
    expected = dict(make_llama().named_parameters())
    for name, parameter in model.trainable_parameters().items():
        assert torch.equal(parameter, expected[name])


def test_chat_models_are_prompted_through_their_template(folder: Path, tokenizer) -> None:
    template = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    chat = type(tokenizer).from_pretrained(folder)
    chat.chat_template = template
    chat.save_pretrained(folder)
    model = load_language_model(str(folder), device="cpu")
    assert model.prompt_style == "instruct"
    assert model.decode_action(model.encode_prompt("Write.", reserve=8)) == "<user>Write.<assistant>"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{folder}x", "Did you mean '.*tiny-llama'"),
        ("tinycodr", "Did you mean 'tinycoder'"),
        ("/nowhere/at/all", "no such folder"),
        ("{parent}", "no config.json"),
    ],
)
def test_bad_paths_get_one_line(folder: Path, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        load_language_model(name.format(folder=folder, parent=folder.parent))
    assert "\n" not in str(caught.value)


def test_a_damaged_model_gets_one_line(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match="cannot load the language model") as caught:
        load_language_model(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("argument", "value"), [("tuning", "half"), ("dtype", "int8")])
def test_bad_arguments_name_what_is_allowed(folder: Path, argument: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{argument}='{value}' is not allowed"):
        load_language_model(str(folder), **{argument: value})


def test_prompts_round_trip_and_are_cut_on_the_left(language_model: LanguageModel) -> None:
    text = "# ünï\n\tx = '∑'"
    assert language_model.decode_action(language_model.encode_prompt(text, reserve=8)) == text
    ids = language_model.encode_prompt("x" * 1000 + "END", reserve=56)
    assert len(ids) == 200
    assert language_model.decode_action(ids).endswith("xEND")


@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_policy_starts_as_the_base_and_the_base_is_frozen(make_llama, wrap, tuning: str) -> None:
    model = wrap(make_llama(), tuning)
    token_ids = torch.tensor([[5, 6, 7]])
    ones = torch.ones_like(token_ids)
    policy, base = (model.forward(token_ids, ones, model.new_cache(), network) for network in ("policy", "base"))
    assert torch.equal(policy, base)
    assert policy.requires_grad
    assert not base.requires_grad
    with torch.no_grad():
        for parameter in model.trainable_parameters().values():
            parameter.add_(0.05)
    assert not torch.equal(model.forward(token_ids, ones, model.new_cache()), policy)
    assert torch.equal(model.forward(token_ids, ones, model.new_cache(), "base"), base)


def test_asking_the_base_keeps_adapters_trainable(make_llama, wrap) -> None:
    """A base pass switches adapters off and on again: the gradient of a policy pass before it must survive."""
    model = wrap(make_llama(), "lora")
    token_ids = torch.tensor([[5, 6, 7]])
    ones = torch.ones_like(token_ids)
    names = set(model.trainable_parameters())
    assert names
    assert all("lora" in name for name in names)
    hidden = model.forward(token_ids, ones, model.new_cache())
    model.forward(token_ids, ones, model.new_cache(), "base")
    hidden.sum().backward()
    assert set(model.trainable_parameters()) == names
    gradients = [parameter.grad for name, parameter in model.trainable_parameters().items() if "lora_B" in name]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


def test_adapters_start_equal_and_leave_the_global_generator_alone(make_llama, wrap) -> None:
    llamas = make_llama(), make_llama()
    before = torch.random.get_rng_state()
    first, second = (wrap(llama, "lora").state_dict() for llama in llamas)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_state_of_another_model_is_refused(language_model: LanguageModel, make_llama, wrap) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        wrap(make_llama(vocabulary_size=400)).load_state_dict(language_model.state_dict())


def test_models_that_cap_their_logits_are_refused(wrap) -> None:
    config = Gemma2Config(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, final_logit_softcapping=0.1, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="caps its logits"):
        wrap(Gemma2ForCausalLM(config))
