"""Language models with random weights, a tokenizer for them, and attempts that were never made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, models
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from agents.rollout import Rollout, Turn
from benchmarks.learner_cost.shapes import ModelShape

_FIRST_WORD = 2
"""Tokens below are special: end of sequence, unknown."""
_ROWS_AT_ONCE = 32


def build_model(
    shape: ModelShape, *, dtype: torch.dtype = torch.float32, device: str = "cpu", context: int = 4096
) -> PreTrainedModel:
    """A model of this shape with random weights, made on the device itself; the global generator is left as it was."""
    sizes: dict[str, Any] = {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden_size,
        "num_hidden_layers": shape.layers,
        "intermediate_size": shape.intermediate_size,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "tie_word_embeddings": shape.tied,
        "max_position_embeddings": context,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": None,
    }
    config: PreTrainedConfig = Qwen2Config(**sizes) if shape.qkv_bias else LlamaConfig(**sizes)
    target = torch.device(device)
    with torch.random.fork_rng(devices=[target] if target.type == "cuda" else []), target:
        torch.manual_seed(0)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=dtype)
    return model.eval()


def word_tokenizer(n_tokens: int = _FIRST_WORD) -> PreTrainedTokenizerFast:
    """A tokenizer of so many made-up words. Whoever reads and writes nothing needs no more than the special ones."""
    words = {"<eos>": 0, "<unk>": 1} | {f"w{token}": token for token in range(_FIRST_WORD, n_tokens)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", unk_token="<unk>")


def random_prompts(
    vocabulary: int, *, n_prompts: int, length: int, n_shared: int, seed: int = 0
) -> list[tuple[int, ...]]:
    """Prompts of random words that have their first ``n_shared`` tokens in common."""
    generator = torch.Generator().manual_seed(seed)
    shared = _words(vocabulary, n_shared, generator)
    return [shared + _words(vocabulary, length - n_shared, generator) for _ in range(n_prompts)]


def random_actions(vocabulary: int, *, n_actions: int, length: int, seed: int = 1) -> list[tuple[int, ...]]:
    """Actions of random words, none of which ends."""
    generator = torch.Generator().manual_seed(seed)
    return [_words(vocabulary, length, generator) for _ in range(n_actions)]


@torch.no_grad()
def action_log_probs(
    model: PreTrainedModel, prompts: Sequence[tuple[int, ...]], actions: Sequence[tuple[int, ...]]
) -> Tensor:
    """Log-probabilities [B, L] of actions of one length behind prompts of one length; few logits at a time."""
    sequences = torch.tensor([[*p, *a] for p, a in zip(prompts, actions, strict=True)], device=model.device)
    length = len(actions[0])
    hidden = model.base_model(input_ids=sequences, use_cache=False).last_hidden_state[:, -length - 1 : -1]
    head = model.get_output_embeddings()
    rows, tokens = hidden.flatten(0, 1), sequences[:, -length:].flatten()
    chunks = [
        head(rows[start : start + _ROWS_AT_ONCE])
        .float()
        .log_softmax(-1)
        .gather(1, tokens[start : start + _ROWS_AT_ONCE, None])[:, 0]
        for start in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    return torch.cat(chunks).view(len(actions), length).cpu()


def finished_episodes(
    prompts: Sequence[tuple[int, ...]], actions: Sequence[tuple[int, ...]], log_probs: Sequence[Sequence[float]]
) -> Rollout:
    """Episodes of one turn each, as learners take them. Rewards are made up: from 0 to 1, evenly."""
    turns = tuple(
        Turn(
            env_index=index,
            prompt="",
            action="",
            prompt_ids=prompt,
            action_ids=action,
            log_probs=tuple(logs),
            stop_reason="length",
            reward=index / max(1, len(prompts) - 1),
            terminated=True,
            truncated=False,
            next_prompt_ids=None,
            info={"status": "scored"},
        )
        for index, (prompt, action, logs) in enumerate(zip(prompts, actions, log_probs, strict=True))
    )
    return Rollout(turns, tuple((turn,) for turn in turns), generation_seconds=0.0, environment_seconds=0.0)


def _words(vocabulary: int, length: int, generator: torch.Generator) -> tuple[int, ...]:
    return tuple(torch.randint(_FIRST_WORD, vocabulary, (length,), generator=generator).tolist())
