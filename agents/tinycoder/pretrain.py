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

from agents.tinycoder.corpus import RepairPair, sample_first_action, sample_first_prompt, sample_repair


@dataclass(frozen=True)
class PretrainConfig:
    """Size and training of the embedded model.

    Attributes:
        hidden_size, n_layers, n_heads, feed_forward_size: of the Llama.
        n_tokens: budget of document tokens, prompts and actions.
        batch_tokens: tokens a step, padding aside.
        learning_rate: peak for embeddings and norms; linear warm-up over ``warmup_fraction``, then cosine to a tenth.
        matrix_learning_rate: peak for the matrices of the layers, on the same schedule.
        weight_decay: of the matrices.
        repair_rate: fraction of documents that are repairs.
        actions_per_prompt: programs that follow the prompt of a first attempt, each as if it stood alone.
        seed: of weights and documents.
    """

    hidden_size: int = 160
    n_layers: int = 4
    n_heads: int = 5
    feed_forward_size: int = 480
    n_tokens: int = 4_000_000
    batch_tokens: int = 4_096
    learning_rate: float = 3e-3
    matrix_learning_rate: float = 0.02
    warmup_fraction: float = 0.05
    weight_decay: float = 0.05
    repair_rate: float = 0.5
    actions_per_prompt: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Document:
    """A prompt and one or more actions that may follow it, each ended by end-of-text; token ids."""

    prompt: list[int]
    actions: list[list[int]]

    def __len__(self) -> int:
        return len(self.prompt) + sum(map(len, self.actions))


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


def draw_texts(rng: np.random.Generator, pairs: list[RepairPair], config: PretrainConfig) -> tuple[str, list[str]]:
    """The prompt of one document, and the actions that may follow it."""
    if rng.random() < config.repair_rate:
        prompt, action = sample_repair(rng, pairs)
        return prompt, [action]
    return sample_first_prompt(rng), [sample_first_action(rng) for _ in range(config.actions_per_prompt)]


def draw_document(
    rng: np.random.Generator, tokenizer: PreTrainedTokenizerFast, pairs: list[RepairPair], config: PretrainConfig
) -> Document:
    """One document, tokenised as the agents do: prompt and action apart."""
    prompt, actions = draw_texts(rng, pairs, config)
    ids = tokenizer([prompt, *actions], add_special_tokens=False)["input_ids"]
    return Document(ids[0], [[*action_ids, int(tokenizer.eos_token_id)] for action_ids in ids[1:]])


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
    optimizers = _optimizers(model, config)
    peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    model.train()
    done = 0
    while done < config.n_tokens:
        scale = learning_rate_scale(done / config.n_tokens, config.warmup_fraction)
        for optimizer, rates in zip(optimizers, peaks, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * scale
        documents: list[Document] = []
        n_tokens = 0
        while n_tokens < config.batch_tokens:
            documents.append(draw_document(rng, tokenizer, pairs, config))
            n_tokens += len(documents[-1])
        documents.sort(key=len)
        n_actions = sum(len(action) for document in documents for action in document.actions)
        # Two halves of like length waste little on padding; their gradients add up to one step.
        half = len(documents) // 2
        loss = 0.0
        for part in (documents[:half], documents[half:]):
            part_loss = action_loss(model, part) / n_actions
            part_loss.backward()
            loss += float(part_loss.detach())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        done += n_tokens
        report(n_tokens, loss)
    return model.eval()


def learning_rate_scale(progress: float, warmup_fraction: float) -> float:
    """Linear warm-up to 1, then cosine decay to a tenth; ``progress`` in [0, 1]."""
    if progress < warmup_fraction:
        return (progress + 1e-3) / warmup_fraction
    fraction = (progress - warmup_fraction) / (1 - warmup_fraction)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(fraction, 1.0)))


def _optimizers(model: LlamaForCausalLM, config: PretrainConfig) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Muon (Jordan et al., 2024) for the matrices of the layers, Adam for embeddings and norms."""
    matrices = {name: p for name, p in model.model.layers.named_parameters() if p.ndim == 2}
    chosen = set(map(id, matrices.values()))
    others = [p for p in model.parameters() if id(p) not in chosen]
    return (
        torch.optim.Muon(list(matrices.values()), lr=config.matrix_learning_rate, weight_decay=config.weight_decay),
        torch.optim.Adam(others, lr=config.learning_rate, betas=(0.9, 0.95)),
    )


def action_loss(model: LlamaForCausalLM, documents: list[Document]) -> Tensor:
    """Sum of the next-token losses of all action tokens, in nats.

    The actions of a document stand one behind the other, but each sees only itself and the prompt, at the positions
    that it would have right behind the prompt: a prompt is computed once for all of them.
    """
    longest = max(map(len, documents))
    ids = torch.zeros(len(documents), longest, dtype=torch.long)
    positions = torch.zeros(len(documents), longest, dtype=torch.long)
    # Which action a token belongs to: 0 for the prompt, -1 for padding.
    owner = torch.full((len(documents), longest), -1, dtype=torch.long)
    rows, predicting, targets = [], [], []
    for row, document in enumerate(documents):
        n_prompt = len(document.prompt)
        ids[row, :n_prompt] = torch.tensor(document.prompt)
        positions[row, :n_prompt] = torch.arange(n_prompt)
        owner[row, :n_prompt] = 0
        start = n_prompt
        for number, action in enumerate(document.actions, 1):
            stop = start + len(action)
            ids[row, start:stop] = torch.tensor(action)
            positions[row, start:stop] = torch.arange(n_prompt, n_prompt + len(action))
            owner[row, start:stop] = number
            rows += [row] * len(action)
            predicting += [n_prompt - 1, *range(start, stop - 1)]
            targets += action
            start = stop
    earlier = torch.ones(longest, longest, dtype=torch.bool).tril()
    related = (owner[:, None, :] == 0) | (owner[:, None, :] == owner[:, :, None])
    hidden = model.model(
        input_ids=ids, position_ids=positions, attention_mask=(related & earlier)[:, None]
    ).last_hidden_state
    logits = model.lm_head(hidden[torch.tensor(rows), torch.tensor(predicting)])
    return functional.cross_entropy(logits, torch.tensor(targets), reduction="sum")
