"""Sums over the vocabulary, a few tokens at a time: nothing of shape [tokens, vocabulary] is ever stored.

A language model's distributions at N positions are softmaxes of ``hidden @ weight.T + bias``. What learning needs of
them are a handful of numbers a position. They are computed in chunks of rows (agents/vocabulary_chunks.py); a few
chunks of logits live at a time, whatever N is. Gradients with respect to hidden states are taken in the same pass
wherever the matrix behind them is constant (adapters, critics). A trained output head needs each chunk once more, in
the backward pass, because its own gradient cannot be formed before the losses are known.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.output_head import CentredProducts, LogRatios, OutputHead, ScoreFunction
from agents.vocabulary_chunks import ChunkedSums, Job

__all__ = [
    "CentredProducts",
    "LogRatios",
    "OutputHead",
    "ScoreFunction",
    "ScoreSums",
    "VocabularySums",
    "chunk_rows",
    "vocabulary_sums",
]

_CACHED_ELEMENTS = 2**18
_PRODUCT_ROWS = range(16, 65)
_POSITIONS_A_ROW = 64
_MOST_ELEMENTS = {"cpu": 2**22, "cuda": 2**25}


def chunk_rows(vocabulary_size: int, device_type: str, n_positions: int | None = None) -> int:
    """Rows of a chunk; four tensors of this many rows and a column a token are computed in.

    On a processor a chunk should stay in its caches, but matrix products want some 64 rows, up to 16 MiB a tensor;
    where there are few positions, 16, lest the chunk outweigh all else. Elsewhere a chunk should be
    large: up to 128 MiB a tensor.

    Args:
        vocabulary_size: V.
        device_type: where it is computed, as torch names it.
        n_positions: N; None for so many that chunks are as large as they may be.
    """
    if device_type != "cpu":
        return max(1, _MOST_ELEMENTS["cuda"] // vocabulary_size)
    fewest, most = _PRODUCT_ROWS[0], _PRODUCT_ROWS[-1]
    wanted = most if n_positions is None else min(most, max(fewest, n_positions // _POSITIONS_A_ROW))
    for_products = min(wanted, _MOST_ELEMENTS["cpu"] // vocabulary_size)
    return max(1, for_products, _CACHED_ELEMENTS // vocabulary_size)


@dataclass(frozen=True)
class ScoreSums:
    """What is left of a score function f at N positions; all float [N].

    Attributes:
        chosen: f(w).
        mean: E_pi[f].
        variance: Var_pi[f]; only of a score function that learns and while gradients are recorded, else zeros.
    """

    chosen: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class VocabularySums:
    """What is left of the distributions pi and rho at N positions, given one sampled token w a position.

    Attributes:
        log_pi: log pi(w), [N].
        log_rho: log rho(w), [N]; never differentiable. Zeros if rho was not given, and so is the divergence.
        kl: KL(pi || rho) in nats, [N].
        entropy: entropy of pi in nats, [N]; not differentiable.
        scores: of the fixed score function. The gradient of its mean flows to pi alone; there is no other.
        learned_scores: of the one that learns. The gradients of its chosen values and of its variance flow to its
            queries or hidden states alone (pi is constant there); its mean has none.
    """

    log_pi: Tensor
    log_rho: Tensor
    kl: Tensor
    entropy: Tensor
    scores: ScoreSums
    learned_scores: ScoreSums


def vocabulary_sums(
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
    """Reduce the distributions at N positions to a handful of numbers each; differentiable.

    Args:
        hidden: last hidden states of the policy, [N, d].
        head: the policy's output head; its weight and bias may require gradients.
        tokens: sampled tokens w, int64 [N].
        base_hidden: last hidden states of the base model rho, [N, d]; no gradient flows there.
        base_head: the base model's output head.
        temperature: all distributions are softmax(logits / temperature).
        scores: a function of tokens whose values are constant, such as what a target critic says.
        learned_scores: a function of tokens that is being fitted.
        rows_per_chunk: positions that are computed at a time; None: :func:`chunk_rows`.

    Raises:
        ValueError: log-ratios to a base model that was not given.
    """
    if base_hidden is None or base_head is None:
        base_hidden = base_head = None
        if isinstance(scores, LogRatios) or isinstance(learned_scores, LogRatios):
            raise ValueError("log-ratios are taken to the base model: give base_hidden and base_head")
    job = Job(
        head=head.detach(),
        tokens=tokens,
        base_hidden=None if base_hidden is None else base_hidden.detach(),
        base_head=None if base_head is None else base_head.detach(),
        temperature=temperature,
        scores=_constant(scores),
        learned_scores=_constant(learned_scores),
        rows_per_chunk=rows_per_chunk or chunk_rows(len(head.weight), hidden.device.type, len(hidden)),
        keep_policy_slopes=torch.is_grad_enabled() and hidden.requires_grad and not head.learns,
        keep_score_slopes=torch.is_grad_enabled() and _inputs_require_grad(learned_scores),
    )
    sums = ChunkedSums.apply(hidden, head.weight, head.bias, _inputs(learned_scores), job)
    log_pi, log_rho, kl, entropy, *rest = sums
    return VocabularySums(log_pi, log_rho, kl, entropy, ScoreSums(*rest[:3]), ScoreSums(*rest[3:]))


def _inputs(function: ScoreFunction | None) -> Tensor | None:
    """What of a score function may learn."""
    if function is None:
        return None
    return function.queries if isinstance(function, CentredProducts) else function.hidden


def _inputs_require_grad(function: ScoreFunction | None) -> bool:
    inputs = _inputs(function)
    return inputs is not None and inputs.requires_grad


def _constant(function: ScoreFunction | None) -> ScoreFunction | None:
    """The same function without gradients."""
    if isinstance(function, CentredProducts):
        return CentredProducts(function.queries.detach(), function.keys.detach())
    if isinstance(function, LogRatios):
        return LogRatios(function.hidden.detach(), function.head.detach())
    return None
