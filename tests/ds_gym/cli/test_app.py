"""How the command line ends: exit statuses, errors of one line, no traceback."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

import ds_gym
from ds_gym.cli import app, main
from ds_gym.failures import SandboxError

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = ("list", "show", "play", "run", "validate", "doctor")


def error_line(err: str) -> str:
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["lst"], "Did you mean 'list'?"),
        (["xyzzy"], "Choose from list, show, play, run, validate, doctor."),
        (["list", "--siute", "paper"], "Did you mean '--suite'?"),
        (["list", "--suite", "papr"], "Did you mean 'paper'?"),
        (["list", "--suite", "xyzzy"], "Choose from embedded, paper, paper-full."),
        (["list", "wine"], "extra argument (wine)"),
        (["show"], "Missing argument 'TASK'. All tasks: ds-gym list"),
        (["show", "wien"], "Did you mean 'wine'?"),
        (["show", "credit_g@referense"], "Did you mean 'credit_g@reference'?"),
        (["show", "xyzzy"], "All tasks: ds-gym list"),
        (["show", ""], "All tasks: ds-gym list"),
        (["show", "wine", "--prompt", "instrukt"], "Did you mean 'instruct'?"),
        (["show", "wine", "--protocol", "holdut"], "Did you mean 'holdout'?"),
        (["show", "wine", "--seed", "-1"], "--seed"),
        (["show", "wine", "--seed", "one"], "'one' is not a valid integer"),
        (["show", "wine", "--target", "class"], "the target of task 'wine' is fixed"),
        (["show", "no_such.csv"], "--target is missing"),
        (["show", "no_such.csv", "--target", "y"], "no_such.csv"),
        (["play", "wine", "--attempts", "0"], "--attempts"),
        (["play", "wine", "--timeout", "0"], "--timeout"),
        (["play", "wine", "--sandbox", "fork-sever"], "Did you mean 'fork-server'?"),
        (["run", "wine"], "Missing argument 'FILE.py'"),
        (["run", "wine", "no_such.py"], "no_such.py"),
        (["run", "wine", str(ROOT)], "Is a directory"),
        (["run", "wine", "-", "--protocol", "paper", "--holdout"], "holds no rows out"),
        (["validate", "wine", "--suite", "paper"], "not both"),
        (["validate", "wien"], "Did you mean 'wine'?"),
        (["validate", "--model", "randm_forest", "--suite", "paper"], "Did you mean 'random_forest'?"),
        (["validate", "wine", "--model", "random_forest"], "'wine' has no baselines"),
    ],
)
def test_bad_input_is_one_line_and_status_2(cli: Callable[..., Any], arguments: list[str], complaint: str) -> None:
    result = cli(*arguments)
    assert result.status == 2
    assert result.out == ""
    assert complaint in error_line(result.err)


def test_without_a_command_it_shows_the_commands(cli: Callable[..., Any]) -> None:
    result = cli()
    assert result.status == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.out


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "doctor"])
def test_every_command_has_help(cli: Callable[..., Any], name: str) -> None:
    result = cli(name, "--help")
    assert result.status == 0
    assert result.out.startswith(f"Usage: ds-gym {name} ")
    assert all(len(line) <= 80 for line in result.out.splitlines())


def test_doctor_is_the_examination_of_the_sandbox(cli: Callable[..., Any]) -> None:
    result = cli("doctor", "--help")
    assert result.status == 0
    assert "--without" in result.out
    assert cli("doctor", "--sandbox", "nonsense").status == 2


def test_version(cli: Callable[..., Any]) -> None:
    assert ds_gym.__version__ in cli("--version").out


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "\n"),
        (click.Abort(), 130, ""),
        (SandboxError("no worker starts"), 1, "error: the sandbox failed, not the program: no worker starts\n"),
    ],
)
def test_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(app._LazyGroup, "get_command", lambda *_: failing)
    assert main(["show"]) == status
    assert capsys.readouterr().err == said


def test_warnings_are_one_line_each(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def warning() -> None:
        warnings.warn("less confinement than there could be", UserWarning, stacklevel=1)

    monkeypatch.setattr(app._LazyGroup, "get_command", lambda *_: warning)
    show = warnings.showwarning
    assert main(["show"]) == 0
    assert capsys.readouterr().err == "warning: less confinement than there could be\n"
    assert warnings.showwarning is show


def test_it_is_installed_as_a_script() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"]["ds-gym"] == "ds_gym.cli:main"
    required = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert {"click", "rich"} <= required


def test_as_a_module() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ds_gym", "show", "wien"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert error_line(result.stderr).endswith("Did you mean 'wine'?")


def test_a_closed_pipe_is_no_traceback() -> None:
    command = f"{sys.executable} -m ds_gym list --markdown | head -n 1"
    result = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.stdout == "# Tasks\n"
    assert result.stderr == ""
