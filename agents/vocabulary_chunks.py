"""The autograd function behind :func:`agents.vocabulary.vocabulary_sums`: chunk by chunk, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from agents.output_head import CentredProducts, OutputHead, ScoreFunction


@dataclass(frozen=True)
class Job:
    """What is not differentiated; the autograd function gets it whole."""

    head: OutputHead
    tokens: Tensor
    base_hidden: Tensor | None
    base_head: OutputHead | None
    temperature: float
    scores: ScoreFunction | None
    learned_scores: ScoreFunction | None
    rows_per_chunk: int
    keep_policy_slopes: bool
    keep_score_slopes: bool

    def chunks(self, n_buffers: int) -> Iterator[tuple[slice, list[Tensor]]]:
        """The rows of each chunk, and buffers [rows, V] to compute in, which are the same memory in every chunk."""
        dtype = _accumulated(self.head.weight.dtype)
        rows_per_chunk = max(1, min(self.rows_per_chunk, len(self.tokens)))  # no larger buffers than are filled
        buffers = self.head.weight.new_empty(n_buffers, rows_per_chunk, len(self.head.weight), dtype=dtype)
        for start in range(0, len(self.tokens), rows_per_chunk):
            stop = min(start + rows_per_chunk, len(self.tokens))
            yield slice(start, stop), list(buffers[:, : stop - start].unbind(0))


class ChunkedSums(torch.autograd.Function):
    """With p = softmax(z): d(sum_v p_v f_v) / dz_v = p_v * (f_v - sum_u p_u f_u), also for f = log p - log q."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, score_inputs: Tensor | None, job: Job
    ) -> tuple[Tensor, ...]:
        sums = hidden.new_zeros(10, len(hidden), dtype=_accumulated(hidden.dtype))
        results = sums.unbind(0)
        log_pi, log_rho, kl, entropy = results[:4]
        policy_slopes = hidden.new_zeros(2, *hidden.shape) if job.keep_policy_slopes else None
        score_slopes = None
        if score_inputs is not None and job.keep_score_slopes:
            score_slopes = score_inputs.new_zeros(2, *score_inputs.shape)
        for rows, (p, log_p, log_q, spare) in job.chunks(n_buffers=4):
            job.head.write_logits(hidden[rows], job.temperature, out=spare)
            torch.log_softmax(spare, -1, out=log_p)
            torch.exp(log_p, out=p)
            chunk = _Chunk(job, rows, p, log_q)
            log_pi[rows] = chunk.at_tokens(log_p)
            entropy[rows] = -torch.linalg.vecdot(p, log_p)
            if job.base_hidden is not None and job.base_head is not None:
                job.base_head.write_logits(job.base_hidden[rows], job.temperature, out=spare)
                torch.log_softmax(spare, -1, out=log_q)
                log_rho[rows] = chunk.at_tokens(log_q)
                log_p -= log_q
                kl[rows] = torch.linalg.vecdot(p, log_p)
            if policy_slopes is not None:
                policy_slopes[0, rows] = chunk.slope_of_log_prob(job.head)
                if job.base_hidden is not None:
                    policy_slopes[1, rows] = chunk.slope(log_p.sub_(kl[rows, None]).mul_(p), job.head)
            spares = (spare, log_p)
            if job.scores is not None:
                chunk.reduce(job.scores, spares, sums[4:7, rows], None)
            if job.learned_scores is not None:
                slopes = None if score_slopes is None else score_slopes[:, rows]
                chunk.reduce(job.learned_scores, spares, sums[7:, rows], slopes)
        kl.clamp_min_(0)
        ctx.save_for_backward(hidden, weight, bias, policy_slopes, score_slopes)
        ctx.job = job
        ctx.mark_non_differentiable(log_rho, entropy, results[4], results[6], results[8])
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        log_pi, _, kl, _, _, mean, _, chosen, _, variance = gradients  # None: that sum was not used
        hidden, weight, bias, policy_slopes, score_slopes = ctx.saved_tensors
        d_inputs = _combined(score_slopes, chosen, variance)
        if log_pi is None and kl is None and mean is None:
            return None, None, None, d_inputs, None
        if policy_slopes is not None and mean is None:
            return _combined(policy_slopes, log_pi, kl), None, None, d_inputs, None
        dtype = _accumulated(weight.dtype)
        d_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        d_weight = torch.zeros_like(weight, dtype=dtype) if ctx.needs_input_grad[1] else None
        d_bias = torch.zeros_like(bias, dtype=dtype) if ctx.needs_input_grad[2] else None
        for rows, buffers in ctx.job.chunks(n_buffers=3):
            d_logits = _logit_gradients(ctx.job, rows, buffers, hidden[rows], log_pi, kl, mean)
            if d_bias is not None:
                d_bias += d_logits.sum(0)
            d_logits = d_logits.to(weight.dtype)
            if d_hidden is not None:
                d_hidden[rows] = d_logits @ weight
            if d_weight is not None:
                _add_product(d_weight, d_logits.T, hidden[rows].to(weight.dtype))
        d_weight = None if d_weight is None else d_weight.to(weight.dtype)
        d_bias = None if d_bias is None else d_bias.to(bias.dtype)
        return d_hidden, d_weight, d_bias, d_inputs, None


class _Chunk:
    """The distributions p and q at n positions, and what is averaged under p."""

    def __init__(self, job: Job, rows: slice, p: Tensor, log_q: Tensor) -> None:
        self._job = job
        self._rows = rows
        self._p = p
        self._log_q = log_q
        self._tokens = job.tokens[rows]
        self._averages: dict[int, Tensor] = {}

    def at_tokens(self, values: Tensor) -> Tensor:
        """The elements [n] of values [n, V] at the sampled tokens."""
        return values.gather(1, self._tokens[:, None])[:, 0]

    def average_row(self, table: Tensor) -> Tensor:
        """E_p of the rows of a table [V, k]: [n, k]. Computed once, also for those who share the table."""
        if table.data_ptr() not in self._averages:
            self._averages[table.data_ptr()] = self._p.to(table.dtype) @ table
        return self._averages[table.data_ptr()]

    def slope(self, slope_of_logits: Tensor, head: OutputHead) -> Tensor:
        """From a gradient with respect to logits [n, V] to that with respect to hidden states [n, d]."""
        return self._tempered(slope_of_logits.to(head.weight.dtype) @ head.weight)

    def slope_of_log_prob(self, head: OutputHead) -> Tensor:
        """Gradient of log p(w) with respect to hidden states [n, d]."""
        return self._tempered(head.weight[self._tokens] - self.average_row(head.weight))

    def reduce(
        self, function: ScoreFunction, spares: tuple[Tensor, Tensor], sums: Tensor, slopes: Tensor | None
    ) -> None:
        """Fill in chosen value, mean and variance [3, n] and, if it learns, the slopes of first and last [2, n, k]."""
        if isinstance(function, CentredProducts):
            self._reduce_products(function.queries[self._rows], function.keys, spares[0], sums, slopes)
        else:
            self._reduce_log_ratios(function.hidden[self._rows], function.head, spares, sums, slopes)

    def _reduce_products(
        self, queries: Tensor, keys: Tensor, spare: Tensor, sums: Tensor, slopes: Tensor | None
    ) -> None:
        average_key = self.average_row(keys)
        centred_key = (keys[self._tokens] - average_key).to(queries.dtype)
        sums[0] = torch.linalg.vecdot(queries, centred_key)
        if slopes is None:
            return
        OutputHead(keys).write_logits(queries, 1.0, out=spare)
        spare -= torch.linalg.vecdot(queries, average_key.to(queries.dtype))[:, None]
        deviation = (spare.mul_(self._p).to(keys.dtype) @ keys).to(queries.dtype)
        sums[2] = torch.linalg.vecdot(queries, deviation)
        slopes[0], slopes[1] = centred_key, 2 * deviation

    def _reduce_log_ratios(
        self, hidden: Tensor, head: OutputHead, spares: tuple[Tensor, Tensor], sums: Tensor, slopes: Tensor | None
    ) -> None:
        spare, ratios = spares
        head.write_logits(hidden, self._job.temperature, out=spare)
        torch.log_softmax(spare, -1, out=ratios)
        if slopes is not None:
            slopes[0] = self._tempered(head.weight[self._tokens]) - self.slope(torch.exp(ratios, out=spare), head)
        ratios -= self._log_q
        sums[0] = self.at_tokens(ratios)
        sums[1] = torch.linalg.vecdot(self._p, ratios)
        if slopes is not None:
            ratios -= sums[1, :, None]
            weighted = torch.mul(self._p, ratios, out=spare)
            sums[2] = torch.linalg.vecdot(weighted, ratios)
            slopes[1] = 2 * self.slope(weighted, head)

    def _tempered(self, slope: Tensor) -> Tensor:
        return slope if self._job.temperature == 1 else slope / self._job.temperature


def _logit_gradients(
    job: Job,
    rows: slice,
    buffers: list[Tensor],
    hidden: Tensor,
    d_log_pi: Tensor | None,
    d_kl: Tensor | None,
    d_mean: Tensor | None,
) -> Tensor:
    """Gradient [n, V] with respect to the policy's logits, before the temperature, of one chunk."""
    integrand, p, spare = buffers
    job.head.write_logits(hidden, job.temperature, out=integrand)
    torch.softmax(integrand, -1, out=p)
    # integrand: what was averaged under p, times the gradients of the averages; constants in a row do not matter.
    if d_kl is not None and job.base_hidden is not None and job.base_head is not None:
        job.base_head.write_logits(job.base_hidden[rows], job.temperature, out=spare)
        integrand.sub_(spare).mul_(d_kl[rows, None])
    else:
        integrand.zero_()
    if d_mean is not None and job.scores is not None:
        integrand.addcmul_(_raw_scores(job, rows, spare), d_mean[rows, None])
    offset = torch.linalg.vecdot(p, integrand)
    if d_log_pi is not None:
        offset += d_log_pi[rows]
    gradient = integrand.sub_(offset[:, None]).mul_(p)
    if d_log_pi is not None:
        gradient.scatter_add_(1, job.tokens[rows, None], d_log_pi[rows, None])
    return gradient if job.temperature == 1 else gradient.div_(job.temperature)


def _raw_scores(job: Job, rows: slice, out: Tensor) -> Tensor:
    """The fixed scores [n, V] of one chunk, up to a constant in each row."""
    if isinstance(job.scores, CentredProducts):
        OutputHead(job.scores.keys).write_logits(job.scores.queries[rows], 1.0, out=out)
    elif job.scores is not None and job.base_hidden is not None and job.base_head is not None:
        job.scores.head.write_logits(job.scores.hidden[rows], job.temperature, out=out)
        out -= job.base_head.logits(job.base_hidden[rows], job.temperature)
    return out


def _combined(slopes: Tensor | None, first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """slopes[0] * first + slopes[1] * second, a position at a time: [2, N, k] and [N] to [N, k]."""
    if slopes is None:
        return None
    terms = [
        slope * gradient[:, None]
        for slope, gradient in zip(slopes, (first, second), strict=True)
        if gradient is not None
    ]
    return sum(terms[1:], terms[0]).to(slopes.dtype) if terms else None


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left @ right, where total may be of a wider type."""
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right


def _accumulated(dtype: torch.dtype) -> torch.dtype:
    """In what sums are taken."""
    return torch.float64 if dtype == torch.float64 else torch.float32
