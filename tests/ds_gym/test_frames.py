"""Tasks that hand over a data frame: what programs get in the sandbox, and what the prompt says of it."""

from __future__ import annotations

import gymnasium
import numpy as np
import pandas as pd
import pytest

import ds_gym
from ds_gym.columns import Column
from ds_gym.evaluation import Evaluator
from ds_gym.sandbox import InProcessSandbox, Sandbox, SplitJob, make_sandbox

PIPELINE = """def build_model(x_train, y_train):
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    nominal = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer(
        (nominal, make_column_selector(dtype_include="category")),
        (numeric, make_column_selector(dtype_include="number")),
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(x_train, y_train)"""

BOOSTING = """def build_model(x_train, y_train):
    from sklearn.ensemble import HistGradientBoostingClassifier
    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0).fit(x_train, y_train)"""

BY_HAND = """def build_model(x_train, y_train):
    import pandas as pd
    rates = pd.Series(y_train).groupby(x_train["colour"], observed=True).mean()

    class Model:
        def predict_proba(self, x):
            score = x["colour"].map(rates).astype(float).fillna(rates.mean())
            return pd.DataFrame({"no": 1 - score, "yes": score})

    return Model()"""

CHECK = """def build_model(x_train, y_train):
    from sklearn.dummy import DummyClassifier
    assert list(x_train.columns) == ["colour", "weight"]
    assert str(x_train["colour"].dtype) == "category"
    assert list(x_train["colour"].cat.categories) == ["blue", "green", "r\\u00e9d"]
    assert x_train["weight"].dtype == float
    assert x_train["colour"].isna().any() and x_train["weight"].isna().any()
    class Model(DummyClassifier):
        def predict_proba(self, x):
            assert x.dtypes.equals(x_train.dtypes) and x.index[0] == 0 and 0 < x["weight"].isna().sum() < len(x)
            return super().predict_proba(x)
    return Model().fit(x_train, y_train)"""


@pytest.fixture(scope="module")
def table() -> ds_gym.Task:
    """The colour nearly decides; a tenth of all cells is missing."""
    generator = np.random.default_rng(0)
    colour = generator.choice(["réd", "green", "blue"], 400)
    label = np.where(generator.uniform(size=400) < 0.1, "no", np.where(colour == "green", "yes", "no"))
    frame = pd.DataFrame({"colour": colour, "weight": generator.normal(size=400)}, dtype=object)
    frame = frame.mask(generator.uniform(size=frame.shape) < 0.1).assign(label=label).astype({"weight": float})
    return ds_gym.Task.from_frame(frame, "label", encode=None, name="colours")


@pytest.mark.parametrize("sandbox", [make_sandbox(), InProcessSandbox()], ids=["fork-server", "in-process"])
@pytest.mark.parametrize("program", [PIPELINE, BOOSTING, BY_HAND], ids=["pipeline", "boosting", "by hand"])
def test_programs_that_use_the_columns(table: ds_gym.Task, sandbox: Sandbox, program: str) -> None:
    evaluation = Evaluator(table, sandbox=sandbox).evaluate(program)
    assert evaluation.failure is None
    assert evaluation.reward > 0.85


@pytest.mark.parametrize("sandbox", [make_sandbox(), InProcessSandbox()], ids=["fork-server", "in-process"])
def test_what_programs_get(table: ds_gym.Task, sandbox: Sandbox) -> None:
    evaluation = Evaluator(table, sandbox=sandbox).evaluate(CHECK)
    assert evaluation.failure is None
    assert evaluation.score == 0.5


def test_an_episode(table: ds_gym.Task) -> None:
    env = gymnasium.make("DataSci-v0", task=table)
    observation, _ = env.reset(seed=0)
    assert (
        "# Data: 2 features, 1 of them categories (colour: category, weight: number), x_train is a pandas DataFrame of "
        "shape (140, 2), in which values may be missing, y_train holds 2 classes 0..1."
    ) in observation
    _, reward, terminated, _, _ = env.step(BOOSTING)
    assert reward > 0.85
    assert terminated
    env.close()


def test_columns_must_describe_the_matrix() -> None:
    x, y = np.zeros((4, 2)), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"SplitJob.columns has 1 entries for 2 columns"):
        SplitJob("", x, y, x, 2, 0, 1.0, 64, columns=(Column("a"),))
