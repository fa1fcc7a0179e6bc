"""``ds-gym show TASK``: the text that a language model gets to read."""

from __future__ import annotations

import sys

import click
from rich.syntax import Syntax
from rich.text import Text

from ds_gym.cli.console import make_console
from ds_gym.cli.environment import open_env, prompt_option, protocol_option, task_arguments


@click.command()
@task_arguments
@prompt_option
@protocol_option
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the episode.  [default: none]")
def command(task: str, target: str | None, prompt: str, protocol: str, seed: int | None) -> None:
    """Show the first observation of an episode, exactly as a model reads it.

    Into a file or a pipe goes the observation and nothing else, not even a last newline.
    """
    with open_env(task, target, prompt=prompt, protocol=protocol) as env:
        observation, _ = env.reset(seed=seed)
    console = make_console()
    if console.is_terminal:
        console.print(_coloured(observation, prompt), soft_wrap=True)
    else:
        sys.stdout.write(observation)


def _coloured(observation: str, prompt: str) -> Text:
    if prompt == "instruct":
        return Text(observation)
    text = Syntax(observation, "python", theme="ansi_dark", background_color="default").highlight(observation)
    text.rstrip()
    return text
