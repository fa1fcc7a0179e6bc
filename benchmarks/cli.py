"""The command line of the benchmark."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.backend import Backend, DataSciBackend
from benchmarks.errors import BadInput
from benchmarks.plan import Request, RunSpec, make_plan
from benchmarks.preflight import prepare_folder, select_runs
from benchmarks.provenance import available_cores
from benchmarks.suites import list_suites, load_suite

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2


class _Words(click.ParamType):
    """Comma-separated words."""

    name = "name,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        words = tuple(word.strip() for word in str(value).split(",") if word.strip())
        if not words:
            self.fail("is empty", param, ctx)
        return words


class _Seeds(click.ParamType):
    """Comma-separated whole numbers and ranges: ``0,1,2`` or ``0-4``."""

    name = "n,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        seeds: list[int] = []
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.isdecimal()):
                self.fail(f"'{value}' is not a list of seeds such as 0,1,2 or 0-4", param, ctx)
            seeds += range(int(first), int(last or first) + 1)
        if not seeds:
            self.fail(f"'{value}' holds no seed", param, ctx)
        return tuple(seeds)


_POSITIVE = click.IntRange(min=1)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--agent", "agents", type=_Words(), multiple=True, help="Agents to run; repeat it or separate by commas.")
@click.option(
    "--model", default="tinycoder", show_default=True, help="The embedded model, a folder, or a name on the hub."
)
@click.option("--suite", "suite_name", default="default", show_default=True, help="A suite's name, or a YAML file.")
@click.option("--tasks", type=_Words(), multiple=True, help="Tasks instead of the suite's.")
@click.option("--seeds", type=_Seeds(), multiple=True, help="Seeds instead of the suite's: 0,1,2 or 0-4.")
@click.option("--env-steps", type=_POSITIVE, help="Attempts that a run may make, instead of the suite's.")
@click.option("--num-envs", type=_POSITIVE, help="Episodes side by side in a run, instead of the suite's.")
@click.option("--protocol", help="holdout or paper, instead of the suite's.")
@click.option(
    "--set", "settings", multiple=True, metavar="[AGENT.]KEY=VALUE", help="A setting of the agents; see --list."
)
@click.option(
    "--references/--no-references", default=True, show_default=True, help="Also run what the suite compares with."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the results.  [default: runs/<suite>]")
@click.option("--resume", is_flag=True, help="Go on with runs that were interrupted.")
@click.option("--overwrite", is_flag=True, help="Replace the results that these runs have under --out.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, ...")
@click.option("--jobs", type=_POSITIVE, help="Runs side by side.  [default: the number of cores; 1 on an accelerator]")
@click.option("--list", "list_", is_flag=True, help="Show agents with their settings, tasks and suites.")
@click.pass_obj
def command(
    backend: Backend,
    agents: tuple[tuple[str, ...], ...],
    model: str,
    suite_name: str,
    tasks: tuple[tuple[str, ...], ...],
    seeds: tuple[tuple[int, ...], ...],
    env_steps: int | None,
    num_envs: int | None,
    protocol: str | None,
    settings: tuple[str, ...],
    references: bool,
    out: Path | None,
    resume: bool,
    overwrite: bool,
    device: str,
    jobs: int | None,
    list_: bool,
) -> int:
    """Run agents over the tasks and seeds of a suite, and compare what they reach under the same budget.

    Ends with a table, learning curves (PNG) and the best programs. Ctrl-C stops cleanly; --resume goes on.

    \b
    python benchmarks/run.py --agent etpo
    python benchmarks/run.py --agent etpo,ppo --tasks wine --seeds 0-4 --set learning_rate=1e-4 --out runs/mine
    """
    console = make_console()
    if list_:
        from benchmarks.report import print_choices

        print_choices(console, backend, {name: load_suite(name) for name in list_suites()})
        return 0
    if not agents:
        raise BadInput(f"--agent is missing; known: {', '.join(backend.agents())}")
    if resume and overwrite:
        raise BadInput("--resume and --overwrite exclude each other")
    suite = load_suite(suite_name)
    request = Request(
        agents=_unique(agents),
        model=model,
        tasks=_unique(tasks) or suite.tasks,
        seeds=_unique(seeds) or suite.seeds,
        env_steps=env_steps or suite.env_steps,
        num_envs=num_envs or suite.num_envs,
        protocol=protocol or suite.protocol,
        evaluation_attempts=suite.evaluation_attempts,
        device=backend.device(device),
        settings=settings,
    )
    plan = make_plan(request, suite, backend, references=references)
    out = out or Path("runs") / Path(suite_name).stem
    jobs = jobs or (available_cores() if request.device == "cpu" else 1)
    with prepare_folder(out):
        return _run(console, plan, backend, out, jobs, resume=resume, overwrite=overwrite)


def _run(
    console: Console, plan: list[RunSpec], backend: Backend, out: Path, jobs: int, *, resume: bool, overwrite: bool
) -> int:
    from benchmarks.harness import run_plan
    from benchmarks.progress import ProgressDisplay
    from benchmarks.report import print_report

    started = time.monotonic()
    pending, found = select_runs(plan, out, resume=resume, overwrite=overwrite)
    if found.finished and not overwrite:
        console.print(f"{len(found.finished)} of {len(plan)} runs are finished already and are not run again.")
    if not pending:
        print_report(console, plan, out)
        return 0
    attempts = sum(spec.env_steps for spec in pending)
    console.print(f"{len(pending)} runs, {attempts:,} attempts, {min(jobs, len(pending))} at a time. Results: {out}")
    with ProgressDisplay(console, pending) as display:
        outcome = run_plan(pending, backend, out, jobs, display)
    if outcome.storage_error is not None:
        return _fail(f"{outcome.storage_error}. What was written before is whole; --resume goes on.", EXIT_FAILED)
    if outcome.stopped_by is not None:
        console.print(f"Stopped. To go on: {_command_to_resume()}", soft_wrap=True, highlight=False)
        return 128 + outcome.stopped_by
    print_report(console, plan, out)
    console.print(f"{time.monotonic() - started:.0f} seconds.")
    if outcome.failed:
        first = outcome.failed[0]
        n = f"{len(outcome.failed)} of {len(pending)} runs"
        return _fail(f"{n} failed. {first.spec.name}: {first.error}. Try again: {_command_to_resume()}", EXIT_FAILED)
    return 0


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
        hint = " (several values are separated by commas)" if "extra argument" in error.message else ""
        return _fail(f"{error.format_message().rstrip('.')}{hint}")
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


def _unique(values: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for group in values for value in group))
