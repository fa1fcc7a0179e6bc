"""Caches of keys and values: what was read, and which rows and how much of it the layers of a model remember."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer


@dataclass(frozen=True)
class EncodedPrompts:
    """P prompts that were read.

    Attributes:
        last_hidden: [P, hidden_size], the hidden states from which the first tokens of answers are drawn.
        cache: keys and values of P rows.
        mask: int64 [P, width], 1 for the real tokens of the cache.
    """

    last_hidden: Tensor
    cache: DynamicCache
    mask: Tensor


def select_rows(cache: DynamicCache, rows: Tensor) -> DynamicCache:
    """A cache that holds these rows of another one, which stays as it is; differentiable."""
    selected = copy.copy(cache)
    selected.layers = [copy.copy(layer) for layer in cache.layers]
    selected.batch_select_indices(rows)
    return selected


def common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, at least one token of each being left over."""
    longest = min(map(len, prompts)) - 1
    first = prompts[0]
    for position in range(longest):
        if any(prompt[position] != first[position] for prompt in prompts):
            return position
    return longest


def narrowest_window(cache: DynamicCache, config: PreTrainedConfig) -> int | None:
    """How many tokens the layer with the shortest memory attends to; None if all attend to everything."""
    windows = [layer.sliding_window for layer in cache.layers if isinstance(layer, DynamicSlidingWindowLayer)]
    declared = getattr(config, "window_size", None)  # of GPT-Neo, whose local layers keep all keys and values
    return min([*windows, *([declared] if isinstance(declared, int) else [])], default=None)


def require_keys_and_values(cache: DynamicCache, name: str) -> None:
    """Raise ValueError if a model of this name remembers something else than keys and values."""
    if not all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in cache.layers):
        raise ValueError(
            f"the model {name!r} remembers something else than keys and values (recurrent layers do), "
            "which is not supported"
        )
