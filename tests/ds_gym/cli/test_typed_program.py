from __future__ import annotations

import pytest

from ds_gym.cli.typed_program import read_program


def programs(text: str) -> list[str]:
    lines = iter(text.split("\n"))

    def read_line(_: int) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    found = []
    while (program := read_program(read_line)) is not None:
        found.append(program)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n\t\n", []),
        ("a\nb", ["a\nb"]),
        ("a\nb\n", ["a\nb"]),
        ("\n\na\n\nb\n\n\n", ["a", "b"]),
        ("    a\n   \n    b", ["    a", "    b"]),
        ("```\na\n\nb\n```\nc", ["```\na\n\nb\n```", "c"]),
        ("```python\na\n\nb", ["```python\na\n\nb"]),
        ("a\n```\n\nb", ["a\n```", "b"]),
    ],
)
def test_where_a_program_ends(text: str, expected: list[str]) -> None:
    assert programs(text) == expected


def test_text_that_is_pasted_keeps_its_empty_lines() -> None:
    pieces = iter(["a\n\nb\n", "c", ""])
    assert read_program(lambda _: next(pieces)) == "a\n\nb\n\nc"


def test_lines_are_numbered_for_the_prompt() -> None:
    numbers: list[int] = []
    lines = iter(["", "a", "b\nc", "d", ""])
    read_program(lambda number: numbers.append(number) or next(lines))  # type: ignore[func-returns-value]
    assert numbers == [0, 0, 1, 3, 4]
