"""``python -m ds_gym.sandbox``, with the examination itself replaced: see tests/adversarial for the real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ds_gym import doctor
from ds_gym.failures import SandboxError
from ds_gym.sandbox import __main__ as command
from ds_gym.sandbox.corpus import Outcome, Program

REPORT = {"process isolation": "active", "landlock": "missing: too old", "read a file": "denied"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for folder, name, line in (
        ("attacks", "001_a", "# attack: a | expect: denied | class: files | reads [bold]files"),
        ("benign", "01_b", "# benign: b | expect: score | plain"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(f"{line}\n    pass\n")
    return tmp_path


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Decides what the examination finds."""

    def decide(breach: str | None = None, left_behind: tuple[str, ...] = (), allowed: bool = False) -> None:
        def examine(make: Any, programs: list[Program], on_done: Any, **options: Any) -> doctor.Examination:
            for program in programs:
                on_done(program)
            verdicts = tuple(doctor.Verdict(program, "table", Outcome(0.9, (0.9,)), breach) for program in programs[:1])
            report = {**REPORT, "write a file": "ALLOWED"} if allowed else REPORT
            return doctor.Examination(report, {"table": 0.9}, verdicts, left_behind, (0.9,), (0.9,), 1.0)

        monkeypatch.setattr(doctor, "examine", examine)

    return decide


def run(*arguments: str) -> Any:
    return CliRunner().invoke(command.main, arguments, env={"COLUMNS": "120"})


def test_a_sandbox_that_holds(corpus: Path, examined: Callable[..., None]) -> None:
    examined()
    result = run("--corpus", str(corpus))
    assert result.exit_code == 0
    assert "All 1 attacks were defeated" in result.output
    assert "missing: too old" in result.output
    assert "read a file" in result.output


def test_a_breach_is_shown_and_fails(corpus: Path, examined: Callable[..., None]) -> None:
    examined(breach="scored 0.9000 instead of failing (denied)", left_behind=("the file /tmp/x",))
    result = run("--corpus", str(corpus))
    assert result.exit_code == 1
    assert "1 of 1 programs did not end as they should" in result.output
    words = " ".join(result.output.replace("│", " ").split())
    assert "attacks/001_a" in words
    assert "reads [bold]files" in words  # text of the corpus is no markup
    assert "left behind: the file /tmp/x" in words


def test_only_what_is_left_behind_fails_too(corpus: Path, examined: Callable[..., None]) -> None:
    examined(left_behind=("the process 1 (sleep)",))
    result = run("--corpus", str(corpus))
    assert result.exit_code == 1
    assert "left behind: the process 1 (sleep)" in result.output


def test_an_act_that_is_allowed_fails(corpus: Path, examined: Callable[..., None]) -> None:
    examined(allowed=True)
    result = run("--corpus", str(corpus))
    assert result.exit_code == 1
    assert "Not denied: write a file." in result.output


def test_json(corpus: Path, examined: Callable[..., None]) -> None:
    examined(breach="broke")
    result = CliRunner().invoke(command.main, ["--corpus", str(corpus), "--json"])
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["verdicts"][0]["program"] == "attacks/001_a"
    assert found["verdicts"][0]["outcome"]["reward"] == 0.9
    assert found["problems"] == ["attacks/001_a: broke"]
    assert found["report"] == REPORT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class", "filez"], "no program is of class 'filez'; there are 'benign', 'files'"),
        (["--without", "sekcomp"], "sekcomp"),
        (["--sandbox", "strict", "--without", "landlock"], "--without goes with --sandbox auto or fork-server"),
        (["--sandbox", "in-process"], "'in-process' is not one of"),
        (["--corpus", "/nonexistent"], "holds no attacks"),
    ],
)
def test_bad_arguments_are_named(
    corpus: Path, examined: Callable[..., None], arguments: list[str], message: str
) -> None:
    examined()
    result = run(*(arguments if "--corpus" in arguments else ["--corpus", str(corpus), *arguments]))
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_a_sandbox_that_does_not_start(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(*arguments: Any, **options: Any) -> None:
        raise SandboxError("it does not start")

    monkeypatch.setattr(doctor, "examine", examine)
    result = run("--corpus", str(corpus))
    assert result.exit_code == 1
    assert "The sandbox does not run here: it does not start" in result.output


def test_without_a_corpus_it_shows_the_layers_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        def report(self) -> dict[str, str]:
            return REPORT

        def close(self) -> None:
            pass

    monkeypatch.setattr(doctor, "default_corpus", lambda: None)
    monkeypatch.setattr(command, "_sandbox_maker", lambda name, without: Fake)
    result = run()
    assert result.exit_code == 0
    assert "No corpus was run" in result.output
    assert "missing: too old" in result.output


def test_the_checkout_has_a_corpus() -> None:
    folder = doctor.default_corpus()
    assert folder is not None
    assert folder.parts[-2:] == ("tests", "adversarial")
