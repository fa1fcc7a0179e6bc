"""One run from start to result: learning, evaluation, the choice of the best program, and the files of all that.

A run can be stopped between iterations and taken up again from its checkpoint; the outcome is the same as without
the stop.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import provenance
from benchmarks.errors import ResultError
from benchmarks.results import (
    SCHEMA_VERSION,
    Best,
    Budget,
    Evaluation,
    Mean,
    RunResult,
    Seconds,
    Status,
    write_result,
)
from benchmarks.storage import (
    RunFiles,
    append_attempts,
    read_attempts,
    write_attempts,
)

if TYPE_CHECKING:
    from agents.agent import Iteration
    from agents.rollout import Turn
    from benchmarks.backend import Backend, Workplace
    from benchmarks.plan import RunSpec

CHECKPOINT_SECONDS = 20.0
"""A killed run loses at most about this much work."""

RECENT_ATTEMPTS = 64
"""The running figures are over this many attempts."""

CLOCKED_METRICS = ("tokens_per_second", "peak_memory_mb")
"""Metrics of agents that differ from run to run; they go to ``throughput``, not to ``curve``."""

STARTING = "starting"
"""The phase in which nothing is lost yet if the run is killed."""

_EVALUATION_STREAM = 1


class Stopped(Exception):
    """The run was asked to stop and has written its state."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands: ``phase`` is what it does now; reward and valid rate are over the most recent attempts."""

    phase: str
    env_steps: int
    mean_reward: float | None = None
    valid_rate: float | None = None


@dataclass
class Record:
    """What a run has done so far; plain values, so that a checkpoint can hold it."""

    env_steps: int = 0
    generated_tokens: int = 0
    gradient_steps: int = 0
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("generation", "environment", "update"), 0.0)
    )
    total_seconds: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)
    throughput: list[dict[str, Any]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    scored: list[bool] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    best: dict[str, Any] | None = None
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def add(self, iteration: Iteration) -> list[dict[str, Any]]:
        """Takes an iteration in; returns its attempts as the attempts file tells them."""
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
        }
        self.curve.append({**own, **metrics, **own})
        generation = iteration.seconds.get("generation", 0.0)
        self.throughput.append(
            {name: finite(iteration.metrics[name]) for name in CLOCKED_METRICS if name in iteration.metrics}
            | {
                "env_steps": self.env_steps,
                "seconds": sum(self.seconds.values()),
                "tokens_per_second": iteration.generated_tokens / generation if generation > 0 else None,
            }
        )
        return attempts

    def _add_attempt(self, info: Mapping[str, Any], reward: float) -> None:
        scored = info["status"] == "scored"
        self.rewards.append(float(reward))
        self.scored.append(scored)
        if scored:
            score = float(info["score"])
            if self.best is None or score > self.best["selected_score"]:
                self.best = {"code": info["code"], "selected_score": score, "env_step": self.env_steps}
        else:
            kind = info["error"]["kind"]
            self.failures[kind] = self.failures.get(kind, 0) + 1

    def progress(self, phase: str) -> Progress:
        rewards, scored = self.rewards[-RECENT_ATTEMPTS:], self.scored[-RECENT_ATTEMPTS:]
        return Progress(phase, self.env_steps, *((mean(rewards), mean(scored)) if rewards else (None, None)))

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


def execute_run(
    spec: RunSpec,
    files: RunFiles,
    backend: Backend,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    report: Callable[[Progress], None] = lambda progress: None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> RunResult:
    """Runs, or goes on with, one run and returns its result, which is also on disk.

    Args:
        should_stop: asked between iterations; the result is then marked ``interrupted``, with a checkpoint beside it.
        report: told after every step.
        checkpoint_seconds: the state is saved at least as often, and at a stop.

    Raises:
        StorageError: a file cannot be written.
        ResultError: the checkpoint cannot be read.
        Exception: whatever agent or environment raise; the files stay as of the last checkpoint.
    """
    return _Run(spec, files, backend, should_stop, report, checkpoint_seconds).execute()


class _Run:
    def __init__(
        self,
        spec: RunSpec,
        files: RunFiles,
        backend: Backend,
        should_stop: Callable[[], bool],
        report: Callable[[Progress], None],
        checkpoint_seconds: float,
    ) -> None:
        self._spec = spec
        self._files = files
        self._backend = backend
        self._should_stop = should_stop
        self._report = report
        self._checkpoint_seconds = checkpoint_seconds
        self._record = Record()
        self._unsaved: list[dict[str, Any]] = []
        self._clock = time.monotonic()
        self._provenance = provenance.collect()

    def execute(self) -> RunResult:
        provenance.reset_peak_memory()
        self._report(self._record.progress(STARTING))
        workplace = self._backend.open(self._spec)
        if not self._restore(workplace):
            self._write("running")
        try:
            self._learn(workplace)
            self._report(self._record.progress("evaluating"))
            evaluation = self._evaluate(workplace)
        except Stopped:
            self._save(workplace)
            return self._write("interrupted")
        holdout_score = None
        if self._record.best is not None:
            holdout_score = workplace.holdout_score(self._record.best["code"])
        # One gzip member instead of one a checkpoint: the same attempts then give the same file.
        write_attempts(self._files.attempts, [*read_attempts(self._files.attempts), *self._unsaved])
        result = self._write("finished", evaluation, holdout_score)
        self._files.checkpoint.unlink(missing_ok=True)
        self._files.traceback.unlink(missing_ok=True)
        return result

    def _learn(self, workplace: Workplace) -> None:
        envs = workplace.make_envs()
        try:
            saved = time.monotonic()
            self._report(self._record.progress("learning"))
            self._stop_if_asked()
            for iteration in workplace.agent.learn(envs, self._spec.env_steps):
                self._unsaved += self._record.add(iteration)
                self._report(self._record.progress("learning"))
                self._stop_if_asked()
                if time.monotonic() - saved >= self._checkpoint_seconds:
                    self._save(workplace)
                    self._write("running")
                    saved = time.monotonic()
        finally:
            envs.close()

    def _evaluate(self, workplace: Workplace) -> Evaluation:
        wanted = self._spec.evaluation_attempts
        seed = int(np.random.SeedSequence([self._spec.seed, _EVALUATION_STREAM]).generate_state(1)[0])
        generator = workplace.generator(seed)
        envs = workplace.make_envs()
        rewards: list[float] = []
        infos: list[Mapping[str, Any]] = []
        try:
            observations, _ = envs.reset(seed=seed)
            while len(infos) < wanted:
                self._stop_if_asked()
                actions = workplace.agent.act(observations, generator)
                observations, step_rewards, _, _, step_infos = envs.step(actions)
                rewards += [float(reward) for reward in step_rewards]
                infos.extend(step_infos["attempts"])
        finally:
            envs.close()
        scores = [float(info["score"]) for info in infos[:wanted] if info["status"] == "scored"]
        return Evaluation(
            mean_reward=mean(rewards[:wanted]),
            valid_rate=len(scores) / wanted,
            mean_score=mean(scores) if scores else None,
            n_attempts=wanted,
        )

    def _stop_if_asked(self) -> None:
        if self._should_stop():
            raise Stopped

    def _restore(self, workplace: Workplace) -> bool:
        """Takes up the checkpoint, if there is one."""
        if not self._files.checkpoint.exists():
            return False
        state = self._backend.load_checkpoint(self._files.checkpoint)
        if state.get("run_key") != self._spec.run_key:
            raise ResultError(f"{self._files.checkpoint}: belongs to a run with another configuration")
        self._record = Record(**state["record"])
        workplace.agent.load_state_dict(state["agent"])
        # The attempts file may be ahead of the checkpoint, if the run was killed between the two.
        attempts = list(read_attempts(self._files.attempts))[: self._record.env_steps]
        write_attempts(self._files.attempts, attempts)
        return True

    def _save(self, workplace: Workplace) -> None:
        self._report(self._record.progress("saving"))
        append_attempts(self._files.attempts, self._unsaved)
        self._unsaved = []
        self._count_seconds()
        state = {
            "run_key": self._spec.run_key,
            "record": dataclasses.asdict(self._record),
            "agent": workplace.agent.state_dict(),
        }
        self._backend.save_checkpoint(self._files.checkpoint, state)

    def _write(
        self, status: Status, evaluation: Evaluation | None = None, holdout_score: float | None = None
    ) -> RunResult:
        self._count_seconds()
        result = make_result(self._spec, self._record, self._provenance, status, evaluation, holdout_score)
        write_result(self._files.result, result)
        return result

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self._record.total_seconds += now - self._clock
        self._clock = now


def make_result(
    spec: RunSpec,
    record: Record,
    circumstances: provenance.Provenance,
    status: Status,
    evaluation: Evaluation | None,
    holdout_score: float | None,
) -> RunResult:
    """The result file's content for a run that stands at ``record``."""
    return RunResult(
        schema_version=SCHEMA_VERSION,
        run_key=spec.run_key,
        status=status,
        agent=spec.agent,
        label=spec.label,
        model=spec.model,
        task=spec.task,
        task_fingerprint=spec.task_fingerprint,
        seed=spec.seed,
        protocol=spec.protocol,
        config=spec.config,
        curve=record.curve,
        last_fifth=record.last_fifth(spec.env_steps),
        evaluation=evaluation,
        best=Best(**record.best, holdout_score=holdout_score) if record.best is not None else None,
        budget=Budget(
            env_steps=record.env_steps,
            generated_tokens=record.generated_tokens,
            gradient_steps=record.gradient_steps,
            seconds=Seconds(**record.seconds, total=record.total_seconds),
        ),
        failures=dict(sorted(record.failures.items())),
        throughput=record.throughput,
        peak_memory_mb=provenance.peak_memory_mb(),
        versions=circumstances.versions,
        hardware=circumstances.hardware,
        git=circumstances.git,
        created_at=record.created_at,
    )


def attempt_record(env_step: int, turn: Turn) -> dict[str, Any]:
    """One line of the attempts file. ``env_step`` counts from 1; ``attempt`` is the number within the episode."""
    info = turn.info
    return {
        "env_step": env_step,
        "env_index": turn.env_index,
        "attempt": info["attempt"],
        "status": info["status"],
        "reward": float(turn.reward),
        "score": info["score"],
        "split_scores": info["split_scores"],
        "error": info["error"],
        "code": info["code"],
        "tokens": len(turn.action_ids),
        "stop_reason": turn.stop_reason,
    }


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def finite(value: float) -> float | None:
    value = float(value)
    return value if math.isfinite(value) else None
