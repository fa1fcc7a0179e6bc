"""Texts that are no program, or a strange one, as actions: failed attempts with a plain message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import gymnasium as gym
import pytest

from ds_gym.actions import HEADER
from ds_gym.sandbox import Sandbox
from ds_gym.tasks import Task


@dataclass(frozen=True)
class Case:
    """An action, and the kind and the beginning of the message that it shall get."""

    action: str
    kind: str
    message: str


FIT = "from sklearn.naive_bayes import GaussianNB\n    model = GaussianNB().fit(x_train, y_train)\n    "
NONE = "build_model returned None: return the fitted classifier"
PLAIN = "SyntaxError: build_model must be a plain function"
CASES = {
    "bytes that are not UTF-8": Case(
        b"    return '\xff\xfe'".decode("utf-8", "surrogateescape"), "syntax", "SyntaxError: the program holds lone"
    ),
    "null characters": Case("    x = 1\0", "syntax", "SyntaxError: the program holds null characters"),
    "64 KB": Case(
        "    x = '" + "A" * 70_000 + "'", "syntax", "SyntaxError: the action has 70010 characters, at most 65536"
    ),
    "a megabyte": Case("    x = '" + "A" * 10**6 + "'", "syntax", "SyntaxError: the action has 1000010 characters"),
    "brackets": Case("    x = " + "(" * 9_000 + ")" * 9_000, "syntax", "SyntaxError: too many nested parentheses"),
    "lambdas": Case("    x = " + "lambda: " * 2_000 + "1", "syntax", "SyntaxError: the program is nested too deeply"),
    "operators": Case("    x = " + "-" * 15_000 + "1", "syntax", "SyntaxError: the program is nested too deeply"),
    "indentation": Case(
        "".join(f"{' ' * k}if x:\n" for k in range(4, 150)), "syntax", "IndentationError: too many levels"
    ),
    "a huge number": Case("    x = " + "9" * 9_000, "syntax", "SyntaxError: Exceeds the limit (4300 digits)"),
    "characters that reorder": Case("    x = 'a\u202eb'", "syntax", "SyntaxError: the program holds U+202E"),
    "escape sequences of terminals": Case("    x = 'a\x1b[2J'", "syntax", "SyntaxError: the program holds U+001B"),
    "a homoglyph of model": Case(
        f"    {FIT}return m\u043edel",
        "exception",
        "NameError: name 'm\u043edel' is not defined. Did you mean: 'model'? Given was m\u043edel (with U+043E)",
    ),
    "a homoglyph of build_model": Case(
        "def build_m\u043edel(x_train, y_train):\n    return 1",
        "syntax",
        "SyntaxError: no function is named build_model, but build_m\u043edel (with U+043E)",
    ),
    "a homoglyph of a bracket": Case(
        "    return GaussianNB\uff08)", "syntax", "SyntaxError: invalid character '\uff08' (U+FF08)"
    ),
    "nothing": Case("", "syntax", "SyntaxError: build_model has no body"),
    "a comment": Case("    # nothing", "syntax", "SyntaxError: build_model has no body"),
    "prose": Case(
        "I would use a random forest here.", "syntax", "SyntaxError: the answer holds no program, only sentences"
    ),
    "no model": Case("    clf = 3", "invalid_predictions", NONE),
    "an early return": Case(f"    return\n    {FIT}", "invalid_predictions", NONE),
    "a model that is None": Case("    model = None", "invalid_predictions", NONE),
    "another function": Case(
        "def fit(x, y):\n    return 1", "syntax", "SyntaxError: no function is named build_model, but fit"
    ),
    "a generator": Case(
        f"    {FIT}yield model",
        "syntax",
        "SyntaxError: build_model must return a model, but a function that holds a yield",
    ),
    "a generator that is returned": Case(
        "    def f():\n        yield 1\n    return f()",
        "invalid_predictions",
        "build_model returned a generator: return the fitted",
    ),
    "a coroutine that is returned": Case(
        "    async def f(): pass\n    return f()",
        "invalid_predictions",
        "build_model returned a coroutine: return the fitted",
    ),
    "a class": Case("class build_model:\n    def __init__(self, x, y): pass", "syntax", PLAIN),
    "a lambda": Case("build_model = lambda x, y: 1", "syntax", PLAIN),
    "a coroutine": Case("async def build_model(x_train, y_train):\n    return 1", "syntax", PLAIN),
    "a partial": Case("from functools import partial\nbuild_model = partial(print, 1)", "syntax", PLAIN),
    "a decorated function": Case(f"@staticmethod\n{HEADER}\n    return 1", "syntax", PLAIN),
    "one parameter": Case(
        "def build_model(x_train):\n    return 1",
        "syntax",
        "SyntaxError: build_model must take two arguments, x_train and y_train",
    ),
    "a class for a model": Case(
        "    from sklearn.naive_bayes import GaussianNB\n    return GaussianNB", "exception", "TypeError: "
    ),
    "a pair for a model": Case(
        f"    {FIT}return model, 1", "exception", "AttributeError: 'tuple' object has no attribute 'predict_proba'"
    ),
    "break outside of a loop": Case("    break", "syntax", "SyntaxError: 'break' outside loop"),
    "await outside of a coroutine": Case("    await x_train", "syntax", "SyntaxError: 'await' outside async function"),
    "nonlocal of nothing": Case("    nonlocal x", "syntax", "SyntaxError: no binding for nonlocal 'x' found"),
    "a name twice": Case(
        "    def f(a, a): pass\n    return f", "syntax", "SyntaxError: duplicate argument 'a' in function definition"
    ),
    "too many blocks": Case(
        "".join(f"{' ' * k}for i in x_train:\n" for k in range(4, 30)) + " " * 30 + "pass",
        "syntax",
        "SyntaxError: too many statically nested blocks",
    ),
}
HONEST = {
    "a helper of the same name": (
        "    def build_model(x, y):\n"
        "        from sklearn.naive_bayes import GaussianNB\n"
        "        return GaussianNB().fit(x, y)\n"
        "    return build_model(x_train, y_train)"
    ),
    "a body without return": f"    {FIT}",
    "letters of mathematics, which are letters to Python": f"    {FIT}return \U0001d426odel",
    "text from right to left": f"    {FIT}label = '\u05d0\u05d1'  # \u0627\u0628\n    return model",
    "an early return of a model": f"    {FIT}return model\n    raise ValueError",
}


@pytest.fixture
def env(sandbox: Sandbox, make_separable_task: Callable[..., Task]) -> Iterator[gym.Env[str, str]]:
    env = gym.make("ds_gym:DataSci-v0", task=make_separable_task(), sandbox=sandbox, n_splits=1, timeout_s=20)
    env.reset()
    yield env
    env.close()


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_a_failed_attempt_with_a_plain_message(env: gym.Env[str, str], name: str) -> None:
    case = CASES[name]
    observation, reward, terminated, _, info = env.step(case.action)
    assert (reward, terminated, info["status"]) == (-1, False, "failed")
    assert info["error"]["kind"] == case.kind
    assert info["error"]["message"].startswith(case.message)
    assert info["error"]["message"].isprintable()
    assert env.observation_space.contains(observation)


@pytest.mark.parametrize("name", HONEST)
def test_what_is_only_strange_runs(env: gym.Env[str, str], name: str) -> None:
    info = env.step(HONEST[name])[4]
    assert info["error"] is None
    assert info["score"] > 0.9


@pytest.mark.parametrize(
    "limits", [{"timeout_s": 1e10}, {"timeout_s": 1e300}, {"memory_mb": 2**44}, {"memory_mb": 2**90}]
)
def test_limits_beyond_all_bounds_are_no_limits(
    sandbox: Sandbox, make_separable_task: Callable[..., Task], limits: dict[str, float]
) -> None:
    env = gym.make("ds_gym:DataSci-v0", task=make_separable_task(), sandbox=sandbox, n_splits=1, **limits)
    env.reset()
    assert env.step(f"    {FIT}")[4]["error"] is None
    env.close()
