"""What programs may do, how they fail, and that they repeat themselves."""

from __future__ import annotations

import textwrap
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.utils import all_estimators

from ds_gym.failures import Failure
from ds_gym.sandbox import Sandbox, SplitJob, make_sandbox
from ds_gym.sandbox.fork_server import ForkServerSandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, N_CLASSES, N_EVAL, make_job

HONEST = {
    "thread pools of joblib": """
        from sklearn.ensemble import RandomForestClassifier
        return RandomForestClassifier(10, n_jobs=-1).fit(x_train, y_train)
    """,
    "process pools of joblib": """
        from joblib import Parallel, delayed
        from sklearn.model_selection import GridSearchCV, cross_val_score
        from sklearn.linear_model import LogisticRegression
        assert Parallel(n_jobs=2, backend="loky")(delayed(abs)(-i) for i in range(3)) == [0, 1, 2]
        assert Parallel(n_jobs=2, backend="multiprocessing")(delayed(abs)(-i) for i in range(3)) == [0, 1, 2]
        cross_val_score(LogisticRegression(), x_train, y_train, cv=2, n_jobs=2)
        return GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2, n_jobs=-1).fit(x_train, y_train)
    """,
    "OpenMP": """
        from sklearn.ensemble import HistGradientBoostingClassifier
        return HistGradientBoostingClassifier(max_iter=5).fit(x_train, y_train)
    """,
    "threads": """
        import threading
        from sklearn.linear_model import LogisticRegression
        model = LogisticRegression()
        thread = threading.Thread(target=model.fit, args=(x_train, y_train))
        thread.start(), thread.join()
        return model
    """,
    "output in every way": """
        import logging, os, sys, warnings
        from sklearn.linear_model import LogisticRegression
        warnings.warn("loud")
        logging.warning("loud")
        for i in range(2000):
            print("loud", i, flush=True)
        sys.stderr.write("loud"), sys.__stdout__.write("loud"), os.write(2, b"loud" * 1000)
        return LogisticRegression(max_iter=1, verbose=1).fit(1000 * x_train, y_train)
    """,
    "silenced output": """
        import contextlib, os
        from sklearn.linear_model import LogisticRegression
        with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink):
            print("quiet")
        with open("/dev/null"):
            return LogisticRegression().fit(x_train, y_train)
    """,
    "threadpool_limits and KMeans": """
        from sklearn.cluster import KMeans
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_info, threadpool_limits
        with threadpool_limits(1):
            KMeans(2, n_init=1).fit(x_train)
        assert all(pool["num_threads"] == 1 for pool in threadpool_info())
        return LogisticRegression().fit(x_train, y_train)
    """,
    "a fallback for a library that is not there": """
        try:
            import xgboost
        except ImportError:
            from sklearn.naive_bayes import GaussianNB as Model
        return Model().fit(x_train, y_train)
    """,
    "experimental estimators": """
        from sklearn.experimental import enable_iterative_imputer, enable_halving_search_cv
        from sklearn.impute import IterativeImputer
        from sklearn.model_selection import HalvingGridSearchCV
        from sklearn.naive_bayes import GaussianNB
        from sklearn.pipeline import make_pipeline
        return make_pipeline(IterativeImputer(), GaussianNB()).fit(x_train, y_train)
    """,
    "predictions in single precision, as lists, as a frame": """
        import numpy as np, pandas as pd
        from sklearn.naive_bayes import GaussianNB
        inner = GaussianNB().fit(x_train, y_train)
        class Model:
            def predict_proba(self, x):
                p = inner.predict_proba(x).astype(np.float32)
                return pd.DataFrame(np.asarray(p.tolist()))
        return Model()
    """,
}

FAILURES = {
    "syntax": ("return (", Failure("syntax", "SyntaxError: '(' was never closed", 2)),
    "exception": ("raise ValueError('no')", Failure("exception", "ValueError: no", 2)),
    "no predict_proba": (
        "from sklearn.svm import LinearSVC\nreturn LinearSVC().fit(x_train, y_train)",
        Failure("exception", "AttributeError: 'LinearSVC' object has no attribute 'predict_proba'", None),
    ),
    "None": ("pass", Failure("invalid_predictions", "build_model returned None: return the fitted classifier", None)),
    "error in predict_proba": (
        "class M:\n    def predict_proba(self, x):\n        return x / None\nreturn M()",
        Failure("exception", "TypeError: unsupported operand type(s) for /: 'float' and 'NoneType'", 4),
    ),
    "wrong shape": (
        "import numpy as np\nclass M:\n    def predict_proba(self, x): return np.ones((len(x), 2)) / 2\nreturn M()",
        Failure(
            "invalid_predictions",
            f"predict_proba returned shape ({N_EVAL}, 2), expected floats of shape ({N_EVAL}, {N_CLASSES}): "
            "one column per class",
            None,
        ),
    ),
    "not a number": (
        "class M:\n    def predict_proba(self, x): return [[float('nan')] * 3 for _ in x]\nreturn M()",
        Failure("invalid_predictions", f"predict_proba returned NaN or infinity in {N_EVAL} of {N_EVAL} rows", None),
    ),
    "exit": (
        "import sys\nsys.exit(0)",
        Failure("killed", "SystemExit: the program ended its process instead of returning a model", 3),
    ),
    "immediate exit": (
        "import os\nos._exit(0)",
        Failure("killed", "the process ended before it returned predictions", None),
    ),
    "crash": (
        "import ctypes\nctypes.string_at(1)",
        Failure("killed", "the process died (SIGSEGV) before it returned predictions", None),
    ),
    "missing module": (
        "import xgboost",
        Failure("exception", "ModuleNotFoundError: No module named 'xgboost'", 2),
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_run(sandbox: Sandbox, name: str) -> None:
    result = sandbox.run(make_job(textwrap.dedent(HONEST[name])))
    assert result.failure is None
    assert result.probabilities is not None
    assert result.probabilities.shape == (N_EVAL, N_CLASSES)
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_described(sandbox: Sandbox, name: str) -> None:
    body, failure = FAILURES[name]
    result = sandbox.run(make_job(body))
    assert result.failure == failure
    assert result.probabilities is None


@pytest.mark.parametrize(
    "source",
    [
        "def build_model(x_train, y_train):\n    return '\0'\n",
        "def build_model(x_train, y_train):\n    return '\ud800'\n",
        "def build_model(x_train, y_train):\n    return " + "(" * 5000 + ")" * 5000,
        "def build_model(x_train, y_train):\n    return " + "-" * 60_000 + "1",
        "def build_model(x_train, y_train):\n    return '" + "x" * 10**6 + "'",
        "def other(x_train, y_train):\n    return 1\n",
        "",
    ],
    ids=["null byte", "surrogate", "brackets", "deep", "long", "no build_model", "empty"],
)
def test_unreadable_sources_are_failed_attempts(sandbox: Sandbox, source: str) -> None:
    failure = sandbox.run(make_job(source, whole=True)).failure
    assert failure is not None
    assert failure.kind == "syntax"
    assert failure.message.startswith("SyntaxError: ")


def test_every_classifier_does_the_same_as_in_a_plain_process(sandbox: Sandbox) -> None:
    in_process = make_sandbox("in-process")
    n_scored = 0
    for name, estimator in all_estimators(type_filter="classifier"):
        module = estimator.__module__.partition("._")[0]
        body = f"from {module} import {name}\nreturn {name}().fit(abs(x_train), y_train)"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain = in_process.run(make_job(body))
        confined = sandbox.run(make_job(body))
        assert confined.failure == plain.failure, name
        if plain.probabilities is not None:
            np.testing.assert_allclose(confined.probabilities, plain.probabilities, atol=1e-6, err_msg=name)
            n_scored += 1
    assert n_scored > 20


PEEK = """
import gc, socket, sys
from sklearn.naive_bayes import GaussianNB
objects, frame = [], sys._getframe()
while frame is not None:
    for value in frame.f_locals.values():
        objects += [value, *getattr(value, "__dict__", {}).values()]
    frame = frame.f_back
for container in gc.get_objects():
    if type(container) in (dict, list, tuple):
        objects += container.values() if type(container) is dict else container
shapes = {o.shape for o in objects if type(o).__name__ == "ndarray"}
assert x_train.shape in shapes, "the search finds nothing"
assert (60, 4) not in shapes, "the evaluation rows are here"
n_empty = 0
for one in [o for o in objects + gc.get_objects() if isinstance(o, socket.socket)]:
    try:
        one.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
    except BlockingIOError:
        n_empty += 1
    except OSError:
        pass  # a socket of the zygote, closed here
    else:
        raise AssertionError("the evaluation rows are on their way")
assert n_empty, "the search finds no socket"
return GaussianNB().fit(x_train, y_train)
"""


def test_the_program_cannot_see_the_evaluation_rows_while_it_builds(sandbox: Sandbox) -> None:
    assert sandbox.run(make_job(PEEK)).failure is None


def test_what_a_program_does_to_its_arrays_stays_in_the_sandbox(sandbox: Sandbox) -> None:
    job = make_job(
        "x_train[:] = 0; y_train[:] = 1\n"
        "class M:\n    def predict_proba(self, x):\n        x[:] = 1 / 3\n        return x[:, :3]\nreturn M()"
    )
    before = job.x_train.copy(), job.y_train.copy(), job.x_eval.copy()
    result = sandbox.run(job)
    assert result.failure is None
    for old, new in zip(before, (job.x_train, job.y_train, job.x_eval), strict=True):
        np.testing.assert_array_equal(old, new)


RANDOM = """
import random
import numpy as np
from sklearn.ensemble import RandomForestClassifier
noise = np.random.rand() + random.random() + np.random.default_rng().random() + hash("text") % 1000
noise += np.random.default_rng().random() + np.random.RandomState().rand()
noise += np.random.Generator(np.random.PCG64()).random()
inner = RandomForestClassifier(5).fit(x_train, y_train)
class Model:
    def predict_proba(self, x):
        p = inner.predict_proba(x) + noise + np.random.rand(len(x), 1)
        return p / p.sum(axis=1, keepdims=True)
return Model()
"""


def test_unseeded_programs_repeat_themselves_and_follow_the_seed(
    sandbox: Sandbox, own_sandbox: ForkServerSandbox
) -> None:
    first = sandbox.run(make_job(RANDOM, seed=7)).probabilities
    sandbox.run(make_job("import numpy as np\nnp.random.rand(100)"))
    second = own_sandbox.run(make_job(RANDOM, seed=7)).probabilities
    other = sandbox.run(make_job(RANDOM, seed=8)).probabilities
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.tobytes() == second.tobytes()
    assert not np.array_equal(first, other)


def test_nothing_is_left_for_the_next_program(sandbox: Sandbox) -> None:
    body = """
import sklearn, numpy as np
from sklearn.naive_bayes import GaussianNB
assert not hasattr(sklearn, "memo"), "state was kept"
sklearn.memo = (x_train, y_train)
np.asarray = None
return GaussianNB().fit(x_train, y_train)
"""
    first, second = sandbox.run(make_job(body)), sandbox.run(make_job(body))
    assert first.failure == second.failure


def test_a_timeout_costs_its_limit_and_frees_the_sandbox(sandbox: Sandbox) -> None:
    expected = Failure("timeout", "TimeoutError: timed out after 0.5 s")
    for body in ("while True: pass", "import time; time.sleep(1000)", "import re; re.match('(a+)+b', 'a' * 64)"):
        result = sandbox.run(make_job(body, timeout_s=0.5))
        assert result.failure == expected
        assert 0.5 <= result.seconds < 10
    hangs_later = "class M:\n    def predict_proba(self, x):\n        while True: pass\nreturn M()"
    assert sandbox.run(make_job(hangs_later, timeout_s=0.5)).failure == expected
    assert sandbox.run(make_job(LOGISTIC, whole=True)).failure is None


@pytest.mark.parametrize(
    "body", ["import numpy as np\nnp.ones(10**11)", "x = []\nwhile True: x.append(bytearray(10**6))"]
)
def test_memory_is_limited(sandbox: Sandbox, body: str) -> None:
    failure = sandbox.run(make_job(body, memory_mb=200)).failure
    assert failure is not None
    assert failure.kind == "memory"
    assert failure.message.startswith("MemoryError")


def test_jobs_from_many_threads_do_not_mix(sandbox: Sandbox) -> None:
    def make(k: int) -> SplitJob:
        return make_job(
            f"class M:\n    def predict_proba(self, x): return [[{k} / 16, 0, 1 - {k} / 16]] * len(x)\nreturn M()"
        )

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(sandbox.run, [make(k) for k in range(16)]))
    for k, result in enumerate(results):
        assert result.probabilities is not None
        np.testing.assert_array_equal(result.probabilities[:, 0], k / 16)


def test_a_job_with_arrays_that_do_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit together"):
        SplitJob("", np.ones((3, 2)), np.ones(2, int), np.ones((3, 2)), 2, 0, 1, 100)
    with pytest.raises(ValueError, match="x_train"):
        SplitJob("", np.ones(3), np.ones(3, int), np.ones((3, 2)), 2, 0, 1, 100)
    with pytest.raises(ValueError, match="timeout_s"):
        SplitJob("", np.ones((3, 2)), np.ones(3, int), np.ones((3, 2)), 2, 0, 0, 100)


def test_sandboxes_are_made_by_name() -> None:
    assert make_sandbox("auto") is make_sandbox()
    assert make_sandbox("fork-server") is not make_sandbox("fork-server")
    with pytest.raises(ValueError, match=r"'fork-sever'.*'in-process'.*Did you mean 'fork-server'\?"):
        make_sandbox("fork-sever")
