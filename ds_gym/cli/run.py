"""``ds-gym run TASK FILE.py``: the score of a program in a file."""

from __future__ import annotations

from typing import BinaryIO

import click
from rich.text import Text

from ds_gym.cli.console import make_console
from ds_gym.cli.environment import open_env, protocol_option, sandbox_options, task_arguments
from ds_gym.cli.outcome import known_scores, print_outcome
from ds_gym.evaluation import FAILED_REWARD

EXIT_FAILED = 1
_MAX_BYTES = 1 << 24  # far above the longest program that is allowed; more is not even read


@click.command()
@task_arguments
@click.argument("file", type=click.File("rb"), metavar="FILE.py")
@protocol_option
@click.option("--holdout", is_flag=True, help="Also score it on the rows that no episode sees.")
@sandbox_options
def command(
    task: str, target: str | None, file: BinaryIO, protocol: str, holdout: bool, sandbox: str, timeout_s: float
) -> int:
    """Score a program: a whole function build_model(x_train, y_train), or its body. - is the standard input.

    Exit status 1 if the program fails.
    """
    if holdout and protocol != "holdout":
        raise click.UsageError(f"--holdout goes with --protocol holdout; --protocol {protocol} holds no rows out")
    source = file.read(_MAX_BYTES).decode("utf-8", errors="surrogateescape")
    console = make_console()
    with open_env(task, target, protocol=protocol, sandbox=sandbox, timeout_s=timeout_s) as env:
        env.reset()
        with console.status("running the program"):
            _, reward, _, _, info = env.step(source)
            holdout_score = env.holdout_score(source) if holdout and reward != FAILED_REWARD else None
        print_outcome(console, info)
        if holdout_score == FAILED_REWARD:
            console.print(Text("failed when it was fitted on all the rows of the episodes", style="bold red"))
        elif holdout_score is not None:
            console.print(f"held out {holdout_score:.4f}")
        console.print(Text(known_scores(env.task), style="dim"))
    return EXIT_FAILED if info["error"] is not None or holdout_score == FAILED_REWARD else 0
