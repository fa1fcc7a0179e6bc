from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.errors import BadInput
from benchmarks.studies.cli import main
from benchmarks.studies.page import BLOCKS, fill_page
from tests.benchmarks.study_fakes import SEEDS, TASKS, make_result, study_results, transfer_results, write_results

ROOT = Path(__file__).parents[2]
FEW = ("etpo", "ppo", "sample")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of studies, as the command line makes them."""
    write_results(tmp_path / "study", study_results(FEW))
    long = [make_result(label, task, seed, env_steps=1536) for label in FEW[:2] for task in TASKS[:2] for seed in SEEDS]
    write_results(tmp_path / "study_long", long)
    write_results(tmp_path / "transfer", transfer_results())
    out = tmp_path / "collected"
    for name in ("study", "study_long", "transfer"):
        assert main(["collect", str(tmp_path / name), "--out", str(out / f"{name}.json")]) == 0
    return out


def test_the_page_is_filled_and_can_be_filled_again(files: Path, tmp_path: Path, capsys) -> None:
    page = tmp_path / "page" / "study.md"
    page.parent.mkdir()
    shutil.copy(ROOT / "docs" / "study.md", page)
    assert main(["report", "--results", str(files), "--docs", str(page)]) == 0
    out = capsys.readouterr().out
    assert "ETPO is first in the interquartile mean of the mean reward of the last fifth" in out
    text = page.read_text()
    assert text.count("Not run yet.") == 1  # the ablations
    assert "| etpo | 30 |" in text
    assert "python benchmarks/run.py --suite study_long" in text
    pictures = sorted(path.name for path in page.parent.glob("*.png"))
    assert pictures == [
        f"study_{name}.png" for name in ("curves", "improvement", "intervals", "long_curves", "task_curves")
    ]
    assert all(f"({name})" in text for name in pictures)
    before = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    assert main(["report", "--results", str(files), "--docs", str(page)]) == 0
    assert {path.name: path.read_bytes() for path in page.parent.iterdir()} == before


def test_several_pages_are_filled_at_once(files: Path, tmp_path: Path) -> None:
    pages = [tmp_path / "one.md", tmp_path / "two.md"]
    for page, block in zip(pages, ("claim", "rewards"), strict=True):
        page.write_text(f"before\n<!-- study:{block}:start -->\n<!-- study:{block}:end -->\nafter\n")
    assert main(["report", "--results", str(files), *(f"--docs={page}" for page in pages)]) == 0
    claim, rewards = (page.read_text() for page in pages)
    assert "ETPO is first" in claim
    assert "| etpo | 30 |" in rewards
    assert all(text.startswith("before\n") and text.endswith("after\n") for text in (claim, rewards))


def test_the_pages_of_the_repository_have_every_block() -> None:
    text = "".join((ROOT / "docs" / name).read_text() for name in ("study.md", "baselines.md"))
    for name in BLOCKS.keys() - {"rewards"}:  # they are part of the summary
        assert text.count(f"<!-- study:{name}:start -->") == text.count(f"<!-- study:{name}:end -->") == 1


def test_the_pages_of_the_repository_say_what_its_results_say(tmp_path: Path) -> None:
    pages = ("docs/study.md", "docs/etpo.md", "docs/baselines.md", "README.md")
    copies = [Path(shutil.copy(ROOT / page, tmp_path)) for page in pages]
    results = ROOT / "benchmarks" / "results" / "study"
    assert main(["report", f"--results={results}", *(f"--docs={copy}" for copy in copies)]) == 0
    for page, copy in zip(pages, copies, strict=True):
        assert copy.read_text() == (ROOT / page).read_text(), f"run `python benchmarks/study.py report --docs {page}`"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nothing", "no markers such as"),
        ("<!-- study:clam:start -->\n<!-- study:clam:end -->", "did you mean 'claim'?"),
        ("<!-- study:claim:start -->", "expected the markers"),
    ],
)
def test_a_page_with_other_markers_is_left_alone(tmp_path: Path, text: str, complaint: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(BadInput, match=complaint.replace("?", r"\?")):
        fill_page(page, {}, "failures")
    assert page.read_text() == text


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["collect", "nowhere"], 2, "does not exist"),
        (["collect", "empty"], 2, "unknown suite 'empty'"),
        (["collect", "empty", "--suite", "study"], 1, "empty: no results of the suite study"),
        (["report", "--results", "empty"], 2, "none of study.json"),
        (["report", "--results", "other"], 1, "study.json: not a study"),
        (["reprot"], 2, "No such command 'reprot'"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, capsys, arguments: list[str], code: int, complaint: str) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / "study.json").write_text(json.dumps({"schema_version": 1}))
    assert main(arguments) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert complaint in lines[0]
