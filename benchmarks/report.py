"""What a run of the benchmark ends with: the table, the picture and the best programs; and what --list shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from benchmarks.backend import Backend
from benchmarks.errors import ResultError
from benchmarks.metric_log import DEFAULT, list_logs
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.plots import plot_learning_curves
from benchmarks.repairs import CAPTION, repair_rows, repair_table
from benchmarks.results import RunResult, read_result
from benchmarks.storage import RunFiles, write_atomically
from benchmarks.suites import Suite
from benchmarks.table import make_rows, markdown_table, rich_table
from benchmarks.usage_notes import usage_notes

PICTURE_NAME = "learning_curves.png"
TABLE_NAME = "table.md"


def print_report(console: Console, plan: Sequence[RunSpec], out: Path) -> None:
    """Prints table and best programs of the finished runs of ``plan``; writes picture and table beside the results.

    Raises:
        StorageError: picture or table cannot be written.
    """
    results = [result for spec in plan if (result := _read(spec, out)) is not None and result.status == "finished"]
    if not results:
        return
    rows = make_rows(results)
    console.print(rich_table(rows))
    tables = [markdown_table(rows)]
    if repairs := repair_rows(results):
        table = repair_table(repairs)
        console.print(table.rich())
        console.print(CAPTION, highlight=False)
        tables.append(f"{table.markdown()}\n{CAPTION}\n")
    for note in usage_notes(results):
        console.print(note, highlight=False, soft_wrap=True)
    for run_task in dict.fromkeys(result.task for result in results):
        same = [result for result in results if result.task == run_task]
        for task in same[0].tasks:
            _print_best(console, task, same)
    plot_learning_curves(out / PICTURE_NAME, results)
    write_atomically(out / TABLE_NAME, "\n".join(tables).encode())
    console.print(f"Learning curves: {out / PICTURE_NAME}   Table: {out / TABLE_NAME}", highlight=False, soft_wrap=True)


def print_prompts(console: Console, plan: Sequence[RunSpec], backend: Backend, options: RunOptions) -> None:
    """What each agent of ``plan`` asks its model on the first task, as plain text."""
    shown: set[str] = set()
    for spec in plan:
        if spec.label in shown:
            continue
        shown.add(spec.label)
        for occasion, prompt in backend.prompts(spec, options).items():
            console.rule(f"{spec.label}, {spec.tasks[0]}, {occasion}")
            console.print(prompt, markup=False, highlight=False, soft_wrap=True)
        if spec.prompt_fingerprint is not None:
            console.rule(f"{spec.label}: templates {spec.prompt_fingerprint}", characters=" ")


def print_choices(console: Console, backend: Backend, suites: Mapping[str, Suite]) -> None:
    """Agents with their settings and defaults, tasks, and suites."""
    defaults = {agent: backend.default_config(agent) for agent in backend.agents()}
    console.print("[bold]Agents[/bold] (--agent), and the defaults of their settings (--set key=value)")
    table = Table(box=box.SIMPLE_HEAD, show_header=False, padding=(0, 1))
    for agent, config in defaults.items():
        table.add_row(f"[bold]{agent}[/bold]", escape(", ".join(f"{key}={value}" for key, value in config.items())))
    console.print(table)
    console.print("[bold]Presets[/bold] of settings (--agent name@preset)")
    for agent in defaults:
        presets = backend.presets(agent)
        if len(presets) > 1:
            console.print(f"  {agent}: {', '.join(presets)}", highlight=False)
    console.print("[bold]Model options[/bold] and their defaults; --help says what they are")
    options = (f"--{key.replace('_', '-')} {value}" for key, value in backend.default_model_options().items())
    console.print(f"  {', '.join(options)}", highlight=False)
    console.print("[bold]Logs[/bold] (--log) besides metrics.jsonl")
    console.print(f"  {', '.join(list_logs())}; by default {', '.join(DEFAULT)}", highlight=False)
    console.print("[bold]Tasks[/bold] (--tasks)")
    console.print(f"  {', '.join(backend.tasks())}", highlight=False)
    console.print("[bold]Suites[/bold] (--suite)")
    for name, suite in suites.items():
        console.print(
            f"  [bold]{name}[/bold]  {escape(suite.description)} {_suite_facts(suite)}.",
            highlight=False,
        )


def _suite_facts(suite: Suite) -> str:
    facts = [
        f"Tasks {', '.join(suite.tasks)}",
        f"seeds {', '.join(map(str, suite.seeds))}",
        f"{suite.env_steps} attempts a run",
    ]
    if suite.agents:
        facts.append(f"agents {', '.join(suite.agents)}")
    if suite.transfer_tasks:
        facts.append(f"tried on {', '.join(suite.transfer_tasks)} afterwards")
    return "; ".join(facts)


def _read(spec: RunSpec, out: Path) -> RunResult | None:
    path = RunFiles(spec.folder(out)).result
    try:
        return read_result(path) if path.exists() else None
    except ResultError:
        return None


def _print_best(console: Console, task: str, results: Sequence[RunResult]) -> None:
    """The best program on a task by its score in the episode: of a language model that learned, or else anyone's."""
    found = [(result, result.best_by_task[task]) for result in results if task in result.best_by_task]
    trained = [(result, best) for result, best in found if result.learned and result.budget.generated_tokens]
    candidates = trained or found
    if not candidates:
        console.print(f"No valid program on {task}.")
        return
    chosen, best = max(candidates, key=lambda candidate: candidate[1].selected_score)
    held_out = f", held out {best.holdout_score:.4f}" if best.holdout_score is not None else ""
    console.print(
        f"[bold]Best program on {task}[/bold]: {chosen.label}, seed {chosen.seed}, attempt {best.env_step}, "
        f"score {best.selected_score:.4f}{held_out}",
        highlight=False,
    )
    console.print(program(best.code))


def program(code: str) -> Syntax:
    """A program as the console shows it."""
    return Syntax(code, "python", theme="ansi_dark", background_color="default", padding=(0, 2), word_wrap=True)
