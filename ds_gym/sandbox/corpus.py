"""The adversarial corpus: programs whose first line says what must become of them, and the judge of what did.

A corpus is a folder with ``attacks/*.py`` and ``benign/*.py``. Each file is the body of ``build_model``; its first line
is ``# attack: NAME | expect: OUTCOME | class: CLASS | what it tries`` or ``# benign: NAME | expect: score | what it
does``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Expectation = Literal["error", "timeout", "denied", "honest-score", "score"]
Kind = Literal["attack", "benign"]

BENIGN_CLASS = "benign"
_FOLDERS: dict[Kind, str] = {"attack": "attacks", "benign": "benign"}
_HEADER = re.compile(
    r"#\s*(?P<kind>attack|benign):\s*(?P<name>[^|]+?)\s*"
    r"\|\s*expect:\s*(?P<expect>[^|]+?)\s*"
    r"(?:\|\s*class:\s*(?P<category>[^|]+?)\s*)?"
    r"(?:\|\s*(?P<summary>.*?)\s*)?"
)
_CHANCE = 0.5


@dataclass(frozen=True)
class Program:
    """A program of the corpus.

    Attributes:
        kind: ``"attack"`` or ``"benign"``.
        name: what its first line calls it.
        file: name of its file without the suffix, unique among those of its kind.
        expect: what must become of it.
        category: class of the attack (``"labels"``, ``"files"``, ...); ``"benign"`` for an honest program.
        summary: what it tries, in words.
        action: its text as an environment takes it. Bytes that are not UTF-8 are lone surrogates.
    """

    kind: Kind
    name: str
    file: str
    expect: Expectation
    category: str
    summary: str
    action: str

    def __str__(self) -> str:
        return f"{_FOLDERS[self.kind]}/{self.file}"


@dataclass(frozen=True)
class Outcome:
    """What became of a program.

    Attributes:
        reward: the reward of its attempt, or None where the environment raised.
        split_scores: one score a split; empty for a failed attempt.
        error_kind: kind of its failure, or None.
        message: what the failure, or the environment's exception, says; else empty.
        seconds: wall-clock time of the attempt.
    """

    reward: float | None
    split_scores: tuple[float, ...] = ()
    error_kind: str | None = None
    message: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.reward is None:
            return f"the environment raised {self.message}"
        if self.error_kind is not None:
            return f"failed ({self.error_kind}: {self.message})"
        return f"scored {self.reward:.4f}"


def parse_program(file: str, text: bytes) -> Program:
    """Read a program.

    Args:
        file: name of its file, for messages and as its identity.
        text: the bytes of the file.

    Raises:
        ValueError: the first line does not say what is expected.
    """
    action = text.decode("utf-8", "surrogateescape")
    first_line = action.split("\n", 1)[0].strip()
    match = _HEADER.fullmatch(first_line)
    if match is None:
        raise ValueError(
            f"{file}: the first line is {first_line[:80]!r}; write '# attack: NAME | expect: OUTCOME | class: CLASS | "
            "what it tries' or '# benign: NAME | expect: score | what it does'"
        )
    kind: Kind = "attack" if match["kind"] == "attack" else "benign"
    allowed = ("score",) if kind == "benign" else tuple(name for name in get_args(Expectation) if name != "score")
    if match["expect"] not in allowed:
        raise ValueError(f"{file}: expect is {match['expect']!r}; choose one of {', '.join(map(repr, allowed))}")
    if kind == "attack" and not match["category"]:
        raise ValueError(f"{file}: the first line names no class; add '| class: CLASS'")
    return Program(
        kind=kind,
        name=match["name"],
        file=file,
        expect=match["expect"],  # type: ignore[arg-type]  # checked above
        category=match["category"] or BENIGN_CLASS,
        summary=match["summary"] or "",
        action=action,
    )


def load_corpus(folder: Path, classes: Iterable[str] = ()) -> list[Program]:
    """Read the programs of a corpus, attacks first, each kind in the order of its file names.

    Args:
        folder: holds ``attacks/`` and ``benign/``.
        classes: only programs of these classes; all if empty.

    Raises:
        ValueError: no such folder, no program in it, a bad first line, or a class that no program has.
    """
    programs = []
    for subfolder in _FOLDERS.values():
        for path in sorted((folder / subfolder).glob("*.py")):
            programs.append(parse_program(path.stem, path.read_bytes()))
    if not programs:
        raise ValueError(f"corpus: {str(folder)!r} holds no attacks/*.py and no benign/*.py")
    known = sorted({program.category for program in programs})
    wanted = set(classes)
    unknown = sorted(wanted - set(known))
    if unknown:
        raise ValueError(f"class: no program is of class {unknown[0]!r}; there are {', '.join(map(repr, known))}")
    return [program for program in programs if not wanted or program.category in wanted]


def find_breach(program: Program, outcome: Outcome, highest_score: float) -> str | None:
    """Judge what became of a program.

    Args:
        program: the program.
        outcome: what became of it.
        highest_score: what an attack may score that falls back on an honest model.

    Returns:
        None if it is what the program's first line says, else what is wrong.
    """
    if outcome.reward is None:
        return str(outcome)
    failed = outcome.error_kind is not None
    if program.expect == "score":
        if failed:
            return f"an honest program {outcome}"
        return None if outcome.reward > _CHANCE else f"an honest program {outcome}, no better than chance"
    if program.expect == "honest-score":
        return None if outcome.reward <= highest_score else f"{outcome}; no honest program exceeds {highest_score:.4f}"
    if not failed:
        return f"{outcome} instead of failing ({program.expect})"
    if program.expect == "timeout" and outcome.error_kind != "timeout":
        return f"{outcome} instead of running into the time limit"
    if program.expect == "error" and outcome.error_kind == "timeout":
        return f"{outcome} instead of failing at once"
    return None


__all__ = [
    "BENIGN_CLASS",
    "Expectation",
    "Outcome",
    "Program",
    "find_breach",
    "load_corpus",
    "parse_program",
]
