"""What a language model can be loaded as, and what is said where it cannot."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPTNeoConfig, GPTNeoForCausalLM, MambaConfig, MambaForCausalLM

from agents import layer_passes, loading
from agents.language_model import LanguageModel, load_language_model
from agents.loading import count_parameters, default_tuning, resolve_device
from agents.model_options import ModelOptions
from tests.agents.tiny_models import (
    CONTEXT_LENGTH,
    WINDOW,
    tiny_language_model,
    tiny_model,
    tiny_tokenizer,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_model("code_llama").save_pretrained(tmp_path / "tiny")
    tiny_tokenizer("code_llama").save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16), ("float16", torch.float16)],
)
def test_number_formats(folder: Path, dtype: str, expected: torch.dtype) -> None:
    model = load_language_model(str(folder), device="cpu", dtype=dtype, tuning="lora")
    assert model.head("base").weight.dtype == expected
    assert {parameter.dtype for parameter in model.trainable_parameters().values()} == {torch.float32}
    assert model.device == torch.device("cpu")


def test_options_reach_the_model(folder: Path) -> None:
    options = ModelOptions(lora_rank=2, lora_targets="v_proj", gradient_checkpointing=True, prompt="completion")
    model = load_language_model(str(folder), device="cpu", tuning="lora", options=options)
    assert all("v_proj" in name and min(p.shape) == 2 for name, p in model.trainable_parameters().items())
    assert not model.shares_prompts
    assert model.prompt_style == "completion"
    assert model.options == options
    # As loaded without options, the tokenizer offers infilling.
    model = load_language_model(str(folder), device="cpu")
    assert model.prompt_style == "infill"
    assert model.tuning == "full"
    assert model.shares_prompts


def test_no_random_numbers_are_drawn(folder: Path) -> None:
    before = torch.random.get_rng_state()
    load_language_model(str(folder), device="cpu", tuning="auto")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_small_models_are_tuned_in_full() -> None:
    model = tiny_model("llama")
    assert count_parameters(model.config) == model.num_parameters()
    assert default_tuning(count_parameters(model.config)) == "full"
    assert default_tuning(loading.FULL_TUNING_LIMIT) == "lora"


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "cpu:x"])
def test_devices_that_cannot_be_used_get_one_line(device: str) -> None:
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used here: .") as caught:
        resolve_device(device)
    assert "\n" not in str(caught.value)


def test_four_bits_need_cuda(folder: Path) -> None:
    with pytest.raises(ValueError, match="quantization='4bit' needs a CUDA device, and the model is to lie on 'cpu'"):
        load_language_model(str(folder), device="cpu", options=ModelOptions(quantization="4bit"))


def test_four_bits_need_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "resolve_device", lambda name: torch.device("cuda"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs the package bitsandbytes: pip install bitsandbytes"):
        loading.check_loading("cuda", options=ModelOptions(quantization="4bit"))


def test_four_bits_cannot_be_tuned_in_full(folder: Path) -> None:
    with pytest.raises(ValueError, match="goes with tuning 'lora' alone"):
        load_language_model(str(folder), device="cpu", tuning="full", options=ModelOptions(quantization="4bit"))


@pytest.mark.skipif(
    not torch.cuda.is_available() or importlib.util.find_spec("bitsandbytes") is None,
    reason="needs a CUDA device and bitsandbytes",
)
def test_a_base_in_four_bits_learns(folder: Path) -> None:
    model = load_language_model(str(folder), device="cuda", options=ModelOptions(quantization="4bit"))
    model.add_critic()
    token_ids = torch.tensor([[5, 6, 7, 8]], device=model.device)
    for network in ("policy", "critic"):
        hidden = model.sequence_states(token_ids, torch.ones_like(token_ids), network)
        hidden.float().square().sum().backward()
        parameters = model.trainable_parameters(network)
        assert {parameter.dtype for parameter in parameters.values()} == {torch.float32}
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in parameters.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lora_rank": 0}, "lora_rank=0 is not allowed: it must be at least 1"),
        ({"lora_alpha": 0}, "lora_alpha=0 is not allowed: it must be above 0"),
        ({"lora_targets": " ,"}, "lora_targets=' ,' is not allowed: it must be 'all-linear' or names"),
        ({"quantization": "8bit"}, "quantization='8bit' is not allowed: it must be one of none, 4bit"),
        ({"prompt": "chat"}, "prompt='chat' is not allowed: it must be one of auto, completion, infill, instruct"),
        ({"compile": True, "gradient_checkpointing": True}, "exclude each other"),
    ],
)
def test_options_that_are_not_allowed(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelOptions(**settings)


def test_compiling_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ValueError, match=r"compile needs a C\+\+ compiler, and there is no 'no-such-compiler' here"):
        tiny_language_model("llama", options=ModelOptions(compile=True))


def test_compiled_layers_compute_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the adapter that is asked for; "eager" captures the graphs and compiles nothing."""
    monkeypatch.setattr(layer_passes, "COMPILE_BACKEND", "eager")
    plain, compiled = (
        tiny_language_model("llama", options=ModelOptions(compile=compiles, lora_targets="q_proj,v_proj"))
        for compiles in (False, True)
    )
    token_ids = torch.tensor([[5, 6, 7, 8], [9, 8, 7, 6]])
    mask = torch.ones_like(token_ids)
    gradients = []
    for model in (plain, compiled):
        model.add_critic()
        generator = torch.Generator().manual_seed(0)
        for network in ("policy", "critic"):
            for parameter in model.trainable_parameters(network).values():
                parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
        losses = [model.sequence_states(token_ids, mask, network).square().mean() for network in ("policy", "critic")]
        sum(losses).backward()
        gradients.append([p.grad for n in ("policy", "critic") for p in model.trainable_parameters(n).values()])
    torch.testing.assert_close(gradients[1], gradients[0])
    for network in ("policy", "critic", "target", "base"):
        with torch.no_grad():
            states = [model.sequence_states(token_ids, mask, network) for model in (plain, compiled)]
        torch.testing.assert_close(states[1], states[0])
    assert not compiled.shares_prompts


def test_models_that_remember_something_else_than_keys_and_values_are_refused() -> None:
    config = MambaConfig(vocab_size=300, hidden_size=32, num_hidden_layers=1, state_size=4, eos_token_id=0)
    with pytest.raises(ValueError, match="remembers something else than keys and values"):
        LanguageModel(MambaForCausalLM(config), tiny_tokenizer("bytes"), name="mamba")


def test_local_attention_without_a_window_in_the_cache_is_noticed() -> None:
    config = GPTNeoConfig(
        vocab_size=300, hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]],
        window_size=WINDOW, max_position_embeddings=CONTEXT_LENGTH, eos_token_id=0, bos_token_id=0,
    )  # fmt: skip
    model = LanguageModel(GPTNeoForCausalLM(config), tiny_tokenizer("bytes"), name="gpt-neo", tuning="lora")
    prompts = [list(range(20, 40)), [20, 21, 22, 9]]
    with torch.no_grad():
        alone = [
            model.sequence_states(torch.tensor([prompt]), torch.ones(1, len(prompt), dtype=torch.int64))[0, -1]
            for prompt in prompts
        ]
        torch.testing.assert_close(model.encode_prompts(prompts).last_hidden, torch.stack(alone))


def test_padding_tokens_beyond_the_embeddings_are_not_used() -> None:
    """Some tokenizers were given a padding token that their model has no embedding for."""
    tokenizer = type(tiny_tokenizer("metaspace"))(
        tokenizer_object=tiny_tokenizer("metaspace")._tokenizer, eos_token="</s>", pad_token="[PAD]"
    )
    vocabulary_size = tokenizer.pad_token_id
    model = LanguageModel(tiny_model("llama", vocabulary_size=vocabulary_size), tokenizer, name="padded")
    assert model.pad_token_id < model.vocabulary_size
