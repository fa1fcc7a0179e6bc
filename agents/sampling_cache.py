"""A cache of keys and values for sampling, to which a token is added without copying what is there already."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_SPARE_TOKENS = 64
"""A buffer that is full grows by at least so many tokens."""


class BufferedLayer(DynamicLayer):
    """Keys and values [B, heads, n, head_dim] at the front of buffers with room for more.

    For inference alone: what :meth:`update` returned earlier are views of the same buffers.

    Args:
        layer: whose rows are copied.
        rows: int64 [B], which of its rows.
        room: tokens that can be added before the buffers must grow.
    """

    def __init__(self, layer: DynamicLayer, rows: Tensor, room: int) -> None:
        super().__init__()
        assert layer.keys is not None
        assert layer.values is not None
        self.dtype, self.device = layer.dtype, layer.device
        self.is_initialized = True
        self._length = layer.keys.shape[-2]
        self._key_buffer = _with_room(layer.keys[rows], room)
        self._value_buffer = _with_room(layer.values[rows], room)
        self._show()

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append keys and values [B, heads, m, head_dim]; returns all n + m of them."""
        start, self._length = self._length, self._length + key_states.shape[-2]
        missing = self._length - self._key_buffer.shape[-2]
        if missing > 0:
            self._key_buffer = _with_room(self._key_buffer[:, :, :start], missing + _SPARE_TOKENS)
            self._value_buffer = _with_room(self._value_buffer[:, :, :start], missing + _SPARE_TOKENS)
        self._key_buffer[:, :, start : self._length] = key_states
        self._value_buffer[:, :, start : self._length] = value_states
        return self._show()

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows."""
        self._key_buffer, self._value_buffer = self._key_buffer[indices], self._value_buffer[indices]
        self._show()

    def _show(self) -> tuple[Tensor, Tensor]:
        keys, values = self._key_buffer[:, :, : self._length], self._value_buffer[:, :, : self._length]
        self.keys, self.values = keys, values
        return keys, values


def buffered_rows(cache: DynamicCache, rows: Tensor, room: int) -> DynamicCache:
    """A cache that holds these rows of another one, which stays as it is, with room for more tokens; for inference.

    Layers that do more than keep all keys and values (sliding windows) stay of their kind.
    """
    selected = copy.copy(cache)
    layers: list[Any] = [copy.copy(layer) for layer in cache.layers]
    for index, layer in enumerate(layers):
        if type(layer) is DynamicLayer and layer.is_initialized:
            layers[index] = BufferedLayer(layer, rows, room)
        else:
            layer.batch_select_indices(rows)
    selected.layers = layers
    return selected


def _with_room(states: Tensor, room: int) -> Tensor:
    batch, heads, length, width = states.shape
    buffer = torch.empty(batch, heads, length + room, width, dtype=states.dtype, device=states.device)
    buffer[:, :, :length] = states
    return buffer
