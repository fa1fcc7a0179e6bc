from __future__ import annotations

import pytest
import torch
from transformers.cache_utils import DynamicLayer

from agents.kv_cache import select_rows
from agents.language_model import LanguageModel
from agents.sampling_cache import BufferedLayer, buffered_rows

ROWS = torch.tensor([1, 0, 1])


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_buffered_cache_is_a_cache(language_model: LanguageModel, room: int) -> None:
    """Growing, dropping rows, growing again: the same hidden states as with a cache that is copied for each token."""
    model = language_model
    with torch.inference_mode():
        encoded = model.encode_prompts([(5, 6, 7), (5, 8)])
        buffered, plain = buffered_rows(encoded.cache, ROWS, room), select_rows(encoded.cache, ROWS)
        assert all(isinstance(layer, BufferedLayer) for layer in buffered.layers)
        mask = encoded.mask[ROWS]
        for step in range(4):
            tokens = torch.arange(len(mask))[:, None] + step
            mask = torch.cat([mask, torch.ones_like(tokens)], dim=1)
            expected = model.forward(tokens, mask, plain)
            torch.testing.assert_close(model.forward(tokens, mask, buffered), expected)
            assert buffered.get_seq_length() == plain.get_seq_length() == encoded.mask.shape[1] + step + 1
            if step == 1:
                kept = torch.tensor([2, 0])
                buffered.batch_select_indices(kept)
                plain.batch_select_indices(kept)
                mask = mask[kept]
        untouched = model.encode_prompts([(5, 6, 7), (5, 8)]).cache
        for layer, expected_layer in zip(encoded.cache.layers, untouched.layers, strict=True):
            torch.testing.assert_close(layer.keys, expected_layer.keys)


def test_a_token_is_added_without_copying(language_model: LanguageModel) -> None:
    layer = DynamicLayer()
    layer.update(torch.zeros(2, 1, 3, 4), torch.zeros(2, 1, 3, 4))
    buffered = BufferedLayer(layer, ROWS, room=2)
    keys, _ = buffered.update(torch.ones(3, 1, 1, 4), torch.ones(3, 1, 1, 4))
    longer, _ = buffered.update(torch.ones(3, 1, 1, 4), torch.ones(3, 1, 1, 4))
    assert keys.data_ptr() == longer.data_ptr()
    assert longer.shape == (3, 1, 5, 4)
