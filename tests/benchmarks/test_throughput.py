"""The throughput benchmark runs, and its arithmetic."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.throughput import ARRANGEMENTS, Case, cases, figures_of, main, table_of


def test_efficiency_is_relative_to_one_environment_and_the_cores_in_use() -> None:
    rates = {case: [1.0, 3.0, 2.0] for case in cases(["random forest"])}
    rates[Case("one core", "random forest", False)] = [1.5, 1.5, 1.5]
    rates[Case("DataSciVectorEnv", "random forest", False)] = [7.0, 7.2, 6.0]
    figures = {figure.case: figure for figure in figures_of(rates, num_envs=8, cores=4)}
    ours = figures[Case("DataSciVectorEnv", "random forest", False)]
    assert (ours.median, ours.efficiency) == (7.0, 7.0 / (4 * 2.0))
    assert ours.efficiency_of_one_core == 7.0 / (4 * 1.5)
    assert figures[Case("DataSciVectorEnv", "random forest", True)].efficiency == 0.25
    assert figures[Case("one", "random forest", False)].efficiency is None
    few = {figure.case: figure for figure in figures_of(rates, num_envs=2, cores=4)}
    assert few[ours.case].efficiency == 7.0 / (2 * 2.0)


def test_the_table_fits_a_terminal() -> None:
    rates = {case: [1234.5, 123.4] for case in cases(["logistic regression", "random forest"])}
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table_of(figures_of(rates, 8, 2), 8))
    text = console.export_text()
    assert "…" not in text
    assert text.count("8, DataSciVectorEnv") == 4
    assert "123..1234" in text


def test_it_measures(tmp_path: Path) -> None:
    out = tmp_path / "new" / "throughput.json"
    options = [
        "--program",
        "logistic regression",
        "--num-envs",
        "2",
        "--n-splits",
        "1",
        "--seconds",
        "0",
        "--rounds",
        "1",
    ]
    result = CliRunner().invoke(main, [*options, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "logistic regression, cache on" in result.output
    report = json.loads(out.read_text())
    assert report["settings"]["num_envs"] == 2
    assert report["versions"]["gymnasium"]
    figures = [(figure["arrangement"], figure["cache"]) for figure in report["figures"]]
    assert figures == [(way, cache) for cache in (False, True) for way in ARRANGEMENTS]
    assert all(figure["median"] > 0 for figure in report["figures"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task", "whine"], "Did you mean 'wine'?"),
        (["--num-envs", "0"], "--num-envs"),
        (["--program", "boosting"], "--program"),
    ],
)
def test_bad_input(options: list[str], message: str) -> None:
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 2
    assert message in result.output
