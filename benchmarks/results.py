"""The result of one run, as ``result.json`` holds it: a versioned schema, validated on reading.

Fields that differ between two runs of the same command (clock times, memory, machine, repository) are listed in
:data:`CIRCUMSTANCES`; all others are equal bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from benchmarks.errors import ResultError
from benchmarks.storage import RESULT_NAME, write_atomically

SCHEMA_VERSION = 3
"""2: ``best_by_task``, ``language_model``, ``transfer``, and what they need in ``config``.
3: ``repairs``, ``usage``, ``evaluation_usage``, ``is_stationary``.
"""

READABLE_VERSIONS = (2, 3)
"""Results of version 2 lack what came with 3, which is then None."""

Status = Literal["running", "interrupted", "failed", "diverged", "finished"]
"""``diverged``: a loss or a gradient became NaN or infinite; all that was recorded before is in the result."""

TASK_SEPARATOR = "+"
"""Joins the names of tasks that one run plays in turn."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class Mean:
    """Reward and share of scored attempts, averaged over ``n_attempts`` attempts."""

    mean_reward: float
    valid_rate: float
    n_attempts: int


@dataclass(frozen=True, config=_STRICT)
class Evaluation:
    """Fresh episodes played by the final policy, without learning.

    Attributes:
        mean_score: mean over the attempts that were scored, None if none was.
    """

    mean_reward: float
    valid_rate: float
    mean_score: float | None
    n_attempts: int


@dataclass(frozen=True, config=_STRICT)
class Best:
    """The best program of the run, chosen by the episode's score alone; the first one among equals.

    Attributes:
        selected_score: the score in the episode, by which it was chosen: optimistic.
        holdout_score: its score on the rows that no episode sees, taken once after the choice (-1 if it fails
            there); None until the run has finished, and where the protocol holds no rows out.
        env_step: the attempt that wrote it, counted from 1.
    """

    code: str
    selected_score: float
    holdout_score: float | None
    env_step: int


@dataclass(frozen=True, config=_STRICT)
class LanguageModelChange:
    """What became of the language model, measured once after learning; all in nats or as ratios, not in bits.

    Attributes:
        kl_to_base: exact KL(policy || base) over the vocabulary, mean over the tokens of the evaluation's actions; None
            where the agent does not tell them, or no action held a token.
        kl_to_base_per_action: the same, summed over an action's tokens; mean over the actions.
        base_perplexity: of the held-out corpus under the base model; None without a corpus.
        perplexity: of the same corpus under the policy.
        corpus_fingerprint: hash of the corpus; None without one.
    """

    kl_to_base: float | None
    kl_to_base_per_action: float | None
    base_perplexity: float | None
    perplexity: float | None
    corpus_fingerprint: str | None


@dataclass(frozen=True, config=_STRICT)
class Repairs:
    """Attempts that followed a failure in the same episode: how many there were, and how many were scored."""

    n_attempts: int
    n_scored: int


@dataclass(frozen=True, config=_STRICT)
class ModelUsage:
    """What prompting a model took.

    Attributes:
        model_calls: prompts that were answered, those from a cache included.
        prompt_tokens, generated_tokens: as the model counts them.
        shortened_prompts: prompts that lost their oldest history because they did not fit into the model's context.
        cost_usd: US dollars for all of these tokens, cached or not; None where no price is known.
    """

    model_calls: int
    prompt_tokens: int
    generated_tokens: int
    shortened_prompts: int
    cost_usd: float | None = None


@dataclass(frozen=True, config=_STRICT)
class Seconds:
    """Wall-clock seconds by phase; ``total`` also holds evaluation, checkpoints and starting."""

    generation: float = 0.0
    environment: float = 0.0
    update: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, config=_STRICT)
class Budget:
    """What the run spent on learning (the evaluation is not counted, but for ``seconds.total``)."""

    env_steps: int
    generated_tokens: int
    gradient_steps: int
    seconds: Seconds


@dataclass(frozen=True, config=_STRICT)
class Git:
    """The repository the run was made from; None where git or the repository is absent."""

    sha: str | None
    dirty: bool | None


@dataclass(frozen=True, config=_STRICT)
class RunResult:
    """One run: one agent with one model on one task, or on several in turn, with one seed.

    Attributes:
        run_key: hash of everything that decides the outcome; two results with the same key are the same experiment.
        label: name of the agent in tables and folders; differs from ``agent`` for variants of it.
        task: its name; the names of several are joined by "+".
        config: the resolved configuration, the agent's own under ``agent``.
        curve: one point an iteration: ``env_steps`` and ``generated_tokens`` so far, and over the attempts of the
            iteration ``n_attempts``, ``mean_reward``, ``valid_rate`` and the agent's metrics (``kl`` and others); of
            several tasks also ``mean_reward/<task>`` and ``valid_rate/<task>``. None where a metric was not finite, or
            there was no attempt.
        last_fifth: over the last fifth of the planned attempts; None until they are made.
        best: of a run on one task; None for several.
        best_by_task: the same by task, for those with a valid program.
        language_model: None until the run has finished.
        transfer: by task, the evaluation of the final policy on tasks that it was not trained on.
        failures: number of failed attempts by kind.
        throughput: one point for each of ``curve``: seconds by phase, tokens and attempts a second, peak memory.
        hardware: the machine, and the ``threads`` that torch computed with.
        error: why a failed or diverged run has no end, one line.
        repairs: attempts that followed a failure in the same episode.
        usage: of a model that was only prompted, during the attempts of the budget; None for other agents.
        evaluation_usage: the same of the evaluations.
        is_stationary: whether the agent acts in the last attempt as in the first: it neither learns nor remembers.
    """

    schema_version: int
    run_key: str
    status: Status
    agent: str
    label: str
    model: str
    task: str
    task_fingerprint: str
    seed: int
    protocol: str
    config: dict[str, Any]
    curve: list[dict[str, int | float | None]]
    last_fifth: Mean | None
    evaluation: Evaluation | None
    best: Best | None
    best_by_task: dict[str, Best]
    language_model: LanguageModelChange | None
    transfer: dict[str, Evaluation]
    budget: Budget
    failures: dict[str, int]
    throughput: list[dict[str, int | float | None]]
    peak_memory_mb: float | None
    versions: dict[str, str]
    hardware: dict[str, str | int | None]
    git: Git
    created_at: str
    error: str | None = None
    repairs: Repairs | None = None
    usage: ModelUsage | None = None
    evaluation_usage: ModelUsage | None = None
    is_stationary: bool | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that were learned on."""
        return tuple(self.task.split(TASK_SEPARATOR))

    @property
    def overall(self) -> Mean | None:
        """Over all attempts of the run so far; None before the first."""
        n = sum(int(point["n_attempts"] or 0) for point in self.curve)
        if n == 0:
            return None
        rewards = sum(float(point["mean_reward"] or 0) * int(point["n_attempts"] or 0) for point in self.curve)
        valid = sum(float(point["valid_rate"] or 0) * int(point["n_attempts"] or 0) for point in self.curve)
        return Mean(mean_reward=rewards / n, valid_rate=valid / n, n_attempts=n)

    @property
    def figure(self) -> Mean | None:
        """What the run is judged by: the last fifth of its attempts, or, less noisily, all of a stationary agent's."""
        stationary = not self.learned if self.is_stationary is None else self.is_stationary
        return self.overall if stationary else self.last_fifth

    @property
    def learned(self) -> bool:
        """Whether the agent's policy changed during the run."""
        return self.budget.gradient_steps > 0


CIRCUMSTANCES = ("throughput", "peak_memory_mb", "versions", "hardware", "git", "created_at")
"""Top-level fields that tell of clock, machine and repository. ``budget.seconds`` is the only other one."""

_ADAPTER = TypeAdapter(RunResult)


def deterministic_part(result: RunResult) -> dict[str, Any]:
    """All that has to be equal when the same command runs twice."""
    fields = asdict(result)
    for name in CIRCUMSTANCES:
        del fields[name]
    del fields["budget"]["seconds"]
    return fields


def with_status(result: RunResult, status: Status, error: str | None = None) -> RunResult:
    return replace(result, status=status, error=error)


def write_result(path: Path, result: RunResult) -> None:
    """Writes atomically.

    Raises:
        StorageError: the file cannot be written; an older one stays as it was.
    """
    write_atomically(path, json.dumps(asdict(result), indent=1, allow_nan=False).encode() + b"\n")


def read_result(path: Path) -> RunResult:
    """Reads and validates.

    Raises:
        ResultError: the file cannot be read, is not JSON, is of another schema version, or breaks the schema.
    """
    try:
        fields = json.loads(path.read_bytes())
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ResultError(f"{path}: not a result: not JSON ({error})") from None
    if not isinstance(fields, dict) or "schema_version" not in fields:
        raise ResultError(f"{path}: not a result of this benchmark: no schema_version")
    version = fields["schema_version"]
    if version not in READABLE_VERSIONS:
        known = " and ".join(map(str, READABLE_VERSIONS))
        older = isinstance(version, int) and version < SCHEMA_VERSION
        hint = " (a result of an earlier release: make it anew)" if older else ""
        raise ResultError(f"{path}: schema version {version}; this program reads {known}{hint}")
    try:
        return _ADAPTER.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ResultError(f"{path}: not a valid result: {where}: {first['msg']}") from None


def find_results(folder: Path) -> Iterator[Path]:
    """The result files under ``folder``, sorted."""
    yield from sorted(folder.glob(f"*/*/seed-*/{RESULT_NAME}"))
