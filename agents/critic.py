"""Critics on the frozen features of the base model: cheap, and unable to disturb the policy."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init


class Head(nn.Module):
    """A perceptron on normalised features, zero at its start: float [N, d] -> float32 [N, n_outputs]."""

    def __init__(self, hidden_size: int, width: int, n_outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.inner = skip_init(nn.Linear, hidden_size, width)
        self.outer = skip_init(nn.Linear, width, n_outputs)
        bound = hidden_size**-0.5
        for parameter in (self.inner.weight, self.inner.bias):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, features: Tensor) -> Tensor:
        normalised = nn.functional.layer_norm(features.float(), features.shape[-1:])
        outputs: Tensor = self.outer(nn.functional.gelu(self.inner(normalised)))
        return outputs


class SoftQCritic(nn.Module):
    """Q(x, w) = U(x) + A(x, w) - E_pi[A], so that U = E_pi[Q].

    A(x, w) is the product of a query [N, d] with row w of ``keys`` [V, d], the output embeddings of the base model;
    see :func:`agents.vocabulary.vocabulary_sums`.
    """

    def __init__(self, keys: Tensor, width: int, generator: torch.Generator) -> None:
        super().__init__()
        hidden_size = keys.shape[1]
        self.value = Head(hidden_size, width, 1, generator)
        self.query = Head(hidden_size, width, hidden_size, generator)
        self._key_scale = 1 / float(keys.detach().float().norm(dim=1).mean().clamp_min(1e-6))

    def expected_q(self, features: Tensor) -> Tensor:
        """U, float [N]."""
        value: Tensor = self.value(features)[:, 0]
        return value

    def queries(self, features: Tensor) -> Tensor:
        """Queries of A, float [N, d]."""
        query: Tensor = self.query(features) * self._key_scale
        return query


def head_generator(seed: int) -> torch.Generator:
    """Draws the starts of heads: apart from sampling, so that all agents see the same first attempts for a seed."""
    return torch.Generator().manual_seed(seed + 2**32)


@torch.no_grad()
def polyak_update(target: nn.Module, source: nn.Module, rate: float) -> None:
    """target <- (1 - rate) * target + rate * source, for all parameters."""
    for target_parameter, parameter in zip(target.parameters(), source.parameters(), strict=True):
        target_parameter.lerp_(parameter, rate)


def explained_variance(estimates: Tensor, returns: Tensor) -> float:
    """1 - Var(returns - estimates) / Var(returns); 0 where the returns do not vary."""
    variance = returns.var(correction=0)
    if variance <= 1e-12:
        return 0.0
    return float(1 - (returns - estimates).var(correction=0) / variance)
