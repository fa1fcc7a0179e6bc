"""One run from start to result: learning, what is measured afterwards, and the files of all that.

A run can be stopped between iterations and taken up again from its checkpoint; the outcome is the same as without
the stop.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import provenance
from benchmarks.checkpoints import Checkpoints
from benchmarks.differences import differences
from benchmarks.errors import ResultError, one_line
from benchmarks.evaluation import Assessment, assess
from benchmarks.metric_log import LoggedRun, MetricLog, MetricLogs, open_log
from benchmarks.metric_log.files import FileLog
from benchmarks.plan import RunOptions
from benchmarks.record import Progress, Record
from benchmarks.results import (
    SCHEMA_VERSION,
    Best,
    Budget,
    ModelUsage,
    Repairs,
    RunResult,
    Seconds,
    Status,
    write_result,
)
from benchmarks.samples import choose_samples, is_sampled, samples_of_run
from benchmarks.storage import RunFiles, append_attempts, read_attempts, write_attempts

if TYPE_CHECKING:
    from agents.agent import Iteration
    from benchmarks.backend import Backend, Workplace
    from benchmarks.plan import RunSpec

SYNC_SECONDS = 20.0
"""A crash of the machine loses at most about this much work; a kill of the process, that since the last checkpoint."""

STARTING = "starting"
"""The phase in which nothing is lost yet if the run is killed."""


class Stopped(Exception):
    """The run was asked to stop and has written its state."""


def execute_run(
    spec: RunSpec,
    files: RunFiles,
    backend: Backend,
    *,
    options: RunOptions | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    report: Callable[[Progress], None] = lambda progress: None,
    sync_seconds: float = SYNC_SECONDS,
) -> RunResult:
    """Runs, or goes on with, one run and returns its result, which is also on disk.

    A run whose agent diverges ends with status ``diverged``: what was recorded before is in its files, and what the
    agent tells of the divergence in ``diverged.pt``.

    Args:
        options: threads, logs, sample programs, checkpoints; None for the defaults.
        should_stop: asked between iterations; the result is then marked ``interrupted``, with a checkpoint beside it.
        report: told after every step.
        sync_seconds: checkpoint and result go to the disk as often, and at a stop.

    Raises:
        StorageError: a file cannot be written.
        ResultError: there are checkpoints, and none can be read, or they belong to another run.
        Exception: whatever agent or environment raise; the files stay as of the last checkpoint.
    """
    return _Run(spec, files, backend, options or RunOptions(), should_stop, report, sync_seconds).execute()


class _Run:
    def __init__(
        self,
        spec: RunSpec,
        files: RunFiles,
        backend: Backend,
        options: RunOptions,
        should_stop: Callable[[], bool],
        report: Callable[[Progress], None],
        sync_seconds: float,
    ) -> None:
        self._spec = spec
        self._files = files
        self._backend = backend
        self._options = options
        self._should_stop = should_stop
        self._report = report
        self._sync_seconds = sync_seconds
        self._checkpoints = Checkpoints(files, backend, options.kept_checkpoints)
        self._saved_at: int | None = None
        self._synced = -math.inf
        self._random_states: dict[str, Any] | None = None
        self._record = Record(tasks=list(spec.tasks) if len(spec.tasks) > 1 else [])
        self._unsaved: list[dict[str, Any]] = []
        self._clock = time.monotonic()
        self._log: MetricLog = MetricLogs([])
        self._workplace: Workplace | None = None

    def execute(self) -> RunResult:
        provenance.reset_peak_memory()
        self._report(self._record.progress(STARTING))
        self._files.remove_temporary()
        workplace = self._backend.open(self._spec, self._options)
        self._workplace = workplace
        if not self._restore(workplace):
            self._write("running")
        self._log = self._open_logs()
        try:
            return self._execute(workplace)
        finally:
            self._log.close()

    def _execute(self, workplace: Workplace) -> RunResult:
        try:
            self._learn(workplace)
            programs = {task: best["code"] for task, best in self._record.best_by_task.items()}
            assessment = assess(self._spec, workplace, programs, self._go_on)
        except Stopped:
            self._report(self._record.progress("saving"))
            if self._saved_at != self._record.env_steps:  # what an evaluation drew since then does not count
                self._save(workplace, sync=True)
            return self._write("interrupted")
        except workplace.divergence as error:
            return self._diverged(workplace, error)
        return self._end("finished", assessment, save_policy=workplace.save_policy)

    def _learn(self, workplace: Workplace) -> None:
        envs = workplace.make_envs(self._spec.tasks)
        try:
            self._report(self._record.progress("learning"))
            self._stop_if_asked()
            if self._random_states is not None:
                self._backend.restore_random_states(self._random_states)
            iterations = workplace.agent.learn(envs, self._spec.env_steps)
            began = time.perf_counter()
            for iteration in iterations:
                self._take_in(iteration, time.perf_counter() - began)
                self._stop_if_asked()
                if len(self._record.curve) % self._options.checkpoint_every == 0:
                    self._save(workplace, sync=self._is_sync_due())
                began = time.perf_counter()
            if self._saved_at != self._record.env_steps:
                self._save(workplace, sync=self._is_sync_due())
        finally:
            envs.close()

    def _take_in(self, iteration: Iteration, seconds: float) -> None:
        """Records an iteration, and tells of it."""
        attempts = self._record.add(iteration, seconds)
        self._unsaved += attempts
        self._log.metrics(self._record.curve[-1], self._record.throughput[-1])
        samples: list[dict[str, Any]] = []
        if is_sampled(len(self._record.curve) - 1, self._options.sample_every):
            samples = choose_samples(attempts)
            self._log.samples(self._record.env_steps, samples)
        self._report(self._record.progress("learning", samples))

    def _diverged(self, workplace: Workplace, error: Exception) -> RunResult:
        """Ends the run where it stands. The attempts behind the update that failed are in the files, too."""
        if (iteration := getattr(error, "iteration", None)) is not None:
            self._take_in(iteration, sum(iteration.seconds.values()))
        message = one_line(error)
        state = {
            "run_key": self._spec.run_key,
            "run": _plain(self._spec),
            "env_steps": self._record.env_steps,
            "error": message,
            "batch": getattr(error, "batch", None),
            "agent": workplace.agent.state_dict(),
        }
        self._backend.save_checkpoint(self._files.diverged, state)
        return self._end("diverged", error=message)

    def _end(
        self,
        status: Status,
        assessment: Assessment | None = None,
        error: str | None = None,
        save_policy: Callable[[Path, RunResult], None] | None = None,
    ) -> RunResult:
        """Writes the files of a run that will not go on."""
        # One gzip member instead of one a checkpoint: the same attempts then give the same file.
        write_attempts(self._files.attempts, [*read_attempts(self._files.attempts), *self._unsaved])
        self._log.flush()
        result = self._result(status, assessment, error)
        if save_policy is not None and self._options.keep_policy and result.learned:
            self._report(self._record.progress("saving"))
            save_policy(self._files.policy, result)
        write_result(self._files.result, result)
        self._files.remove_checkpoints()
        self._files.traceback.unlink(missing_ok=True)
        return result

    def _go_on(self, phase: str) -> None:
        """Tells what is done now. Raises Stopped if it is not to be done."""
        self._report(self._record.progress(phase))
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self._should_stop():
            raise Stopped

    def _restore(self, workplace: Workplace) -> bool:
        """Takes up the newest checkpoint that is whole, if there is one."""
        attempts = list(read_attempts(self._files.attempts))
        for path, state in self._checkpoints.readable():
            if (there := state.get("run")) != (here := _plain(self._spec)):
                names = differences(there, here) if isinstance(there, dict) else ["it is no checkpoint of a run"]
                raise ResultError(f"{path}: belongs to a run with another configuration: {', '.join(names)}")
            record = Record(**state["record"])
            if len(attempts) < record.env_steps:
                continue
            workplace.agent.load_state_dict(state["agent"])
            self._record = record
            self._random_states = state["random_states"]
            self._saved_at = record.env_steps
            # The attempts file is ahead of the checkpoint, if the run was killed between the two.
            write_attempts(self._files.attempts, attempts[: record.env_steps])
            return True
        if self._files.attempts.exists():  # of a run that was killed before its first checkpoint
            write_attempts(self._files.attempts, [])
        return False

    def _is_sync_due(self) -> bool:
        return time.monotonic() - self._synced >= self._sync_seconds

    def _save(self, workplace: Workplace, *, sync: bool) -> None:
        """The attempts first: those that are ahead of the newest checkpoint are cut off when the run is taken up."""
        append_attempts(self._files.attempts, self._unsaved, sync=sync)
        self._unsaved = []
        self._log.flush()
        self._count_seconds()
        state = {
            "run_key": self._spec.run_key,
            "run": _plain(self._spec),
            "record": dataclasses.asdict(self._record),
            "agent": workplace.agent.state_dict(),
            "random_states": self._backend.random_states(),
        }
        self._checkpoints.save(self._record.env_steps, state, sync=sync)
        self._saved_at = self._record.env_steps
        if sync:
            self._write("running")
            self._synced = time.monotonic()

    def _open_logs(self) -> MetricLog:
        """The files of every run, as of what is recorded, and the logs that were asked for."""
        record, folder = self._record, self._files.folder
        samples = samples_of_run(record.curve, list(read_attempts(self._files.attempts)), self._options.sample_every)
        run = LoggedRun(self._spec, folder, record.created_at, record.env_steps)
        files = FileLog(self._files, record.curve, record.throughput, samples)
        return MetricLogs([files, *(open_log(name, run) for name in self._options.logs)])

    def _write(self, status: Status) -> RunResult:
        result = self._result(status)
        write_result(self._files.result, result)
        return result

    def _result(self, status: Status, assessment: Assessment | None = None, error: str | None = None) -> RunResult:
        self._count_seconds()
        # Collected only now, when torch is there to tell of an accelerator.
        circumstances = provenance.collect().with_threads(self._options.threads)
        result = make_result(self._spec, self._record, circumstances, status, assessment, error)
        return result if self._workplace is None else _told_by(self._workplace, result)

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self._record.total_seconds += now - self._clock
        self._clock = now


def _told_by(workplace: Workplace, result: RunResult) -> RunResult:
    """A result with what only agent and model know: whether the agent is stationary, and what a model's tokens cost."""

    def priced(usage: ModelUsage | None) -> ModelUsage | None:
        if usage is None or workplace.cost is None:
            return usage
        return dataclasses.replace(usage, cost_usd=workplace.cost(usage.prompt_tokens, usage.generated_tokens))

    return dataclasses.replace(
        result,
        usage=priced(result.usage),
        evaluation_usage=priced(result.evaluation_usage),
        is_stationary=workplace.is_stationary,
    )


def _plain(spec: RunSpec) -> dict[str, Any]:
    """The run as a checkpoint tells it."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(spec)))
    return plain


def make_result(
    spec: RunSpec,
    record: Record,
    circumstances: provenance.Provenance,
    status: Status,
    assessment: Assessment | None,
    error: str | None = None,
) -> RunResult:
    """The result file's content for a run that stands at ``record``; ``assessment`` only where it has finished."""
    holdout_scores = assessment.holdout_scores if assessment is not None else {}
    best_by_task = {
        task: Best(**record.best_by_task[task], holdout_score=holdout_scores.get(task))
        for task in spec.tasks
        if task in record.best_by_task
    }
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
        evaluation=assessment.evaluation if assessment is not None else None,
        best=best_by_task.get(spec.task),
        best_by_task=best_by_task,
        language_model=assessment.language_model if assessment is not None else None,
        transfer=assessment.transfer if assessment is not None else {},
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
        error=error,
        repairs=Repairs(record.repair_attempts, record.repaired),
        usage=record.usage(),
        evaluation_usage=assessment.usage if assessment is not None else None,
    )
