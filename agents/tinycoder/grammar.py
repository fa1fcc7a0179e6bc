"""A probabilistic grammar of scikit-learn programs: what a hurried programmer types into ``build_model``.

Common choices are mediocre, good ones are rarer, and nothing here depends on the task: which estimator suits which
table is for the environment to teach. Every program that :func:`sample_program` draws runs on numeric data; the ways in
which people get such programs wrong live in :mod:`agents.tinycoder.mistakes`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Weighted = dict[str, float]
"""Python source of a value -> weight. Weights need not sum to 1."""

VARIABLE = "model"
"""What programs call their estimator."""


@dataclass(frozen=True)
class Parameter:
    """A keyword argument: written with probability ``rate``, its value drawn from ``values``."""

    name: str
    rate: float
    values: Weighted


@dataclass(frozen=True)
class Component:
    """An importable class with its keyword arguments. ``weight`` is relative to its own list."""

    name: str
    module: str
    weight: float
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Call:
    """A constructor call: ``name(positional, keyword=value, ...)``; values are Python source."""

    name: str
    module: str
    keywords: tuple[tuple[str, str], ...] = ()
    inner: Call | None = None

    @property
    def source(self) -> str:
        arguments = [self.inner.source] if self.inner is not None else []
        arguments += [f"{key}={value}" for key, value in self.keywords]
        return f"{self.name}({', '.join(arguments)})"

    @property
    def imports(self) -> tuple[tuple[str, str], ...]:
        own = ((self.module, self.name),)
        return own if self.inner is None else own + self.inner.imports

    def with_keyword(self, name: str, value: str) -> Call:
        """This call with one keyword set, in its place where it was already there."""
        if any(key == name for key, _ in self.keywords):
            return replace(self, keywords=tuple((key, value if key == name else old) for key, old in self.keywords))
        return replace(self, keywords=(*self.keywords, (name, value)))

    def without_keyword(self, name: str) -> Call:
        return replace(self, keywords=tuple(pair for pair in self.keywords if pair[0] != name))


@dataclass(frozen=True)
class Program:
    """One way to fill ``build_model``: transformers, an estimator, and a style of writing it down.

    ``style`` is ``"inline"`` (build, fit and return in one statement), ``"fit-return"`` or ``"three-lines"``.
    """

    transformers: tuple[Call, ...]
    estimator: Call
    style: str

    @property
    def imports(self) -> tuple[tuple[str, str], ...]:
        """(module, name) pairs, sorted and unique."""
        pairs = [pair for call in (*self.transformers, self.estimator) for pair in call.imports]
        if self.transformers:
            pairs.append(("sklearn.pipeline", "make_pipeline"))
        return tuple(sorted(set(pairs)))

    @property
    def expression(self) -> str:
        if not self.transformers:
            return self.estimator.source
        return f"make_pipeline({', '.join(call.source for call in (*self.transformers, self.estimator))})"

    @property
    def lines(self) -> tuple[str, ...]:
        """The statements of the body, without indentation."""
        imports = tuple(f"from {module} import {name}" for module, name in self.imports)
        if self.style == "inline":
            return (*imports, f"return {self.expression}.fit(x_train, y_train)")
        build = f"{VARIABLE} = {self.expression}"
        if self.style == "fit-return":
            return (*imports, build, f"return {VARIABLE}.fit(x_train, y_train)")
        return (*imports, build, f"{VARIABLE}.fit(x_train, y_train)", f"return {VARIABLE}")

    @property
    def body(self) -> str:
        """The action: begins with a newline and four spaces, ends without a newline."""
        return body_of(self.lines)


def body_of(lines: tuple[str, ...] | list[str]) -> str:
    """Statements as an action: each on a line of its own, indented by four spaces."""
    return "".join(f"\n    {line}" for line in lines)


def _even(*values: object) -> Weighted:
    return {repr(value): 1.0 for value in values}


_TREE_DEPTH = Parameter("max_depth", 0.8, {"2": 5, "3": 6, "4": 3, "5": 2, "8": 1, "10": 1})
_LEAF = Parameter("min_samples_leaf", 0.15, _even(2, 5, 10, 20))
_TREES = Parameter("n_estimators", 0.85, {"5": 3, "10": 6, "20": 4, "50": 3, "100": 1})
_FOREST_DEPTH = Parameter("max_depth", 0.5, {"2": 4, "3": 5, "5": 3, "8": 1, "10": 1})
_SEED = Parameter("random_state", 0.25, {"0": 3, "42": 3})
_C = Parameter("C", 0.5, {"0.01": 2, "0.1": 4, "1.0": 4, "10": 2, "100": 1})

ESTIMATORS: tuple[Component, ...] = (
    Component(
        "SVC",
        "sklearn.svm",
        27.0,
        (
            Parameter("kernel", 0.45, {'"rbf"': 3, '"linear"': 4, '"poly"': 1, '"sigmoid"': 1}),
            _C,
            Parameter("gamma", 0.15, {'"auto"': 2, "0.1": 1, "0.01": 1}),
        ),
    ),
    Component(
        "LogisticRegression",
        "sklearn.linear_model",
        15.0,
        (_C, Parameter("max_iter", 0.35, {"100": 1, "200": 2, "500": 1, "1000": 2})),
    ),
    Component("DecisionTreeClassifier", "sklearn.tree", 14.0, (_TREE_DEPTH, _LEAF, _SEED)),
    Component(
        "KNeighborsClassifier",
        "sklearn.neighbors",
        10.0,
        (
            Parameter("n_neighbors", 0.85, {"1": 2, "3": 3, "5": 3, "10": 2, "25": 2, "50": 3, "100": 2}),
            Parameter("weights", 0.15, {'"distance"': 2, '"uniform"': 1}),
        ),
    ),
    Component("GaussianNB", "sklearn.naive_bayes", 7.0, (Parameter("var_smoothing", 0.15, {"1e-8": 1, "1e-3": 1}),)),
    Component("RandomForestClassifier", "sklearn.ensemble", 7.0, (_TREES, _FOREST_DEPTH, _SEED)),
    Component("LinearSVC", "sklearn.svm", 4.0, (_C,)),
    Component(
        "RidgeClassifier", "sklearn.linear_model", 3.5, (Parameter("alpha", 0.6, {"0.1": 1, "1.0": 2, "10": 1}),)
    ),
    Component(
        "GradientBoostingClassifier",
        "sklearn.ensemble",
        3.0,
        (
            Parameter("n_estimators", 0.9, {"10": 5, "20": 4, "50": 1}),
            Parameter("learning_rate", 0.5, {"0.01": 3, "0.05": 2, "0.1": 2, "0.5": 1}),
            Parameter("max_depth", 0.4, {"1": 2, "2": 2, "3": 2, "5": 1}),
        ),
    ),
    Component(
        "SGDClassifier", "sklearn.linear_model", 2.5, (Parameter("alpha", 0.5, _even(0.0001, 0.001, 0.01)), _SEED)
    ),
    Component("Perceptron", "sklearn.linear_model", 2.5, (Parameter("max_iter", 0.4, _even(100, 1000)), _SEED)),
    Component(
        "AdaBoostClassifier",
        "sklearn.ensemble",
        2.5,
        (
            Parameter("n_estimators", 0.9, {"5": 2, "10": 4, "20": 2, "50": 1}),
            Parameter("learning_rate", 0.35, {"0.01": 1, "0.1": 2, "0.5": 2, "1.0": 1}),
        ),
    ),
    Component(
        "MLPClassifier",
        "sklearn.neural_network",
        2.0,
        (
            Parameter("hidden_layer_sizes", 0.85, {"(5,)": 2, "(10,)": 3, "(16,)": 2, "(32,)": 2, "(32, 16)": 1}),
            Parameter("max_iter", 0.9, {"20": 2, "50": 3, "100": 2, "200": 1}),
            Parameter("learning_rate_init", 0.3, {"0.001": 1, "0.01": 2}),
            _SEED,
        ),
    ),
    Component("ExtraTreesClassifier", "sklearn.ensemble", 1.5, (_TREES, _FOREST_DEPTH, _SEED)),
    Component("BernoulliNB", "sklearn.naive_bayes", 1.5, (Parameter("alpha", 0.4, _even(0.1, 0.5, 1.0)),)),
    Component(
        "HistGradientBoostingClassifier",
        "sklearn.ensemble",
        1.2,
        (
            Parameter("max_iter", 0.85, {"5": 2, "10": 3, "20": 3, "50": 2}),
            Parameter("learning_rate", 0.4, {"0.01": 2, "0.05": 1, "0.1": 2, "0.3": 1}),
            Parameter("max_leaf_nodes", 0.25, _even(5, 15, 31)),
        ),
    ),
    Component("LinearDiscriminantAnalysis", "sklearn.discriminant_analysis", 1.5, ()),
    Component(
        "QuadraticDiscriminantAnalysis",
        "sklearn.discriminant_analysis",
        0.8,
        (Parameter("reg_param", 0.9, {"0.01": 1, "0.1": 2, "0.5": 2}),),
    ),
    Component("BaggingClassifier", "sklearn.ensemble", 1.2, (Parameter("n_estimators", 0.8, _even(5, 10, 20)), _SEED)),
    Component(
        "DummyClassifier", "sklearn.dummy", 0.8, (Parameter("strategy", 0.6, {'"prior"': 1, '"stratified"': 1}),)
    ),
)

TRANSFORMERS: tuple[Component, ...] = (
    Component("StandardScaler", "sklearn.preprocessing", 8.0),
    Component("MinMaxScaler", "sklearn.preprocessing", 3.0),
    Component("RobustScaler", "sklearn.preprocessing", 1.0),
    Component("PCA", "sklearn.decomposition", 2.0, (Parameter("n_components", 0.9, {"1": 2, "2": 3, "0.9": 2}),)),
    Component("SelectKBest", "sklearn.feature_selection", 1.5, (Parameter("k", 1.0, {"1": 1, "2": 2, "3": 2}),)),
    Component("PolynomialFeatures", "sklearn.preprocessing", 1.2, (Parameter("degree", 0.7, {"2": 3, "3": 1}),)),
    Component("KBinsDiscretizer", "sklearn.preprocessing", 0.6, (Parameter("n_bins", 0.8, _even(3, 5, 10)),)),
    Component("OneHotEncoder", "sklearn.preprocessing", 0.8, (Parameter("handle_unknown", 1.0, {'"ignore"': 1}),)),
)

STYLES: Weighted = {"three-lines": 4, "fit-return": 3, "inline": 3}
PIPELINE_RATE = 0.22
"""How often anything stands before the estimator: forgetting to scale is the commonest mistake that still runs."""

SPARSE_OUTPUT = frozenset({"OneHotEncoder", "KBinsDiscretizer"})
TAKES_SPARSE = frozenset(
    {
        "LogisticRegression",
        "SVC",
        "RandomForestClassifier",
        "DecisionTreeClassifier",
        "ExtraTreesClassifier",
        "BernoulliNB",
    }
)
"""Estimators that an encoder with sparse output may precede; another estimator gets a scaler instead."""


def choose(rng: np.random.Generator, weighted: Weighted) -> str:
    """One key of ``weighted``, drawn in proportion to its weight."""
    weights = np.array(list(weighted.values()), dtype=np.float64)
    return list(weighted)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def sample_call(rng: np.random.Generator, component: Component) -> Call:
    """A constructor call of ``component`` with drawn keyword arguments."""
    keywords = tuple((p.name, choose(rng, p.values)) for p in component.parameters if rng.random() < p.rate)
    return Call(component.name, component.module, keywords)


def sample_program(rng: np.random.Generator) -> Program:
    """A program that runs on numeric data, its estimator giving probabilities."""
    estimator = sample_call(rng, _choose_component(rng, ESTIMATORS))
    transformers: tuple[Call, ...] = ()
    if rng.random() < PIPELINE_RATE:
        component = _choose_component(rng, TRANSFORMERS)
        if component.name in SPARSE_OUTPUT and estimator.name not in TAKES_SPARSE:
            component = TRANSFORMERS[0]
        transformers = (sample_call(rng, component),)
    return Program(transformers, with_probabilities(estimator), choose(rng, STYLES))


def with_probabilities(estimator: Call) -> Call:
    """The same estimator, made to offer ``predict_proba`` where its plain form does not."""
    if estimator.name == "SVC":
        return estimator.with_keyword("probability", "True")
    if estimator.name == "SGDClassifier":
        return estimator.with_keyword("loss", '"log_loss"')
    if estimator.name in {"LinearSVC", "RidgeClassifier", "Perceptron"}:
        return Call("CalibratedClassifierCV", "sklearn.calibration", inner=estimator)
    return estimator


def _choose_component(rng: np.random.Generator, components: tuple[Component, ...]) -> Component:
    weights = np.array([component.weight for component in components])
    return components[int(rng.choice(len(components), p=weights / weights.sum()))]
