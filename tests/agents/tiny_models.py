"""Tiny random language models of many architectures, and tokenizers of several kinds; nothing is downloaded."""

from __future__ import annotations

import functools
import json
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    CodeLlamaTokenizer,
    CohereConfig,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    OPTConfig,
    PhiConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)

from agents.language_model import LanguageModel
from agents.model_options import ModelOptions, Tuning

CORPUS = [
    "# Task: a table. 4 features, x_train is a float array of shape (300, 4), y_train holds 3 classes 0..2.",
    "# Attempt 1 of 5. The previous attempt: # Error: NameError: name 'np' is not defined",
    'def build_model(x_train, y_train):\n    """Return a fitted classifier with predict_proba for 3 classes."""',
    "\n    from sklearn.svm import SVC\n    return SVC(probability=True).fit(x_train, y_train)\n",
]

CONTEXT_LENGTH = 256
WINDOW = 8
"""Tokens that the layers with a sliding window attend to."""

CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

CODE_LLAMA_TOKENS = ["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"]
QWEN_FILL_TOKENS = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"]

_ROTARY = {"intermediate_size": 48, "num_key_value_heads": 2, "max_position_embeddings": CONTEXT_LENGTH}
_COMMON = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "initializer_range": 0.2,  # large enough for what a token reads to matter
    "bos_token_id": None,
    "eos_token_id": 0,
    "pad_token_id": None,
}

ARCHITECTURES: dict[str, tuple[type[PreTrainedConfig], dict[str, Any]]] = {
    "llama": (LlamaConfig, _ROTARY | {"tie_word_embeddings": True}),
    "code_llama": (LlamaConfig, _ROTARY | {"bos_token_id": 1, "eos_token_id": 2}),
    "qwen2": (Qwen2Config, _ROTARY | {"tie_word_embeddings": True}),
    "qwen3": (Qwen3Config, _ROTARY | {"head_dim": 16}),
    "mistral": (MistralConfig, _ROTARY | {"sliding_window": WINDOW, "bos_token_id": 1, "eos_token_id": 2}),
    "gemma": (GemmaConfig, _ROTARY | {"head_dim": 16, "bos_token_id": 1, "eos_token_id": 2}),
    "gemma3": (
        Gemma3TextConfig,
        _ROTARY
        | {"head_dim": 16, "sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}
        | {"query_pre_attn_scalar": 16},
    ),
    "phi": (PhiConfig, _ROTARY | {"num_key_value_heads": 4}),
    "cohere": (CohereConfig, _ROTARY | {"logit_scale": 0.25}),
    "granite": (GraniteConfig, _ROTARY | {"logits_scaling": 3.0, "embedding_multiplier": 2.0}),
    "gpt_neox": (GPTNeoXConfig, {"intermediate_size": 48, "max_position_embeddings": CONTEXT_LENGTH}),
    "gpt2": (GPT2Config, {"n_positions": CONTEXT_LENGTH}),
    "opt": (
        OPTConfig,
        {"ffn_dim": 48, "max_position_embeddings": CONTEXT_LENGTH, "word_embed_proj_dim": 24, "init_std": 0.2},
    ),
    "bloom": (BloomConfig, {"seq_length": CONTEXT_LENGTH}),
}
"""Configurations by name. GPT-2, OPT and (with a gap) Bloom count positions in ways of their own; heads are tied in
Llama, Qwen2, Gemma, Cohere, Granite, GPT-2, OPT and Bloom, and have a bias in Phi; Cohere and Granite scale logits."""

_TOKENIZERS = {"code_llama": "code_llama", "mistral": "metaspace", "gemma": "metaspace", "qwen2": "chat"}


def tiny_language_model(
    architecture: str, tuning: Tuning = "lora", options: ModelOptions | None = None, seed: int = 0
) -> LanguageModel:
    """A random model of an architecture with a tokenizer as its family uses."""
    model, tokenizer = tiny_model(architecture, seed), tiny_tokenizer(_TOKENIZERS.get(architecture, "bytes"))
    return LanguageModel(model, tokenizer, name=architecture, tuning=tuning, options=options)


def tiny_model(architecture: str, seed: int = 0, vocabulary_size: int = 384, **settings: Any) -> PreTrainedModel:
    """A random model in evaluation mode."""
    config_class, own = ARCHITECTURES[architecture]
    config = config_class(**(_COMMON | own | {"vocab_size": vocabulary_size} | settings))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    return model.eval()


@functools.cache
def tiny_tokenizer(kind: str) -> PreTrainedTokenizerBase:
    """A tokenizer of at most 384 tokens; treat it as read-only.

    Args:
        kind: "bytes" (byte-level BPE, end of sequence for padding), "chat" (the same with a chat template), "qwen_fill"
            (the same with the tokens of a fill-in-the-middle model), "metaspace" (unigram with the pieces of
            sentencepiece, a beginning of sequence, no padding), "code_llama" (BPE, likewise, with fill-in-the-middle).
    """
    if kind in ("metaspace", "code_llama"):
        return _metaspace_bpe() if kind == "code_llama" else _metaspace_unigram()
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(CORPUS, trainer)
    eos = "<|im_end|>" if kind == "chat" else "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=eos, pad_token="<|endoftext|>")
    if kind == "chat":
        tokenizer.chat_template = CHAT_TEMPLATE
    if kind == "qwen_fill":
        tokenizer.add_tokens(QWEN_FILL_TOKENS)
    return tokenizer


_SPECIAL = ["<unk>", "<s>", "</s>"]


def _metaspace_unigram() -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.Unigram())
    raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    raw.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    raw.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(
            vocab_size=300,
            special_tokens=_SPECIAL,
            unk_token="<unk>",
            initial_alphabet=[chr(i) for i in range(33, 127)] + ["\n", "▁"],
            show_progress=False,
        ),
    )
    raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def _metaspace_bpe() -> CodeLlamaTokenizer:
    raw = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    byte_pieces = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=375, special_tokens=[*_SPECIAL, *byte_pieces, *CODE_LLAMA_TOKENS], show_progress=False
    )
    raw.train_from_iterator(CORPUS, trainer)
    model = json.loads(raw.to_str())["model"]
    vocabulary, merges = model["vocab"], [tuple(merge) for merge in model["merges"]]
    return CodeLlamaTokenizer(vocab=vocabulary, merges=merges)
