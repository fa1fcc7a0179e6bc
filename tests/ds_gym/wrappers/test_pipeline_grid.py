from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ds_gym import Task, get_task
from ds_gym.actions import normalise_program
from ds_gym.evaluation import Evaluator
from ds_gym.sandbox import InProcessSandbox
from ds_gym.wrappers import PipelineGrid
from ds_gym.wrappers.pipeline_grid import ESTIMATORS, SCALERS, Estimator, Step

GRID = PipelineGrid()
POINTS = list(itertools.product(*map(range, GRID.shape)))


@pytest.mark.parametrize("takes_frame", [False, True])
def test_every_point_is_another_program_and_an_ordinary_action(takes_frame: bool) -> None:
    programs = [GRID.program(point, takes_frame=takes_frame) for point in POINTS]
    assert len(set(programs)) == len(POINTS) == 4 * 8 * 6
    assert all(normalise_program(program) == program for program in programs)


def test_a_program_reads_like_one_written_by_hand() -> None:
    assert GRID.program((1, 2, 3)) == (
        "def build_model(x_train, y_train):\n"
        "    from sklearn.neighbors import KNeighborsClassifier\n"
        "    from sklearn.pipeline import make_pipeline\n"
        "    from sklearn.preprocessing import StandardScaler\n"
        "    return make_pipeline(StandardScaler(), KNeighborsClassifier(n_neighbors=5, weights='distance'))"
        ".fit(x_train, y_train)"
    )
    assert GRID.program((0, 1, 0)).endswith("\n    return GaussianNB(var_smoothing=1e-09).fit(x_train, y_train)")


# Every scaler and every estimator once.
SOME = [(i % len(SCALERS), i, 0) for i in range(len(ESTIMATORS))]


@pytest.mark.parametrize("point", SOME)
def test_programs_score(point: tuple[int, int, int]) -> None:
    evaluation = Evaluator(get_task("wine"), sandbox=InProcessSandbox(), n_splits=2).evaluate(GRID.program(point))
    assert evaluation.failure is None
    assert evaluation.reward > 0.8


@pytest.mark.parametrize("point", SOME)
def test_programs_score_on_a_data_frame(point: tuple[int, int, int]) -> None:
    """With categories, one of which only some splits know, and missing values of both kinds."""
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 2
    colours = np.where(rng.random(120) < 0.9, np.where(labels == 1, "red", "blue"), "green").astype(object)
    frame = pd.DataFrame({"colour": colours, "weight": labels + rng.normal(size=120), "label": labels})
    frame.loc[3, "colour"] = "rare"
    frame.loc[5:9, "colour"] = None
    frame.loc[7:12, "weight"] = np.nan
    task = Task.from_frame(frame, target="label", encode=None)
    program = GRID.program(point, takes_frame=True)
    evaluation = Evaluator(task, sandbox=InProcessSandbox(), n_splits=2).evaluate(program)
    assert evaluation.failure is None
    assert evaluation.reward > 0.7


@pytest.mark.parametrize("choice", [(0, 0), (4, 0, 0), (0, -1, 0), (0, 0, 6), (0, 0, 0, 0), (0, 1.5, 0), ("a", 0, 0)])
def test_a_point_that_does_not_exist_is_refused(choice: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"allowed: three integers from 0, below \[4, 8, 6\]"):
        GRID.program(choice)


def test_a_grid_of_ones_own() -> None:
    stump = Estimator(Step("sklearn.tree", "DecisionTreeClassifier", {"max_depth": 1}), ({},))
    grid = PipelineGrid(scalers=((),), estimators=(stump,))
    assert grid.shape == (1, 1, 1)
    assert "return DecisionTreeClassifier(max_depth=1).fit" in grid.program((0, 0, 0))
    uneven = Estimator(stump.step, ({}, {"criterion": "entropy"}))
    for scalers, estimators in [((), (stump,)), (((),), ()), (((),), (stump, uneven))]:
        with pytest.raises(ValueError, match="the same number of settings for every estimator"):
            PipelineGrid(scalers, estimators)
