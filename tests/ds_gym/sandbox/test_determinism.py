"""A program has one score and one error text: in any order, on an old pool or a fresh one, alone or beside others."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ds_gym.cache import ResultCache
from ds_gym.evaluation import Evaluation, Evaluator
from ds_gym.failures import Failure
from ds_gym.sandbox import Sandbox
from ds_gym.sandbox.fork_server import ForkServerSandbox
from ds_gym.tasks import Task
from tests.ds_gym.sandbox.helpers import make_job, make_program


@pytest.fixture(scope="module")
def fresh_sandbox() -> Iterator[Sandbox]:
    """A second zygote: other process numbers, other addresses."""
    sandbox = ForkServerSandbox(n_idle=2)
    yield sandbox
    sandbox.close()


PROGRAMS = {
    name: make_program(body)
    for name, body in {
        "forest": """
            from sklearn.ensemble import RandomForestClassifier
            return RandomForestClassifier(5, n_jobs=-1).fit(x_train, y_train)
        """,
        "boosting": """
            from sklearn.ensemble import HistGradientBoostingClassifier
            return HistGradientBoostingClassifier(max_iter=5, early_stopping=True).fit(x_train, y_train)
        """,
        "network": """
            from sklearn.neural_network import MLPClassifier
            return MLPClassifier((4,), max_iter=5).fit(x_train, y_train)
        """,
        "search": """
            from scipy.stats import uniform
            from sklearn.linear_model import SGDClassifier
            from sklearn.model_selection import RandomizedSearchCV
            model = SGDClassifier(loss="log_loss", max_iter=20)
            return RandomizedSearchCV(model, {"alpha": uniform()}, n_iter=2, cv=2).fit(x_train, y_train)
        """,
        "noise from everywhere": """
            import os, random, secrets, uuid
            import numpy as np
            names = {"b", "a", "z", "yy", "x"}
            seeds = [random.random(), random.Random().random(), np.random.rand(), np.random.default_rng().random()]
            seeds += [hash("text"), secrets.randbelow(10**6), uuid.uuid4().int, random.SystemRandom().random()]
            seeds += [int.from_bytes(os.urandom(4), "big"), next(iter(names)), os.getrandom(4)]
            generator = random.Random(repr(seeds))
            class Model:
                def predict_proba(self, x):
                    return [[p := generator.random(), 1 - p] for _ in x]
            return Model()
        """,
        "names in sets": """
            import numpy as np
            weights = [len(name) * k for k, name in enumerate({"a", "bb", "ccc", "dddd", "eeeee"})]
            class Model:
                def predict_proba(self, x):
                    p = 1 / (1 + np.exp(-np.sin(x[:, 1] * sum(w * 3**k for k, w in enumerate(weights)))))
                    return np.column_stack([p, 1 - p])
            return Model()
        """,
    }.items()
}
DISTURBANCES = (
    "while True: pass",
    "import os\nos._exit(3)",
    "import ctypes\nctypes.string_at(1)",
    "x = []\nwhile True: x.append(bytearray(10**6))",
    "import numpy as np, random\nnp.random.seed(1); random.seed(1); np.random.rand(9)\nraise ValueError",
    "import sklearn, numpy\nnumpy.asarray = sklearn.base = None",
)


@pytest.fixture
def make_evaluator(make_separable_task: Callable[..., Task]) -> Callable[[Sandbox], Evaluator]:
    task = make_separable_task(200)
    return lambda sandbox: Evaluator(task, sandbox=sandbox, n_splits=2, cache=ResultCache())


def evaluate_all(evaluator: Evaluator) -> dict[str, Evaluation]:
    return {name: evaluator.evaluate(source) for name, source in PROGRAMS.items()}


@pytest.fixture
def expected(sandbox: Sandbox, make_evaluator: Callable[[Sandbox], Evaluator]) -> dict[str, Evaluation]:
    return evaluate_all(make_evaluator(sandbox))


def test_a_fresh_pool_gives_what_an_old_one_gave(
    fresh_sandbox: Sandbox, make_evaluator: Callable[[Sandbox], Evaluator], expected: dict[str, Evaluation]
) -> None:
    assert all(evaluation.failure is None for evaluation in expected.values()), expected
    assert len({evaluation.score for evaluation in expected.values()}) > 2
    assert evaluate_all(make_evaluator(fresh_sandbox)) == expected


def test_a_cached_result_is_the_one_that_was_computed(
    sandbox: Sandbox, make_evaluator: Callable[[Sandbox], Evaluator], expected: dict[str, Evaluation]
) -> None:
    evaluator = make_evaluator(sandbox)
    assert evaluate_all(evaluator) == evaluate_all(evaluator) == expected


def test_neither_the_order_nor_other_programs_count(
    sandbox: Sandbox, make_evaluator: Callable[[Sandbox], Evaluator], expected: dict[str, Evaluation]
) -> None:
    def evaluate(name: str) -> tuple[str, Evaluation | None]:
        if name in PROGRAMS:
            return name, make_evaluator(sandbox).evaluate(PROGRAMS[name])
        sandbox.run(make_job(name, timeout_s=0.3, memory_mb=200))
        return name, None

    names = [*PROGRAMS, *PROGRAMS, *DISTURBANCES]
    random.Random(0).shuffle(names)
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(evaluate, names))
    for name, evaluation in results:
        assert evaluation is None or evaluation == expected[name]


FAILING = (
    "raise ValueError(object(), lambda: 0, build_model, x_train.sum, (i for i in [1]))",
    "class A: pass\nraise KeyError(A())",
    "import numpy, sys\nraise TypeError(numpy, sys, sys._getframe())",
    "return numpy",
    "from sklearn.linear_model import LogisticRegresion",
    "from sklearn.linear_model import LogisticRegression\nreturn LogisticRegression(max_iters=3)",
    "from sklearn.linear_model import LogisticRegression\nreturn LogisticRegression(C='a').fit(x_train, y_train)",
    "from sklearn.linear_model import LogisticRegression\nreturn LogisticRegression(C=object()).fit(x_train, y_train)",
    "from sklearn.svm import SVC\nreturn SVC().fit(x_train, y_train).predict_proba(x_train)",
    "from sklearn.svm import SVC\nreturn SVC(probability=True).fit(x_train[:1], y_train)",
    "from sklearn.model_selection import GridSearchCV\nfrom sklearn.svm import SVC\n"
    "return GridSearchCV(SVC(), {'C': [-1, 'a', object()]}, cv=2).fit(x_train, y_train)",
    "import pandas as pd\nreturn pd.DataFrame(x_train)['age']",
    "import pandas as pd\nreturn pd.DataFrame(x_train).merge(pd.DataFrame({'b': [1]}))",
    "import numpy as np\nnp.linalg.inv(np.zeros((2, 2)))",
    "import numpy as np\nnp.zeros((2, 3)) @ np.zeros((2, 3))",
    "import numpy as np\nnp.ones(10**12)",
    "open('train.csv')",
    "open('/data/train.csv')",
    "import pandas as pd\npd.read_csv('train.csv')",
    "import subprocess\nsubprocess.run(['ls'])",
    "import tempfile\ntempfile.NamedTemporaryFile()",
    "import socket\nsocket.create_connection(('localhost', 80))",
    "import os\nos.kill(os.getppid(), 9)\nos.setsid()",
    "import xgboost",
    "def f(n): return f(n + 1)\nf(0)",
    "assert {'a', 'b', 'c'} == 1, {'a', 'b', 'c'}",
    "import json\njson.loads('{')",
    "exec('x = = 1')",
    "eval('1 +', {}, {})",
    "import threading\nerrors = []\nthreading.Thread(target=lambda: errors.append(1 / 0)).start()\nerrors[1]",
    "x_train.foo",
    "x_train['foo']",
    "x_train[10**6]",
    "return 3",
    "return lambda x: x",
    "return type('M', (), {'predict_proba': lambda self, x: x[0]})()",
    "return type('M', (), {'predict_proba': lambda self, x: [object()] * len(x)})()",
    "return type('M', (), {'predict_proba': lambda self, x: self})()",
    "return type('M', (), {'predict_proba': lambda x: x})()",
    "return type('M', (), {'predict_proba': lambda self, x: x * 2})()",
    "break",
    "nonlocal x",
    "exit(3)",
    "import os\nos._exit(0)",
    "import os\nos.abort()",
    "import ctypes\nctypes.string_at(8)",
    "raise type('E', (Exception,), {'__str__': lambda self: repr(self.__str__)})",
    "raise ExceptionGroup('several', [ValueError(1), TypeError(object())])",
    "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('careful')",
)


@pytest.mark.parametrize("body", FAILING)
def test_error_texts_are_the_same_in_every_process(sandbox: Sandbox, fresh_sandbox: Sandbox, body: str) -> None:
    job = make_job(body)
    failures = [box.run(job).failure for box in (sandbox, fresh_sandbox, sandbox)]
    assert failures[0] == failures[1] == failures[2]
    failure = failures[0]
    assert isinstance(failure, Failure)
    assert not re.search(r"0x[0-9a-f]{5}|site-packages|\w/\w+\.py", failure.message)
    assert failure.line is None or job.source.splitlines()[failure.line - 1].strip() in textwrap.dedent(body)
