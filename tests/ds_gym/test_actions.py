from __future__ import annotations

import ast
import textwrap
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds_gym.actions import (
    HEADER,
    MAX_ACTION_CHARACTERS,
    MAX_PROGRAM_CHARACTERS,
    ProgramError,
    normalise_program,
)
from ds_gym.failures import Failure

BODY = "\n    from sklearn.svm import SVC\n    return SVC().fit(x_train, y_train)"
PROGRAM = HEADER + BODY
BODY_LINES = [line.strip() for line in BODY.strip().splitlines()]

SAME_PROGRAM = {
    "completion": BODY,
    "completion with newline at the end": BODY + "\n\n",
    "unindented": "\n".join(BODY_LINES),
    "first line stripped": BODY.strip(),
    "two spaces": "\n".join("  " + line for line in BODY_LINES),
    "eight spaces": "\n".join("        " + line for line in BODY_LINES),
    "tabs": "\n".join("\t" + line for line in BODY_LINES),
    "windows line ends": BODY.replace("\n", "\r\n"),
    "old mac line ends": BODY.replace("\n", "\r"),
    "whole function": PROGRAM,
    "whole function, indented": textwrap.indent(PROGRAM, "    "),
    "whole function, annotated": PROGRAM.replace(
        "(x_train, y_train):", "(x_train: object, y_train: list = ()) -> object:", 1
    ),
    "whole function, header over lines": PROGRAM.replace("(x_train, y_train):", "(\n    x_train,\n    y_train,\n):", 1),
    "docstring": PROGRAM.replace(HEADER, HEADER + '\n    """Fit.\n\n    Twice.\n    """', 1),
    "echo of a prompt": "# Task: T.\n# Attempt 1 of 5.\n" + PROGRAM.replace(HEADER, HEADER + '\n    """Fit."""', 1),
    "fence": f"```python\n{PROGRAM}\n```",
    "fence around the body": "```python\n" + "\n".join(BODY_LINES) + "\n```",
    "bare fence": f"```\n{PROGRAM}\n```",
    "fence in prose": f"Sure, here is the function:\n\n```python\n{PROGRAM}\n```\nIt's an SVM (see above).",
    "fence that is not closed": f"Let me think.\n```py\n{PROGRAM}",
    "fence after another fence": f"Run\n```bash\npip install x\n```\nthen\n```python\n{PROGRAM}\n```",
    "completion that closes a fence": f"{BODY}\n```\nThat's it.",
    "body that closes a fence": "\n".join(BODY_LINES) + "\n```\nThat's it.",
    "prose after the body": BODY + "\n\nThis isn't code.",
    "prose after the unindented body": "\n".join(BODY_LINES) + "\n\nThis isn't code.",
    "code after the body": BODY + "\nmodel = build_model(x, y)\ndef build_model(a, b):\n    return None",
    "prose after the function": PROGRAM + "\n\nThis model's kernel is radial.",
    "call after the function": PROGRAM + "\n\n# usage\nmodel = build_model(x, y)\nprint(model)",
    "prose before the function": "Here is my answer:\n\n" + PROGRAM,
    "prose before the indented function": "Here is my answer:\n\n" + textwrap.indent(PROGRAM, "    "),
}


@pytest.mark.parametrize("action", SAME_PROGRAM.values(), ids=SAME_PROGRAM.keys())
def test_ways_to_write_one_program(action: str) -> None:
    assert normalise_program(action) == PROGRAM


@pytest.mark.parametrize("action", SAME_PROGRAM.values(), ids=SAME_PROGRAM.keys())
def test_normalising_twice_changes_nothing(action: str) -> None:
    program = normalise_program(action)
    assert normalise_program(program) == program


def test_imports_and_helpers_before_the_function_move_into_it() -> None:
    action = (
        "from __future__ import annotations\nimport numpy as np\n\n\n"
        "def scaled(x):\n    return x / np.abs(x).max()\n\n\n"
        "def build_model(x_train, y_train):\n    return fit(scaled(x_train), y_train)\n"
    )
    program = normalise_program(action)
    assert program.splitlines() == [
        HEADER,
        "    import numpy as np",
        "    def scaled(x):",
        "        return x / np.abs(x).max()",
        "    return fit(scaled(x_train), y_train)",
    ]


def test_imports_between_prose_are_kept() -> None:
    action = (
        "We import from the library:\nimport numpy as np\nand write\ndef build_model(x_train, y_train):\n    return np"
    )
    assert normalise_program(action).splitlines() == [HEADER, "    import numpy as np", "    return np"]


def test_other_parameter_names_are_bound() -> None:
    program = normalise_program("def build_model(X, y, *, depth=3):\n    return fit(X, y, depth)")
    assert program.splitlines() == [
        HEADER,
        "    X, y = x_train, y_train",
        "    depth = 3",
        "    return fit(X, y, depth)",
    ]


def test_function_on_one_line() -> None:
    program = normalise_program("def build_model(x_train, y_train): return fit(x_train)\nprint('é')")
    assert program == f"{HEADER}\n    return fit(x_train)"


def test_helper_of_the_same_name_inside_a_body() -> None:
    body = "    def build_model(x, y):\n        return fit(x, y)\n    return build_model(x_train, y_train)"
    assert normalise_program("\n" + body) == f"{HEADER}\n{body}"


@pytest.mark.parametrize(
    ("body", "returns"),
    [
        ("    model = SVC()\n    model.fit(x_train, y_train)", True),
        ("    for model in models:\n        model.fit(x_train, y_train)", True),
        ("    return\n    model = None", True),
        ("    model = SVC()\n    return model", False),
        ("    model = SVC()\n    if model:\n        return model", False),
        ("    clf = SVC().fit(x_train, y_train)", False),
        ("    def f():\n        model = 1\n    f()", False),
    ],
)
def test_a_body_that_binds_model_without_return_returns_it(body: str, returns: bool) -> None:
    program = normalise_program("\n" + body)
    assert program == f"{HEADER}\n{body}" + ("\n    return model" if returns else "")


def test_lines_inside_strings_keep_their_indentation() -> None:
    action = 'text = """a\n  b\n""" + f"""{1}\n c"""\nreturn [\n1,\n  2]'
    tree = ast.parse(normalise_program(action))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(function.body[0], ast.Assign)
    namespace: dict[str, str] = {}
    exec(compile(ast.Module([function.body[0]], []), "<test>", "exec"), namespace)
    assert namespace["text"] == "a\n  b\n1\n c"


def test_nested_blocks_keep_their_shape_under_tabs() -> None:
    program = normalise_program("\tif x_train is None:\n\t\treturn 1\n\treturn 2")
    assert program == f"{HEADER}\n    if x_train is None:\n        return 1\n    return 2"


def test_comments_survive() -> None:
    body = "    # scale first\n    x = x_train  # the table\n# odd\n    return x"
    assert normalise_program("\n" + body) == f"{HEADER}\n{body.replace(chr(10) + '# odd', chr(10) + '    # odd')}"


@pytest.mark.parametrize(
    ("action", "message", "line"),
    [
        ("\n    model = SVC(\n    return model", "SyntaxError: '(' was never closed", 2),
        ("\n    x = 1\n    y = = 2\n    return y", "SyntaxError: invalid syntax", 3),
        ("\n    x = 1\n       y = 2\n    return y", "IndentationError: unexpected indent", 3),
        ("\n    return 'a", "SyntaxError: unterminated string literal (detected at line 2)", 2),
        (
            "\n    for i in x_train:\n    return i",
            "IndentationError: expected an indented block after 'for' statement on line 2",
            3,
        ),
        ("```python\ndef build_model(x_train, y_train):\n    return (\n```", "SyntaxError: '(' was never closed", 2),
        (
            "def build_model(x_train, y_train):",
            "IndentationError: expected an indented block after function definition on line 1",
            1,
        ),
        ("\n    break", "SyntaxError: 'break' outside loop", 2),
        (
            "def build_model(x_train):\n    return 1",
            "SyntaxError: build_model must take two arguments, x_train and y_train",
            1,
        ),
        ("", "SyntaxError: build_model has no body", None),
        ("\n    # nothing here\n", "SyntaxError: build_model has no body", None),
        ("\n    x = 1\0\n", "SyntaxError: the program holds null characters", None),
        ("\n    x = '\udce9'\n", "SyntaxError: the program holds lone surrogates, which are no Unicode text", None),
        ("\n    x = " + "-" * 15_000 + "1", "SyntaxError: the program is nested too deeply", None),
        ("\n    x = " + "not " * 4_000 + "1", "SyntaxError: the program is nested too deeply", None),
    ],
)
def test_what_is_no_program_says_why_and_where(action: str, message: str, line: int | None) -> None:
    with pytest.raises(ProgramError) as caught:
        normalise_program(action)
    assert caught.value.failure.kind == "syntax"
    assert caught.value.failure.message == message
    assert caught.value.failure.line == line
    assert caught.value.code.startswith("def build_model(x_train")
    caught.value.code.encode()  # can be written and tokenised


@pytest.mark.parametrize("length", [MAX_PROGRAM_CHARACTERS, MAX_ACTION_CHARACTERS, 1_000_000])
def test_too_long(length: int) -> None:
    with pytest.raises(ProgramError, match=r"characters, at most \d+ are allowed") as caught:
        normalise_program(f"\n    return '{'x' * length}'")
    assert len(caught.value.code) < MAX_PROGRAM_CHARACTERS


def test_doubtful_escapes_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert normalise_program("\n    return '\\d' is 'a'") == f"{HEADER}\n    return '\\d' is 'a'"


_FRAGMENTS = [
    "def build_model(x_train, y_train):",
    "return model",
    "model = 1",
    "```",
    "```python\n",
    "f'{x}'",
    "if x:",
]
_FRAGMENTS += ["\n", "    ", "\t", "\r", "\f", "\u2028", "\0", "\udce9", "é漢🙂", "prose", "async ", *"()'#\\@;", '"""']


@pytest.mark.filterwarnings("ignore:invalid escape", "ignore::SyntaxWarning")
@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(_FRAGMENTS), max_size=25).map("".join)))
def test_any_text_is_a_program_or_a_failure(action: str) -> None:
    program, failure = _program_or_failure(action)
    program.encode()  # can be written and tokenised
    if failure is None:
        module = ast.parse(program)
        assert program.startswith(HEADER + "\n    ")
        assert [type(statement) for statement in module.body] == [ast.FunctionDef]
    else:
        assert failure.kind == "syntax"
        assert failure.message
        assert len(program) <= MAX_PROGRAM_CHARACTERS
        assert failure.line is None or 1 <= failure.line <= program.count("\n") + 1


def _program_or_failure(action: str) -> tuple[str, Failure | None]:
    try:
        return normalise_program(action), None
    except ProgramError as error:
        return error.code, error.failure
