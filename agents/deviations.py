"""Where the code that the authors of ETPO released departs from the paper's equations: ablations, one at a time.

Each is a preset of the agent, ``etpo@vocabulary-mean`` and so on, and changes nothing else. The equations are those of
agents/etpo.py; docs/etpo.md says what follows from each departure.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.output_head import OutputHead
from agents.token_forest import TokenForest

DEVIATIONS = {
    "none": "the equations",
    "vocabulary-mean": "the policy's loss averages over the vocabulary, not under pi: its gradient knows no reward",
    "no-base": "rho is left out: the entropy of pi takes the place of the divergence",
    "one-sided-huber": "the critic's Huber loss forgets errors in which Q is too high by more than its threshold",
    "shifted-kl": "V(x) is charged with the divergence of the state before x",
    "raw-logits": "Q is the logits of a copied model, from its start on",
}

HUBER_THRESHOLD = 0.5
"""At the threshold of the authors, 10, nothing is forgotten where rewards lie between -1 and 1."""


def vocabulary_mean_loss(log_pi: Tensor, hidden: Tensor, head: OutputHead, tokens: Tensor, beta: float) -> Tensor:
    """mean_v [beta * log pi(v)], what is left of mean_v [beta * log(pi(v) / rho(v)) - Q(v)] for the policy's gradient.

    Args:
        log_pi: log pi(w) of n tokens, differentiable.
        hidden: their states under the policy, [n, d], differentiable.
        head: the policy's output head, at temperature 1.
        tokens: w, int64 [n].
        beta: weight of the divergence.

    Returns:
        losses, float [n].
    """
    differences = head.weight.mean(0) - head.weight[tokens]
    mean_logit_less_chosen = (hidden.to(head.weight.dtype) * differences).sum(-1).float()
    if head.bias is not None:
        mean_logit_less_chosen = mean_logit_less_chosen + head.bias.mean() - head.bias[tokens]
    return beta * (log_pi + mean_logit_less_chosen)


def uniform_base(base_states: Tensor, head: OutputHead) -> tuple[Tensor, OutputHead]:
    """States and a head under which all tokens are alike, so that KL(pi || rho) is log V less the entropy of pi."""
    return torch.zeros_like(base_states), OutputHead(head.weight)


def one_sided_huber(errors: Tensor, threshold: float = HUBER_THRESHOLD) -> Tensor:
    """Squares halved up to the threshold, linear above it, and 0 below minus it.

    Args:
        errors: target - Q, float [n].
        threshold: above 0.
    """
    above = threshold * (errors - threshold / 2)
    inside = 0.5 * errors**2
    return torch.where(errors > threshold, above, torch.where(errors < -threshold, torch.zeros_like(errors), inside))


def shifted_divergences(forest: TokenForest, kl: list[float]) -> list[float]:
    """Of the state of each token, the divergence of the state before it in the action; [E] and [E].

    At the end of a prompt nothing comes before: its own.
    """
    before = {token.child: kl[index] for index, token in enumerate(forest.tokens) if token.child is not None}
    return [before.get(token.state, kl[index]) for index, token in enumerate(forest.tokens)]
