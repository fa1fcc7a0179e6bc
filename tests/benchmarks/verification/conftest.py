from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.storage import RunFiles
from tests.benchmarks.verification.recorded import Recorded, make_run


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs, of which nothing may be changed: one of a model, with failures, and one on two tasks."""
    out = tmp_path_factory.mktemp("runs")
    make_run(out, "sample", "monks_1", settings=("max_new_tokens=64", "steps_per_iteration=1"))
    make_run(out, "random-search", "wine+monks_1")
    return out


@pytest.fixture
def run(runs: Path, tmp_path: Path) -> Recorded:
    """A copy of the run of the model."""
    return _copy(runs / "sample" / "monks_1" / "seed-0", tmp_path)


@pytest.fixture
def joined_run(runs: Path, tmp_path: Path) -> Recorded:
    """A copy of the run on two tasks."""
    return _copy(runs / "random-search" / "wine+monks_1" / "seed-0", tmp_path)


def _copy(folder: Path, tmp_path: Path) -> Recorded:
    return Recorded(RunFiles(Path(shutil.copytree(folder, tmp_path / "copy" / Path(*folder.parts[-3:])))))
