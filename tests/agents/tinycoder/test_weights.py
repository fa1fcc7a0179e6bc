"""The embedded model as shipped: it loads by transformers alone, is small, and its tokenizer loses nothing."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerBase

from agents.tinycoder import WEIGHTS
from agents.tinycoder.corpus import sample_first_action, sample_first_prompt

MAX_BYTES = 8_000_000


@functools.cache
def _load_tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(WEIGHTS)


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerBase:
    return _load_tokenizer()


def test_loads_with_transformers_and_is_small() -> None:
    model = AutoModelForCausalLM.from_pretrained(WEIGHTS)
    assert isinstance(model, LlamaForCausalLM)
    assert 1_000_000 <= model.num_parameters() <= 3_000_000
    assert (WEIGHTS / "model.safetensors").stat().st_size < MAX_BYTES


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_round_trips(text: str) -> None:
    tokenizer = _load_tokenizer()
    if not any(token in text for token in tokenizer.all_special_tokens):
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_joint_and_separate_tokenisation_agree(tokenizer: PreTrainedTokenizerBase) -> None:
    rng = np.random.default_rng(7)
    for _ in range(500):
        prompt, action = sample_first_prompt(rng), sample_first_action(rng)
        joint = tokenizer.encode(prompt + action, add_special_tokens=False)
        assert joint == tokenizer.encode(prompt, add_special_tokens=False) + tokenizer.encode(
            action, add_special_tokens=False
        )
