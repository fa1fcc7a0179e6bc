"""Puts the results table into README.md: ``python benchmarks/readme.py benchmarks/results/default``.

The table stands between two markers and is never typed; the learning curves are drawn beside it.
"""

import sys
from pathlib import Path

# Python puts a script's folder on the path, where its modules could hide others; the repository is meant.
ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

START = "<!-- results:start -->"
END = "<!-- results:end -->"
PICTURE = Path("docs") / "learning_curves.png"


def fill(text: str, table: str, start_marker: str = START, end_marker: str = END) -> str:
    """``text`` with ``table`` between the markers.

    Raises:
        ValueError: the markers are not there, once each and in order.
    """
    before, start, rest = text.partition(start_marker)
    old, end, after = rest.partition(end_marker)
    if not (start and end) or start_marker in old or start_marker in after or end_marker in after:
        raise ValueError(f"expected the markers {start_marker} and {end_marker}, once each and in this order")
    return f"{before}{start_marker}\n{table}\n{end_marker}{after}"


def main(arguments: list[str]) -> int:
    from benchmarks.errors import ResultError
    from benchmarks.plots import plot_learning_curves
    from benchmarks.results import find_results, read_result
    from benchmarks.table import make_rows, markdown_table

    if len(arguments) != 1:
        print("usage: python benchmarks/readme.py FOLDER-OF-RESULTS", file=sys.stderr)
        return 2
    try:
        results = [read_result(path) for path in find_results(Path(arguments[0]))]
    except ResultError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not results:
        print(f"error: no results under {arguments[0]}", file=sys.stderr)
        return 1
    plot_learning_curves(ROOT / PICTURE, results)
    readme = ROOT / "README.md"
    readme.write_text(
        fill(readme.read_text(), f"![Learning curves]({PICTURE.as_posix()})\n\n{markdown_table(make_rows(results))}")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
