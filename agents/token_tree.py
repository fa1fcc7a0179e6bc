"""Sequences of tokens that begin alike, laid out so that a model reads what they share once.

Sequences are paths from the root of a tree whose nodes are tokens. What all of them begin with is read first, into a
cache; the rest of the tree is cut into rows of a batch. A token sees the nodes on its own path and nothing else, so
that every hidden state is the one that the sequence alone would give (tree attention, arXiv 2305.09781, section 4).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_GROWTH = 1.15
"""Ratio of the row widths that are tried."""


@dataclass(frozen=True)
class TokenTree:
    """A tree of P + (at most R * W) tokens.

    Attributes:
        prefix: int64 [P], what all sequences begin with.
        token_ids: int64 [R, W], the other nodes, filled up with zeros.
        position_ids: int64 [R, W], how many tokens come before each in its sequence.
        visible: bool [R, W, P + W], which nodes of the prefix and of its row each node sees.
        states: int64 [N], for each sequence in turn, where in the flattened rows its wanted nodes lie.
    """

    prefix: Tensor
    token_ids: Tensor
    position_ids: Tensor
    visible: Tensor
    states: Tensor


def token_tree(
    sequences: Sequence[tuple[int, ...]], wanted: Sequence[slice], token_cost: float, device: torch.device
) -> TokenTree:
    """Lay out sequences.

    Args:
        sequences: at least one; token ids, at least one a sequence.
        wanted: for each sequence, behind which of its tokens hidden states are wanted.
        token_cost: what a token costs in the layers of a model apart from attention, in units of what it costs to
            attend to one token. Wide rows have less padding and share more, and attend to more.
        device: where the tensors shall be.
    """
    order = sorted(range(len(sequences)), key=sequences.__getitem__)
    ordered = [sequences[index] for index in order]
    shared = [_common_length(a, b) for a, b in itertools.pairwise(ordered)]
    n_prefix = min([*shared, *(part.start for part in wanted)])
    rows = _cheapest_rows([len(sequence) for sequence in ordered], shared, n_prefix, token_cost)
    width = max(row.width for row in rows)
    token_ids = np.zeros((len(rows), width), dtype=np.int64)
    position_ids = np.zeros((len(rows), width), dtype=np.int64)
    visible = np.zeros((len(rows), width, n_prefix + width), dtype=np.bool_)
    visible[:, np.arange(width), n_prefix + np.arange(width)] = True
    states: list[np.ndarray] = [np.empty(0, dtype=np.int64)] * len(sequences)
    for r, row in enumerate(rows):
        end = 0
        path = np.empty(0, dtype=np.int64)  # columns of the nodes of the sequence before
        for place, known in row.places:
            sequence, part = ordered[place], wanted[order[place]]
            start, end = end, end + len(sequence) - known
            columns = np.arange(start, end)
            path = np.concatenate([path[: known - n_prefix], columns])
            token_ids[r, start:end] = sequence[known:]
            position_ids[r, start:end] = np.arange(known, len(sequence))
            visible[r, start:end, :n_prefix] = True
            visible[r, start:end, n_prefix + path[: known - n_prefix]] = True
            visible[r, start:end, n_prefix + start : n_prefix + end] = columns[:, None] >= columns
            states[order[place]] = r * width + path[part.start - n_prefix : part.stop - n_prefix]
    return TokenTree(
        prefix=torch.tensor(sequences[0][:n_prefix], dtype=torch.int64, device=device),
        token_ids=torch.from_numpy(token_ids).to(device),
        position_ids=torch.from_numpy(position_ids).to(device),
        visible=torch.from_numpy(visible).to(device),
        states=torch.from_numpy(np.concatenate(states)).to(device),
    )


@dataclass
class _Row:
    """Sequences in ascending order: their places in it and how many tokens each shares with what the row holds."""

    places: list[tuple[int, int]]
    width: int


def _cheapest_rows(lengths: Sequence[int], shared: Sequence[int], n_prefix: int, token_cost: float) -> list[_Row]:
    """Cut ordered sequences into rows. ``shared``: what each of them but the first shares with the one before."""
    width = float(max(lengths) - n_prefix)
    total = sum(lengths) - sum(shared) - n_prefix
    cheapest: tuple[float, list[_Row]] | None = None
    while cheapest is None or width < _GROWTH * total:
        rows = _rows(lengths, shared, n_prefix, int(width))
        widest = max(row.width for row in rows)
        cost = len(rows) * widest * (token_cost + n_prefix + widest)
        if cheapest is None or cost < cheapest[0]:
            cheapest = cost, rows
        width = max(width + 1, width * _GROWTH)
    return cheapest[1]


def _rows(lengths: Sequence[int], shared: Sequence[int], n_prefix: int, width: int) -> list[_Row]:
    """Each sequence goes to the row with which it shares most among those that have room for the rest of it."""
    rows: list[_Row] = []
    for place, length in enumerate(lengths):
        best: tuple[int, _Row] | None = None
        for row in rows:
            last = row.places[-1][0]
            known = min(shared[last:place])
            if row.width + length - known <= width and (best is None or known > best[0]):
                best = known, row
        if best is None:
            rows.append(_Row([(place, n_prefix)], length - n_prefix))
        else:
            known, row = best
            row.places.append((place, known))
            row.width += length - known
    return rows


def _common_length(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences begin with in common."""
    shortest = min(len(a), len(b))
    return next((position for position in range(shortest) if a[position] != b[position]), shortest)
