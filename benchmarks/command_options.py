"""The options of the benchmark's command line: what kinds of values there are, and in which groups help shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from benchmarks.checkpoints import KEPT
from benchmarks.errors import BadInput

POSITIVE = click.IntRange(min=1)
_MODEL_OPTIONS = (
    "dtype",
    "tuning",
    "lora_rank",
    "lora_alpha",
    "lora_targets",
    "quantization",
    "gradient_checkpointing",
    "compile",
    "prompt",
    "base_url",
)
_SERVED_OPTIONS = {
    "concurrency": "concurrency",
    "requests_per_minute": "requests_per_minute",
    "request_timeout": "timeout_s",
    "patience": "patience_s",
    "price_per_million": "price_per_million",
    "response_cache": "cache",
    "api_key_variable": "api_key_variable",
}
"""Options of the command line, and what they are called where servers are asked."""
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True)
class Arguments:
    """What stands on the command line; None or empty where nothing was said.

    ``model_options`` holds those options of the model that were given, ``served`` those of a model behind a server.
    """

    agents: tuple[str, ...]
    tasks: tuple[str, ...]
    transfer_tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    suite: str
    env_steps: int | None
    num_envs: int | None
    protocol: str | None
    settings: tuple[str, ...]
    references: bool
    model: str
    model_options: dict[str, Any]
    served: dict[str, Any]
    perplexity_corpus: Path | None
    device: str
    out: Path | None
    resume: bool
    overwrite: bool
    jobs: int | None
    threads: int | None
    checkpoint_every: int
    keep_checkpoints: int
    keep_policy: bool
    log: tuple[str, ...]
    sample_every: int
    verbose: bool
    show_prompt: bool
    list: bool


class Words(click.ParamType):
    """Comma-separated words."""

    name = "name,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        words = tuple(word.strip() for word in str(value).split(",") if word.strip())
        if not words:
            self.fail("is empty", param, ctx)
        return words


class Seeds(click.ParamType):
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


class GroupedOption(click.Option):
    """An option that help shows under the title of its group."""

    def __init__(self, *declarations: Any, group: str = "Options", **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.group = group


class ListsCommand(click.Command):
    """A command without positional arguments, whose lists may also be separated by spaces: ``--seeds 0 1 2``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        lists = {
            name
            for parameter in self.get_params(ctx)
            if isinstance(parameter.type, Words | Seeds)
            for name in parameter.opts
        }
        joined: list[str] = []
        reading: str | None = None  # the list whose values come
        for argument in args:
            if reading is None or argument.startswith("-"):
                reading = argument if argument in lists else None
                joined.append(argument)
            elif joined[-1] == reading:
                joined.append(argument)
            else:
                joined[-1] += f",{argument}"
        return super().parse_args(ctx, joined)


class GroupedCommand(ListsCommand):
    """A command whose help shows options in groups, in the order in which the groups were declared."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(parameter, "group", "Others"), []).append(record)
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records)


def run_options(command: Decorated) -> Decorated:
    """Adds the options that say what is run."""
    options = [
        _option(
            "--agent",
            "agents",
            type=Words(),
            multiple=True,
            metavar="NAME[@PRESET],...",
            help="Agents, perhaps with a preset of their settings.",
        ),
        _option("--suite", default="default", show_default=True, help="A suite's name, or a YAML file."),
        _option(
            "--tasks",
            type=Words(),
            multiple=True,
            help="Tasks instead of the suite's; a+b: one run plays both in turn.",
        ),
        _option(
            "--transfer-tasks",
            type=Words(),
            multiple=True,
            help="Tasks to be tried after learning, without learning on them; none for none.",
        ),
        _option("--seeds", type=Seeds(), multiple=True, help="Seeds instead of the suite's: 0,1,2 or 0-4."),
        _option("--env-steps", type=POSITIVE, help="Attempts that a run may make, instead of the suite's."),
        _option("--num-envs", type=POSITIVE, help="Episodes side by side in a run, instead of the suite's."),
        _option("--protocol", help="holdout or paper, instead of the suite's."),
        _option(
            "--set",
            "settings",
            multiple=True,
            metavar="[AGENT[@PRESET].]KEY=VALUE",
            help="A setting of the agents; see --list.",
        ),
        _option(
            "--perplexity-corpus",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Texts whose perplexity is measured before and after.  [default: those that the model brings]",
        ),
        _option(
            "--references/--no-references",
            default=True,
            show_default=True,
            help="Also run what the suite compares with.",
        ),
    ]
    return _decorate(command, "What is run", options)


def model_options(command: Decorated) -> Decorated:
    """Adds the options of the language model. But for ``--model`` and ``--device`` none has a default of its own."""
    options = [
        _option(
            "--model",
            default="tinycoder",
            show_default=True,
            help="The embedded model, a folder, a name on the hub, or openai:NAME for one behind a server.",
        ),
        _option("--device", default="auto", show_default=True, help="auto, cpu, cuda, ..."),
        _option(
            "--dtype",
            metavar="auto|float32|bfloat16|float16",
            help="Of the base's weights.  [default: auto, which is float32, but bfloat16 for LoRA on CUDA]",
        ),
        _option(
            "--tuning",
            metavar="auto|full|lora",
            help="What learns.  [default: auto, which is full for small models and LoRA adapters for others]",
        ),
        _option("--full", is_flag=True, help="The same as --tuning full."),
        _option("--lora-rank", type=POSITIVE, help="Rank of the adapters.  [default: 16]"),
        _option("--lora-alpha", type=POSITIVE, help="Their output is scaled by alpha / rank.  [default: 32]"),
        _option("--lora-targets", metavar="NAME,...", help="Layers with adapters.  [default: all-linear]"),
        _option("--quantization", metavar="none|4bit", help="Of the base; 4bit needs CUDA.  [default: none]"),
        _option("--gradient-checkpointing", is_flag=True, default=None, help="Less memory for more time."),
        _option("--compile", is_flag=True, default=None, help="Compile the model; worth its minutes on a GPU."),
        _option(
            "--prompt",
            metavar="auto|completion|infill|instruct",
            help="Style of the prompts.  [default: auto, which is what the model was made for; instruct if served]",
        ),
        _option(
            "--base-url",
            metavar="URL",
            help="The server of openai:NAME, such as http://localhost:8000/v1.  [default: that of the openai package]",
        ),
    ]
    return _decorate(command, "Model", options)


def served_options(command: Decorated) -> Decorated:
    """Adds the options that say how a server is asked; none of them decides what is compared."""
    options = [
        _option("--concurrency", type=POSITIVE, metavar="N", help="Requests side by side in a run.  [default: 8]"),
        _option("--requests-per-minute", type=POSITIVE, metavar="N", help="At most so many a run.  [default: any]"),
        _option("--request-timeout", type=float, metavar="S", help="Seconds for one request.  [default: 120]"),
        _option(
            "--patience",
            type=float,
            metavar="S",
            help="Seconds for which a failing request is tried again before the run fails.  [default: 300]",
        ),
        _option(
            "--price-per-million",
            type=(float, float),
            metavar="IN OUT",
            help="US dollars a million tokens read and written, for the cost in the results.",
        ),
        _option(
            "--response-cache",
            metavar="FILE|none",
            help="Where answers are kept, so that none is paid for twice.  [default: ~/.cache/ds-gym/responses.sqlite]",
        ),
        _option(
            "--api-key-variable",
            metavar="NAME",
            help="Environment variable with the server's key, which is stored nowhere.  [default: OPENAI_API_KEY]",
        ),
    ]
    return _decorate(command, "Server of openai:NAME", options)


def execution_options(command: Decorated) -> Decorated:
    """Adds the options that say how, and where the results go."""
    options = [
        _option("--out", type=click.Path(path_type=Path), help="Folder of the results.  [default: runs/<suite>]"),
        _option("--resume", is_flag=True, help="Go on with runs that were interrupted or failed."),
        _option("--overwrite", is_flag=True, help="Replace the results that these runs have under --out."),
        _option(
            "--jobs", type=POSITIVE, help="Runs side by side.  [default: the number of cores; 1 on an accelerator]"
        ),
        _option(
            "--checkpoint-every",
            type=POSITIVE,
            default=1,
            show_default=True,
            metavar="N",
            help="Save the state of a run after every N updates: what a kill can lose.",
        ),
        _option(
            "--keep-checkpoints",
            type=POSITIVE,
            default=KEPT,
            show_default=True,
            metavar="K",
            help="Keep the last K of them until the run has finished.",
        ),
        _option(
            "--keep-policy/--no-keep-policy",
            default=True,
            show_default=True,
            help="Save the trained policy in the run's folder, for transformers and peft.",
        ),
        _option("--threads", type=POSITIVE, help="torch's threads in a run.  [default: cores // runs side by side]"),
    ]
    return _decorate(command, "How it is run", options)


def log_options(command: Decorated) -> Decorated:
    """Adds the options of what is told while it runs."""
    options = [
        _option(
            "--log",
            type=Words(),
            multiple=True,
            help="Where metrics go besides metrics.jsonl: tensorboard, wandb, trackio or none.  [default: tensorboard]",
        ),
        _option(
            "--sample-every",
            type=click.IntRange(min=0),
            default=10,
            show_default=True,
            metavar="K",
            help="Keep sample programs with their rewards every K iterations; 0 for never.",
        ),
        _option("--verbose", "-v", is_flag=True, help="Print the sample programs."),
    ]
    return _decorate(command, "Logs", options)


def gather_arguments(values: dict[str, Any]) -> Arguments:
    """What click has read, in one place.

    Raises:
        BadInput: ``--full`` beside another ``--tuning``.
    """
    full, tuning = values.pop("full"), values["tuning"]
    if full and tuning not in (None, "full"):
        raise BadInput(f"--full and --tuning {tuning} exclude each other")
    given = {name: values.pop(name) for name in _MODEL_OPTIONS}
    served = {field: value for name, field in _SERVED_OPTIONS.items() if (value := values.pop(name)) is not None}
    if served.get("cache") == "none":
        served["cache"] = None
    if full:
        given["tuning"] = "full"
    lists: dict[str, Any] = {
        name: _unique(values.pop(name)) for name in ("agents", "tasks", "transfer_tasks", "seeds", "log")
    }
    return Arguments(
        **lists,
        **values,
        served=served,
        model_options={name: value for name, value in given.items() if value is not None},
    )


def _unique(groups: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for group in groups for value in group))


def _option(*declarations: str, **attributes: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    return declarations, attributes


def _decorate(command: Decorated, group: str, options: list[tuple[tuple[str, ...], dict[str, Any]]]) -> Decorated:
    for declarations, attributes in reversed(options):
        command = click.option(*declarations, cls=GroupedOption, group=group, **attributes)(command)
    return command
