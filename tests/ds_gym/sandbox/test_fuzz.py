"""Nothing that an agent writes, and nothing that a worker answers, raises an exception in the parent."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ds_gym.failures import FAILURE_KINDS, Failure
from ds_gym.sandbox import Sandbox, wire
from ds_gym.sandbox.descriptions import MAX_MESSAGE_CHARACTERS
from ds_gym.tasks import Task

FUZZ = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)

PROGRAMS = (
    "    from sklearn.linear_model import LogisticRegression\n"
    "    model = LogisticRegression(max_iter=200)\n"
    "    model.fit(x_train, y_train)\n",
    "def build_model(x_train, y_train):\n"
    '    """Scale, then fit."""\n'
    "    from sklearn.pipeline import make_pipeline\n"
    "    from sklearn.preprocessing import StandardScaler\n"
    "    from sklearn.naive_bayes import GaussianNB\n\n"
    "    steps = [StandardScaler(), GaussianNB()]\n"
    "    return make_pipeline(*steps).fit(x_train, y_train)\n",
    "Here it is:\n```python\nimport numpy as np\n\n\nclass Prior:\n    def __init__(self, y):\n"
    "        self.p = np.bincount(y, minlength=2) / len(y)\n\n    def predict_proba(self, x):\n"
    "        return np.tile(self.p, (len(x), 1))\n\n\ndef build_model(X, y, *, n=3):\n    return Prior(y)\n```\nOK",
    "\timport random\n\tclass M:\n\t\tdef predict_proba(self, x):\n"
    "\t\t\treturn [[(p := random.random()), 1 - p] for _ in x]\n\treturn M()",
    "x = x_train[:, 0]\nm, s = x.mean(), x.std() or 1\nclass M:\n    def predict_proba(self, x):\n"
    "        import numpy as np\n        p = 1 / (1 + np.exp(-(x[:, 0] - m) / s))\n"
    "        return np.column_stack([1 - p, p])\nmodel = M()",
    "    try:\n        import xgboost\n    except ImportError as error:\n"
    "        raise ValueError(f'no {error.name!r:>{10}}') from error\n",
    "    text = f'''{x_train.shape}\n{ {1: '}'}[1] }'''\n    while len(text) < 10: text += \"\\\"\"\n    return text\n",
)
PIECES = (
    *["", " ", "\n", "\t", "\r", "\f", "\0", "\\", "\\\n", *"()[]{}:,;=#@-'\"", '"""', "'''", "```", "f'{"],
    *["\udc80", "\u202e", "\u2028", "é", "о", "𝔪", "\x1b[2J", "\n    ", "\n\t", "```python\n", "raise\n"],
    *["return ", "yield ", "await ", "async ", "lambda: ", "not ", "del model", "global model\n", "import os"],
    *["return", "None", "model", "x_train", "y_train", "...", "1e999", "1/0", "exit()", "__import__('os')._exit(0)"],
    *["def build_model(x_train, y_train):", "def build_model(*a):", "class build_model:", "return model\n" * 20],
    *["(" * 250, "-" * 3_000, "9" * 5_000, "x" * 25_000],
)  # fmt: skip


@st.composite
def mutated_programs(draw: st.DrawFn) -> str:
    """A program with a few of its characters, words or lines deleted, doubled, replaced, moved or joined by others."""
    text = draw(st.sampled_from(PROGRAMS))
    for _ in range(draw(st.integers(1, 4))):
        separator = draw(st.sampled_from(["", " ", "\n"]))
        parts = list(text) if separator == "" else text.split(separator)
        place = draw(st.integers(0, max(len(parts) - 1, 0)))
        piece = draw(st.sampled_from(PIECES))
        act = draw(st.sampled_from(["delete", "double", "replace", "insert", "move", "cut", "indent"]))
        if act == "insert" or not parts:
            parts.insert(place, piece)
        elif act == "delete":
            del parts[place]
        elif act == "double":
            parts.insert(place, parts[place])
        elif act == "replace":
            parts[place] = piece
        elif act == "move":
            parts.insert(draw(st.integers(0, len(parts))), parts.pop(place))
        elif act == "cut":
            parts = parts[:place]
        else:
            parts[place] = "  " + parts[place]
        text = separator.join(parts)
    return text


def decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


ACTIONS = st.one_of(
    st.binary(max_size=300).map(decoded),
    st.binary(max_size=60).map(lambda data: PROGRAMS[0] + decoded(data)),
    st.text(max_size=200),
    mutated_programs(),
    mutated_programs(),
)


@pytest.fixture
def fuzzed_env(sandbox: Sandbox, make_separable_task: Callable[..., Task]) -> Iterator[gym.Env[str, str]]:
    task = make_separable_task()
    env = gym.make("ds_gym:DataSci-v0", task=task, sandbox=sandbox, n_splits=1, timeout_s=3, memory_mb=512)
    yield env
    env.close()


def test_no_text_raises_an_exception_in_the_parent(fuzzed_env: gym.Env[str, str]) -> None:
    outcomes: Counter[str] = Counter()

    @settings(FUZZ, max_examples=2_000)
    @given(ACTIONS)
    def attempt(action: str) -> None:
        fuzzed_env.reset()
        observation, reward, terminated, truncated, info = fuzzed_env.step(action)
        assert fuzzed_env.observation_space.contains(observation)
        assert not truncated
        assert terminated == (info["status"] == "scored")
        outcomes[_check(info, float(reward))] += 1

    attempt()
    assert {"scored", "syntax", "exception", "invalid_predictions"} <= set(outcomes)  # it reaches everywhere
    assert outcomes["scored"] > 50


def _check(info: dict[str, Any], reward: float) -> str:
    info["code"].encode()  # can be written and tokenised
    if info["status"] == "scored":
        assert 0 <= reward <= 1
        return "scored"
    error = info["error"]
    assert reward == -1
    assert error["kind"] in FAILURE_KINDS
    assert 0 < len(error["message"]) <= MAX_MESSAGE_CHARACTERS
    assert error["message"].isprintable()
    assert error["line"] is None or 1 <= error["line"] <= info["code"].count("\n") + 1
    return str(error["kind"])


SHAPE = (3, 2)
_HEADER = struct.Struct("<4sBBHiQQ")
_NUMBERS = st.sampled_from([0, 1, 2, 3, 255, 1200, 1201, 2**31, 2**40, 2**63, 2**64 - 1])
headers = st.builds(
    _HEADER.pack,
    st.sampled_from([wire.MAGIC, b"DSG2"]) | st.binary(min_size=4, max_size=4),
    st.integers(0, 5),
    st.integers(0, 255),
    st.integers(0, 2**16 - 1),
    st.integers(-(2**31), 2**31 - 1),
    _NUMBERS,
    _NUMBERS,
)
answers = st.lists(headers | st.binary(max_size=100) | st.text(max_size=30).map(lambda text: text.encode()), max_size=4)


@settings(FUZZ, max_examples=1_000)
@given(answers.map(b"".join), st.sampled_from(wire.Answer), st.booleans())
def test_no_answer_raises_anything_but_what_is_documented(data: bytes, due: wire.Answer, hang: bool) -> None:
    parent, worker = socket.socketpair()
    with parent, worker:
        worker.sendall(data)
        if not hang:
            worker.close()
        try:
            answer = wire.expect_answer(parent, due, SHAPE, 10, wire.Deadline(0.005 if hang else 5))
        except (wire.ProtocolViolation, wire.Disconnected):
            return
        except wire.DeadlineExceeded:
            assert hang
            return
    if isinstance(answer, Failure):
        assert answer.kind in FAILURE_KINDS
        assert answer.message.isprintable()
        assert answer.line is None or 1 <= answer.line <= 10
    elif due == wire.Answer.PREDICTIONS:
        assert isinstance(answer, np.ndarray)
        assert answer.shape == SHAPE
    else:
        assert answer is None
