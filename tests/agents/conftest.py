"""Tiny random language models, and an environment that takes microseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from agents.language_model import LanguageModel

CORPUS = [
    "# Task: a table. 4 features, x_train is a float array of shape (300, 4), y_train holds 3 classes 0..2.",
    "# Attempt 1 of 5. The previous attempt: # Error: NameError: name 'np' is not defined",
    'def build_model(x_train, y_train):\n    """Return a fitted classifier with predict_proba for 3 classes."""',
    "\n    from sklearn.svm import SVC\n    return SVC(probability=True).fit(x_train, y_train)\n",
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer of 300 tokens whose padding token is also its end of sequence."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<eos>"], initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<eos>", pad_token="<eos>")


@pytest.fixture(scope="session")
def make_llama() -> Callable[..., LlamaForCausalLM]:
    return tiny_llama


@pytest.fixture(scope="session")
def make_gpt2() -> Callable[..., GPT2LMHeadModel]:
    return tiny_gpt2


def tiny_llama(vocabulary_size: int = 300, seed: int = 0) -> LlamaForCausalLM:
    """A random Llama of 30,000 parameters with tied embeddings."""
    config = LlamaConfig(
        vocab_size=vocabulary_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=None,
    )
    return _seeded(lambda: LlamaForCausalLM(config), seed)


def tiny_gpt2(vocabulary_size: int = 300, seed: int = 0) -> GPT2LMHeadModel:
    """A random GPT-2: absolute positions, layer norms, dropout in its configuration."""
    config = GPT2Config(
        vocab_size=vocabulary_size, n_positions=256, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0
    )
    return _seeded(lambda: GPT2LMHeadModel(config), seed)


def _seeded(build: Callable[[], Any], seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


@pytest.fixture
def wrap(tokenizer: PreTrainedTokenizerFast) -> Callable[..., LanguageModel]:
    """Makes a LanguageModel of a model; tuned in full unless told otherwise."""

    def make(model: PreTrainedModel, tuning: Any = "full") -> LanguageModel:
        return LanguageModel(model, tokenizer, name="tiny", tuning=tuning)

    return make


@pytest.fixture
def language_model(wrap: Callable[..., LanguageModel]) -> LanguageModel:
    return wrap(tiny_llama())


@pytest.fixture(scope="session")
def make_envs() -> type[WordEnvs]:
    return WordEnvs


class WordEnvs(gym.vector.VectorEnv):
    """Attempts are scored by ``reward_of(action)``; None is a failure (-1), which a longer prompt answers."""

    def __init__(
        self,
        num_envs: int,
        reward_of: Callable[[str], float | None],
        max_attempts: int = 3,
        time_limit: int | None = None,
    ) -> None:
        self.num_envs = num_envs
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self._reward_of = reward_of
        self._max_attempts = max_attempts
        self._time_limit = time_limit
        self._attempts = [1] * num_envs

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[tuple[str, ...], dict[str, Any]]:
        self._attempts = [1] * self.num_envs
        return self._observations(), {}

    def step(self, actions: Any) -> Any:
        rewards, terminations, truncations = (
            np.zeros(self.num_envs),
            np.zeros(self.num_envs, bool),
            np.zeros(self.num_envs, bool),
        )
        attempts = []
        final_obs: list[str | None] = [None] * self.num_envs
        for i, action in enumerate(actions):
            score = self._reward_of(action)
            rewards[i] = -1.0 if score is None else score
            terminations[i] = score is not None or self._attempts[i] == self._max_attempts
            truncations[i] = not terminations[i] and self._attempts[i] == self._time_limit
            attempts.append(
                {"status": "failed" if score is None else "scored", "score": score, "attempt": self._attempts[i]}
            )
            self._attempts[i] += 1
            final_obs[i] = self._observation(i)
            if terminations[i] or truncations[i]:
                self._attempts[i] = 1
        return self._observations(), rewards, terminations, truncations, {"attempts": attempts, "final_obs": final_obs}

    def snapshots(self) -> list[dict[str, Any]]:
        return [{"attempt": attempt} for attempt in self._attempts]

    def restore(self, snapshots: list[dict[str, Any]]) -> tuple[str, ...]:
        self._attempts = [snapshot["attempt"] for snapshot in snapshots]
        return self._observations()

    def _observation(self, i: int) -> str:
        return "# Task: a table." + " It failed." * (self._attempts[i] - 1) + " Write:"

    def _observations(self) -> tuple[str, ...]:
        return tuple(self._observation(i) for i in range(self.num_envs))
