"""The embedded tables: what is in them, and that known programs earn known scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from ds_gym.actions import normalise_program
from ds_gym.scoring import roc_auc
from ds_gym.tasks import get_task, list_tasks, solutions, tic_tac_toe

EMBEDDED = ("balance_scale", "tic_tac_toe", "breast_cancer", "wine", "digits")

FINGERPRINTS = {
    "balance_scale": "a34117c25903641e5de5835308d572adff06d50cf8e80d710ef87176e2e262c6",
    "tic_tac_toe": "c93a2b0dde6428af7150c1f5bd3438fb29d1bb8ab683f096c0afbff0b7f1a4fe",
    "breast_cancer": "fb3fe13d0c9e7b541132723b3c47af556206b13b15c26a7b07d7679210bc8ea2",
    "wine": "a92e5cd3b31bcf9bff1c5594e0540f4be48669c28899ee07a77cb9b743916cde",
    "digits": "a4ac8856ba4c41a8137ab01c82b7645c16e3539309562543acca304cab2f4b96",
}
"""Whoever changes one of these makes every published score of the task incomparable."""

KNOWN_SCORES = {
    "balance_scale": {"LINEAR": 0.945, "RANDOM_FOREST": 0.815, "GRADIENT_BOOSTING": 0.904},
    "tic_tac_toe": {"LINEAR": 0.624, "RANDOM_FOREST": 0.982, "GRADIENT_BOOSTING": 0.999},
    "breast_cancer": {"LINEAR": 0.993, "RANDOM_FOREST": 0.989, "GRADIENT_BOOSTING": 0.991},
    "wine": {"LINEAR": 0.9995, "RANDOM_FOREST": 0.998, "GRADIENT_BOOSTING": 0.997},
}


def paper_score(task_name: str, program: str) -> float:
    """Mean over five unstratified half splits. The programs are our own, so they may run in this process."""
    task = get_task(task_name)
    namespace: dict[str, object] = {}
    exec(program, namespace)
    build_model = namespace["build_model"]
    assert callable(build_model)
    scores = []
    for seed in range(5):
        x_train, x_eval, y_train, y_eval = train_test_split(task.x, task.y, test_size=0.5, random_state=seed)
        scores.append(roc_auc(y_eval, build_model(x_train, y_train).predict_proba(x_eval)))
    return float(np.mean(scores))


@pytest.mark.parametrize(
    ("task", "program"), [(task, program) for task, scores in KNOWN_SCORES.items() for program in scores]
)
def test_known_scores(task: str, program: str) -> None:
    assert paper_score(task, getattr(solutions, program)) == pytest.approx(KNOWN_SCORES[task][program], abs=0.002)


@pytest.mark.parametrize("name", EMBEDDED)
def test_solutions_earn_what_they_say(name: str) -> None:
    task = get_task(name)
    assert [solution.role for solution in task.solutions] == ["floor", "reference", "strong"]
    for solution in task.solutions:
        assert normalise_program(solution.code) == solution.code
        assert paper_score(name, solution.code) == pytest.approx(solution.score, abs=0.002)
    floor, reference, strong = (solution.score for solution in task.solutions)
    assert floor < reference < strong
    assert task.solution("strong").score == strong


@pytest.mark.parametrize("name", EMBEDDED)
def test_fingerprints(name: str) -> None:
    assert get_task(name).fingerprint == FINGERPRINTS[name]


@pytest.mark.parametrize("name", EMBEDDED)
def test_descriptions(name: str) -> None:
    task = get_task(name)
    assert task.name == name
    assert task.description.endswith(".")
    assert task.source != "unknown"
    assert task.licence != "unknown"
    assert len(set(task.feature_names)) == task.n_features


def test_all_are_listed() -> None:
    assert tuple(list_tasks()[: len(EMBEDDED)]) == EMBEDDED


def test_balance_scale_is_the_factorial_under_the_torque_rule() -> None:
    task = get_task("balance_scale")
    assert len({tuple(row) for row in task.x}) == 5**4 == task.n_rows
    assert np.bincount(task.y).tolist() == [288, 49, 288]
    left = task.x[:, 0] * task.x[:, 1] > task.x[:, 2] * task.x[:, 3]
    assert {task.class_names[label] for label in task.y[left]} == {"left"}


def test_tic_tac_toe_is_all_end_boards() -> None:
    boards = tic_tac_toe.end_boards()
    assert len(set(boards)) == len(boards) == 958
    noughts, crosses = tic_tac_toe.NOUGHT, tic_tac_toe.CROSS
    for board in boards:
        lead = board.count(crosses) - board.count(noughts)
        won = {player: tic_tac_toe.has_won(board, player) for player in (noughts, crosses)}
        assert lead in (0, 1)
        assert not (won[crosses] and won[noughts])
        assert not won[crosses] or lead == 1
        assert not won[noughts] or lead == 0
        assert won[crosses] or won[noughts] or tic_tac_toe.BLANK not in board
    assert int(get_task("tic_tac_toe").y.sum()) == 626
