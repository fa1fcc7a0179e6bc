"""The embedded tables: what is in them, and that known programs earn known scores."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from ds_gym.actions import normalise_program
from ds_gym.scoring import roc_auc
from ds_gym.tasks import get_task, list_tasks, monks, noisy_xor, solutions, tic_tac_toe, waveform

EMBEDDED = (
    "balance_scale", "tic_tac_toe", "breast_cancer", "wine", "digits",
    "monks_1", "monks_2", "monks_3", "waveform", "noisy_xor",
)  # fmt: skip

FINGERPRINTS = {
    "balance_scale": "a34117c25903641e5de5835308d572adff06d50cf8e80d710ef87176e2e262c6",
    "tic_tac_toe": "c93a2b0dde6428af7150c1f5bd3438fb29d1bb8ab683f096c0afbff0b7f1a4fe",
    "breast_cancer": "fb3fe13d0c9e7b541132723b3c47af556206b13b15c26a7b07d7679210bc8ea2",
    "wine": "a92e5cd3b31bcf9bff1c5594e0540f4be48669c28899ee07a77cb9b743916cde",
    "digits": "a4ac8856ba4c41a8137ab01c82b7645c16e3539309562543acca304cab2f4b96",
    "monks_1": "4c3256f12cb10a3debee9a912096f5c31e3c686fa1a0ef5986cfd70a6b5a2cd8",
    "monks_2": "a437e0b8f6720d2d779df12c7eec8dcd11cb8a1408c0116e57fee9950ef28e85",
    "monks_3": "ed12df532d09e9e2f136aea616065ec62ca984b6fd745cb4d0901f7bd7ea40c6",
    "waveform": "4352eaa1ee823d1aa3f431302eb2dc6fed2f15e4b79154d3289cd7c046631575",
    "noisy_xor": "ea151cb6e81723a471b3fa98820bb174e54063ca48a215aabd42b9f0ca3845e0",
}
"""Whoever changes one of these makes every published score of the task incomparable."""

KNOWN_SCORES = {
    "balance_scale": {"LINEAR": 0.945, "RANDOM_FOREST": 0.815, "GRADIENT_BOOSTING": 0.904},
    "tic_tac_toe": {"LINEAR": 0.624, "RANDOM_FOREST": 0.982, "GRADIENT_BOOSTING": 0.999},
    "breast_cancer": {"LINEAR": 0.993, "RANDOM_FOREST": 0.989, "GRADIENT_BOOSTING": 0.991},
    "wine": {"LINEAR": 0.9995, "RANDOM_FOREST": 0.998, "GRADIENT_BOOSTING": 0.997},
}


@cache
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
    assert tuple(list_tasks("embedded")) == tuple(list_tasks()[: len(EMBEDDED)]) == EMBEDDED


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


def test_monks_are_all_robots_under_the_published_rules() -> None:
    counts = {1: 216, 2: 142, 3: 228}
    for number, n_monks in counts.items():
        task = get_task(f"monks_{number}")
        assert len({tuple(row) for row in task.x}) == 3 * 3 * 2 * 3 * 4 * 2 == task.n_rows
        assert task.x.max(axis=0).tolist() == [len(values) for values in monks.ATTRIBUTES.values()]
        assert int(task.y.sum()) == n_monks
    robot = dict.fromkeys(monks.ATTRIBUTES, 1)

    def coded(**attributes: int) -> np.ndarray:
        return np.array([list({**robot, **attributes}.values())], dtype=float)

    assert monks.first_rule(coded(head_shape=2, body_shape=2, jacket_color=3)).all()
    assert not monks.first_rule(coded(head_shape=2, body_shape=1, jacket_color=3)).any()
    assert monks.second_rule(coded(body_shape=2, is_smiling=2, holding=2, jacket_color=2)).all()
    assert not monks.second_rule(coded(body_shape=2)).any()
    assert monks.third_rule(coded(body_shape=3, jacket_color=3, holding=1)).all()
    assert not monks.third_rule(coded(body_shape=3, jacket_color=3, holding=2)).any()
    assert not monks.third_rule(coded(jacket_color=4)).any()


def test_waveforms_are_mixtures_of_their_two_waves() -> None:
    x, y = waveform.generate(30_000, seed=1)
    shapes = waveform.waves()
    assert shapes.max(axis=1).tolist() == [6, 6, 6]
    for label, (first, second) in enumerate(((0, 1), (0, 2), (1, 2))):
        rows = x[y == label]
        np.testing.assert_allclose(rows.mean(axis=0), (shapes[first] + shapes[second]) / 2, atol=0.1)
        variance = 1 + (shapes[first] - shapes[second]) ** 2 / 12  # of the noise, and of a uniform share
        np.testing.assert_allclose(rows.var(axis=0), variance, rtol=0.1)


def test_the_best_score_on_noisy_xor_is_what_the_module_says() -> None:
    x, y = noisy_xor.generate(200_000, seed=1)
    rule = (x[:, 0] * x[:, 1] > 0).astype(float)
    assert roc_auc(y, np.column_stack([1 - rule, rule])) == pytest.approx(noisy_xor.BAYES_ROC_AUC, abs=0.003)
    assert pytest.approx(0.9) == noisy_xor.BAYES_ROC_AUC
    assert get_task("noisy_xor").solution("strong").score < noisy_xor.BAYES_ROC_AUC


def test_the_suite_has_spread() -> None:
    """Between an ordinary and a good program there is room on most tables: a suite that all solve measures nothing."""
    rooms = {
        name: get_task(name).solution("strong").score - get_task(name).solution("reference").score for name in EMBEDDED
    }
    assert sum(room > 0.01 for room in rooms.values()) >= 7
    assert sum(room > 0.1 for room in rooms.values()) >= 3
