"""One run from start to result: learning, what is measured afterwards, and the files of all that.

A run can be stopped between iterations and taken up again from its checkpoint; the outcome is the same as without
the stop.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks import provenance
from benchmarks.errors import ResultError, one_line
from benchmarks.evaluation import Assessment, assess
from benchmarks.metric_log import LoggedRun, MetricLog, MetricLogs, open_log
from benchmarks.metric_log.files import FileLog
from benchmarks.plan import RunOptions
from benchmarks.record import Progress, Record
from benchmarks.results import SCHEMA_VERSION, Best, Budget, RunResult, Seconds, Status, write_result
from benchmarks.samples import choose_samples, is_sampled, samples_of_run
from benchmarks.storage import RunFiles, append_attempts, read_attempts, write_attempts

if TYPE_CHECKING:
    from agents.agent import Iteration
    from benchmarks.backend import Backend, Workplace
    from benchmarks.plan import RunSpec

CHECKPOINT_SECONDS = 20.0
"""A killed run loses at most about this much work."""

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
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> RunResult:
    """Runs, or goes on with, one run and returns its result, which is also on disk.

    A run whose agent diverges ends with status ``diverged``: what was recorded before is in its files, and what the
    agent tells of the divergence in ``diverged.pt``.

    Args:
        options: threads, logs, sample programs; None for the defaults.
        should_stop: asked between iterations; the result is then marked ``interrupted``, with a checkpoint beside it.
        report: told after every step.
        checkpoint_seconds: the state is saved at least as often, and at a stop.

    Raises:
        StorageError: a file cannot be written.
        ResultError: the checkpoint cannot be read.
        Exception: whatever agent or environment raise; the files stay as of the last checkpoint.
    """
    return _Run(spec, files, backend, options or RunOptions(), should_stop, report, checkpoint_seconds).execute()


class _Run:
    def __init__(
        self,
        spec: RunSpec,
        files: RunFiles,
        backend: Backend,
        options: RunOptions,
        should_stop: Callable[[], bool],
        report: Callable[[Progress], None],
        checkpoint_seconds: float,
    ) -> None:
        self._spec = spec
        self._files = files
        self._backend = backend
        self._options = options
        self._should_stop = should_stop
        self._report = report
        self._checkpoint_seconds = checkpoint_seconds
        self._record = Record(tasks=list(spec.tasks) if len(spec.tasks) > 1 else [])
        self._unsaved: list[dict[str, Any]] = []
        self._clock = time.monotonic()
        self._log: MetricLog = MetricLogs([])

    def execute(self) -> RunResult:
        provenance.reset_peak_memory()
        self._report(self._record.progress(STARTING))
        workplace = self._backend.open(self._spec, self._options.threads)
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
            self._save(workplace)
            return self._write("interrupted")
        except workplace.divergence as error:
            return self._diverged(workplace, error)
        return self._end("finished", assessment)

    def _learn(self, workplace: Workplace) -> None:
        envs = workplace.make_envs(self._spec.tasks)
        try:
            saved = time.monotonic()
            self._report(self._record.progress("learning"))
            self._stop_if_asked()
            iterations = workplace.agent.learn(envs, self._spec.env_steps)
            began = time.perf_counter()
            for iteration in iterations:
                self._take_in(iteration, time.perf_counter() - began)
                self._stop_if_asked()
                if time.monotonic() - saved >= self._checkpoint_seconds:
                    self._save(workplace)
                    self._write("running")
                    saved = time.monotonic()
                began = time.perf_counter()
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
            "env_steps": self._record.env_steps,
            "error": message,
            "batch": getattr(error, "batch", None),
            "agent": workplace.agent.state_dict(),
        }
        self._backend.save_checkpoint(self._files.diverged, state)
        return self._end("diverged", error=message)

    def _end(self, status: Status, assessment: Assessment | None = None, error: str | None = None) -> RunResult:
        """Writes the files of a run that will not go on."""
        # One gzip member instead of one a checkpoint: the same attempts then give the same file.
        write_attempts(self._files.attempts, [*read_attempts(self._files.attempts), *self._unsaved])
        self._log.flush()
        result = self._write(status, assessment, error)
        self._files.checkpoint.unlink(missing_ok=True)
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
        self._log.flush()
        self._count_seconds()
        state = {
            "run_key": self._spec.run_key,
            "record": dataclasses.asdict(self._record),
            "agent": workplace.agent.state_dict(),
        }
        self._backend.save_checkpoint(self._files.checkpoint, state)

    def _open_logs(self) -> MetricLog:
        """The files of every run, as of what is recorded, and the logs that were asked for."""
        record, folder = self._record, self._files.folder
        samples = samples_of_run(record.curve, list(read_attempts(self._files.attempts)), self._options.sample_every)
        run = LoggedRun(self._spec, folder, record.created_at, record.env_steps)
        files = FileLog(self._files, record.curve, record.throughput, samples)
        return MetricLogs([files, *(open_log(name, run) for name in self._options.logs)])

    def _write(self, status: Status, assessment: Assessment | None = None, error: str | None = None) -> RunResult:
        self._count_seconds()
        # Collected only now, when torch is there to tell of an accelerator.
        circumstances = provenance.collect().with_threads(self._options.threads)
        result = make_result(self._spec, self._record, circumstances, status, assessment, error)
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
    )
