"""What a run has done so far, in plain values: what a checkpoint holds and result and logs are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks import provenance
from benchmarks.results import Mean, ModelUsage

if TYPE_CHECKING:
    from agents.agent import Iteration
    from agents.rollout import Turn

RECENT_ATTEMPTS = 64
"""The running figures are over this many attempts."""

CLOCKED_METRICS = ("tokens_per_second", "peak_memory_mb", "cached_answers", "retries")
"""Metrics of agents that differ from run to run; they go to ``throughput``, not to ``curve``."""

PHASES = ("generation", "environment", "update")


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        phase: what it does now.
        env_steps: attempts made so far.
        mean_reward, valid_rate: over the most recent attempts; None before the first.
        kl: divergence from the base model in the last iteration; None where the agent does not tell it.
        tokens_per_second: sampled in the last iteration.
        samples: attempts to be shown, as the attempts file tells them.
    """

    phase: str
    env_steps: int
    mean_reward: float | None = None
    valid_rate: float | None = None
    kl: float | None = None
    tokens_per_second: float | None = None
    samples: tuple[dict[str, Any], ...] = ()


@dataclass
class Record:
    """What a run has done so far; plain values, so that a checkpoint can hold it.

    Attributes:
        tasks: of a run on several of them, whose curve then tells of each; empty for a single one.
        best_by_task: of each task, the attempt with the highest score so far, if any was scored.
        repair_attempts, repaired: attempts that followed a failure in the same episode, and those of them that were
            scored.
    """

    env_steps: int = 0
    generated_tokens: int = 0
    gradient_steps: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))
    total_seconds: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)
    throughput: list[dict[str, Any]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    scored: list[bool] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    best_by_task: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)
    repair_attempts: int = 0
    repaired: int = 0
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def add(self, iteration: Iteration, seconds: float) -> list[dict[str, Any]]:
        """Takes in an iteration that took ``seconds``; returns its attempts as the attempts file tells them."""
        attempts = []
        for turn in iteration.turns:
            self.env_steps += 1
            attempts.append(attempt_record(self.env_steps, turn))
            self._add_attempt(turn.info, turn.reward)
        n = len(iteration.turns)
        self.generated_tokens += iteration.generated_tokens
        self.gradient_steps += iteration.gradient_steps
        for phase in self.seconds:
            self.seconds[phase] += iteration.seconds.get(phase, 0.0)
        metrics = {name: finite(value) for name, value in iteration.metrics.items() if name not in CLOCKED_METRICS}
        # Reward and valid rate are taken from the attempts, so that they mean the same for every agent.
        own = {
            "env_steps": self.env_steps,
            "n_attempts": n,
            "generated_tokens": self.generated_tokens,
            "mean_reward": mean(self.rewards[-n:]),
            "valid_rate": mean(self.scored[-n:]),
            **self._by_task(attempts),
        }
        self.curve.append({**own, **metrics, **own})
        self.throughput.append(self._throughput(iteration, seconds))
        return attempts

    def _by_task(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
        """Reward and valid rate of each task in an iteration, None where it was not played."""
        figures: dict[str, float | None] = {}
        for task in self.tasks:
            own = [attempt for attempt in attempts if attempt["task"] == task]
            figures[f"mean_reward/{task}"] = mean([attempt["reward"] for attempt in own]) if own else None
            figures[f"valid_rate/{task}"] = mean([attempt["status"] == "scored" for attempt in own]) if own else None
        return figures

    def usage(self) -> ModelUsage | None:
        """What prompting a model took, without the cost; None for agents that do not tell of calls."""
        if not self.curve or "model_calls" not in self.curve[0]:
            return None

        def total(name: str) -> int:
            return round(math.fsum(point[name] for point in self.curve))

        return ModelUsage(
            model_calls=total("model_calls"),
            prompt_tokens=total("prompt_tokens"),
            generated_tokens=self.generated_tokens,
            shortened_prompts=total("shortened_prompts"),
        )

    def progress(self, phase: str, samples: Sequence[dict[str, Any]] = ()) -> Progress:
        if not self.curve:
            return Progress(phase, self.env_steps)
        return Progress(
            phase,
            self.env_steps,
            mean_reward=mean(self.rewards[-RECENT_ATTEMPTS:]),
            valid_rate=mean(self.scored[-RECENT_ATTEMPTS:]),
            kl=self.curve[-1].get("kl"),
            tokens_per_second=self.throughput[-1].get("tokens_per_second"),
            samples=tuple(samples),
        )

    def last_fifth(self, planned: int) -> Mean | None:
        """Over the attempts after four fifths of the planned ones; None until all are made."""
        if self.env_steps < planned:
            return None
        start = planned - max(1, planned // 5)
        return Mean(
            mean_reward=mean(self.rewards[start:]),
            valid_rate=mean(self.scored[start:]),
            n_attempts=len(self.rewards) - start,
        )

    def _throughput(self, iteration: Iteration, seconds: float) -> dict[str, Any]:
        generation = iteration.seconds.get("generation", 0.0)
        point = {name: finite(iteration.metrics[name]) for name in CLOCKED_METRICS if name in iteration.metrics}
        point |= {
            "env_steps": self.env_steps,
            "seconds": sum(self.seconds.values()),
            "iteration_seconds": seconds,
            **{f"{phase}_seconds": iteration.seconds.get(phase, 0.0) for phase in PHASES},
            "tokens_per_second": iteration.generated_tokens / generation if generation > 0 else None,
            "attempts_per_second": len(iteration.turns) / seconds if seconds > 0 else None,
            "peak_memory_mb": provenance.peak_memory_mb(),
        }
        accelerator_memory = provenance.peak_accelerator_memory_mb()
        return point if accelerator_memory is None else point | {"peak_accelerator_memory_mb": accelerator_memory}

    def _add_attempt(self, info: Mapping[str, Any], reward: float) -> None:
        scored = info["status"] == "scored"
        if info["attempt"] > 1:
            self.repair_attempts += 1
            self.repaired += scored
        self.rewards.append(float(reward))
        self.scored.append(scored)
        if scored:
            score = float(info["score"])
            best = self.best_by_task.get(info["task"])
            if best is None or score > best["selected_score"]:
                found = {"code": info["code"], "selected_score": score, "env_step": self.env_steps}
                self.best_by_task[info["task"]] = found
        else:
            kind = info["error"]["kind"]
            self.failures[kind] = self.failures.get(kind, 0) + 1


def attempt_record(env_step: int, turn: Turn) -> dict[str, Any]:
    """One line of the attempts file. ``env_step`` counts from 1; ``attempt`` is the number within the episode."""
    info = turn.info
    thought = {"thought": turn.thought} if turn.thought else {}
    return {
        "env_step": env_step,
        "env_index": turn.env_index,
        "task": info["task"],
        "attempt": info["attempt"],
        "status": info["status"],
        "reward": float(turn.reward),
        "score": info["score"],
        "split_scores": info["split_scores"],
        "error": info["error"],
        "code": info["code"],
        "tokens": turn.generated_tokens,
        "stop_reason": turn.stop_reason,
        **thought,
    }


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def finite(value: float) -> float | None:
    value = float(value)
    return value if math.isfinite(value) else None
