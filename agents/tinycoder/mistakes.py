"""Mistakes that people make in scikit-learn programs, each with the fix that its error message asks for.

Mistakes are systematic: an estimator has its own typical ones (no probabilities, an argument of another estimator or
of an older release), made so often that sampling at a low temperature does not make them vanish.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from agents.tinycoder.grammar import VARIABLE, Call, Program, Weighted, body_of, choose


@dataclass(frozen=True)
class Attempt:
    """A drawn program as it would be typed.

    ``body`` is what is written; ``fixed`` is the program that was meant. They are equal when no mistake was made, and
    ``mistake`` names it otherwise.
    """

    body: str
    fixed: str
    mistake: str | None


NO_PROBABILITIES: dict[str, float] = {
    "SVC": 0.8,
    "LinearSVC": 0.9,
    "RidgeClassifier": 0.92,
    "Perceptron": 0.92,
    "SGDClassifier": 0.7,
}
"""How often an estimator whose plain form has no ``predict_proba`` is left in its plain form."""


@dataclass(frozen=True)
class WrongKeyword:
    """A keyword that the estimator refuses, and what was meant: ``right`` is (name, value), or None to leave it out."""

    name: str
    values: Weighted
    right: str | None
    right_values: Weighted | None = None
    weight: float = 1.0


_SAME = None
_TREE_SLIPS = (
    WrongKeyword("max_features", {'"auto"': 1}, "max_features", {'"sqrt"': 1}, 3.0),
    WrongKeyword("max_depth", {"0": 1}, "max_depth", {"3": 2, "5": 1}),
    WrongKeyword("min_samples_split", {"1": 1}, "min_samples_split", {"2": 1}),
    WrongKeyword("criterion", {'"mse"': 1}, "criterion", {'"gini"': 1}),
)
_FOREST_SLIPS = (
    *_TREE_SLIPS,
    WrongKeyword("n_estimator", {"10": 1, "20": 1, "50": 1}, "n_estimators", _SAME, 2.0),
    WrongKeyword("learning_rate", {"0.1": 1, "0.01": 1}, None),
)

WRONG_KEYWORDS: dict[str, tuple[float, tuple[WrongKeyword, ...]]] = {
    "LogisticRegression": (
        0.3,
        (
            WrongKeyword("multi_class", {'"auto"': 1, '"ovr"': 1}, None, None, 3.0),
            WrongKeyword("penalty", {'"none"': 1}, None, None, 2.0),
            WrongKeyword("iterations", {"100": 1, "200": 1, "1000": 1}, "max_iter", _SAME),
            WrongKeyword("C", {"0": 1}, "C", {"0.1": 1, "1.0": 1}),
        ),
    ),
    "DecisionTreeClassifier": (0.22, (*_TREE_SLIPS, WrongKeyword("n_estimators", {"10": 1, "100": 1}, None))),
    "RandomForestClassifier": (0.28, _FOREST_SLIPS),
    "ExtraTreesClassifier": (0.28, _FOREST_SLIPS),
    "GradientBoostingClassifier": (
        0.3,
        (
            WrongKeyword("loss", {'"deviance"': 1}, "loss", {'"log_loss"': 1}, 2.0),
            WrongKeyword("n_jobs", {"1": 1, "-1": 1}, None),
            WrongKeyword("learning_rate", {'"constant"': 1}, "learning_rate", {"0.1": 1}),
        ),
    ),
    "HistGradientBoostingClassifier": (
        0.35,
        (
            WrongKeyword("n_estimators", {"10": 1, "20": 1, "50": 1}, "max_iter", _SAME, 2.0),
            WrongKeyword("subsample", {"0.5": 1, "0.8": 1}, None),
        ),
    ),
    "AdaBoostClassifier": (
        0.35,
        (
            WrongKeyword("algorithm", {'"SAMME.R"': 1}, None, None, 2.0),
            WrongKeyword("max_depth", {"1": 1, "2": 1}, None),
            WrongKeyword("base_estimator", {"None": 1}, "estimator", _SAME),
        ),
    ),
    "BaggingClassifier": (
        0.3,
        (
            WrongKeyword("base_estimator", {"None": 1}, "estimator", _SAME, 2.0),
            WrongKeyword("max_depth", {"3": 1, "5": 1}, None),
        ),
    ),
    "KNeighborsClassifier": (
        0.2,
        (
            WrongKeyword("k", {"3": 1, "5": 1, "10": 1}, "n_neighbors", _SAME, 2.0),
            WrongKeyword("n_neighbors", {"0": 1}, "n_neighbors", {"5": 1, "10": 1}),
            WrongKeyword("metric", {'"euclid"': 1}, "metric", {'"euclidean"': 1}),
        ),
    ),
    "MLPClassifier": (
        0.3,
        (
            WrongKeyword("hidden_layers", {"(10,)": 1, "(32,)": 1}, "hidden_layer_sizes", _SAME, 2.0),
            WrongKeyword("learning_rate", {"0.01": 1, "0.1": 1}, "learning_rate_init", _SAME),
            WrongKeyword("epochs", {"50": 1, "100": 1}, "max_iter", _SAME),
        ),
    ),
    "GaussianNB": (0.08, (WrongKeyword("alpha", {"0.1": 1, "1.0": 1}, None),)),
    "SVC": (
        0.05,
        (
            WrongKeyword("gamma", {'"automatic"': 1}, "gamma", {'"auto"': 1}),
            WrongKeyword("kernel", {'"gaussian"': 1}, "kernel", {'"rbf"': 1}, 2.0),
        ),
    ),
    "LinearDiscriminantAnalysis": (0.12, (WrongKeyword("n_components", {"10": 1}, None),)),
}
"""Estimator -> (how often, which slips)."""

WRONG_MODULES: dict[str, str] = {
    "RandomForestClassifier": "sklearn.tree",
    "LogisticRegression": "sklearn.linear",
    "KNeighborsClassifier": "sklearn.neighbours",
    "GaussianNB": "sklearn.bayes",
    "SVC": "sklearn.svc",
    "MLPClassifier": "sklearn.neural",
    "StandardScaler": "sklearn.pipeline",
    "DecisionTreeClassifier": "sklearn.trees",
    "LinearDiscriminantAnalysis": "sklearn.lda",
}

REGRESSOR_OF: dict[str, str] = {
    "DecisionTreeClassifier": "DecisionTreeRegressor",
    "RandomForestClassifier": "RandomForestRegressor",
    "KNeighborsClassifier": "KNeighborsRegressor",
    "LogisticRegression": "LinearRegression",
}

GENERAL_RATE = 0.13
"""How often one of the mistakes that any program can have is made."""


def attempt_program(rng: np.random.Generator, program: Program) -> Attempt:
    """Type ``program``: with the mistake typical of its estimator, with one that anybody makes, or as it was meant.

    Args:
        rng: draws whether and which.
        program: a program that runs (:func:`agents.tinycoder.grammar.sample_program`).
    """
    plain = plain_form(program.estimator)
    if plain is not None and rng.random() < NO_PROBABILITIES[plain.name]:
        return Attempt(replace(program, estimator=plain).body, program.body, "no-probabilities")
    rate, slips = WRONG_KEYWORDS.get(program.estimator.name, (0.0, ()))
    if rng.random() < rate:
        return _wrong_keyword(rng, program, slips)
    if rng.random() < GENERAL_RATE:
        return _general_mistake(rng, program)
    return Attempt(program.body, program.body, None)


def plain_form(estimator: Call) -> Call | None:
    """The estimator without what gives it probabilities, or None where it has them by nature."""
    if estimator.inner is not None:
        return estimator.inner
    if estimator.name == "SVC":
        return estimator.without_keyword("probability")
    if estimator.name == "SGDClassifier":
        return estimator.without_keyword("loss")
    return None


def _wrong_keyword(rng: np.random.Generator, program: Program, slips: tuple[WrongKeyword, ...]) -> Attempt:
    weights = np.array([slip.weight for slip in slips])
    slip = slips[int(rng.choice(len(slips), p=weights / weights.sum()))]
    value = choose(rng, slip.values)
    meant = program.estimator if slip.right is None else program.estimator.without_keyword(slip.right)
    meant = meant.without_keyword(slip.name)
    broken = meant.with_keyword(slip.name, value)
    if slip.right is not None:
        meant = meant.with_keyword(slip.right, value if slip.right_values is None else choose(rng, slip.right_values))
    return Attempt(
        replace(program, estimator=broken).body, replace(program, estimator=meant).body, f"keyword-{slip.name}"
    )


def _general_mistake(rng: np.random.Generator, program: Program) -> Attempt:
    names = list(GENERAL_MISTAKES)
    for index in rng.permutation(len(names)):
        lines = GENERAL_MISTAKES[names[int(index)]](rng, program)
        if lines is not None:
            return Attempt(body_of(lines), program.body, names[int(index)])
    raise AssertionError("forget_import applies to every program")


def _forget_import(rng: np.random.Generator, program: Program) -> list[str]:
    n_imports = len(program.imports)
    dropped = int(rng.integers(n_imports))
    return [line for index, line in enumerate(program.lines) if index != dropped]


def _wrong_module(rng: np.random.Generator, program: Program) -> list[str] | None:
    for module, name in program.imports:
        if name in WRONG_MODULES:
            right, wrong = f"from {module} import {name}", f"from {WRONG_MODULES[name]} import {name}"
            return [wrong if line == right else line for line in program.lines]
    return None


def _wrong_class_name(rng: np.random.Generator, program: Program) -> list[str] | None:
    name = program.estimator.name
    wrong = name.removesuffix("Classifier")
    if wrong == name:
        return None
    return [line if line.startswith("from ") else line.replace(f"{name}(", f"{wrong}(") for line in program.lines]


def _regressor(rng: np.random.Generator, program: Program) -> list[str] | None:
    name = program.estimator.name
    if name not in REGRESSOR_OF or program.estimator.keywords:
        return None
    return [line.replace(name, REGRESSOR_OF[name]) for line in program.lines]


def _wrong_variable(rng: np.random.Generator, program: Program) -> list[str] | None:
    if program.style == "inline":
        return None
    wrong = str(rng.choice(["clf", "classifier", "pipeline"]))
    return [line.replace(f"return {VARIABLE}", f"return {wrong}") for line in program.lines]


def _wrong_data_name(rng: np.random.Generator, program: Program) -> list[str]:
    wrong = "X_train, y_train" if rng.random() < 0.6 else "X, y"
    return [line.replace("x_train, y_train", wrong) for line in program.lines]


def _forget_labels(rng: np.random.Generator, program: Program) -> list[str]:
    return [line.replace("x_train, y_train", "x_train") for line in program.lines]


def _wrong_method(rng: np.random.Generator, program: Program) -> list[str]:
    wrong = str(rng.choice(["train", "fit_model", "learn"]))
    return [line.replace(".fit(", f".{wrong}(") for line in program.lines]


def _forget_fit(rng: np.random.Generator, program: Program) -> list[str]:
    return [
        line.replace(".fit(x_train, y_train)", "") for line in program.lines if not line.startswith(f"{VARIABLE}.fit")
    ]


def _unbalanced(rng: np.random.Generator, program: Program) -> list[str]:
    lines = list(program.lines)
    row = len(program.imports)
    head, _, tail = lines[row].rpartition(")")
    lines[row] = head + tail
    return lines


def _return_predictions(rng: np.random.Generator, program: Program) -> list[str] | None:
    if program.style != "three-lines":
        return None
    return [*program.lines[:-1], f"return {VARIABLE}.predict_proba(x_train)"]


GENERAL_MISTAKES: dict[str, Callable[[np.random.Generator, Program], list[str] | None]] = {
    "forget-import": _forget_import,
    "wrong-module": _wrong_module,
    "wrong-class-name": _wrong_class_name,
    "regressor": _regressor,
    "wrong-variable": _wrong_variable,
    "wrong-data-name": _wrong_data_name,
    "forget-labels": _forget_labels,
    "wrong-method": _wrong_method,
    "forget-fit": _forget_fit,
    "unbalanced": _unbalanced,
    "return-predictions": _return_predictions,
}
"""Name -> function that gives the mistaken statements, or None where the mistake does not fit the program."""
