"""Pretraining of the embedded model: next-token prediction on documents drawn from the grammar, fresh every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from agents.tinycoder.corpus import RepairPair, sample_first_attempt, sample_repair


@dataclass(frozen=True)
class PretrainConfig:
    """Size and training of the embedded model.

    Attributes:
        hidden_size, n_layers, n_heads, feed_forward_size: of the Llama.
        n_tokens: budget of document tokens (prompts and actions).
        batch_tokens: tokens a step, padding aside.
        learning_rate: peak; linear warm-up over ``warmup_fraction``, then cosine to a tenth.
        repair_rate: fraction of documents that are repairs.
        prompt_weight: loss weight of prompt tokens; action tokens weigh 1.
        seed: of weights and documents.
    """

    hidden_size: int = 160
    n_layers: int = 4
    n_heads: int = 5
    feed_forward_size: int = 480
    n_tokens: int = 9_000_000
    batch_tokens: int = 4_096
    learning_rate: float = 3e-3
    warmup_fraction: float = 0.05
    weight_decay: float = 0.05
    repair_rate: float = 0.5
    prompt_weight: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Document:
    """Token ids of one document; the first ``n_prompt`` are the prompt, the last is end-of-text."""

    ids: list[int]
    n_prompt: int


def new_model(tokenizer: PreTrainedTokenizerFast, config: PretrainConfig) -> LlamaForCausalLM:
    """A Llama with random weights, its embeddings tied."""
    torch.manual_seed(config.seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.hidden_size,
            intermediate_size=config.feed_forward_size,
            num_hidden_layers=config.n_layers,
            num_attention_heads=config.n_heads,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        )
    )


def draw_document(
    rng: np.random.Generator, tokenizer: PreTrainedTokenizerFast, pairs: list[RepairPair], repair_rate: float
) -> Document:
    """One document, tokenised as the agents do: prompt and action apart."""
    prompt, action = sample_repair(rng, pairs) if rng.random() < repair_rate else sample_first_attempt(rng)
    prompt_ids = tokenizer.encode(prompt, add_special_tokens=False)
    action_ids = tokenizer.encode(action, add_special_tokens=False)
    return Document([*prompt_ids, *action_ids, int(tokenizer.eos_token_id)], len(prompt_ids))


def pretrain(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    pairs: list[RepairPair],
    config: PretrainConfig,
    report: Callable[[int, float], object] = lambda tokens, loss: None,
) -> LlamaForCausalLM:
    """Train ``model`` in place on ``config.n_tokens`` tokens.

    Args:
        report: called after every step with the tokens of the step and the mean loss of its action tokens (nats).
    """
    rng = np.random.default_rng(config.seed)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=config.learning_rate,
        betas=(0.9, 0.95),
    )
    model.train()
    done = 0
    while done < config.n_tokens:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(done / config.n_tokens, config)
        documents: list[Document] = []
        n_tokens = 0
        while n_tokens < config.batch_tokens:
            documents.append(draw_document(rng, tokenizer, pairs, config.repair_rate))
            n_tokens += len(documents[-1].ids)
        documents.sort(key=lambda document: len(document.ids))
        # Two halves of like length waste little on padding; their gradients add up to one step.
        weight = sum(config.prompt_weight * (d.n_prompt - 1) + len(d.ids) - d.n_prompt for d in documents)
        half = len(documents) // 2
        action_loss, n_actions = 0.0, 0
        for part in (documents[:half], documents[half:]):
            losses, is_action = document_losses(model, part)
            weights = torch.where(is_action, 1.0, config.prompt_weight)
            ((losses * weights).sum() / weight).backward()
            action_loss += float(losses.detach()[is_action].sum())
            n_actions += int(is_action.sum())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        done += n_tokens
        report(n_tokens, action_loss / n_actions)
    return model.eval()


def learning_rate_at(progress: float, config: PretrainConfig) -> float:
    """Linear warm-up, then cosine decay to a tenth of the peak; ``progress`` in [0, 1]."""
    if progress < config.warmup_fraction:
        return config.learning_rate * (progress + 1e-3) / config.warmup_fraction
    fraction = (progress - config.warmup_fraction) / (1 - config.warmup_fraction)
    return config.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * min(fraction, 1.0))))


def document_losses(model: LlamaForCausalLM, documents: list[Document]) -> tuple[Tensor, Tensor]:
    """Next-token losses of right-padded documents, flat over the valid positions.

    Returns:
        ``losses`` float32 [n], in nats, and ``is_action`` bool [n], true where the predicted token is of the action.
    """
    length = max(len(document.ids) for document in documents)
    ids = torch.zeros(len(documents), length, dtype=torch.long)
    valid = torch.zeros(len(documents), length, dtype=torch.bool)
    action = torch.zeros(len(documents), length, dtype=torch.bool)
    for row, document in enumerate(documents):
        ids[row, : len(document.ids)] = torch.tensor(document.ids)
        valid[row, : len(document.ids)] = True
        action[row, document.n_prompt : len(document.ids)] = True
    # Right padding under a causal mask needs no attention mask.
    hidden = model.model(input_ids=ids[:, :-1]).last_hidden_state
    targets = valid[:, 1:]
    logits = model.lm_head(hidden[targets])
    return functional.cross_entropy(logits, ids[:, 1:][targets], reduction="none"), action[:, 1:][targets]
