from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.readme import END, START, fill

ROOT = Path(__file__).parents[2]


def test_the_table_goes_between_the_markers_and_nowhere_else() -> None:
    text = f"before\n{START}\nold\n{END}\nafter\n"
    filled = fill(text, "new")
    assert filled == f"before\n{START}\nnew\n{END}\nafter\n"
    assert fill(filled, "new") == filled


@pytest.mark.parametrize("text", ["", START, END, f"{END} {START}", f"{START}{START}{END}", f"{START}{END}{END}"])
def test_missing_or_doubled_markers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="markers"):
        fill(text, "new")


def test_the_readme_has_the_markers() -> None:
    fill((ROOT / "README.md").read_text(), "new")
