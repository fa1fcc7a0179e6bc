"""One update, measured in a process of its own."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import psutil  # type: ignore[import-untyped]
import torch
from transformers import PreTrainedModel

from agents.agent import make_agent
from agents.language_model import LanguageModel
from agents.rollout import Rollout
from benchmarks import provenance
from benchmarks.learner_cost.dense import dense_vocabulary_sums, vocabulary_sums_replaced
from benchmarks.learner_cost.four_copies import FourCopies
from benchmarks.learner_cost.learners import measured_config
from benchmarks.learner_cost.models import (
    action_log_probs,
    build_model,
    finished_episodes,
    random_actions,
    random_prompts,
    word_tokenizer,
)
from benchmarks.learner_cost.shapes import SHAPES, ModelShape
from benchmarks.learner_cost.update_report import Cell, Settings

_MIB = 2**20
_WARM_UP_LENGTH = 4


@dataclass(frozen=True)
class CellFigures:
    """See :class:`benchmarks.learner_cost.update_report.CellCost`."""

    seconds: float
    extra_mib: float
    standing_mib: float


def measure_cell(cell: Cell, settings: Settings) -> CellFigures:
    """Measure one update of a batch, after one of the same model with a few tokens an action.

    Before memory is counted, a model of a few kilobytes was updated: what libraries load late is there. The learning
    rates are 0: the work is the same, and the policy stays the one that sampled.
    """
    torch.set_num_threads(settings.threads)
    _update_toy(cell, settings)
    model = build_model(model_shape(cell.vocabulary, settings))
    small = _batch(model, settings, min(_WARM_UP_LENGTH, cell.action_length))
    batch = _batch(model, settings, cell.action_length)
    before = _resident_mib()
    update = _make_update(cell, settings, model)
    with vocabulary_sums_replaced(dense_vocabulary_sums) if cell.way == "dense" else nullcontext():
        update(small)
        standing = _resident_mib()
        provenance.reset_peak_memory()
        start = time.perf_counter()
        update(batch)
        seconds = time.perf_counter() - start
    peak = provenance.peak_memory_mb()
    assert peak is not None
    return CellFigures(seconds, max(0.0, peak - before), max(0.0, standing - before))


def model_shape(vocabulary: int, settings: Settings) -> ModelShape:
    """The model of the cells with this vocabulary."""
    return ModelShape(
        vocabulary,
        hidden_size=settings.hidden_size,
        layers=settings.layers,
        intermediate_size=settings.hidden_size * 11 // 4,
        heads=settings.heads,
        kv_heads=settings.heads,
        tied=settings.tied,
    )


def _update_toy(cell: Cell, settings: Settings) -> None:
    model = build_model(SHAPES["toy"])
    _make_update(cell, settings, model)(_batch(model, settings, _WARM_UP_LENGTH))


def _batch(model: PreTrainedModel, settings: Settings, action_length: int) -> Rollout:
    vocabulary, n, length = model.config.vocab_size, settings.episodes, settings.prompt_length
    prompts = random_prompts(vocabulary, n_prompts=n, length=length, n_shared=length - 1)
    actions = random_actions(vocabulary, n_actions=n, length=action_length)
    return finished_episodes(prompts, actions, action_log_probs(model, prompts, actions).tolist())


def _make_update(cell: Cell, settings: Settings, model: PreTrainedModel) -> Callable[[Rollout], Any]:
    config = measured_config(cell.agent, critic=settings.critic)
    if cell.way == "four copies":
        copies = FourCopies(model, config)
        return copies.etpo if cell.agent == "etpo" else copies.ppo
    language_model = LanguageModel(model, word_tokenizer(), name="random weights", tuning="lora")
    learner: Any = make_agent(cell.agent, language_model, config)
    update: Callable[[Rollout], Any] = learner._update
    return update


def _resident_mib() -> float:
    """Resident memory of this process, after what is not needed any more was given back to the system."""
    gc.collect()
    with suppress(AttributeError, OSError):  # another C library: what it keeps for itself is counted
        ctypes.CDLL(None).malloc_trim(0)
    return float(psutil.Process().memory_info().rss / _MIB)
