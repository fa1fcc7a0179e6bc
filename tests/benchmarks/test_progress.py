from __future__ import annotations

import io

from rich.console import Console

from benchmarks.progress import ProgressDisplay, figures
from benchmarks.record import Progress
from benchmarks.worker import RunEnded
from tests.benchmarks.fakes import make_spec

SPEC = make_spec()
SAMPLE = {
    "env_step": 3,
    "attempt": 1,
    "reward": -1.0,
    "code": "return [1]",
    "error": {"kind": "syntax", "message": "m"},
}


def learning(env_steps: int, **changes) -> Progress:
    return Progress("learning", env_steps, mean_reward=0.25, valid_rate=0.5, **changes)


def lines(progress: list[Progress], *, show_samples: bool = False) -> list[str]:
    """What is printed where there is no terminal."""
    console = Console(file=io.StringIO(), width=100)
    with ProgressDisplay(console, [SPEC], show_samples) as display:
        display.started(SPEC)
        for each in progress:
            display.progressed(SPEC, each)
        display.ended(RunEnded(SPEC, None))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_figures_are_those_that_are_known() -> None:
    assert figures(Progress("starting", 0)).strip() == "starting"
    assert figures(learning(8)) == "return +0.25 valid  50%"
    assert figures(learning(8, kl=0.0125, tokens_per_second=1234.5)) == "return +0.25 valid  50% KL 0.013 1,234 tok/s"
    assert figures(Progress("saving", 8, 0.25, 0.5)).endswith(" saving")


def test_without_a_terminal_a_run_has_a_few_lines_with_the_time_that_is_left() -> None:
    printed = lines([learning(0), *(learning(n, kl=0.5) for n in range(4, 41, 4))])
    assert [line.split()[1] for line in printed] == ["12/40", "20/40", "32/40", "40/40"]
    assert all("KL 0.500" in line for line in printed)
    assert ["ETA 0:00:0" in line for line in printed] == [True, True, True, False]


def test_sample_programs_are_shown_only_when_asked_for() -> None:
    progress = [learning(4, samples=(SAMPLE,))]
    assert lines(progress) == []
    title, *program = lines(progress, show_samples=True)
    assert title == "learner/easy/seed-0, attempt 3, number 1 of its episode: reward -1.0000, syntax: m"
    assert any("return [1]" in line for line in program)
