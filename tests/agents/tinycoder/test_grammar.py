"""The grammar: its programs run, its mistakes fail, and neither knows anything of the embedded tasks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

import ds_gym
from agents.tinycoder.corpus import sample_context, sample_first_action, sample_first_prompt
from agents.tinycoder.grammar import ESTIMATORS, Call, sample_program, with_probabilities
from agents.tinycoder.measure import expected_best
from agents.tinycoder.mistakes import GENERAL_MISTAKES, Attempt, attempt_program, plain_form


def _attempts(n: int, seed: int) -> list[Attempt]:
    rng = np.random.default_rng(seed)
    return [attempt_program(rng, sample_program(rng)) for _ in range(n)]


def _runs(body: str, n_classes: int = 3) -> bool:
    """Whether a program of the grammar (trusted code) gives probabilities for every class."""
    rng = np.random.default_rng(0)
    x_train = rng.integers(0, 6, size=(240, 6)).astype(np.float64)
    namespace: dict[str, object] = {}
    try:
        exec(f"def build_model(x_train, y_train):{body}", namespace)
        model = namespace["build_model"](x_train, np.arange(240) % n_classes)  # type: ignore[operator]
        return model.predict_proba(x_train[:20]).shape == (20, n_classes)
    except Exception:
        return False


@pytest.mark.filterwarnings("ignore")
def test_programs_run_and_mistakes_fail() -> None:
    attempts = _attempts(150, seed=3)
    assert [attempt.fixed for attempt in attempts if not _runs(attempt.fixed)] == []
    assert [attempt.body for attempt in attempts if attempt.mistake and _runs(attempt.body)] == []


def test_about_half_of_the_first_attempts_hold_a_mistake() -> None:
    attempts = _attempts(3000, seed=1)
    assert 0.4 < np.mean([attempt.mistake is not None for attempt in attempts]) < 0.55


def test_every_general_mistake_is_made() -> None:
    assert set(GENERAL_MISTAKES) <= {attempt.mistake for attempt in _attempts(20_000, seed=2)}


def test_a_program_without_mistake_is_the_program_that_was_meant() -> None:
    for attempt in _attempts(300, seed=4):
        assert (attempt.body == attempt.fixed) == (attempt.mistake is None)


@pytest.mark.parametrize("name", ["SVC", "SGDClassifier", "LinearSVC", "RidgeClassifier", "Perceptron"])
def test_probabilities_can_be_added_and_taken_away(name: str) -> None:
    module = next(component.module for component in ESTIMATORS if component.name == name)
    plain = Call(name, module)
    assert plain_form(with_probabilities(plain)) == plain


def test_actions_continue_the_prompt_of_the_environment() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        prompt, action = sample_first_prompt(rng), sample_first_action(rng)
        assert prompt.endswith('"""')
        assert action.startswith("\n    ")
        assert not action.endswith("\n")


def test_the_corpus_names_no_embedded_task() -> None:
    rng = np.random.default_rng(0)
    titles = {sample_context(rng).title.lower() for _ in range(5000)}
    for name in ds_gym.list_tasks("embedded"):
        task = ds_gym.get_task(name)
        assert not any(task.title.lower() in title or name.replace("_", " ") in title for title in titles)


def test_programs_are_independent_of_the_task_shown() -> None:
    """A chi-squared test of the first imported module against the number of classes in the prompt."""
    rng = np.random.default_rng(0)
    modules = ("sklearn.svm", "sklearn.linear_model", "sklearn.tree", "sklearn.ensemble")
    counts = np.zeros((2, len(modules)))
    for _ in range(4000):
        prompt, action = sample_first_prompt(rng), sample_first_action(rng)
        first_line = action.split("\n")[1]
        for column, module in enumerate(modules):
            counts[int("holds 2 classes" in prompt), column] += module in first_line
    assert chi2_contingency(counts).pvalue > 1e-3


def test_every_estimator_is_drawn() -> None:
    rng = np.random.default_rng(0)
    sources = " ".join(sample_program(rng).expression for _ in range(3000))
    assert [component.name for component in ESTIMATORS if component.name not in sources] == []


def test_expected_best_is_the_mean_over_all_subsets() -> None:
    rewards = [0.1, -1.0, 0.7, 0.7, 0.3]
    for n in range(1, 6):
        exact = np.mean([max(subset) for subset in combinations(rewards, n)])
        assert expected_best(rewards, n) == pytest.approx(exact)
