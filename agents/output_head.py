"""Output heads, and functions of tokens that critics make: what sums over the vocabulary are taken of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class OutputHead:
    """The linear map from hidden states to logits: weight [V, d], bias [V] or None."""

    weight: Tensor
    bias: Tensor | None = None

    def logits(self, hidden: Tensor, temperature: float = 1.0) -> Tensor:
        """float32 (or float64) logits [N, V] of hidden states [N, d]. For a few rows only: sampling, chunks, tests."""
        logits = hidden.to(self.weight.dtype) @ self.weight.T
        if logits.dtype != torch.float64:
            logits = logits.float()
        if self.bias is not None:
            logits = logits + self.bias
        return logits if temperature == 1 else logits / temperature

    def write_logits(self, hidden: Tensor, temperature: float, out: Tensor) -> None:
        """:meth:`logits` into ``out``, without gradients."""
        hidden = hidden.to(self.weight.dtype)
        if out.dtype == self.weight.dtype:
            torch.mm(hidden, self.weight.T, out=out)
        else:
            out.copy_(hidden @ self.weight.T)
        if self.bias is not None:
            out += self.bias
        if temperature != 1:
            out /= temperature

    def detach(self) -> OutputHead:
        """The same head without gradients."""
        return OutputHead(self.weight.detach(), None if self.bias is None else self.bias.detach())

    @property
    def learns(self) -> bool:
        """Whether a gradient is wanted for the head itself."""
        return self.weight.requires_grad or (self.bias is not None and self.bias.requires_grad)


@dataclass(frozen=True)
class CentredProducts:
    """Scores f(v) = <query, key_v> - E_pi[<query, key>] of every token v: advantages, of mean 0 at every position.

    Attributes:
        queries: [N, k].
        keys: [V, k], constant.
    """

    queries: Tensor
    keys: Tensor


@dataclass(frozen=True)
class LogRatios:
    """Scores f(v) = log phi(v) - log rho(v) of every token v, phi = softmax(logits / temperature) of another network.

    Attributes:
        hidden: last hidden states of that network, [N, k].
        head: its output head, constant.
    """

    hidden: Tensor
    head: OutputHead


ScoreFunction = CentredProducts | LogRatios
