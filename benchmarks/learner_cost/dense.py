"""The dense formulation: what the learners compute in chunks, on whole tensors [tokens, vocabulary], by autograd."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from agents.vocabulary import CentredProducts, OutputHead, ScoreFunction, ScoreSums, VocabularySums

_NAME = "vocabulary_sums"


def dense_vocabulary_sums(
    hidden: Tensor,
    head: OutputHead,
    tokens: Tensor,
    *,
    base_hidden: Tensor | None = None,
    base_head: OutputHead | None = None,
    temperature: float = 1.0,
    scores: ScoreFunction | None = None,
    learned_scores: ScoreFunction | None = None,
    rows_per_chunk: int | None = None,
) -> VocabularySums:
    """The same sums as :func:`agents.vocabulary.vocabulary_sums`, which documents the arguments.

    Every intermediate result that a backward pass needs is a tensor [N, V], held until then; ``rows_per_chunk`` means
    nothing.
    """
    log_p = head.logits(hidden, temperature).log_softmax(-1)
    p = log_p.exp()
    nothing = torch.zeros_like(log_p[:, 0])
    log_rho = kl = nothing
    log_q = None
    if base_hidden is not None and base_head is not None:
        with torch.no_grad():
            log_q = base_head.logits(base_hidden, temperature).log_softmax(-1)
        log_rho = _at(log_q, tokens)
        kl = (p * (log_p - log_q)).sum(-1)
    with torch.no_grad():
        entropy = -(p * log_p).sum(-1)
    fixed_sums = learned_sums = ScoreSums(nothing, nothing, nothing)
    if scores is not None:
        with torch.no_grad():
            values = _values(scores, p, log_q, temperature)
        fixed_sums = ScoreSums(_at(values, tokens), (p * values).sum(-1), nothing)
    if learned_scores is not None:
        fixed_p = p.detach()
        values = _values(learned_scores, fixed_p, log_q, temperature)
        mean = (fixed_p * values).sum(-1).detach()
        variance = (fixed_p * (values - mean[:, None]) ** 2).sum(-1)
        learned_sums = ScoreSums(_at(values, tokens), mean, variance)
    return VocabularySums(_at(log_p, tokens), log_rho, kl, entropy, fixed_sums, learned_sums)


@contextmanager
def vocabulary_sums_replaced(replacement: Callable[..., VocabularySums]) -> Iterator[None]:
    """Inside, every learner that was imported calls ``replacement`` for its sums over the vocabulary."""
    users = [
        module
        for name, module in sorted(sys.modules.items())
        if name.startswith("agents.") and name != "agents.vocabulary" and hasattr(module, _NAME)
    ]
    with ExitStack() as stack:
        for module in users:
            stack.enter_context(patch.object(module, _NAME, replacement))
        yield


def _values(function: ScoreFunction, p: Tensor, log_q: Tensor | None, temperature: float) -> Tensor:
    """f(v) of every token v, [N, V]."""
    if isinstance(function, CentredProducts):
        products = (function.queries.to(function.keys.dtype) @ function.keys.T).to(p.dtype)
        return products - (p * products).sum(-1, keepdim=True)
    if log_q is None:
        raise ValueError("log-ratios are taken to the base model: give base_hidden and base_head")
    return function.head.logits(function.hidden, temperature).log_softmax(-1) - log_q


def _at(values: Tensor, tokens: Tensor) -> Tensor:
    return values.gather(1, tokens[:, None])[:, 0]
