"""Generation and updates of a model of real size with random weights, measured on the device where they run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, Protocol

import torch

from agents.agent import make_agent
from agents.generation import generate
from agents.language_model import LanguageModel
from agents.model_options import ModelOptions
from agents.rollout import Rollout
from agents.vocabulary import chunk_rows
from benchmarks import provenance
from benchmarks.learner_cost.gpu_report import (
    SCHEMA_VERSION,
    GenerationCost,
    GpuCostReport,
    Settings,
    Status,
    UpdateCost,
)
from benchmarks.learner_cost.learners import measured_config
from benchmarks.learner_cost.models import build_model, finished_episodes, random_prompts, word_tokenizer
from benchmarks.learner_cost.paper import Agent, BatchShape, Critic, Training, expected_memory, update_flops
from benchmarks.learner_cost.shapes import SHAPES

_GB = 10**9
_MB_TO_GB = 2**20 / _GB
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Listener(Protocol):
    """Is told how far the run is."""

    def begin(self, part: str, n_steps: int) -> None:
        """A part of the run begins."""
        ...

    def advance(self) -> None:
        """One of its steps is done."""
        ...


@dataclass
class _Parts:
    """What has been measured so far."""

    matrix_flops_per_second: float | None = None
    generation: GenerationCost | None = None
    updates: list[UpdateCost] = field(default_factory=list)


def measure_device(settings: Settings, listener: Listener) -> GpuCostReport:
    """Measure everything. Ctrl-C, or a lack of memory, ends it with the parts that were measured before."""
    started = time.monotonic()
    parts = _Parts()
    status: Status = "finished"
    error = None
    try:
        _measure_parts(settings, listener, parts)
    except KeyboardInterrupt:
        status = "interrupted"
    except torch.OutOfMemoryError as failure:
        status, error = "failed", " ".join(str(failure).split())
    origin = provenance.collect()
    return GpuCostReport(
        schema_version=SCHEMA_VERSION,
        status=status,
        settings=settings,
        model=SHAPES[settings.shape],
        device_name=torch.cuda.get_device_name() if settings.device == "cuda" else str(origin.hardware["cpu"]),
        matrix_flops_per_second=parts.matrix_flops_per_second,
        generation=parts.generation,
        updates=parts.updates,
        versions=origin.versions,
        hardware=origin.hardware,
        git=origin.git,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=time.monotonic() - started,
        error=error,
    )


def batch_shape(settings: Settings) -> BatchShape:
    """The batch of a run. Raises ValueError if there can be no such batch."""
    return BatchShape(settings.episodes, settings.prompt_tokens, settings.shared_tokens, settings.action_tokens)


def training_of(settings: Settings, agent: Agent, critic: Critic) -> Training:
    """How a run trains, as computations on paper take it."""
    vocabulary = SHAPES[settings.shape].vocabulary
    at_once = None
    if settings.micro_batch_tokens is not None:
        at_once = max(1, settings.micro_batch_tokens // settings.action_tokens)
    return Training(
        agent,
        critic,
        rank=settings.rank,
        compute_bytes=_DTYPES[settings.dtype].itemsize,
        checkpointing=settings.checkpointing,
        episodes_at_once=at_once,
        chunk_elements=chunk_rows(vocabulary, settings.device) * vocabulary,
    )


def matrix_rate(device: str, dtype: torch.dtype, size: int, repeats: int = 10) -> float:
    """Floating-point operations a second of products of two square matrices, the median."""
    left, right = torch.randn(2, size, size, device=device).to(dtype).unbind(0)
    product = torch.empty_like(left)
    seconds = _times(device, repeats, lambda: torch.mm(left, right, out=product))
    return float(2 * size**3 / median(seconds))


def _measure_parts(settings: Settings, listener: Listener, parts: _Parts) -> None:
    listener.begin("rate of matrix products", 1)
    parts.matrix_flops_per_second = matrix_rate(settings.device, _DTYPES[settings.dtype], settings.matrix_size)
    listener.advance()
    listener.begin("generation", settings.repeats)
    language_model = _language_model(settings)
    rollout, parts.generation = _measure_generation(settings, language_model, listener)
    del language_model
    for critic in settings.critics:
        for agent in settings.agents:
            listener.begin(f"update of {agent}, critic {critic}", settings.repeats)
            parts.updates.append(_measure_update(settings, agent, critic, rollout, listener))


def _language_model(settings: Settings) -> LanguageModel:
    _release_memory(settings.device)
    shape = SHAPES[settings.shape]
    model = build_model(shape, dtype=_DTYPES[settings.dtype], device=settings.device)
    return LanguageModel(
        model,
        word_tokenizer(),
        name=f"random weights ({settings.shape})",
        tuning="lora",
        options=ModelOptions(
            lora_rank=settings.rank,
            lora_alpha=2 * settings.rank,
            gradient_checkpointing=settings.checkpointing,
            prompt="completion",
        ),
    )


def _measure_generation(
    settings: Settings, language_model: LanguageModel, listener: Listener
) -> tuple[Rollout, GenerationCost]:
    """Sample a batch of actions; those of the last repetition are what the updates learn from."""
    prompts = random_prompts(
        SHAPES[settings.shape].vocabulary,
        n_prompts=settings.episodes,
        length=settings.prompt_tokens,
        n_shared=settings.shared_tokens,
    )
    generator = torch.Generator().manual_seed(0)

    def sample(n_tokens: int) -> Rollout:
        generations = generate(language_model, prompts, max_new_tokens=n_tokens, temperature=1.0, generator=generator)
        return finished_episodes(
            prompts, [entry.token_ids for entry in generations], [entry.log_probs for entry in generations]
        )

    sample(min(4, settings.action_tokens))
    _reset_peak(settings.device)
    seconds, rollout = [], None
    for _ in range(settings.repeats):
        start = time.perf_counter()
        rollout = sample(settings.action_tokens)  # its results are on the CPU: the device has finished
        seconds.append(time.perf_counter() - start)
        listener.advance()
    assert rollout is not None
    return rollout, GenerationCost(rollout.generated_tokens, median(seconds), _peak_gb(settings.device))


def _measure_update(
    settings: Settings, agent: Agent, critic: Critic, rollout: Rollout, listener: Listener
) -> UpdateCost:
    # A learning rate of 0 changes nothing of the work, and the policy stays the one that sampled.
    config = measured_config(agent, critic=critic, micro_batch_tokens=settings.micro_batch_tokens)
    learner: Any = make_agent(agent, _language_model(settings), config)
    learner._update(rollout)
    _reset_peak(settings.device)
    seconds = []
    for _ in range(settings.repeats):
        seconds += _times(settings.device, 1, lambda: learner._update(rollout))
        listener.advance()
    shape, batch, training = SHAPES[settings.shape], batch_shape(settings), training_of(settings, agent, critic)
    return UpdateCost(
        agent,
        critic,
        n_tokens=rollout.generated_tokens,
        seconds=median(seconds),
        peak_gb=_peak_gb(settings.device),
        expected_gb=sum(expected_memory(shape, batch, training).values()) / _GB,
        flops=float(sum(update_flops(shape, batch, training).values())),
    )


def _times(device: str, repeats: int, work: Callable[[], Any]) -> list[float]:
    """Wall-clock seconds of ``work``, until the device has finished."""
    seconds = []
    for _ in range(repeats):
        _synchronise(device)
        start = time.perf_counter()
        work()
        _synchronise(device)
        seconds.append(time.perf_counter() - start)
    return seconds


def _synchronise(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _release_memory(device: str) -> None:
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()


def _reset_peak(device: str) -> None:
    _release_memory(device)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        provenance.reset_peak_memory()


def _peak_gb(device: str) -> float:
    if device == "cuda":
        return float(torch.cuda.max_memory_allocated() / _GB)
    return (provenance.peak_memory_mb() or 0.0) * _MB_TO_GB
