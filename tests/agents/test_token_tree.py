from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_model import LanguageModel
from agents.token_tree import TokenTree, token_tree
from tests.agents.tiny_models import tiny_language_model

DEVICE = torch.device("cpu")
SEQUENCES = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=9).map(tuple), min_size=1, max_size=8)


def tree_of(sequences: list[tuple[int, ...]], token_cost: float, wanted: list[slice] | None = None) -> TokenTree:
    wanted = wanted or [slice(0, len(sequence)) for sequence in sequences]
    return token_tree(sequences, wanted, token_cost, DEVICE)


def path_to(tree: TokenTree, state: int) -> tuple[int, ...]:
    """The tokens that a node sees, itself the last of them, in the order of their positions."""
    row, column = divmod(state, tree.token_ids.shape[1])
    n_prefix = len(tree.prefix)
    seen = tree.visible[row, column]
    assert bool(seen[:n_prefix].all())
    columns = seen[n_prefix:].nonzero()[:, 0]
    assert tree.position_ids[row, columns].tolist() == list(range(n_prefix, n_prefix + len(columns)))
    assert columns[-1] == column
    return (*tree.prefix.tolist(), *tree.token_ids[row, columns].tolist())


@settings(max_examples=200, deadline=None)
@given(SEQUENCES, st.sampled_from([0.1, 3.0, 100.0]))
def test_every_node_sees_its_own_sequence_and_nothing_else(sequences: list[tuple[int, ...]], token_cost: float) -> None:
    tree = tree_of(sequences, token_cost)
    states = iter(tree.states.tolist())
    for sequence in sequences:
        for length in range(1, len(sequence) + 1):
            assert path_to(tree, next(states)) == sequence[:length]
    assert next(states, None) is None


@settings(max_examples=100, deadline=None)
@given(SEQUENCES)
def test_in_one_row_every_token_is_read_once(sequences: list[tuple[int, ...]]) -> None:
    tree = tree_of(sequences, token_cost=1e6)  # a token costs far more than attention
    distinct = {sequence[:length] for sequence in sequences for length in range(1, len(sequence) + 1)}
    n_rows, width = tree.token_ids.shape
    assert len(tree.prefix) + n_rows * width >= len(distinct)
    if n_rows == 1:
        assert len(tree.prefix) + width == len(distinct)


def test_equal_sequences_cost_nothing() -> None:
    tree = tree_of([(1, 2, 3, 4)] * 16, 3.0, [slice(1, 4)] * 16)
    assert tree.prefix.tolist() == [1]
    assert tree.token_ids.tolist() == [[2, 3, 4]]
    assert tree.states.tolist() == [0, 1, 2] * 16


def test_nothing_wanted_of_a_sequence() -> None:
    tree = tree_of([(1, 2), (1, 3)], 3.0, [slice(1, 1), slice(1, 2)])
    assert [path_to(tree, state) for state in tree.states.tolist()] == [(1, 3)]


@pytest.mark.parametrize("token_cost", [0.1, 100.0])
@pytest.mark.parametrize("architecture", ["make_llama", "make_gpt2"])
def test_a_tree_gives_the_states_of_each_sequence_alone(
    architecture: str, token_cost: float, request: pytest.FixtureRequest, wrap
) -> None:
    model: LanguageModel = wrap(request.getfixturevalue(architecture)())
    assert model.reads_trees
    sequences = [(5, 6, 7, 8), (5, 6, 7), (5, 6, 9, 1, 2), (5, 4), (5, 6, 9, 1, 2)]
    wanted = [slice(1, len(sequence)) for sequence in sequences]
    tree = tree_of(sequences, token_cost, wanted)
    cache = model.new_cache()
    model.forward(tree.prefix[None], torch.ones_like(tree.prefix[None]), cache)
    cache.batch_repeat_interleave(len(tree.token_ids))
    hidden = model.forward(tree.token_ids, tree.visible, cache, "policy", tree.position_ids)
    found = hidden.flatten(0, 1)[tree.states]
    alone = [torch.tensor([sequence]) for sequence in sequences]
    expected = torch.cat([model.sequence_states(ids, torch.ones_like(ids))[0, 1:] for ids in alone])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "reads_trees"),
    [("qwen2", True), ("opt", True), ("gpt_neox", True), ("mistral", False), ("gemma3", False), ("bloom", False)],
)
def test_models_with_windows_or_without_positions_read_no_trees(architecture: str, reads_trees: bool) -> None:
    assert tiny_language_model(architecture).reads_trees == reads_trees
