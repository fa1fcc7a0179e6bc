"""Sampling of actions: batched, left-padded, with a cache of keys and values; a shared prompt is encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from agents.language_model import LanguageModel, Network, select_rows

StopReason = Literal["eos", "length"]


@dataclass(frozen=True)
class Generation:
    """One sampled action.

    Attributes:
        token_ids: what was sampled; the end-of-sequence token is the last one if it was sampled.
        log_probs: log-probability of each token under the distribution that it was drawn from.
        stop_reason: "eos", or "length" if the action was cut.
    """

    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    stop_reason: StopReason


@torch.inference_mode()
def generate(
    language_model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    *,
    max_new_tokens: int,
    temperature: float,
    generator: torch.Generator,
    network: Network = "policy",
) -> list[Generation]:
    """Sample one action a prompt from softmax(logits / temperature), without top-k or top-p; greedily at temperature 0.

    Args:
        language_model: who writes.
        prompts: token ids, at least one a prompt.
        max_new_tokens: actions are cut there.
        temperature: at least 0.
        generator: drawn from once a token, on the CPU.
        network: the policy or its base.

    Returns:
        One :class:`Generation` a prompt, in order.
    """
    device = language_model.device
    head = language_model.head(network)
    unique_prompts = list(dict.fromkeys(prompts))
    position = {prompt: index for index, prompt in enumerate(unique_prompts)}
    encoded = language_model.encode_prompts(unique_prompts, network)
    rows = torch.tensor([position[prompt] for prompt in prompts], device=device)
    cache, last_hidden = select_rows(encoded.cache, rows), encoded.last_hidden[rows]
    mask = torch.cat([encoded.mask[rows], encoded.mask.new_ones(len(prompts), max_new_tokens)], dim=1)
    width = encoded.mask.shape[1]
    live = list(range(len(prompts)))  # which action each row of the batch belongs to
    ended: set[int] = set()
    token_ids: list[list[int]] = [[] for _ in prompts]
    log_probs: list[list[float]] = [[] for _ in prompts]
    for step in range(max_new_tokens):
        tokens, sampled_log_probs = _sample(head.logits(last_hidden), temperature, generator)
        for action, token, log_prob in zip(live, tokens.tolist(), sampled_log_probs.tolist(), strict=True):
            if action not in ended:
                token_ids[action].append(token)
                log_probs[action].append(log_prob)
                if token in language_model.eos_token_ids:
                    ended.add(action)
        if len(ended) == len(prompts) or step + 1 == max_new_tokens:
            break
        kept = [row for row, action in enumerate(live) if action not in ended]
        if 2 * len(kept) <= len(live):  # drop the rows that ended, now and then: copying the cache costs time, too
            selected = torch.tensor(kept, device=device)
            cache.batch_select_indices(selected)
            mask, tokens = mask[selected], tokens[selected]
            live = [live[row] for row in kept]
        last_hidden = language_model.forward(tokens[:, None], mask[:, : width + step + 1], cache, network)[:, -1]
    return [
        Generation(tuple(ids), tuple(logs), "eos" if action in ended else "length")
        for action, (ids, logs) in enumerate(zip(token_ids, log_probs, strict=True))
    ]


def _sample(logits: Tensor, temperature: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One token a row of logits [B, V], by inversion of the distribution function, and its log-probability."""
    if temperature == 0:
        tokens = logits.argmax(-1)
        return tokens, torch.zeros_like(tokens, dtype=logits.dtype)
    log_probs = (logits / temperature).log_softmax(-1)
    cumulative = log_probs.double().exp().cumsum(-1)
    uniform = torch.rand(len(logits), 1, generator=generator, dtype=torch.float64).to(logits.device)
    tokens = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True).clamp_max_(logits.shape[1] - 1)
    return tokens[:, 0], log_probs.gather(1, tokens)[:, 0]
