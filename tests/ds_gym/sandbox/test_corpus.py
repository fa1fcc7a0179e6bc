from __future__ import annotations

from pathlib import Path

import pytest

from ds_gym.sandbox.corpus import Outcome, Program, find_breach, load_corpus, parse_program

SCORED, FAILED = Outcome(0.9, (0.9, 0.9)), Outcome(-1.0, error_kind="exception", message="ValueError: no")
TIMED_OUT = Outcome(-1.0, error_kind="timeout", message="TimeoutError: timed out after 2 s")
RAISED = Outcome(None, message="SandboxError: the zygote has died")


def make_program(expect: str) -> Program:
    kind = "benign" if expect == "score" else "attack"
    return parse_program("x", f"# {kind}: x | expect: {expect} | class: files | tries\n    pass\n".encode())


def test_the_first_line_is_read_and_the_text_is_the_action() -> None:
    text = b"# attack: read_it | expect: honest-score | class: labels | reads | all\n    x = '\xff'\n"
    program = parse_program("001_read_it", text)
    assert (program.kind, program.name, program.expect, program.category) == (
        "attack", "read_it", "honest-score", "labels",
    )  # fmt: skip
    assert program.summary == "reads | all"
    assert program.action.encode("utf-8", "surrogateescape") == text
    assert str(program) == "attacks/001_read_it"


def test_an_honest_program_has_a_class_of_its_own() -> None:
    assert parse_program("1", b"# benign: plain | expect: score\n    pass").category == "benign"


@pytest.mark.parametrize(
    ("first_line", "message"),
    [
        ("import os", "the first line is 'import os'; write '# attack:"),
        ("# attack: x | expect: victory | class: files", "expect is 'victory'; choose one of 'error'"),
        ("# attack: x | expect: score | class: files", "expect is 'score'"),
        ("# benign: x | expect: error", "expect is 'error'; choose one of 'score'"),
        ("# attack: x | expect: error", "names no class"),
        ("", "the first line is ''"),
    ],
)
def test_a_bad_first_line_is_named(first_line: str, message: str) -> None:
    with pytest.raises(ValueError, match="odd: ") as raised:
        parse_program("odd", f"{first_line}\n    pass\n".encode())
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("expect", "outcome", "broken"),
    [
        ("error", FAILED, False),
        ("error", TIMED_OUT, True),
        ("error", SCORED, True),
        ("timeout", TIMED_OUT, False),
        ("timeout", FAILED, True),
        ("timeout", SCORED, True),
        ("denied", FAILED, False),
        ("denied", TIMED_OUT, False),
        ("denied", SCORED, True),
        ("honest-score", FAILED, False),
        ("honest-score", SCORED, False),
        ("honest-score", Outcome(0.9501, (0.9501,)), True),
        ("score", SCORED, False),
        ("score", FAILED, True),
        ("score", Outcome(0.5, (0.5,)), True),
        *[(expect, RAISED, True) for expect in ("error", "timeout", "denied", "honest-score", "score")],
    ],
)
def test_the_judge(expect: str, outcome: Outcome, broken: bool) -> None:
    breach = find_breach(make_program(expect), outcome, highest_score=0.95)
    assert (breach is not None) == broken
    if breach is not None:
        assert str(outcome) in breach


def test_a_corpus_is_read_in_order_and_by_class(tmp_path: Path) -> None:
    for folder, name, line in (
        ("attacks", "002_b", "# attack: b | expect: error | class: files"),
        ("attacks", "001_a", "# attack: a | expect: error | class: labels"),
        ("benign", "01_c", "# benign: c | expect: score | plain"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text(f"{line}\n    pass\n")
    assert [program.name for program in load_corpus(tmp_path)] == ["a", "b", "c"]
    assert [program.name for program in load_corpus(tmp_path, ["files", "benign"])] == ["b", "c"]
    with pytest.raises(ValueError, match="no program is of class 'fils'; there are 'benign', 'files', 'labels'"):
        load_corpus(tmp_path, ["fils"])
    with pytest.raises(ValueError, match="holds no attacks"):
        load_corpus(tmp_path / "attacks")
