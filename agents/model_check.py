"""A model is tried when it is loaded: one that computes otherwise than it is trained here is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import PreTrainedModel

from agents.kv_cache import select_rows

if TYPE_CHECKING:
    from agents.language_model import LanguageModel


@torch.no_grad()
def check_model(language_model: LanguageModel, base: PreTrainedModel) -> None:
    """Compare what a fresh language model computes in the ways of training and sampling with the model's own logits.

    Args:
        language_model: its policy still equals its base.
        base: the model inside.

    Raises:
        ValueError: the model does more to its logits than an output head does, or padding or a cache changes what it
            computes.
    """
    if getattr(base.config.get_text_config(), "final_logit_softcapping", None) is not None:
        raise ValueError(f"the model {language_model.name!r} caps its logits, which is not supported")
    token_ids = torch.arange(8, device=language_model.device) % language_model.vocabulary_size
    expected = base(input_ids=token_ids[None], use_cache=False).logits[0].float()
    hidden = language_model.sequence_states(token_ids[None], torch.ones_like(token_ids[None]))[0]
    if not _agree(language_model, hidden, expected):
        raise ValueError(f"the model {language_model.name!r} scales or caps its logits, which is not supported")
    # The second prompt is padded behind the tokens that it shares with the first, and continued in the cache.
    tokens = token_ids.tolist()
    encoded = language_model.encode_prompts([tokens[:6], tokens[:3]], new_tokens=5)
    row = torch.tensor([1], device=language_model.device)
    mask = torch.cat([encoded.mask[row], encoded.mask.new_ones(1, 5)], dim=1)
    continued = language_model.forward(token_ids[None, 3:], mask, select_rows(encoded.cache, row))[0]
    if not _agree(language_model, torch.cat([encoded.last_hidden[row], continued]), expected[2:]):
        raise ValueError(
            f"the model {language_model.name!r} computes otherwise when it is padded or continued from a cache, "
            "which is not supported"
        )


@torch.no_grad()
def reads_trees(language_model: LanguageModel) -> bool:
    """Whether two sequences in one row that share their beginning are read as each of them alone."""
    if language_model.attention not in ("sdpa", "eager"):
        return False
    tokens = torch.arange(8, device=language_model.device) % language_model.vocabulary_size
    # Tokens 0 1 2 3 4 5 and, behind 0 1 2, the branch 6 7.
    visible = torch.ones(8, 8, dtype=torch.bool, device=tokens.device).tril()
    visible[6:, 3:6] = False
    position_ids = torch.tensor([[0, 1, 2, 3, 4, 5, 3, 4]], device=tokens.device)
    try:
        cache = language_model.new_cache()
        found = language_model.forward(tokens[None], visible[None], cache, position_ids=position_ids)[0]
    except (RuntimeError, ValueError, TypeError, IndexError):  # whatever a model does with masks that it does not know
        return False
    trunk, branch = tokens[None, :6], torch.cat([tokens[:3], tokens[6:]])[None]
    expected = [language_model.sequence_states(one, torch.ones_like(one))[0] for one in (trunk, branch)]
    logits = language_model.head("policy").logits(torch.cat([expected[0], expected[1][3:]]))
    return _agree(language_model, found, logits)


def _agree(language_model: LanguageModel, hidden: Tensor, expected: Tensor) -> bool:
    """Whether hidden states give the expected logits, as far as the model's number format allows."""
    head = language_model.head("policy")
    found = head.logits(hidden)
    tolerance = 1e-3 if head.weight.dtype in (torch.float32, torch.float64) else 0.1
    if found.shape != expected.shape:
        return False
    return bool((found - expected).square().mean().sqrt() <= tolerance * expected.std())
