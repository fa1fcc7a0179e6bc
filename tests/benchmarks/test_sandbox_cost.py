from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from benchmarks.cost import measure, rival_attempt
from benchmarks.cost.cli import QUICK, main
from benchmarks.cost.goals import Goal, goals_of, speed_up
from benchmarks.cost.measure import core_counts
from benchmarks.cost.report import (
    LOGISTIC_REGRESSION,
    SOAK_COUNTS,
    AttemptCost,
    CostReport,
    SoakSample,
    StartUp,
    Throughput,
    growth,
    read_report,
)
from benchmarks.cost.rivals import RIVALS, NotUsable
from benchmarks.cost.soak import chunk_sizes
from benchmarks.cost.tables import markdown, tables_of
from benchmarks.cost.throughput import rate
from benchmarks.cost.workload import MODELS, make_splits, make_task, program
from benchmarks.errors import MeasurementFailed, ResultError

LINUX = sys.platform.startswith("linux")


def cost(**fields: float) -> AttemptCost:
    times = {"bare_ms": 10.0, "sandboxed_ms": 30.0, "in_a_row_ms": 45.0, "step_ms": 35.0, **fields}
    return AttemptCost(LOGISTIC_REGRESSION, 500, 10, 5, **times)


def sample(n_attempts: int, **fields: float) -> SoakSample:
    return SoakSample(**{**BASE_SAMPLE, "n_attempts": n_attempts, **fields})  # type: ignore[arg-type]


BASE_SAMPLE = {
    "parent_rss_mib": 100.0,
    "pool_pss_mib": 200.0,
    "parent_descriptors": 20,
    "zygote_descriptors": 9,
    "processes": 7,
    "parent_threads": 4,
}


def test_the_overhead_is_a_split_s_share_of_what_an_attempt_takes_longer() -> None:
    assert cost().overhead_ms(30.0) == pytest.approx(4.0)
    assert cost().overhead_ms(10.0) == 0.0
    assert cost().overhead_ms(5.0) == pytest.approx(-1.0)


def test_growth_counts_from_the_mark_of_20_percent() -> None:
    samples = [sample(0, parent_rss_mib=10.0), sample(20, parent_rss_mib=50.0), sample(100, parent_rss_mib=53.5)]
    assert growth(samples, "parent_rss_mib") == pytest.approx(3.5)
    assert growth(samples, "processes") == 0
    assert growth([*samples, sample(110, pool_pss_mib=None)], "pool_pss_mib") is None  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="20 %"):
        growth(samples[2:], "parent_rss_mib")


def test_the_rate_counts_only_while_all_callers_are_busy() -> None:
    assert rate([[1.0, 2.0, 3.0]]) == pytest.approx(1.0)
    assert rate([[1.0, 2.0, 3.0], [1.5, 2.5, 3.5, 9.0]]) == pytest.approx(4 / 2)


def test_the_speed_up_compares_two_cores_with_one() -> None:
    entries = [Throughput("m", 1, 2, 10.0), Throughput("m", 2, 3, 19.0), Throughput("m", 4, 5, 30.0)]
    assert speed_up(entries) == pytest.approx(1.9)
    assert speed_up(entries[1:]) is None


@pytest.mark.parametrize(("n", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (8, [1, 2, 4, 8])])
def test_core_counts_double_and_end_with_all(n: int, expected: list[int]) -> None:
    assert core_counts(n) == expected


@pytest.mark.parametrize(("n", "parts"), [(10, 3), (2, 5), (0, 4), (10_000, 10)])
def test_chunks_are_even_and_lose_nothing(n: int, parts: int) -> None:
    sizes = chunk_sizes(n, parts)
    assert len(sizes) == parts
    assert sum(sizes) == n
    assert max(sizes) - min(sizes) <= 1


def test_a_goal_is_reached_up_to_its_limit() -> None:
    assert Goal("a", 6.0, 6.0).reached
    assert not Goal("a", 6.0, 6.1).reached
    assert Goal("a", 1.8, 1.8, at_least=True).reached
    assert not Goal("a", 1.8, 1.7, at_least=True).reached
    assert Goal("a", 6.0, 6.5).cells() == ("a", "<= 6", "6.50", "missed by 0.50")
    assert Goal("a", 1.8, 2.0, at_least=True).cells() == ("a", ">= 1.8", "2.00", "reached by 0.20")


def test_no_two_programs_are_alike_so_that_no_result_is_taken_from_a_cache() -> None:
    assert len({program(model) for model in MODELS for _ in range(3)}) == 3 * len(MODELS)


def test_the_table_is_the_same_in_every_run() -> None:
    assert make_task(60, 4).fingerprint == make_task(60, 4).fingerprint
    assert make_task(60, 4).x.shape == (60, 4)


@pytest.mark.parametrize("name", sorted(RIVALS))
def test_each_other_way_fits_what_the_program_says(name: str) -> None:
    splits = make_splits(make_task(60, 4), 2)
    try:
        RIVALS[name](LOGISTIC_REGRESSION, splits)
    except NotUsable as why:
        pytest.skip(f"{name}: {why}")


def test_a_rival_s_attempt_gives_probabilities_of_every_split() -> None:
    splits = make_splits(make_task(60, 4), 2)
    arrays = rival_attempt.pack(
        program(LOGISTIC_REGRESSION), [(split.x_train, split.y_train, split.x_eval) for split in splits]
    )
    probabilities = rival_attempt.fit_and_predict(arrays)
    assert probabilities.shape == (2, 30, 2)
    assert probabilities.sum(axis=2) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CostReport]:
    if not LINUX:
        pytest.skip("measures on Linux only")
    out = tmp_path_factory.mktemp("cost")
    assert main(["--quick", "--out", str(out)]) == 0
    return out, read_report(out / "cost.json")


def test_a_quick_run_measures_every_part(quick_run: tuple[Path, CostReport]) -> None:
    _, report = quick_run
    assert report.status == "finished"
    assert report.settings == QUICK
    assert [(entry.model, entry.n_rows, entry.n_features) for entry in report.attempts] == [(m, 60, 4) for m in MODELS]
    for entry in report.attempts:
        assert min(entry.bare_ms, entry.sandboxed_ms, entry.in_a_row_ms, entry.step_ms) > 0
    assert {way.name for way in report.ways} == {"bare", "sandbox", *RIVALS}
    for way in report.ways:
        assert bool(way.note) == (way.attempt_ms is None)
    assert {entry.cores for entry in report.throughput} >= {1}
    assert all(entry.attempts_per_second > 0 and entry.callers == entry.cores + 1 for entry in report.throughput)
    assert report.start_up is not None
    assert 0 < report.start_up.ready_s < report.start_up.first_result_s
    assert report.memory is not None
    assert report.memory.processes > report.memory.idle_workers >= 1
    assert report.layers["process isolation"] == "active"


def test_a_quick_run_soaks_and_shows_the_growth_of_every_field(quick_run: tuple[Path, CostReport]) -> None:
    _, report = quick_run
    assert [entry.n_attempts for entry in report.soak] == list(range(0, 21, 2))
    for field in SOAK_COUNTS:
        assert growth(report.soak, field) is not None or getattr(report.soak[0], field) is None
    assert all(entry.parent_rss_mib > 0 for entry in report.soak)


def test_the_result_file_has_the_declared_fields_and_no_others(quick_run: tuple[Path, CostReport]) -> None:
    out, report = quick_run
    fields = json.loads((out / "cost.json").read_text())
    assert set(fields) == {field.name for field in dataclasses.fields(CostReport)}
    assert {"python", "numpy", "scikit-learn"} <= set(fields["versions"])
    assert {"cpu", "cores"} <= set(fields["hardware"])
    assert fields["settings"]["repeats"] == QUICK.repeats
    fields["surprise"] = 1
    (out / "other.json").write_text(json.dumps(fields))
    with pytest.raises(ResultError, match="not a report"):
        read_report(out / "other.json")
    assert report == read_report(out / "cost.json")


def test_the_markdown_holds_every_cell_of_every_table(quick_run: tuple[Path, CostReport]) -> None:
    out, report = quick_run
    text = (out / "table.md").read_text()
    assert text == markdown(report)
    for table in tables_of(report):
        for row in table.rows:
            assert f"| {' | '.join(row)} |" in text
    for goal in goals_of(report):
        assert goal.name in text


def test_missing_layers_are_named(quick_run: tuple[Path, CostReport]) -> None:
    _, report = quick_run
    layers = {"seccomp": "missing: no such thing", "read a file": "denied", "no_new_privs": "active"}
    text = markdown(dataclasses.replace(report, layers=layers))
    assert "without seccomp (missing: no such thing)" in text
    assert "every layer on" in markdown(dataclasses.replace(report, layers={"seccomp": "active"}))


@pytest.mark.skipif(not LINUX, reason="measures on Linux only")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--repeats", "0"], "--repeats"),
        (["--soak", "-1"], "--soak"),
        (["--sandbox", "auto"], "fork-server"),
        (["--out", "/proc/ds-gym"], "cannot write there"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert complaint in lines[0]


@pytest.mark.skipif(not LINUX, reason="measures on Linux only")
def test_what_was_measured_before_a_failure_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise MeasurementFailed("the program\nfailed")

    start_up = StartUp(ready_s=1.0, first_result_s=2.0)
    monkeypatch.setattr(measure, "_measure_start_up", lambda *_: start_up)
    monkeypatch.setattr(measure, "_measure_attempts", fail)
    assert main(["--quick", "--out", str(tmp_path)]) == 1
    assert "error: the program failed." in capsys.readouterr().err
    report = read_report(tmp_path / "cost.json")
    assert (report.status, report.error) == ("failed", "the program failed")
    assert report.start_up == start_up
    assert report.attempts == []
