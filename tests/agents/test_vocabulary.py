from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from agents.vocabulary import OutputHead, VocabularySums, vocabulary_sums

N, D, V, K, KEY = 7, 5, 11, 2, 3
FIELDS = ("log_pi", "log_rho", "kl", "entropy", "scores", "mean_scores", "mean_square_scores")


def inputs(dtype: torch.dtype = torch.float64, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "hidden": (N, D), "weight": (V, D), "bias": (V,), "base_hidden": (N, D), "base_weight": (V, D),
        "queries": (N, K, KEY), "keys": (V, KEY),
    }  # fmt: skip
    tensors = {name: torch.randn(shape, generator=generator, dtype=dtype) for name, shape in shapes.items()}
    for name in ("hidden", "weight", "bias", "queries", "keys"):
        tensors[name].requires_grad_()
    return tensors


TOKENS = torch.tensor([0, 3, 10, 3, 7, 1, 5])


def chunked(t: dict[str, Tensor], chunk_elements: int, temperature: float = 0.7) -> VocabularySums:
    return vocabulary_sums(
        t["hidden"], OutputHead(t["weight"], t["bias"]), TOKENS,
        base_hidden=t["base_hidden"], base_head=OutputHead(t["base_weight"]),
        temperature=temperature, queries=t["queries"], keys=t["keys"], chunk_elements=chunk_elements,
    )  # fmt: skip


def dense(t: dict[str, Tensor], temperature: float = 0.7) -> VocabularySums:
    log_p = ((t["hidden"] @ t["weight"].T + t["bias"]) / temperature).log_softmax(-1)
    log_q = ((t["base_hidden"] @ t["base_weight"].T) / temperature).log_softmax(-1)
    p = log_p.exp()
    scores = torch.einsum("nkd,vd->nkv", t["queries"], t["keys"])
    rows = torch.arange(N)
    return VocabularySums(
        log_p[rows, TOKENS],
        log_q[rows, TOKENS],
        (p * (log_p - log_q)).sum(-1),
        -(p * log_p).sum(-1),
        scores[rows, :, TOKENS],
        (p[:, None] * scores).sum(-1),
        (p[:, None] * scores**2).sum(-1),
    )


@pytest.mark.parametrize("chunk_elements", [1, 3 * V * (1 + K), 10**6])
def test_chunked_equals_dense_with_gradients(chunk_elements: int) -> None:
    left, right = inputs(), inputs()
    sums, expected = chunked(left, chunk_elements), dense(right)
    generator = torch.Generator().manual_seed(1)
    losses = []
    for result in (sums, expected):
        generator.manual_seed(1)
        terms = [getattr(result, name) for name in FIELDS if name != "log_rho"]
        losses.append(
            sum((term * torch.randn(term.shape, generator=generator, dtype=term.dtype)).sum() for term in terms)
        )
    for name in FIELDS:
        torch.testing.assert_close(getattr(sums, name), getattr(expected, name))
    for loss in losses:
        loss.backward()
    for name in ("hidden", "weight", "bias", "queries", "keys"):
        torch.testing.assert_close(left[name].grad, right[name].grad, msg=name)


@pytest.mark.parametrize("used", [name for name in FIELDS if name != "log_rho"])
def test_gradcheck_of_each_sum_alone(used: str) -> None:
    t = inputs()
    names = ("hidden", "weight", "bias", "queries", "keys")

    def function(*values: Tensor) -> Tensor:
        return getattr(chunked({**t, **dict(zip(names, values, strict=True))}, 2 * V * (1 + K)), used)

    assert torch.autograd.gradcheck(function, tuple(t[name] for name in names))


def test_no_gradient_reaches_the_base_model() -> None:
    t = inputs()
    t["base_hidden"].requires_grad_()
    sums = chunked(t, 50)
    assert not sums.log_rho.requires_grad
    sums.kl.sum().backward()
    assert t["base_hidden"].grad is None


def test_divergence_is_zero_at_the_start_and_positive_afterwards() -> None:
    t = inputs(torch.float32)
    head = OutputHead(t["weight"], t["bias"])
    same = vocabulary_sums(t["hidden"], head, TOKENS, base_hidden=t["hidden"].detach(), base_head=head.detach())
    assert torch.equal(same.kl, torch.zeros(N))
    assert (chunked(t, 50).kl > 0).all()


class LargestTensor(TorchDispatchMode):
    """Notes the largest number of elements that any operation returns."""

    elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.elements = max(self.elements, leaf.numel())
        return result


def test_no_tensor_of_tokens_times_vocabulary_is_ever_made() -> None:
    generator = torch.Generator().manual_seed(0)
    n, d, v, chunk = 200, 4, 500, 4000
    hidden = torch.randn(n, d, generator=generator).requires_grad_()
    weight = torch.randn(v, d, generator=generator).requires_grad_()
    queries = torch.randn(n, 1, d, generator=generator).requires_grad_()
    with LargestTensor() as largest:
        sums = vocabulary_sums(
            hidden, OutputHead(weight), torch.zeros(n, dtype=torch.int64),
            base_hidden=hidden.detach(), base_head=OutputHead(weight.detach()),
            queries=queries, keys=weight.detach(), chunk_elements=chunk,
        )  # fmt: skip
        (sums.kl.sum() + sums.log_pi.sum() + sums.mean_square_scores.sum()).backward()
    assert largest.elements <= chunk


def test_bfloat16_weights_give_float32_sums() -> None:
    t = {name: value.detach().to(torch.bfloat16) for name, value in inputs().items()}
    t["hidden"].requires_grad_()
    sums = chunked(t, 50)
    assert sums.kl.dtype == torch.float32
    sums.kl.sum().backward()
    assert t["hidden"].grad is not None
    assert t["hidden"].grad.dtype == torch.bfloat16
