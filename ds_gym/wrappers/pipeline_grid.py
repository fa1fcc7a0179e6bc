"""A small grid of scikit-learn pipelines, and the program that each of its points is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ds_gym.actions import HEADER
from ds_gym.tasks import Task
from ds_gym.wrappers.program_menu import check_choice_of

Setting = Mapping[str, Any]
"""Arguments of an estimator."""


@dataclass(frozen=True)
class Step:
    """A class of scikit-learn that may stand in a pipeline.

    Attributes:
        module: where it is imported from.
        name: of the class.
        arguments: that it is always given.
    """

    module: str
    name: str
    arguments: Setting

    def call(self, arguments: Setting) -> str:
        """The expression that makes it."""
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in {**self.arguments, **arguments}.items())})"


@dataclass(frozen=True)
class Estimator:
    """A classifier, and the settings that may be chosen for it.

    Attributes:
        step: the classifier.
        settings: arguments to choose from, as many for every estimator of a grid.
        is_calibrated: whether probabilities come from a sigmoid that is fitted to its decision function.
    """

    step: Step
    settings: tuple[Setting, ...]
    is_calibrated: bool = False

    def call(self, setting: Setting) -> str:
        """The expression that makes it."""
        expression = self.step.call(setting)
        return f"CalibratedClassifierCV({expression}, ensemble=False)" if self.is_calibrated else expression


_PREPROCESSING = "sklearn.preprocessing"

SCALERS: tuple[tuple[Step, ...], ...] = (
    (),
    (Step(_PREPROCESSING, "StandardScaler", {}),),
    (Step(_PREPROCESSING, "MinMaxScaler", {}),),
    (
        Step(_PREPROCESSING, "StandardScaler", {}),
        Step(_PREPROCESSING, "PolynomialFeatures", {"degree": 2, "include_bias": False}),
    ),
)
"""What may be done to the features; the last one adds their products."""

_SEEDED = {"random_state": 0}

ESTIMATORS: tuple[Estimator, ...] = (
    Estimator(
        Step("sklearn.linear_model", "LogisticRegression", {"max_iter": 1000}),
        tuple({"C": c} for c in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)),
    ),
    Estimator(
        Step("sklearn.naive_bayes", "GaussianNB", {}),
        tuple({"var_smoothing": value} for value in (1e-9, 1e-6, 1e-3, 1e-2, 1e-1, 1.0)),
    ),
    Estimator(
        Step("sklearn.neighbors", "KNeighborsClassifier", {}),
        tuple({"n_neighbors": k, "weights": weights} for k in (1, 5, 20) for weights in ("uniform", "distance")),
    ),
    Estimator(
        Step("sklearn.svm", "SVC", {}),
        tuple({"C": c, "gamma": gamma} for c in (0.1, 1.0, 10.0) for gamma in ("scale", 0.1)),
        is_calibrated=True,
    ),
    Estimator(
        Step("sklearn.tree", "DecisionTreeClassifier", _SEEDED),
        tuple({"max_depth": depth, "min_samples_leaf": leaf} for depth in (2, 5, None) for leaf in (1, 10)),
    ),
    Estimator(
        Step("sklearn.ensemble", "RandomForestClassifier", {"n_estimators": 100, **_SEEDED}),
        tuple({"max_features": part, "min_samples_leaf": leaf} for part in ("sqrt", 0.5, 1.0) for leaf in (1, 5)),
    ),
    Estimator(
        Step("sklearn.ensemble", "HistGradientBoostingClassifier", _SEEDED),
        tuple({"learning_rate": rate, "max_leaf_nodes": n} for rate in (0.03, 0.1, 0.3) for n in (7, 31)),
    ),
    Estimator(
        Step("sklearn.neural_network", "MLPClassifier", {"max_iter": 500, **_SEEDED}),
        tuple({"hidden_layer_sizes": (n,), "alpha": alpha} for n in (10, 30, 100) for alpha in (1e-4, 1e-1)),
    ),
)


@dataclass(frozen=True)
class PipelineGrid:
    """Scalers x estimators x settings; a :class:`~ds_gym.wrappers.program_menu.ProgramMenu`.

    Attributes:
        scalers: each a sequence of steps, which may be empty.
        estimators: all with the same number of settings.

    Raises:
        ValueError: nothing to choose from, or estimators with different numbers of settings.
    """

    scalers: tuple[tuple[Step, ...], ...] = SCALERS
    estimators: tuple[Estimator, ...] = ESTIMATORS

    def __post_init__(self) -> None:
        sizes = {len(estimator.settings) for estimator in self.estimators}
        if not self.scalers or len(sizes) != 1 or 0 in sizes:
            raise ValueError(
                f"grid: given {len(self.scalers)} scalers and estimators with {sorted(sizes)} settings; allowed: at "
                "least one of each, and the same number of settings for every estimator"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many scalers, estimators and settings there are."""
        return len(self.scalers), len(self.estimators), len(self.estimators[0].settings)

    def program_for(self, task: Task, choice: Sequence[int]) -> str:
        """The program of one point, which takes what the task hands over; see :meth:`program`."""
        return self.program(choice, takes_frame=bool(task.columns))

    def program(self, choice: Sequence[int], *, takes_frame: bool = False) -> str:
        """The program of one point.

        Args:
            choice: indices of a scaler, an estimator and a setting.
            takes_frame: whether ``x_train`` is a data frame with categories and missing values; they are encoded first.

        Raises:
            ValueError: an index that does not exist, or not three of them.
        """
        scaler_index, estimator_index, setting_index = check_choice_of(self.shape, choice)
        scaler, estimator = self.scalers[scaler_index], self.estimators[estimator_index]
        imports = {(step.module, step.name) for step in (*scaler, estimator.step)}
        if estimator.is_calibrated:
            imports.add(("sklearn.calibration", "CalibratedClassifierCV"))
        calls = [step.call({}) for step in scaler]
        if takes_frame:
            imports |= _FRAME_IMPORTS
            calls.insert(0, "columns")
        calls.append(estimator.call(estimator.settings[setting_index]))
        if len(calls) > 1:
            imports.add(("sklearn.pipeline", "make_pipeline"))
        model = f"make_pipeline({', '.join(calls)})" if len(calls) > 1 else calls[0]
        lines = [f"from {module} import {name}" for module, name in sorted(imports)]
        lines += _FRAME_LINES if takes_frame else []
        lines.append(f"return {model}.fit(x_train, y_train)")
        return "\n".join([HEADER, *(f"    {line}" for line in lines)])


_FRAME_IMPORTS = {
    ("sklearn.compose", "make_column_selector"),
    ("sklearn.compose", "make_column_transformer"),
    ("sklearn.impute", "SimpleImputer"),
    ("sklearn.preprocessing", "OneHotEncoder"),
}
_FRAME_LINES = [
    'encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
    'categories = (encoder, make_column_selector(dtype_include="category"))',
    "columns = make_column_transformer(categories, remainder=SimpleImputer())",
]
