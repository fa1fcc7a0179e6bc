"""Pretraining: a prompt shared by several actions is the same as each action with the prompt to itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from agents.tinycoder.corpus import RepairPair, sample_first_action, sample_first_prompt
from agents.tinycoder.pretrain import (
    Document,
    PretrainConfig,
    action_loss,
    draw_document,
    learning_rate_scale,
    new_model,
    pretrain,
)
from agents.tinycoder.tokenizer import train_tokenizer

CONFIG = PretrainConfig(
    hidden_size=32, n_layers=2, n_heads=2, feed_forward_size=64, n_tokens=20_000, batch_tokens=600, repair_rate=0.3
)
PAIRS = [
    RepairPair(
        "def build_model(x_train, y_train):\n    return SVC()",
        "\n    from sklearn.svm import SVC\n    return SVC(probability=True).fit(x_train, y_train)",
        "forget-import",
        "exception",
        "NameError: name 'SVC' is not defined",
        2,
    )
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    rng = np.random.default_rng(0)
    return train_tokenizer(
        [text for _ in range(150) for text in (sample_first_prompt(rng), sample_first_action(rng))], 500
    )


@pytest.fixture
def documents(tokenizer: PreTrainedTokenizerFast) -> list[Document]:
    rng = np.random.default_rng(1)
    return [draw_document(rng, tokenizer, PAIRS, CONFIG) for _ in range(6)]


def test_sharing_a_prompt_changes_no_loss(tokenizer: PreTrainedTokenizerFast, documents: list[Document]) -> None:
    model = new_model(tokenizer, CONFIG).double()
    with torch.no_grad():
        together = action_loss(model, documents)
        apart = sum(action_loss(model, [Document(d.prompt, [action])]) for d in documents for action in d.actions)
    torch.testing.assert_close(together, torch.as_tensor(apart))


def test_loss_is_that_of_transformers(tokenizer: PreTrainedTokenizerFast, documents: list[Document]) -> None:
    model = new_model(tokenizer, CONFIG).double()
    document = documents[0]
    ids = torch.tensor([document.prompt + document.actions[0]])
    labels = ids.clone()
    labels[:, : len(document.prompt)] = -100
    with torch.no_grad():
        expected = model(input_ids=ids, labels=labels).loss * len(document.actions[0])
        found = action_loss(model, [Document(document.prompt, document.actions[:1])])
    torch.testing.assert_close(found.float(), expected.float())


def _trained(tokenizer: PreTrainedTokenizerFast) -> tuple[LlamaForCausalLM, list[float]]:
    losses: list[float] = []
    model = new_model(tokenizer, CONFIG)
    pretrain(model, tokenizer, PAIRS, CONFIG, lambda tokens, loss: losses.append(loss))
    return model, losses


def test_training_lowers_the_loss_and_repeats_itself(tokenizer: PreTrainedTokenizerFast) -> None:
    model, losses = _trained(tokenizer)
    again, _ = _trained(tokenizer)
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])
    for name, parameter in model.state_dict().items():
        assert torch.equal(parameter, again.state_dict()[name]), name


def test_learning_rate_rises_then_falls_to_a_tenth() -> None:
    rates = [learning_rate_scale(progress, 0.1) for progress in np.linspace(0, 1, 101)]
    assert rates[0] < 0.1
    assert max(rates) == pytest.approx(1.0, abs=0.02)
    assert rates[-1] == pytest.approx(0.1)
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[11:]))
