"""Critics of two kinds behind one interface, and the slow copies of them that make targets.

A critic reads the hidden states of one network and says what they are worth. "heads" read the frozen features of the
base model: cheap, and unable to disturb the policy. "adapter" critics read a network of their own, the base under the
adapter "critic", which they train; their slow copies read the base under the adapter "target".
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from agents.language_model import LanguageModel, Network
from agents.vocabulary import CentredProducts, LogRatios, OutputHead, ScoreFunction, ScoreSums


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


class ValueHead(nn.Module):
    """V(x), zero at its start."""

    def __init__(self, hidden_size: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.value = Head(hidden_size, width, 1, generator)

    def values(self, states: Tensor) -> Tensor:
        """V, float32 [N], of hidden states [N, d]."""
        values: Tensor = self.value(states)[:, 0]
        return values


class SoftQ(ValueHead, ABC):
    """Q(x, w) = U(x) + scale * f(x, w), zero at its start, with a score function f of tokens.

    Attributes:
        scale: factor of the scores.
    """

    scale: float = 1.0

    @abstractmethod
    def scores(self, states: Tensor, head: OutputHead) -> ScoreFunction:
        """f at N positions.

        Args:
            states: hidden states [N, d].
            head: the base model's output head.
        """

    def offsets(self, states: Tensor, scores: ScoreFunction, tokens: Tensor, sums: ScoreSums) -> Tensor:
        """What is added to the scores, U(x), float32 [N].

        Args:
            states: hidden states [N, d].
            scores: what :meth:`scores` said of them.
            tokens: w, int64 [N].
            sums: of the scores at w.
        """
        return self.values(states)

    def q_values(self, values: Tensor, sums: ScoreSums) -> Tensor:
        """Q(x, w) of the sampled tokens, float32 [N], from :meth:`offsets` and the sums over the scores."""
        return values + self.scale * sums.chosen

    def expected_q(self, values: Tensor, sums: ScoreSums) -> Tensor:
        """E_pi[Q], float32 [N]."""
        return values + self.scale * sums.mean


class HeadsSoftQ(SoftQ):
    """Q(x, w) = U(x) + A(x, w) - E_pi[A], so that U = E_pi[Q].

    A(x, w) is the product of a query [d] with row w of the output embeddings of the base model.
    """

    def __init__(self, keys: Tensor, width: int, generator: torch.Generator) -> None:
        hidden_size = keys.shape[1]
        super().__init__(hidden_size, width, generator)
        self.query = Head(hidden_size, width, hidden_size, generator)
        self._key_scale = 1 / float(keys.detach().float().norm(dim=1).mean().clamp_min(1e-6))

    def scores(self, states: Tensor, head: OutputHead) -> ScoreFunction:
        return CentredProducts(self.query(states) * self._key_scale, head.weight.detach())


class RawLogitsSoftQ(HeadsSoftQ):
    """Q(x, w) = z(x, w) + U(x), z being logits on the states that are read, moved by a head that is zero at its start.

    A deviation, see agents/deviations.py: Q starts at the logits of rho, which say nothing of rewards.
    """

    def scores(self, states: Tensor, head: OutputHead) -> ScoreFunction:
        return CentredProducts(states.float() + self.query(states) * self._key_scale, head.weight.detach())

    def offsets(self, states: Tensor, scores: ScoreFunction, tokens: Tensor, sums: ScoreSums) -> Tensor:
        if not isinstance(scores, CentredProducts):
            raise TypeError(f"the scores of raw logits are products, not {type(scores).__name__}")
        mean_logits = (scores.queries * scores.keys[tokens]).sum(-1).float() - sums.chosen
        return self.values(states) + mean_logits


class NetworkSoftQ(SoftQ):
    """Q(x, w) = V(x) + beta * (log phi(w | x) - log rho(w | x)), phi being the distribution of the critic's network.

    V(x) is then beta * log sum_w rho(w | x) exp(Q(x, w) / beta), the soft-optimal value, and phi the policy that
    attains it. The adapter of the network starts at zero, so that the first phi is rho.
    """

    def __init__(self, hidden_size: int, width: int, generator: torch.Generator, beta: float) -> None:
        super().__init__(hidden_size, width, generator)
        self.scale = beta

    def scores(self, states: Tensor, head: OutputHead) -> ScoreFunction:
        return LogRatios(states, head)


Module = TypeVar("Module", bound=ValueHead)


class Critic(Generic[Module]):
    """A trained critic and its target, the slow copy of it.

    Attributes:
        online: the one that is trained.
        target: its slow copy.
        network: the network whose hidden states ``online`` reads, and trains if it is "critic".
        target_network: the network whose hidden states ``target`` reads.
    """

    def __init__(self, kind: str, language_model: LanguageModel, online: Module) -> None:
        """Give the language model a critic's networks if ``kind`` is "adapter", see :data:`agents.agent.CRITICS`."""
        self._language_model = language_model
        self.online = online.to(language_model.device)
        self.target = copy.deepcopy(online).requires_grad_(False)
        self.network: Network = "base"
        self.target_network: Network = "base"
        if kind == "adapter":
            language_model.add_critic()
            self.network, self.target_network = "critic", "target"

    def parameters(self) -> dict[str, nn.Parameter]:
        """What is trained, by name."""
        parameters = {f"head.{name}": parameter for name, parameter in self.online.named_parameters()}
        if self.network == "critic":
            parameters |= self._language_model.trainable_parameters("critic")
        return parameters

    def update_target(self, rate: float) -> None:
        """target <- (1 - rate) * target + rate * online, in float32, heads and network."""
        polyak_update(self.target, self.online, rate)
        if self.network == "critic":
            self._language_model.polyak_target(rate)

    def state_dict(self) -> dict[str, Any]:
        """Copies of the heads; the networks belong to the language model's state."""
        return {"online": copy.deepcopy(self.online.state_dict()), "target": copy.deepcopy(self.target.state_dict())}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self.online.load_state_dict(state["online"])
        self.target.load_state_dict(state["target"])


def soft_q_critic(
    kind: str,
    language_model: LanguageModel,
    width: int,
    beta: float,
    generator: torch.Generator,
    *,
    raw_logits: bool = False,
) -> Critic[SoftQ]:
    """The critic of Q for soft Q-learning; ``kind`` is one of :data:`agents.agent.CRITICS`.

    ``raw_logits`` makes a :class:`RawLogitsSoftQ` of either kind.
    """
    online: SoftQ
    if raw_logits:
        online = RawLogitsSoftQ(language_model.head("base").weight, width, generator)
    elif kind == "adapter":
        online = NetworkSoftQ(language_model.hidden_size, width, generator, beta)
    else:
        online = HeadsSoftQ(language_model.head("base").weight, width, generator)
    return Critic(kind, language_model, online)


def value_critic(kind: str, language_model: LanguageModel, width: int, generator: torch.Generator) -> Critic[ValueHead]:
    """The critic of V; ``kind`` is one of :data:`agents.agent.CRITICS`."""
    return Critic(kind, language_model, ValueHead(language_model.hidden_size, width, generator))


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
