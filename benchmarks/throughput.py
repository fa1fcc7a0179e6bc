"""Attempts a second of one environment, and of many side by side, in a table and as JSON."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import gymnasium as gym
from rich import box
from rich.console import Console
from rich.table import Table

import ds_gym
from benchmarks import provenance
from benchmarks.storage import write_atomically

SCHEMA_VERSION = 1
PROGRAMS = {
    "logistic regression": (
        "\n    from sklearn.linear_model import LogisticRegression"
        "\n    return LogisticRegression(max_iter=1000).fit(x_train, y_train)"
    ),
    "random forest": (
        "\n    from sklearn.ensemble import RandomForestClassifier"
        "\n    return RandomForestClassifier(100).fit(x_train, y_train)"
    ),
}
NAMES = {"one": "1", "one core": "1, one core"}
ARRANGEMENTS = (
    "one",
    *(["one core"] if hasattr(os, "sched_setaffinity") else []),  # not on macOS
    "SyncVectorEnv",
    "AsyncVectorEnv",
    "DataSciVectorEnv",
)
CAPTION = (
    "Attempts a second, median of the rounds. Efficiency: this rate over that of one environment, for each core that "
    "could be used; and the same over one environment with all its processes on one core (1, one core): where there is "
    "another core, even a single environment uses it, to make and to clear away processes. Cache on: the result of the "
    "program is known already."
)


@dataclass(frozen=True)
class Settings:
    """What is measured.

    Attributes:
        task: name of the task.
        num_envs: environments side by side, where there is more than one.
        n_splits: splits of an attempt.
        seconds: how long each figure is measured in each round; whole steps, at least one.
        rounds: times that all is measured, one after another, so that a disturbance does not hit one figure alone.
    """

    task: str = "balance_scale"
    num_envs: int = 8
    n_splits: int = 5
    seconds: float = 5.0
    rounds: int = 3


@dataclass(frozen=True)
class Case:
    """One figure of the table.

    Attributes:
        arrangement: of :data:`ARRANGEMENTS`.
        program: of :data:`PROGRAMS`.
        cache: whether results are kept.
    """

    arrangement: str
    program: str
    cache: bool

    @property
    def is_vector(self) -> bool:
        return not self.arrangement.startswith("one")


def cases(programs: Sequence[str]) -> list[Case]:
    """All figures, in the order of the table."""
    return [Case(way, program, cache) for program in programs for cache in (False, True) for way in ARRANGEMENTS]


def measure(case: Case, settings: Settings) -> float:
    """Attempts a second, the start of environments and sandboxes left out."""
    if case.arrangement != "one core":
        return _measure(case, settings)
    # In a process of its own, because a sandbox that runs already would keep all the cores.
    core = min(os.sched_getaffinity(0))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=os.sched_setaffinity, initargs=(0, {core})) as process:
        return process.submit(_measure, case, settings).result()


def _measure(case: Case, settings: Settings) -> float:
    action = PROGRAMS[case.program]
    n_attempts = settings.num_envs if case.is_vector else 1
    kwargs: dict[str, Any] = {"task": settings.task, "n_splits": settings.n_splits, "cache": case.cache}
    if not case.is_vector:
        env = gym.make(ds_gym.registration.ENV_ID, **kwargs)
        env.reset(seed=0)
        step, close = _single_step(env, action), env.close
    else:
        envs = _make_vec(case.arrangement, settings.num_envs, kwargs)
        envs.reset(seed=0)
        step, close = _vector_step(envs, action), envs.close
    try:
        step()  # the first attempt of all waits for the sandbox to start, and fills the cache
        start = time.perf_counter()
        n_steps = 0
        while (elapsed := time.perf_counter() - start) < settings.seconds or n_steps == 0:
            step()
            n_steps += 1
        return n_steps * n_attempts / elapsed
    finally:
        close()


def _make_vec(arrangement: str, num_envs: int, kwargs: dict[str, Any]) -> gym.vector.VectorEnv:
    mode = gym.vector.AutoresetMode.SAME_STEP
    if arrangement == "DataSciVectorEnv":
        return gym.make_vec(ds_gym.registration.ENV_ID, num_envs=num_envs, autoreset_mode=mode, **kwargs)
    return gym.make_vec(
        ds_gym.registration.ENV_ID,
        num_envs=num_envs,
        vectorization_mode="sync" if arrangement == "SyncVectorEnv" else "async",
        vector_kwargs={"autoreset_mode": mode},
        **kwargs,
    )


def _single_step(env: gym.Env, action: str) -> Callable[[], None]:
    def step() -> None:
        _, reward, terminated, *_ = env.step(action)
        _check([float(reward)])
        if terminated:
            env.reset()

    return step


def _vector_step(envs: gym.vector.VectorEnv, action: str) -> Callable[[], None]:
    def step() -> None:
        _check(envs.step((action,) * envs.num_envs)[1].tolist())

    return step


def _check(rewards: list[float]) -> None:
    if min(rewards) < 0:
        raise click.ClickException(f"a program failed, so that nothing is measured: rewards {rewards}")


@dataclass(frozen=True)
class Figure:
    """What was measured: attempts a second, one a round, their median, and the efficiencies (see :data:`CAPTION`)."""

    case: Case
    rates: tuple[float, ...]
    median: float
    efficiency: float | None
    efficiency_of_one_core: float | None


def figures_of(rates: dict[Case, list[float]], num_envs: int, cores: int) -> list[Figure]:
    """The figures with their efficiencies, relative to one environment with the same program and cache."""
    medians = {case: statistics.median(values) for case, values in rates.items()}
    figures = []
    for case, values in rates.items():
        n_used = min(num_envs, cores)
        ones = [medians.get(Case(way, case.program, case.cache)) for way in ("one", "one core")]
        efficiencies = [medians[case] / (one * n_used) if one and case.is_vector else None for one in ones]
        figures.append(Figure(case, tuple(values), medians[case], *efficiencies))
    return figures


def table_of(figures: Sequence[Figure], num_envs: int) -> Table:
    """For a terminal of at least 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), caption=CAPTION, caption_justify="left")
    table.add_column("environments", no_wrap=True)
    for column in ("attempts/s", "range", "efficiency", "one core"):
        table.add_column(column, justify="right", no_wrap=True)
    for figure in figures:
        case = figure.case
        if case.arrangement == "one":
            table.add_section()
            table.add_row(f"[bold]{case.program}, cache {'on' if case.cache else 'off'}[/bold]")
        table.add_row(
            f"{num_envs}, {case.arrangement}" if case.is_vector else NAMES[case.arrangement],
            _rate(figure.median),
            f"{_rate(min(figure.rates))}..{_rate(max(figure.rates))}",
            *("" if ratio is None else f"{ratio:.2f}" for ratio in (figure.efficiency, figure.efficiency_of_one_core)),
        )
    return table


def _rate(rate: float) -> str:
    return f"{rate:.1f}" if rate < 100 else f"{rate:.0f}"


def report_of(figures: Sequence[Figure], settings: Settings) -> dict[str, Any]:
    """All that is known of the figures, as JSON can hold it."""
    source = provenance.collect()
    return {
        "schema_version": SCHEMA_VERSION,
        **{name: getattr(source, name) for name in ("versions", "hardware")},
        "git": asdict(source.git),
        "settings": asdict(settings),
        "figures": [
            {**asdict(figure.case), **{name: value for name, value in asdict(figure).items() if name != "case"}}
            for figure in figures
        ],
    }


def measure_all(programs: Sequence[str], settings: Settings) -> Iterator[tuple[Case, float]]:
    """Every case in every round."""
    for _ in range(settings.rounds):
        for case in cases(programs):
            yield case, measure(case, settings)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--task", default=Settings.task, help="Task that the programs are scored on.")
@click.option("--program", "programs", type=click.Choice(list(PROGRAMS)), multiple=True, help="Only this program.")
@click.option("--num-envs", type=click.IntRange(min=1), default=Settings.num_envs, help="Environments side by side.")
@click.option("--n-splits", type=click.IntRange(min=1), default=Settings.n_splits, help="Splits of an attempt.")
@click.option("--seconds", type=click.FloatRange(min=0), default=Settings.seconds, help="For each figure and round.")
@click.option("--rounds", type=click.IntRange(min=1), default=Settings.rounds, help="Times that all is measured.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="JSON file to write.")
def main(programs: tuple[str, ...], out: Path | None, **given: Any) -> None:
    """Attempts a second: of one environment, of several in Gymnasium's vector environments and in the suite's own."""
    settings = Settings(**given)
    try:
        ds_gym.get_task(settings.task)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--task") from None
    chosen = programs or tuple(PROGRAMS)
    console, progress = Console(), Console(stderr=True)
    rates: dict[Case, list[float]] = {case: [] for case in cases(chosen)}
    with progress.status("") as status:
        for case, rate in measure_all(chosen, settings):
            rates[case].append(rate)
            status.update(f"{case.program}, {case.arrangement}: {rate:.1f} attempts/s")
    figures = figures_of(rates, settings.num_envs, provenance.available_cores())
    console.print(table_of(figures, settings.num_envs))
    if out is not None:
        write_atomically(out, json.dumps(report_of(figures, settings), indent=2).encode() + b"\n")
