from __future__ import annotations

import textwrap
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds_gym.failures import Failure
from ds_gym.sandbox import describe_exception
from ds_gym.sandbox.descriptions import MAX_MESSAGE_CHARACTERS, PROGRAM_FILENAME, clean_message
from ds_gym.sandbox.program import ProgramFailed, build
from tests.ds_gym.sandbox.helpers import make_program


def failure_of(body: str) -> Failure:
    source = make_program(body)
    namespace: dict[str, object] = {}
    try:
        exec(compile(source, PROGRAM_FILENAME, "exec"), namespace)
        namespace["build_model"](None, None)  # type: ignore[operator]
    except BaseException as error:
        return describe_exception(error, source)
    raise AssertionError("the program did not fail")


@pytest.mark.parametrize(
    ("body", "kind", "message", "line"),
    [
        ("raise ValueError('no')", "exception", "ValueError: no", 2),
        ("raise ValueError", "exception", "ValueError", 2),
        ("x = 1\nreturn {}['k']", "exception", "KeyError: 'k'", 3),
        ("return numpi", "exception", "NameError: name 'numpi' is not defined", 2),
        ("first = 1\nreturn fist", "exception", "NameError: name 'fist' is not defined. Did you mean: 'first'?", 3),
        (
            "from sklearn.ensemble import RandomForestClasifier",
            "exception",
            "ImportError: cannot import name 'RandomForestClasifier' from 'sklearn.ensemble'. "
            "Did you mean: 'RandomForestClassifier'?",
            2,
        ),
        (
            "import sklearn.ensemble\nimport sklearn.ensembel",
            "exception",
            "ModuleNotFoundError: No module named 'sklearn.ensembel'. Did you mean: 'sklearn.ensemble'?",
            3,
        ),
        (
            "from sklearn.linear_model import LogisticRegression\nLogisticRegression(max_iters=3)",
            "exception",
            "TypeError: LogisticRegression.__init__() got an unexpected keyword argument 'max_iters'. "
            "Did you mean: 'max_iter'?",
            3,
        ),
        (
            "from sklearn.linear_model import LogisticRegression\nLogisticRegression(c=3)",
            "exception",
            "TypeError: LogisticRegression.__init__() got an unexpected keyword argument 'c'. Did you mean: 'C'?",
            3,
        ),
        ("''.uper()", "exception", "AttributeError: 'str' object has no attribute 'uper'. Did you mean: 'upper'?", 2),
        (
            "import sys\nsys.exit(1)",
            "killed",
            "SystemExit: the program ended its process instead of returning a model",
            3,
        ),
        ("raise MemoryError", "memory", "MemoryError: the memory limit was reached", 2),
    ],
)
def test_messages_name_the_error_its_line_and_the_nearest_name(body: str, kind: str, message: str, line: int) -> None:
    assert failure_of(body) == Failure(kind, message, line)  # type: ignore[arg-type]


def test_the_line_is_the_innermost_one_of_the_program() -> None:
    failure = failure_of("def inner():\n    import json\n    json.loads('{')\ninner()")
    assert failure.line == 4
    assert failure.message.startswith("JSONDecodeError: ")


def test_an_error_outside_the_program_has_no_line() -> None:
    try:
        object().predict_proba  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        failure = describe_exception(error, "")
    assert failure == Failure("exception", "AttributeError: 'object' object has no attribute 'predict_proba'", None)


def test_the_cause_of_a_missing_method_is_told() -> None:
    failure = failure_of("from sklearn.svm import SVC\nSVC().predict_proba")
    assert failure.message.startswith("AttributeError: This 'SVC' has no attribute 'predict_proba' (")
    assert "probability" in failure.message


def test_denied_acts_are_told_apart_from_other_errors() -> None:
    assert failure_of("raise PermissionError(13, 'Permission denied')").kind == "denied"
    assert failure_of("raise FileNotFoundError('train.csv')").kind == "exception"


def test_addresses_and_paths_are_masked_but_names_of_the_program_stay() -> None:
    first, second = failure_of("raise ValueError(object())"), failure_of("raise ValueError(object())")
    assert first == second
    assert first.message == "ValueError: <object object at 0x...>"
    assert failure_of("open('/no/such/file.csv')").message.endswith("'/no/such/file.csv'")
    assert "/" not in failure_of("open(chr(47) + 'no' + chr(47) + 'such' + chr(47) + 'file')").message
    assert failure_of("raise ValueError('see https://scikit-learn.org/stable/a.html')").message.endswith(
        "https://scikit-learn.org/stable/a.html"
    )


def test_of_long_texts_the_informative_lines_stay() -> None:
    nan = failure_of(
        "from sklearn.linear_model import LogisticRegression\nLogisticRegression().fit([[float('nan')], [1]], [0, 1])"
    )
    assert nan.message.startswith("ValueError: Input X contains NaN. LogisticRegression does not accept missing values")
    search = failure_of(
        "from sklearn.model_selection import GridSearchCV\nfrom sklearn.svm import SVC\n"
        "GridSearchCV(SVC(), {'C': [-1]}, cv=2).fit([[0], [1], [2], [3]], [0, 1, 0, 1])"
    )
    assert "fits failed" in search.message
    assert "The 'C' parameter of SVC must be" in search.message


@pytest.mark.parametrize("text", ["1 / 0", "super().__str__() + self.x", "'A' * 10**7", "3", "str(self)"])
def test_exceptions_with_hostile_texts_are_described_nevertheless(text: str) -> None:
    failure = failure_of(f"class E(Exception):\n    def __str__(self): return {text}\nraise E()")
    assert failure.message.startswith("E")
    assert len(failure.message) <= MAX_MESSAGE_CHARACTERS


HOSTILE = {
    "a text that ends the process": "def __str__(self): raise SystemExit",
    "a text of a class of its own": """
        def __str__(self):
            class Text(str):
                def __getitem__(self, key): return 7
                def splitlines(self): raise KeyboardInterrupt
            return Text("text")
    """,
    "attributes that end the process": """
        def __getattribute__(self, name): raise SystemExit(name)
    """,
    "another class": "__class__ = property(lambda self: exit())",
    "a cause that has no text": """
        @property
        def __cause__(self): raise KeyboardInterrupt
    """,
}


@pytest.mark.parametrize("base", ["Exception", "AttributeError", "NameError", "SyntaxError", "OSError", "ImportError"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_exceptions_are_failures_of_the_program(base: str, name: str) -> None:
    body = f"class E({base}):\n" + textwrap.indent(textwrap.dedent(HOSTILE[name]), "    ") + "\nraise E('x')"
    with pytest.raises(ProgramFailed) as caught:
        build(make_program(body), np.ones((2, 2)), np.ones(2, int))
    assert caught.value.failure.kind == "exception"
    assert caught.value.failure.message.startswith("E")


@pytest.mark.parametrize("line", ["'a'", "10**100", "-(10**100)", "0", "None", "object()"])
def test_a_syntax_error_that_a_program_forges_has_a_number_for_its_line(line: str) -> None:
    failure = failure_of(f"e = SyntaxError('no')\ne.filename, e.lineno = '<build_model>', {line}\nraise e")
    assert failure.kind == "syntax"
    assert failure.line in (None, 5)  # the last line, behind the last line end


def test_a_type_is_named_whatever_its_metaclass_says() -> None:
    body = """
    class Meta(type):
        __name__ = property(lambda cls: exit())
    class E(Exception, metaclass=Meta): pass
    raise E("text")
    """
    assert failure_of(body) == Failure("exception", "E: text", 5)


def test_letters_that_look_like_others_are_spelled_out() -> None:
    failure = failure_of("model = 1\nreturn m\u043edel")
    assert failure.message == (
        "NameError: name 'm\u043edel' is not defined. Did you mean: 'model'? Given was m\u043edel (with U+043E)."
    )


@given(st.text())
def test_cleaned_text_is_one_printable_line_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    cleaned = clean_message(text)
    assert len(cleaned) <= MAX_MESSAGE_CHARACTERS
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in cleaned)
    assert clean_message(cleaned) == cleaned
