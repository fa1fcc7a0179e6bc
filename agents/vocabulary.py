"""Sums over the vocabulary, a few tokens at a time: nothing of shape [tokens, vocabulary] is ever stored.

A language model's distributions at N positions are softmaxes of ``hidden @ weight.T + bias``. What learning needs of
them are a handful of numbers a position. The autograd function below computes them in chunks of rows and computes each
chunk again in the backward pass: a few chunks of logits live at a time, whatever N is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

CHUNK_ELEMENTS = 2**20
"""Rows of a chunk times vocabulary size stays below this (4 MiB a float32 tensor)."""


@dataclass(frozen=True)
class OutputHead:
    """The linear map from hidden states to logits: weight [V, d], bias [V] or None, and what a model does around it."""

    weight: Tensor
    bias: Tensor | None = None

    def logits(self, hidden: Tensor, temperature: float = 1.0) -> Tensor:
        """float32 (or float64) logits [N, V] of hidden states [N, d]. For a few rows only: sampling, chunks, tests."""
        logits = hidden.to(self.weight.dtype) @ self.weight.T
        if self.bias is not None:
            logits = logits + self.bias
        if logits.dtype != torch.float64:
            logits = logits.float()
        return logits / temperature

    def detach(self) -> OutputHead:
        """The same head without gradients."""
        return OutputHead(self.weight.detach(), None if self.bias is None else self.bias.detach())


@dataclass(frozen=True)
class VocabularySums:
    """What is left of the distributions pi and rho at N positions, given one sampled token w a position.

    Attributes:
        log_pi: log pi(w), [N].
        log_rho: log rho(w), [N]; never differentiable. Zeros if rho was not given, and so is the divergence.
        kl: KL(pi || rho) in nats, [N].
        entropy: entropy of pi in nats, [N].
        scores: f(w), [N, K], of the K score functions f_k(v) = <queries_k, keys_v>; K = 0 without queries.
        mean_scores: E_pi[f], [N, K].
        mean_square_scores: E_pi[f^2], [N, K].
    """

    log_pi: Tensor
    log_rho: Tensor
    kl: Tensor
    entropy: Tensor
    scores: Tensor
    mean_scores: Tensor
    mean_square_scores: Tensor


def vocabulary_sums(
    hidden: Tensor,
    head: OutputHead,
    tokens: Tensor,
    *,
    base_hidden: Tensor | None = None,
    base_head: OutputHead | None = None,
    temperature: float = 1.0,
    queries: Tensor | None = None,
    keys: Tensor | None = None,
    chunk_elements: int = CHUNK_ELEMENTS,
) -> VocabularySums:
    """Reduce the distributions at N positions to a handful of numbers each; differentiable.

    Args:
        hidden: last hidden states of the policy, [N, d].
        head: the policy's output head; its weight and bias may require gradients.
        tokens: sampled tokens w, int64 [N].
        base_hidden: last hidden states of the base model rho, [N, d]; no gradient flows there.
        base_head: the base model's output head.
        temperature: both distributions are softmax(logits / temperature).
        queries: [N, K, k], with ``keys`` [V, k]: K score functions a position.
        chunk_elements: bound on rows times vocabulary of a chunk.
    """
    if queries is None or keys is None:
        queries = hidden.new_zeros(len(hidden), 0, 1)
        keys = hidden.new_zeros(len(head.weight), 1)
    log_pi, log_rho, kl, entropy, mean_scores, mean_square_scores = _VocabularySums.apply(
        hidden, head.weight, head.bias, base_hidden, base_head, tokens, temperature, queries, keys, chunk_elements
    )
    scores = torch.einsum("nkd,nd->nk", queries, keys[tokens].to(queries.dtype))
    return VocabularySums(log_pi, log_rho, kl, entropy, scores, mean_scores, mean_square_scores)


class _VocabularySums(torch.autograd.Function):
    """With p = softmax(z): d(sum_v p_v f_v) / dz_v = p_v * (f_v - sum_u p_u f_u), also for f = log p - log q."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        base_hidden: Tensor | None,
        base_head: OutputHead | None,
        tokens: Tensor,
        temperature: float,
        queries: Tensor,
        keys: Tensor,
        chunk_elements: int,
    ) -> tuple[Tensor, ...]:
        head = OutputHead(weight, bias)
        n_rows, n_scores = queries.shape[:2]
        rows_per_chunk = max(1, chunk_elements // (len(weight) * (1 + n_scores)))
        dtype = torch.float64 if hidden.dtype == torch.float64 else torch.float32
        log_pi, log_rho, kl, entropy = hidden.new_zeros(4, n_rows, dtype=dtype).unbind(0)
        means, mean_squares = hidden.new_zeros(2, n_rows, n_scores, dtype=dtype).unbind(0)
        for start in range(0, n_rows, rows_per_chunk):
            rows = slice(start, start + rows_per_chunk)
            log_p = head.logits(hidden[rows], temperature).log_softmax(-1)
            p = log_p.exp()
            chosen = tokens[rows, None]
            log_pi[rows] = log_p.gather(1, chosen)[:, 0]
            entropy[rows] = -torch.linalg.vecdot(p, log_p)
            if base_hidden is not None and base_head is not None:
                log_q = base_head.logits(base_hidden[rows], temperature).log_softmax(-1)
                log_rho[rows] = log_q.gather(1, chosen)[:, 0]
                kl[rows] = torch.linalg.vecdot(p, log_p - log_q)
            for k in range(n_scores):
                scores = (queries[rows, k].to(keys.dtype) @ keys.T).to(dtype)
                means[rows, k] = torch.linalg.vecdot(p, scores)
                mean_squares[rows, k] = torch.linalg.vecdot(p, scores.square_())
        ctx.save_for_backward(hidden, weight, bias, base_hidden, tokens, queries, keys)
        ctx.base_head, ctx.temperature, ctx.rows_per_chunk, ctx.dtype = base_head, temperature, rows_per_chunk, dtype
        ctx.mark_non_differentiable(log_rho)
        ctx.set_materialize_grads(False)
        return log_pi, log_rho, kl.clamp_min_(0), entropy, means, mean_squares

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        grad_log_pi, _, grad_kl, grad_entropy, grad_means, grad_mean_squares = gradients  # None: the sum was not used
        hidden, weight, bias, base_hidden, tokens, queries, keys = ctx.saved_tensors
        head = OutputHead(weight, bias)
        needs_hidden, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        needs_queries, needs_keys = ctx.needs_input_grad[7:9]
        n_scores = queries.shape[1] if grad_means is not None or grad_mean_squares is not None else 0
        d_hidden = torch.empty_like(hidden) if needs_hidden else None
        d_weight = torch.zeros_like(weight, dtype=ctx.dtype) if needs_weight else None
        d_bias = torch.zeros_like(bias, dtype=ctx.dtype) if needs_bias else None
        d_queries = torch.zeros_like(queries) if needs_queries else None
        d_keys = torch.zeros_like(keys) if needs_keys else None
        for start in range(0, len(hidden), ctx.rows_per_chunk):
            rows = slice(start, start + ctx.rows_per_chunk)
            log_p = head.logits(hidden[rows], ctx.temperature).log_softmax(-1)
            p = log_p.exp()
            # integrand[v]: the functions whose expectation under p was taken, times their upstream gradients
            integrand = torch.zeros_like(p)
            if grad_kl is not None and base_hidden is not None:
                log_q = ctx.base_head.logits(base_hidden[rows], ctx.temperature).log_softmax(-1)
                integrand.addcmul_(log_p - log_q, grad_kl[rows, None])
            if grad_entropy is not None:
                integrand.addcmul_(log_p, grad_entropy[rows, None], value=-1)
            for k in range(n_scores):
                scores = (queries[rows, k].to(keys.dtype) @ keys.T).to(ctx.dtype)
                slope = torch.zeros_like(scores)  # derivative of the integrand with respect to the scores
                if grad_means is not None:
                    slope += grad_means[rows, k, None]
                    integrand.addcmul_(scores, grad_means[rows, k, None])
                if grad_mean_squares is not None:
                    slope.addcmul_(scores, grad_mean_squares[rows, k, None], value=2)
                    integrand.addcmul_(scores.square(), grad_mean_squares[rows, k, None])
                d_scores = slope.mul_(p).to(keys.dtype)
                if d_queries is not None:
                    d_queries[rows, k] = (d_scores @ keys).to(queries.dtype)
                if d_keys is not None:
                    d_keys += d_scores.T @ queries[rows, k].to(keys.dtype)
            if not (needs_hidden or needs_weight or needs_bias):
                continue
            d_logits = p * (integrand - torch.linalg.vecdot(p, integrand)[:, None])
            if grad_log_pi is not None:
                d_logits.addcmul_(p, grad_log_pi[rows, None], value=-1)
                d_logits.scatter_add_(1, tokens[rows, None], grad_log_pi[rows, None])
            d_logits /= ctx.temperature
            if d_hidden is not None:
                d_hidden[rows] = (d_logits.to(weight.dtype) @ weight).to(hidden.dtype)
            if d_weight is not None:
                d_weight += d_logits.T @ hidden[rows].to(ctx.dtype)
            if d_bias is not None:
                d_bias += d_logits.sum(0)
        if d_weight is not None:
            d_weight = d_weight.to(weight.dtype)
        if d_bias is not None:
            d_bias = d_bias.to(bias.dtype)
        return d_hidden, d_weight, d_bias, None, None, None, None, d_queries, d_keys, None
