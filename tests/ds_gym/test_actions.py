from __future__ import annotations

import ast
import textwrap
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds_gym import syntax
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
    "prose around the function": f"Here is the function:\n\n{PROGRAM}\n\nThis works because it's (rather) good.",
    "a word before the function": f"Sure\n\n{PROGRAM}\n\nDone",
    "a word behind a space": f" Sure\n\n{PROGRAM}",
    "a sentence behind a space": f" Sure, here it is:\n\n```python\n{PROGRAM}\n```",
    "an indented sentence": f"\n    Here is the code:\n{PROGRAM}",
    "prose around the body": "Here is the body.\n\nIt fits:\n" + "\n".join(BODY_LINES) + "\n\nThis isn't code.",
    "prose around the indented body": f"Here is the body:\n{BODY}\n\nThis isn't code.",
    "word behind a body that closes a fence": "\n".join(BODY_LINES) + "\n```\nDone",
    "main guard": PROGRAM + "\n\nif __name__ == '__main__':\n    model = build_model(x, y)\n    print(model)\n",
    "corrected function": PROGRAM.replace("SVC", "Draft") + "\n\nWait, that isn't right.\n\n" + PROGRAM,
    "function defined again": PROGRAM.replace("SVC", "Draft") + "\n\n" + PROGRAM,
    "method of the same name before": "class Trainer:\n    def build_model(self, x, y):\n        pass\n```\n" + PROGRAM,
    "thinking": f"<think>\nFirst\n{PROGRAM.replace('SVC', 'Draft')}\n</think>\n\n{PROGRAM}",
    "thinking with a fence left open": f"<think>\n```python\n{PROGRAM.replace('SVC', 'Draft')}\n</think>\n{PROGRAM}",
    "thinking on one line": f"<Thinking>An SVM. Or not?</Thinking>{PROGRAM}",
    "thinking before a body": f"<scratchpad>\nAn SVM.\n</scratchpad>\n{BODY}",
    "thinking twice": f"<reasoning>a</reasoning>\n<think>\n<think>\nb\n</think>\nc\n</think>\n```\n{PROGRAM}\n```",
    "thinking behind": f"```python\n{PROGRAM}\n```\n<think>\nIs that right? {PROGRAM.replace('SVC', 'Draft')}",
    "thinking that the prompt began": f"Hm.\n```\n{PROGRAM.replace('SVC', 'Draft')}\n```\nYes.</think>\n{PROGRAM}",
    "thinking in a fence of the prompt": f"```\n{PROGRAM.replace('SVC', 'Draft')}\n</think>\n```\n{PROGRAM}\n```",
    "answer in tags": f"<think>x</think>\n<answer>\n```python\n{PROGRAM}\n```\n</answer>\nBye",
    "answer in tags on its lines": f"<code>{PROGRAM}</code>\nIt isn't long.",
    "fence in a list": f"1. Write:\n\n{textwrap.indent(f'```python{chr(10)}{PROGRAM}{chr(10)}```', '   ')}\n2. Run it",
    "fence as a list item": "- ```py\n" + textwrap.indent(PROGRAM, "  ") + "\n  ```\n- Done",
}


@pytest.mark.parametrize("action", SAME_PROGRAM.values(), ids=SAME_PROGRAM.keys())
def test_ways_to_write_one_program(action: str) -> None:
    assert normalise_program(action) == PROGRAM


@pytest.mark.parametrize("action", SAME_PROGRAM.values(), ids=SAME_PROGRAM.keys())
def test_normalising_twice_changes_nothing(action: str) -> None:
    program = normalise_program(action)
    assert normalise_program(program) == program


WRAPPERS = {
    "none": "{}",
    "prose": "Here is the function:\n\n{}\n\nThis works because it's (rather) good.",
    "fence": "```python\n{}\n```",
    "tildes": "Yes:\n\n~~~~ {{.python .numbers}}\n{}\n~~~~\nThat's all.",
    "title": '```PYTHON title="x.py"\n{}\n```\n\n```bash\npython x.py\n```\n\n```output\n0.9\n```',
    "unlabelled after data": '```json\n{{"C": 1}}\n```\n\n```\n{}\n```',
    "correction": "```python\ndef build_model(x, y):\n    return draft(x)\n```\nNo, better:\n```python\n{}\n```",
    "broken correction": "```python\n{}\n```\nOr rather:\n```python\ndef build_model(x, y):\n    return (\n```",
    "longer fence around": "````markdown\nSo:\n```python\n{}\n```\nThat's it.\n````",
    "fence of the same length around": "```markdown\nSo:\n```python\n{}\n```\nThat's it.\n```\nBye",
    "left open": "So:\n```python3\n{}",
    "left open before another": "So:\n```python\n{}\n\n```text\nprinted\n```\nBye",
    "thinking": "<think>\n```python\ndef build_model(x, y):\n    return draft(x)\n```\n</think>\n\n```python\n{}\n```",
    "thinking, bare": "<thinking>\ndef build_model(x, y):\n    return draft(x)\n</thinking>\n{}",
    "end of thinking": "def build_model(x, y):\n    return draft(x)\n</think>\n\n{}",
    "tags": "<answer>\n{}\n</answer>",
}
STATEMENTS = [
    "x = '<think>' + '</think>'",
    's = """\n<think>\n```\n</think>\n"""',
    "t = '''Markdown\n    ```python\n    y = 1\n    ```\n~~~\n'''",
    "for row in x_train:\n        x = [row, row]",
    "def helper(a):\n        return a  # it's ```",
    "u = ~x_train",
]


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS.keys())
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(STATEMENTS), max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_what_stands_around_a_program_changes_nothing(wrapper: str, statements: list[str], line_end: str) -> None:
    program = "".join([HEADER, *(f"\n    {statement}" for statement in statements), BODY])
    assert normalise_program(wrapper.format(program).replace("\n", line_end)) == program


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


SCRIPT = """\
import numpy as np
SIZE = 3

def build_model(x_train, y_train):
    return Scaled(rate(x_train), LIMIT)

{between}LIMIT, OTHER = 2, [
    1,
]

@cached
def rate(x):
    return shifted(x) * SIZE

def unused():
    return 0

def shifted(x):
    return build_model and x

class Scaled(Base):
    pass

{behind}"""


@pytest.mark.parametrize(
    ("between", "behind"),
    [
        ("", ""),
        ("model = build_model(x, y)\nprint(model)\n", "if __name__ == '__main__':\n    LIMIT = build_model(1, 2)\n"),
        ("The helpers (there're some:\n\n", "That's it.\n"),
        ("rate = build_model(x, y)\n", "```\nDone (isn't it\n"),
    ],
    ids=["nothing", "calls", "prose", "use"],
)
def test_what_a_function_uses_is_kept_wherever_it_stands(between: str, behind: str) -> None:
    assert normalise_program(SCRIPT.format(between=between, behind=behind)).splitlines() == [
        HEADER,
        "    import numpy as np",
        "    SIZE = 3",
        "    LIMIT, OTHER = 2, [",
        "        1,",
        "    ]",
        "    @cached",
        "    def rate(x):",
        "        return shifted(x) * SIZE",
        "    def shifted(x):",
        "        return build_model and x",
        "    class Scaled(Base):",
        "        pass",
        "    return Scaled(rate(x_train), LIMIT)",
    ]


def test_what_prose_separates_from_a_function_is_kept_if_it_is_used() -> None:
    action = (
        f"We define:\n\nLIMIT = 1\n\ndef fit(x):\n    return LIMIT\n\nIt's used in\n\n{HEADER}\n    return fit(x_train)"
    )
    assert normalise_program(action).splitlines()[1:] == [
        "    LIMIT = 1",
        "    def fit(x):",
        "        return LIMIT",
        "    return fit(x_train)",
    ]


def test_statements_on_one_line_are_kept_once() -> None:
    program = normalise_program(f"count = 0; count += 1\n{HEADER}\n    return f(count)")
    assert program == f"{HEADER}\n    count = 0; count += 1\n    return f(count)"


def test_a_class_with_a_method_of_the_same_name_may_be_used() -> None:
    class_text = "class Trainer:\n    def build_model(self, x, y):\n        return 1"
    for action in (
        f"{class_text}\n\n{HEADER}\n    return Trainer().build_model(x_train, y_train)",
        f"{class_text}\nreturn Trainer().build_model(x_train, y_train)",
        "\n" + textwrap.indent(f"{class_text}\nreturn Trainer().build_model(x_train, y_train)", "    "),
    ):
        program = normalise_program(action)
        assert program.startswith(f"{HEADER}\n    class Trainer:\n        def build_model(self, x, y):")
        assert program.endswith("\n    return Trainer().build_model(x_train, y_train)")


def test_another_language_is_the_program_only_where_there_is_no_other() -> None:
    assert normalise_program(f"```text\n{PROGRAM}\n```") == PROGRAM
    assert normalise_program(f"```text\n{PROGRAM}\n```\n```\nreturn other\n```").endswith("return other")


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
        (
            "def build_model(x_train):\n    return 1",
            "SyntaxError: build_model must take two arguments, x_train and y_train",
            1,
        ),
        ("", "SyntaxError: build_model has no body", None),
        ("\n    # nothing here\n", "SyntaxError: build_model has no body", None),
        ("\n    x = 1\0\n", "SyntaxError: the program holds null characters", None),
        (
            "\n    x = '\udce9'\n",
            "SyntaxError: the program holds lone surrogates (bytes that are not valid UTF-8)",
            None,
        ),
        ("\n    x = " + "-" * 15_000 + "1", "SyntaxError: the program is nested too deeply", None),
        ("\n    x = " + "not " * 4_000 + "1", "SyntaxError: the program is nested too deeply", None),
        ("\n    x = " + "lambda: " * 2_000 + "1", "SyntaxError: the program is nested too deeply", None),
        ("\n    x = " + "1 + " * 2_000 + "1", "SyntaxError: the program is nested too deeply", None),
        ("\n    x = f'{" + "-" * 9_000 + "1}'", "SyntaxError: the program is nested too deeply", None),
        ("\n    if 1: 1\n" + "    elif 1: 1\n" * 1_000, "SyntaxError: the program is nested too deeply", None),
        (
            "\n" + "\n".join(" " * (4 + i) + "if x:" for i in range(120)),
            "IndentationError: too many levels of indentation",
            101,
        ),
        ("\n    x = " + "(" * 300 + ")" * 300, "SyntaxError: too many nested parentheses", 2),
        (
            "\n    a = 1\n    x = 'left \u202e right'",
            "SyntaxError: the program holds U+202E, a control character; write it as an escape sequence",
            3,
        ),
        (
            "\n    return 1  # \u2066 fit",
            "SyntaxError: the program holds U+2066, a control character; write it as an escape sequence",
            2,
        ),
        ("\n    return a \u202e + b", "SyntaxError: invalid non-printable character U+202E", 2),
        ("\n    return fit（x_train)", "SyntaxError: invalid character '（' (U+FF08)", 2),
        (
            "\n    model = 1\n    yield model",
            "SyntaxError: build_model must return a model, but a function that holds a yield returns a generator",
            3,
        ),
        (
            "async def build_model(x_train, y_train):\n    return 1",
            "SyntaxError: build_model must be a plain function, neither async nor decorated",
            1,
        ),
        (
            "import a\n@a.b(\n  1,\n)\n@c\ndef build_model(x_train, y_train):\n    return 1",
            "SyntaxError: build_model must be a plain function, neither async nor decorated",
            1,
        ),
        (
            "class build_model:\n    def __init__(self, x, y): pass",
            f"SyntaxError: build_model must be a plain function: {HEADER}",
            None,
        ),
        (
            "build_model = lambda x, y: SVC().fit(x, y)",
            f"SyntaxError: build_model must be a plain function: {HEADER}",
            None,
        ),
        (
            "from functools import partial\ndef fit(c, x, y):\n    return c\nbuild_model = partial(fit, 1)",
            f"SyntaxError: build_model must be a plain function: {HEADER}",
            None,
        ),
        (
            "class Trainer:\n    def build_model(self, x_train, y_train):\n        return 1",
            f"SyntaxError: build_model must be a function of its own, not a method of the class Trainer: {HEADER}",
            None,
        ),
        (
            "Sure:\n```\nclass A:\n\n    @staticmethod\n    def build_model(x_train, y_train):\n        return 1\n```",
            f"SyntaxError: build_model must be a function of its own, not a method of the class A: {HEADER}",
            None,
        ),
        (
            "class A:\n    def fit(self, x, y):\n        pass\n    def predict_proba(self, x):\n        pass",
            "SyntaxError: no function is named build_model, but A",
            None,
        ),
        (
            "<think>\nI should write\n```python\ndef build_model(x_train, y_train):\n    return 1\n```",
            "SyntaxError: the answer ended inside of its thinking (<think> is not closed), before any program",
            None,
        ),
        (
            "Sure.\n<think>\n" + "def build_model(x_train, y_train):\n    return 1\n" * 400,
            "SyntaxError: the answer ended inside of its thinking (<think> is not closed), before any program",
            None,
        ),
        (
            "def build_model(x_train, y_train):\n    return 1\n</think>\n\n",
            "SyntaxError: the answer holds nothing but its thinking; the program must come after it",
            None,
        ),
        (
            "I cannot do that.\n\nPlease ask something else.",
            "SyntaxError: the answer holds no program, only sentences: write build_model in one ```python block",
            None,
        ),
        (
            "x = 1\n\x0cy = 2",
            "SyntaxError: a form feed in front of a line makes Python read it as unindented; leave it out",
            3,
        ),
        (
            "import a\ndef build_m\u043edel(x_train, y_train):\n    return 1\ndef other(): pass",
            "SyntaxError: no function is named build_model, but build_m\u043edel (with U+043E), other",
            None,
        ),
    ],
)
def test_what_is_no_program_says_why_and_where(action: str, message: str, line: int | None) -> None:
    with pytest.raises(ProgramError) as caught:
        normalise_program(action)
    assert caught.value.failure.kind == "syntax"
    assert caught.value.failure.message == message
    assert caught.value.failure.line == line
    assert caught.value.code.startswith(("def build_model(x_train", "async def build_model(x_train"))
    caught.value.code.encode()  # can be written and tokenised


@pytest.mark.parametrize("length", [MAX_PROGRAM_CHARACTERS, MAX_ACTION_CHARACTERS, 1_000_000])
def test_too_long(length: int) -> None:
    with pytest.raises(ProgramError, match=r"characters, at most \d+ are allowed") as caught:
        normalise_program(f"\n    return '{'x' * length}'")
    assert len(caught.value.code) < MAX_PROGRAM_CHARACTERS


HOSTILE = {
    "constants that a compiler folds": "\n    x = " + " + ".join(["'a' * 4000"] * 1_300),
    "nested functions": "\n    x = " + "lambda: " * 2_400 + "1",
    "nested functions in an f-string": "\n    x = f'{(" + "lambda: " * 2_400 + "1)}'",
    "nested functions as a default": "def build_model(x, y, z=" + "lambda: " * 2_400 + "1):\n    return z",
    "many fences": "```\nx =\n```\n" * 1_700,
    "many fenced functions": "```\ndef build_model(x):\n```\n" * 600,
    "many statements": "x=1\n" * 4_900,
    "many lists": ";".join(["[" * 90 + "]" * 90] * 100),
    "many tabs": "".join("\t" * (1 + i % 50) + "if x:\n" for i in range(600)),
    "a huge number under tabs": "\tx = 0x" + "f" * 15_000 + "\n\tif x:\n\t\treturn x",
    "a huge number as a default": "def build_model(x, y, z=0x" + "f" * 15_000 + "):\n    return z",
    "no code": "\\\n" * 10_000,
    "backticks": "`" * MAX_ACTION_CHARACTERS,
    "opening tags": "<think>" * 9_000,
    "opening tags on lines": "<think>\n" * 8_000,
    "closing tags": "</think>" * 8_000,
    "closed tags": "<think></think>" * 4_000,
    "tags around code": "<code>\n" * 9_000,
    "fences of all kinds": "```text\n~~~\n````py\n" * 3_000,
    "open strings in fences": '```\n"""\n' * 8_000,
    "open strings in functions": 'def build_model\n"""\n```\n' * 2_500,
    "loose statements": "def build_model(x, y):\n    return f\n" + "Well.\nf = f\n" * 5_000,
    "megabytes": "<think>\n```\n" * 170_000,
    "a huge message": "\n    " + "\U0001d41a" * 9_000 + " = 1 1",
}


def test_hostile_texts_are_read_in_a_moment() -> None:
    start = time.process_time()
    for action in HOSTILE.values():
        _, failure = _program_or_failure(action)
        assert failure is None or len(failure.message) < 400
    assert time.process_time() - start < 10  # a guard: together they take half a second; compiling them takes minutes


def test_deep_nesting_is_judged_alike_whoever_calls() -> None:
    def at_depth(n_calls: int, action: str) -> tuple[str, Failure | None]:
        return at_depth(n_calls - 1, action) if n_calls else _program_or_failure(action)

    for n_levels in (400, 480, 520, 700):
        action = "\n    return " + "-" * n_levels + "1"
        assert at_depth(0, action) == at_depth(600, action)


def test_memory_that_is_short_is_no_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(syntax.ast, "parse", fail)
    monkeypatch.setattr(syntax, "bytearray", fail, raising=False)
    with pytest.raises(MemoryError):
        normalise_program("\n    return 1")


def test_characters_that_mislead_readers_reach_nobody() -> None:
    _, failure = _program_or_failure(f"Note: \u202e.\n```python\n{PROGRAM}\n```")
    assert failure is None  # in prose they harm nobody
    for character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\x08\x7f\x9b":
        for action in (
            f"\n    x = '{character}' = 1",
            f"\n    return '{character}'",
            f"def build_model({character}):\n  x",
        ):
            program, failure = _program_or_failure(action)
            assert failure is not None
            assert character not in program + failure.message


def test_characters_that_only_look_different_are_the_same_to_python() -> None:
    program = normalise_program("\n    \U0001d426odel = 1")  # a mathematical m, which Python reads as an m
    assert program.endswith("\n    return model")


def test_the_target_of_a_comprehension_is_no_model_to_return() -> None:
    assert "return" not in normalise_program("\n    [model for model in x_train]")


def test_defaults_stay_as_they_are_written() -> None:
    program = normalise_program(
        "def build_model(x, y, a='1' \"2\", b=(3,\n 4), c=(d := 5), *, e=0x10, f=lambda: 6):\n    return a"
    )
    namespace: dict[str, object] = {}
    exec(program.replace("return a", "return a, b, c, d, e, f()"), namespace)
    assert namespace["build_model"](1, 2) == ("12", (3, 4), 5, 5, 16, 6)  # type: ignore[operator]


@pytest.mark.parametrize("base", ["\t", "  ", "    ", "\t ", " \t"])
def test_tabs_and_spaces_that_python_tells_apart_keep_their_meaning(base: str) -> None:
    for inner in ("\t", "  ", "\t ", "  \t", "         "):
        lines = ["if x:", f"{inner}if y:", f"{inner}\ta()", f"{inner}b()", "return 1"]
        action = "".join(f"\n{base}{line}" for line in lines)
        program, failure = _program_or_failure(action)
        assert failure is None
        assert ast.dump(ast.parse(program)) == ast.dump(ast.parse(HEADER + action))


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
    "~~~",
    "- ````",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "class A:\n    ",
    "Sure, like this:\n",
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
