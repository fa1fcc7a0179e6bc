from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from agents.vocabulary import (
    CentredProducts,
    LogRatios,
    OutputHead,
    ScoreFunction,
    ScoreSums,
    VocabularySums,
    chunk_rows,
    vocabulary_sums,
)

N, D, V, KEY = 7, 5, 11, 3
TOKENS = torch.tensor([0, 3, 10, 3, 7, 1, 5])
TEMPERATURE = 0.7
DIFFERENTIABLE = ("log_pi", "kl", "scores.mean", "learned_scores.chosen", "learned_scores.variance")
KINDS = ["products", "log ratios"]


def inputs(dtype: torch.dtype = torch.float64, head_learns: bool = True) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "hidden": (N, D), "weight": (V, D), "bias": (V,), "base_hidden": (N, D), "base_weight": (V, D),
        "target": (N, KEY), "critic": (N, KEY), "table": (V, KEY), "table_bias": (V,),
    }  # fmt: skip
    tensors = {name: torch.randn(shape, generator=generator, dtype=dtype) for name, shape in shapes.items()}
    for name in ("hidden", "critic", *(("weight", "bias") if head_learns else ())):
        tensors[name].requires_grad_()
    return tensors


def score_functions(kind: str, t: dict[str, Tensor]) -> tuple[ScoreFunction, ScoreFunction]:
    """A fixed one and one that learns."""
    if kind == "products":
        return CentredProducts(t["target"], t["table"]), CentredProducts(t["critic"], t["table"])
    head = OutputHead(t["table"], t["table_bias"])
    return LogRatios(t["target"], head), LogRatios(t["critic"], head)


def chunked(t: dict[str, Tensor], kind: str, rows_per_chunk: int) -> VocabularySums:
    fixed, learned = score_functions(kind, t)
    return vocabulary_sums(
        t["hidden"], OutputHead(t["weight"], t["bias"]), TOKENS,
        base_hidden=t["base_hidden"], base_head=OutputHead(t["base_weight"]),
        temperature=TEMPERATURE, scores=fixed, learned_scores=learned, rows_per_chunk=rows_per_chunk,
    )  # fmt: skip


def dense(t: dict[str, Tensor], kind: str) -> VocabularySums:
    """The definitions, written down."""
    log_p = ((t["hidden"] @ t["weight"].T + t["bias"]) / TEMPERATURE).log_softmax(-1)
    log_q = ((t["base_hidden"] @ t["base_weight"].T) / TEMPERATURE).log_softmax(-1)
    p, constant_p = log_p.exp(), log_p.exp().detach()
    rows = torch.arange(N)

    def scores(states: Tensor) -> Tensor:
        products = states @ t["table"].T
        if kind == "products":
            return products - (constant_p * products).sum(-1, keepdim=True)
        return ((products + t["table_bias"]) / TEMPERATURE).log_softmax(-1) - log_q

    fixed, learned = scores(t["target"]), scores(t["critic"])
    learned_mean = (constant_p * learned).sum(-1)
    return VocabularySums(
        log_p[rows, TOKENS],
        log_q[rows, TOKENS],
        (p * (log_p - log_q)).sum(-1),
        -(p * log_p).sum(-1),
        ScoreSums(fixed[rows, TOKENS], (p * fixed).sum(-1), torch.zeros_like(p[:, 0])),
        ScoreSums(learned[rows, TOKENS], learned_mean, (constant_p * learned**2).sum(-1) - learned_mean**2),
    )


def sum_named(sums: VocabularySums, name: str) -> Tensor:
    for part in name.split("."):
        sums = getattr(sums, part)
    assert isinstance(sums, Tensor)
    return sums


def all_names() -> list[str]:
    names = [field.name for field in dataclasses.fields(VocabularySums) if "scores" not in field.name]
    return names + [
        f"{owner}.{part}" for owner in ("scores", "learned_scores") for part in ("chosen", "mean", "variance")
    ]


def weighted_total(sums: VocabularySums, names: tuple[str, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    terms = [sum_named(sums, name) for name in names]
    return sum((term * torch.randn(term.shape, generator=generator, dtype=term.dtype)).sum() for term in terms)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head_learns", [True, False])
@pytest.mark.parametrize("rows_per_chunk", [1, 3, 100])
@pytest.mark.parametrize("names", [DIFFERENTIABLE, tuple(n for n in DIFFERENTIABLE if n != "scores.mean"), ("log_pi",)])
def test_chunked_equals_dense_with_gradients(
    names: tuple[str, ...], rows_per_chunk: int, head_learns: bool, kind: str
) -> None:
    left, right = inputs(head_learns=head_learns), inputs(head_learns=head_learns)
    sums, expected = chunked(left, kind, rows_per_chunk), dense(right, kind)
    for name in all_names():
        torch.testing.assert_close(sum_named(sums, name), sum_named(expected, name), msg=name)
    weighted_total(sums, names).backward()
    weighted_total(expected, names).backward()
    for name, tensor in left.items():
        if tensor.requires_grad and (right[name].grad is not None or tensor.grad is not None):
            torch.testing.assert_close(tensor.grad, right[name].grad, msg=name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head_learns", [True, False])
@pytest.mark.parametrize("used", ["log_pi", "kl", "learned_scores.chosen", "learned_scores.variance"])
def test_gradcheck_of_each_sum_alone(used: str, head_learns: bool, kind: str) -> None:
    t = inputs(head_learns=head_learns)
    names = [name for name, tensor in t.items() if tensor.requires_grad and (name == "critic") == ("learned" in used)]

    def function(*values: Tensor) -> Tensor:
        return sum_named(chunked({**t, **dict(zip(names, values, strict=True))}, kind, 2), used)

    assert torch.autograd.gradcheck(function, tuple(t[name] for name in names))


def test_gradcheck_of_the_mean_of_fixed_log_ratios() -> None:
    """Log-ratios do not depend on pi, as centred products do: finite differences see the gradient of their mean."""
    t = inputs()
    names = ("hidden", "weight", "bias")

    def function(*values: Tensor) -> Tensor:
        return chunked({**t, **dict(zip(names, values, strict=True))}, "log ratios", 2).scores.mean

    assert torch.autograd.gradcheck(function, tuple(t[name] for name in names))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_policy_and_critic_stay_apart(kind: str) -> None:
    t = inputs()
    sums = chunked(t, kind, 4)
    policy = ("hidden", "weight", "bias")
    of_policy = torch.autograd.grad(
        weighted_total(sums, ("log_pi", "kl", "scores.mean")), [t[n] for n in (*policy, "critic")],
        retain_graph=True, allow_unused=True,
    )  # fmt: skip
    assert all(gradient is not None for gradient in of_policy[:3])
    assert of_policy[3] is None
    of_critic = torch.autograd.grad(
        weighted_total(sums, ("learned_scores.chosen", "learned_scores.variance")), [t[n] for n in (*policy, "critic")],
        allow_unused=True,
    )  # fmt: skip
    assert of_critic[:3] == (None, None, None)
    assert of_critic[3] is not None


def test_no_gradient_reaches_the_base_model_or_a_table() -> None:
    t = inputs()
    for name in ("base_hidden", "base_weight", "target", "table"):
        t[name].requires_grad_()
    sums = chunked(t, "log ratios", 4)
    assert not sums.log_rho.requires_grad
    weighted_total(sums, DIFFERENTIABLE).backward()
    assert all(t[name].grad is None for name in ("base_hidden", "base_weight", "target", "table"))


def test_divergence_is_zero_at_the_start_and_positive_afterwards() -> None:
    t = inputs(torch.float32)
    head = OutputHead(t["weight"], t["bias"])
    same = vocabulary_sums(
        t["hidden"], head, TOKENS, base_hidden=t["hidden"].detach(), base_head=head.detach(),
        learned_scores=LogRatios(t["hidden"].detach(), head),
    )  # fmt: skip
    assert torch.equal(same.kl, torch.zeros(N))
    assert torch.equal(same.learned_scores.chosen, torch.zeros(N))
    assert (chunked(t, "products", 4).kl > 0).all()


def test_log_ratios_without_a_base_are_refused() -> None:
    t = inputs()
    with pytest.raises(ValueError, match="give base_hidden and base_head"):
        vocabulary_sums(t["hidden"], OutputHead(t["weight"]), TOKENS, scores=score_functions("log ratios", t)[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head_learns", [True, False])
def test_without_gradients_the_sums_are_the_same(head_learns: bool, kind: str) -> None:
    t = inputs(head_learns=head_learns)
    expected = chunked(t, kind, 4)
    with torch.no_grad():
        sums = chunked(t, kind, 4)
    assert not sums.kl.requires_grad
    for name in all_names():
        if name != "learned_scores.variance":  # only where it is to be differentiated
            assert torch.equal(sum_named(sums, name), sum_named(expected, name))


def test_no_position_is_no_position() -> None:
    t = inputs()
    sums = vocabulary_sums(
        t["hidden"][:0], OutputHead(t["weight"]), TOKENS[:0],
        base_hidden=t["base_hidden"][:0], base_head=OutputHead(t["base_weight"]),
        learned_scores=CentredProducts(t["critic"][:0], t["table"]),
    )  # fmt: skip
    assert sums.kl.shape == sums.learned_scores.variance.shape == (0,)
    (sums.kl.sum() + sums.learned_scores.chosen.sum()).backward()


class LargestTensor(TorchDispatchMode):
    """Notes the largest number of elements that any operation returns."""

    elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.elements = max(self.elements, leaf.numel())
        return result


def memory_of(n: int, v: int, kind: str, head_learns: bool, rows_per_chunk: int) -> tuple[int, int]:
    """Elements of the largest tensor that n positions and v tokens need in both passes, and of all that is saved."""
    generator = torch.Generator().manual_seed(0)
    hidden, critic = (torch.randn(n, 4, generator=generator).requires_grad_() for _ in range(2))
    weight = torch.randn(v, 4, generator=generator).requires_grad_(head_learns)
    head = OutputHead(weight.detach())
    learned = CentredProducts(critic, head.weight) if kind == "products" else LogRatios(critic, head)
    saved: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes() // tensor.element_size()
        return tensor

    with LargestTensor() as largest:
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            sums = vocabulary_sums(
                hidden, OutputHead(weight), torch.zeros(n, dtype=torch.int64),
                base_hidden=hidden.detach(), base_head=head, learned_scores=learned, rows_per_chunk=rows_per_chunk,
            )  # fmt: skip
            total = sums.kl.sum() + sums.log_pi.sum() + sums.learned_scores.chosen.sum()
            total = total + sums.learned_scores.variance.sum()
        total.backward()
    return largest.elements, sum(saved.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head_learns", [True, False])
def test_no_tensor_of_tokens_times_vocabulary_is_ever_made(head_learns: bool, kind: str) -> None:
    largest, _ = memory_of(200, 500, kind, head_learns, rows_per_chunk=8)
    assert largest <= 4 * 8 * 500  # four buffers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head_learns", [True, False])
def test_what_is_saved_grows_with_the_tokens_alone(head_learns: bool, kind: str) -> None:
    table = 500 * 4  # the output head itself
    _, saved_by_100 = memory_of(100, 500, kind, head_learns, 8)
    _, saved_by_200 = memory_of(200, 500, kind, head_learns, 8)
    _, with_twice_the_tokens = memory_of(200, 1000, kind, head_learns, 8)
    assert saved_by_200 - table == 2 * (saved_by_100 - table)
    assert with_twice_the_tokens - 2 * table == saved_by_200 - table
    assert saved_by_200 - table <= 200 * (8 * 4 + 16)  # a few hidden states and a handful of floats a token


def test_chunks_are_bounded_whatever_the_vocabulary() -> None:
    for vocabulary_size in (3, 1280, 32_000, 152_000, 10**7):
        assert 1 <= chunk_rows(vocabulary_size, "cpu") <= chunk_rows(vocabulary_size, "cuda")
        assert 1 <= chunk_rows(vocabulary_size, "cpu", 10) <= chunk_rows(vocabulary_size, "cpu", 10**5)
        assert chunk_rows(vocabulary_size, "cpu", 10**5) == chunk_rows(vocabulary_size, "cpu")
    assert chunk_rows(32_000, "cpu") * 32_000 * 4 <= 16 * 2**20
    assert chunk_rows(32_000, "cpu", 256) * 32_000 * 4 <= 4 * 2**20
    assert chunk_rows(152_000, "cuda") * 152_000 * 4 <= 128 * 2**20


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_weights_give_float32_sums(kind: str) -> None:
    t = {name: value.detach().to(torch.bfloat16) for name, value in inputs().items()}
    exact = dense({name: value.double() for name, value in t.items()}, kind)
    t["hidden"].requires_grad_()
    t["critic"].requires_grad_()
    sums = chunked(t, kind, 4)
    for name in all_names():
        assert sum_named(sums, name).dtype == torch.float32
        torch.testing.assert_close(sum_named(sums, name).double(), sum_named(exact, name), atol=0.1, rtol=0.1, msg=name)
    weighted_total(sums, DIFFERENTIABLE).backward()
    assert t["hidden"].grad is not None
    assert t["hidden"].grad.dtype == t["critic"].grad.dtype == torch.bfloat16
