"""The command line of the benchmark."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from benchmarks.backend import Backend, DataSciBackend
from benchmarks.command_options import (
    Arguments,
    GroupedCommand,
    execution_options,
    gather_arguments,
    log_options,
    model_options,
    run_options,
    served_options,
)
from benchmarks.errors import BadInput
from benchmarks.metric_log import DEFAULT, NONE, choose_logs
from benchmarks.models import ModelRequest
from benchmarks.plan import Request, RunOptions, RunSpec, make_plan
from benchmarks.preflight import Found, look_for_results, prepare_folder, select_runs
from benchmarks.provenance import available_cores
from benchmarks.results import read_result
from benchmarks.storage import RunFiles
from benchmarks.suites import list_suites, load_suite

if TYPE_CHECKING:
    from benchmarks.harness import Outcome

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2


@click.command(cls=GroupedCommand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@run_options
@model_options
@served_options
@execution_options
@log_options
@click.option("--show-prompt", is_flag=True, help="Show what the agents ask their model on the first task.")
@click.option("--list", "list", is_flag=True, help="Show agents with their settings, tasks and suites.")
@click.pass_obj
def command(backend: Backend, /, **values: Any) -> int:
    """Run agents over the tasks and seeds of a suite, and compare what they reach under the same budget.

    Ends with a table, learning curves (PNG) and the best programs. Ctrl-C stops cleanly; --resume goes on.

    \b
    python benchmarks/run.py --agent etpo
    python benchmarks/run.py --agent etpo,ppo --tasks wine --seeds 0-4 --set learning_rate=1e-4 --out runs/mine
    python benchmarks/run.py --agent etpo,etpo@paper --tasks balance_scale+tic_tac_toe --transfer-tasks wine,digits
    python benchmarks/run.py --agent etpo --model path/to/model --dtype bfloat16 --lora-rank 32 --out runs/large
    python benchmarks/run.py --agent zero-shot,reflection --model openai:NAME --base-url http://localhost:8000/v1
    python benchmarks/run.py --suite baselines
    """
    return _execute(backend, gather_arguments(values))


def _execute(backend: Backend, arguments: Arguments) -> int:
    console = make_console()
    if arguments.list:
        from benchmarks.report import print_choices

        print_choices(console, backend, {name: load_suite(name) for name in list_suites()})
        return 0
    if arguments.resume and arguments.overwrite:
        raise BadInput("--resume and --overwrite exclude each other")
    logs = choose_logs(arguments.log)
    if not (arguments.log or logs):
        console.print(f"{', '.join(DEFAULT)} is not installed: metrics go to metrics.jsonl alone.")
    suite = load_suite(arguments.suite)
    agents = arguments.agents or suite.agents
    if not agents:
        raise BadInput(f"--agent is missing; known: {', '.join(backend.agents())}")
    device = backend.device(arguments.device)
    request = Request(
        agents=agents,
        model=ModelRequest(
            name=arguments.model,
            options=arguments.model_options,
            device=device,
            perplexity_corpus=None if arguments.perplexity_corpus is None else str(arguments.perplexity_corpus),
            served=arguments.served,
        ),
        tasks=arguments.tasks or suite.tasks,
        seeds=arguments.seeds or suite.seeds,
        env_steps=arguments.env_steps or suite.env_steps,
        num_envs=arguments.num_envs or suite.num_envs,
        protocol=arguments.protocol or suite.protocol,
        evaluation_attempts=suite.evaluation_attempts,
        settings=arguments.settings,
        transfer_tasks=_transfer_tasks(arguments.transfer_tasks, suite.transfer_tasks),
    )
    plan = make_plan(request, suite, backend, references=arguments.references and not arguments.show_prompt)
    if arguments.show_prompt:
        from benchmarks.report import print_prompts

        print_prompts(console, plan, backend, RunOptions(served=arguments.served))
        return 0
    cores = available_cores()
    jobs = min(arguments.jobs or (cores if device == "cpu" else 1), len(plan))
    options = RunOptions(
        # By the whole plan, not by what is left of it, so that a resumed run computes as before.
        threads=arguments.threads or max(1, cores // jobs),
        logs=logs,
        sample_every=arguments.sample_every,
        checkpoint_every=arguments.checkpoint_every,
        kept_checkpoints=arguments.keep_checkpoints,
        keep_policy=arguments.keep_policy,
        served=arguments.served,
    )
    out = arguments.out or Path("runs") / Path(arguments.suite).stem
    with prepare_folder(out):
        pending, found = select_runs(plan, out, resume=arguments.resume, overwrite=arguments.overwrite)
        if not arguments.overwrite:
            _say_what_is_done(console, found, len(plan))
        outcome = _run_pending(console, pending, backend, out, jobs, options, show_samples=arguments.verbose)
        return _conclude(console, plan, out, outcome)


def _transfer_tasks(given: tuple[str, ...], of_suite: tuple[str, ...]) -> tuple[str, ...]:
    """Those on the command line, "none" for none; else the suite's."""
    if not given:
        return of_suite
    if NONE not in given:
        return given
    if len(given) > 1:
        raise BadInput(f"--transfer-tasks {','.join(given)}: {NONE} excludes the others")
    return ()


def _say_what_is_done(console: Console, found: Found, n_runs: int) -> None:
    if found.finished:
        console.print(f"{len(found.finished)} of {n_runs} runs are finished already and are not run again.")
    if found.diverged:
        console.print(
            f"{len(found.diverged)} of {n_runs} runs have diverged before and are not run again, because they would "
            "diverge again; --overwrite starts anew.",
            soft_wrap=True,
        )


def _run_pending(
    console: Console,
    pending: list[RunSpec],
    backend: Backend,
    out: Path,
    jobs: int,
    options: RunOptions,
    *,
    show_samples: bool,
) -> Outcome:
    from benchmarks.harness import Outcome, run_plan
    from benchmarks.progress import ProgressDisplay

    if not pending:
        return Outcome()
    started = time.monotonic()
    attempts = sum(spec.env_steps for spec in pending)
    console.print(f"{len(pending)} runs, {attempts:,} attempts, {min(jobs, len(pending))} at a time. Results: {out}")
    with ProgressDisplay(console, pending, show_samples) as display:
        outcome = run_plan(pending, backend, out, jobs, display, options)
    if outcome.storage_error is None and outcome.stopped_by is None:
        console.print(f"{time.monotonic() - started:.0f} seconds.")
    return outcome


def _conclude(console: Console, plan: list[RunSpec], out: Path, outcome: Outcome) -> int:
    """Prints what came of the plan; the exit code."""
    from benchmarks.report import print_report

    if outcome.storage_error is not None:
        return _fail(f"{outcome.storage_error}. What was written before is whole; --resume goes on.", EXIT_FAILED)
    if outcome.stopped_by is not None:
        console.print(f"Stopped. To go on: {_command_to_resume()}", soft_wrap=True, highlight=False)
        return 128 + outcome.stopped_by
    print_report(console, plan, out)
    complaints = []
    if outcome.failed:
        first = outcome.failed[0]
        n = f"{len(outcome.failed)} of {len(plan)} runs"
        complaints.append(f"{n} failed. {first.spec.name}: {first.error}. Try again: {_command_to_resume()}")
    if diverged := look_for_results(plan, out).diverged:
        files = RunFiles(diverged[0].folder(out))
        n = f"{len(diverged)} of {len(plan)} runs"
        complaints.append(f"{n} diverged. {diverged[0].name}: {read_result(files.result).error} See {files.diverged}")
    return _fail(" ".join(complaints), EXIT_FAILED) if complaints else 0


def main(arguments: Sequence[str] | None = None, backend: Backend | None = None) -> int:
    """Runs the command line and returns the exit code: 0, 1 (a run failed), 2 (bad input), 128 + n (signal n)."""
    try:
        code: int = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="python benchmarks/run.py",
            standalone_mode=False,
            obj=backend or DataSciBackend(),
        )
        return code
    except click.ClickException as error:
        return _fail(error.format_message().rstrip("."))
    except BadInput as error:
        return _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        return 130


def make_console() -> Console:
    """Standard output; as wide as the table where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, 140))


def _fail(message: str, code: int = EXIT_BAD_INPUT) -> int:
    sys.stdout.flush()
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return code


def _command_to_resume() -> str:
    arguments = [argument for argument in sys.argv if argument not in ("--resume", "--overwrite")]
    return shlex.join(["python", *arguments, "--resume"])
