"""The command line of tuning."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.backend import Backend, DataSciBackend
from benchmarks.cli import make_console
from benchmarks.command_options import POSITIVE, ListsCommand, Seeds, Words
from benchmarks.errors import BadInput, ResultError, choose
from benchmarks.measurement_cli import EXIT_FAILED, fail, run_command
from benchmarks.models import ModelRequest
from benchmarks.plan import Request, RunOptions
from benchmarks.preflight import Found, prepare_folder, select_runs
from benchmarks.provenance import available_cores
from benchmarks.suites import load_suite
from benchmarks.tuning.report import (
    REPORT_NAME,
    SCHEMA_VERSION,
    Protocol,
    TuningReport,
    make_protocol,
    merge,
    read_report,
    write_report,
)
from benchmarks.tuning.space import SPACE, SearchSpace, make_design
from benchmarks.tuning.tables import design_table, trials_table
from benchmarks.tuning.trials import Ended, Trial, by_learner, plan_trials, record_learner, record_trial

DEFAULT_TRIALS = 8


@dataclass(frozen=True)
class Searched:
    """What the command line works on; tests put in others."""

    backend: Backend = field(default_factory=DataSciBackend)
    space: SearchSpace = SPACE


@dataclass(frozen=True)
class _Tuning:
    """What is asked for, and what stood in the report before."""

    trials: list[Trial]
    space: SearchSpace
    protocol: Protocol
    commands: dict[str, str]
    report: Path
    before: TuningReport | None

    def write(self, ended: Ended) -> TuningReport:
        learners = {
            learner: record_learner(trials, ended, self.space, self.commands[learner])
            for learner, trials in by_learner(self.trials).items()
        }
        report = merge(self.before, TuningReport(SCHEMA_VERSION, self.protocol, learners))
        write_report(self.report, report)
        return report


@click.command(cls=ListsCommand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--agent", "agents", type=Words(), multiple=True, help="Learners.  [default: all of the search space]")
@click.option("--trials", type=POSITIVE, default=DEFAULT_TRIALS, show_default=True, help="Trials of each learner.")
@click.option("--suite", default="tuning", show_default=True, help="A suite's name, or a YAML file.")
@click.option("--tasks", type=Words(), multiple=True, help="Tasks instead of the suite's.")
@click.option("--seeds", type=Seeds(), multiple=True, help="Seeds instead of the suite's: 100 or 100-102.")
@click.option("--env-steps", type=POSITIVE, help="Attempts that a run may make, instead of the suite's.")
@click.option("--model", default="tinycoder", show_default=True, help="The embedded model, a folder, or a name.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, ...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/tuning"),
    show_default=True,
    help="Folder of the runs' results.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File of all trials, rewritten after each; other learners in it stay.  [default: <out>/{REPORT_NAME}]",
)
@click.option("--resume", is_flag=True, help="Go on with runs that were interrupted or failed.")
@click.option("--overwrite", is_flag=True, help="Replace these trials, and a report of another protocol.")
@click.option("--jobs", type=POSITIVE, help="Runs side by side.  [default: the number of cores; 1 on an accelerator]")
@click.option("--threads", type=POSITIVE, help="torch's threads in a run.  [default: cores // runs side by side]")
@click.option("--list", "show_list", is_flag=True, help="Show the search space and the trials.")
@click.pass_obj
def command(searched: Searched, /, agents: tuple[tuple[str, ...], ...], show_list: bool, **values: Any) -> int:
    """Choose settings of learners in equal numbers of trials, from search spaces of equal width, on tasks and seeds
    that no comparison uses.

    The value of a trial is the mean reward of the last fifth of the attempts, mean over tasks and seeds; a trial with a
    run that diverged or failed is worth -1. Ctrl-C stops cleanly; --resume goes on.

    \b
    python benchmarks/tune.py --agent etpo,ppo --trials 8 --out runs/tuning
    python benchmarks/tune.py --trials 8 --report benchmarks/results/tuning.json
    """
    learners = tuple(dict.fromkeys(agent for group in agents for agent in group)) or tuple(searched.space.own)
    for learner in learners:
        choose("learner", learner, searched.space.own)
    console = make_console()
    if show_list:
        console.print(design_table(searched.space, learners, make_design(searched.space, values["trials"])))
        return 0
    if values["resume"] and values["overwrite"]:
        raise BadInput("--resume and --overwrite exclude each other")
    return _tune(console, searched, learners, values)


def _tune(console: Console, searched: Searched, learners: tuple[str, ...], values: dict[str, Any]) -> int:
    from benchmarks.harness import run_plan
    from benchmarks.tuning.progress import TuningDisplay

    tuning, device = _plan(searched, learners, values)
    runs = [run for trial in tuning.trials for run in trial.runs]
    cores = available_cores()
    jobs = min(values["jobs"] or (cores if device == "cpu" else 1), len(runs))
    options = RunOptions(threads=values["threads"] or max(1, cores // jobs), sample_every=0, keep_policy=False)
    out: Path = values["out"]
    with prepare_folder(out):
        pending, found = select_runs(runs, out, resume=values["resume"], overwrite=values["overwrite"])
        ended = Ended()
        if not values["overwrite"]:
            ended.read([*found.finished, *found.diverged], out)
            _say_what_is_done(console, found, len(runs))
        report = tuning.write(ended)
        if pending:
            console.print(
                f"{len(tuning.trials)} trials: {len(pending)} runs, {sum(run.env_steps for run in pending):,} "
                f"attempts, {jobs} at a time. Results: {out}",
                highlight=False,
                soft_wrap=True,
            )
            with TuningDisplay(console, pending, tuning.trials, ended, tuning.write) as display:
                outcome = run_plan(pending, searched.backend, out, jobs, display, options)
            report = tuning.write(ended)
            if outcome.storage_error is not None:
                return fail(
                    f"{outcome.storage_error}. What was written before is whole; --resume goes on.", EXIT_FAILED
                )
            if outcome.stopped_by is not None:
                console.print(f"Stopped. To go on: {_command_to_resume()}", soft_wrap=True, highlight=False)
                return 128 + outcome.stopped_by
    for learner in learners:
        console.print(trials_table(learner, report.learners[learner]))
    console.print(f"Report: {tuning.report}", highlight=False, soft_wrap=True)
    failed = [trial for trial in tuning.trials if record_trial(trial, ended).status == "failed"]
    if failed:
        first = record_trial(failed[0], ended)
        n = f"{len(failed)} of {len(tuning.trials)} trials"
        return fail(f"{n} failed. {failed[0].name}: {first.error}. Try again: {_command_to_resume()}", EXIT_FAILED)
    return 0


def _plan(searched: Searched, learners: tuple[str, ...], values: dict[str, Any]) -> tuple[_Tuning, str]:
    """What is to be done, and on which device."""
    suite = load_suite(values["suite"])
    device = searched.backend.device(values["device"])
    request = Request(
        agents=learners,
        model=ModelRequest(values["model"], device=device),
        tasks=_unique(values["tasks"]) or suite.tasks,
        seeds=_unique(values["seeds"]) or suite.seeds,
        env_steps=values["env_steps"] or suite.env_steps,
        num_envs=suite.num_envs,
        protocol=suite.protocol,
        evaluation_attempts=suite.evaluation_attempts,
    )
    design = make_design(searched.space, values["trials"])
    trials = plan_trials(request, suite, searched.space, design, searched.backend)
    protocol = make_protocol(
        searched.space,
        len(design),
        tasks=list(request.tasks),
        seeds=list(request.seeds),
        env_steps=request.env_steps,
        num_envs=request.num_envs,
        reward_protocol=request.protocol,
        model=request.model.name,
        model_fingerprint=trials[0].runs[0].model_fingerprint,
    )
    path: Path = values["report"] or values["out"] / REPORT_NAME
    before = _read_before(path, overwrite=values["overwrite"])
    try:
        merge(before, TuningReport(SCHEMA_VERSION, protocol, {}))
    except ValueError as error:
        if not values["overwrite"]:
            raise BadInput(
                f"{path}: a report of another protocol ({error}); --overwrite it, or choose another"
            ) from None
        before = None
    commands = {learner: _command(learner, request, len(design)) for learner in learners}
    return _Tuning(trials, searched.space, protocol, commands, path, before), device


def _read_before(path: Path, *, overwrite: bool) -> TuningReport | None:
    if not path.exists():
        return None
    try:
        return read_report(path)
    except ResultError as error:
        if overwrite:
            return None
        raise BadInput(f"{error}; --overwrite it, or choose another --report") from None


def _say_what_is_done(console: Console, found: Found, n_runs: int) -> None:
    done = len(found.finished) + len(found.diverged)
    if done:
        diverged = f" ({len(found.diverged)} of them diverged)" if found.diverged else ""
        console.print(f"{done} of {n_runs} runs have ended already{diverged} and are not run again.", soft_wrap=True)


def _command(learner: str, request: Request, n_trials: int) -> str:
    """What does the trials of one learner again, whatever the suite will then be."""
    tasks, seeds = ",".join(request.tasks), ",".join(map(str, request.seeds))
    words = ["python", "benchmarks/tune.py", "--agent", learner, "--trials", str(n_trials), "--tasks", tasks]
    words += ["--seeds", seeds, "--env-steps", str(request.env_steps)]
    model = request.model.name
    return shlex.join(words if model == "tinycoder" else [*words, "--model", model])


def _command_to_resume() -> str:
    arguments = [argument for argument in sys.argv if argument not in ("--resume", "--overwrite")]
    return shlex.join(["python", *arguments, "--resume"])


def _unique(groups: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for group in groups for value in group))


def main(arguments: Sequence[str] | None = None, searched: Searched | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (a run failed), 2 (bad input), 128 + n (signal n)."""
    return run_command(command, "python benchmarks/tune.py", arguments, searched or Searched())
