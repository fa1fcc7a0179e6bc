from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds_gym.answers import read_answer

PIECES = [
    "```",
    "```python",
    "````",
    "~~~",
    "~~~py",
    "```text",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<code>x",
]
PIECES += [
    's = """',
    '"""',
    "def build_model(x, y):",
    "    return 1",
    "  ",
    "It's",
    "- ```py",
    "a </think>",
    "b</code>",
]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("a\n```python\nb\n```\nc", [("python", "b", True)]),
        ("```py\nb\n", [("python", "b\n", False)]),
        ("``` python3 title=x\nb\n```  ", [("python", "b", True)]),
        ("~~~ {.Python #id}\nb\n```\nc\n~~~", [("python", "b", False), ("unlabelled", "c", False)]),
        ("```\nb\n```\n```bash\nc\n```", [("unlabelled", "b", True), ("other", "c", True)]),
        (
            "````text\na\n```py\nb\n```\nc\n````\n```\nd\n```",
            [("other", "a", False), ("python", "b", True), ("unlabelled", "d", True)],
        ),
        ("```py\nb\n```c\nd\n```", [("python", "b", False), ("other", "d", True)]),
        ("1. ```py\n   b\n     c\n   ```", [("python", "b\n  c", True)]),
        ("  ```py\n  b\nc\n  ```", [("python", "  b\nc", True)]),
        ("```b``` c\n`` `\nd", []),
        ("```\n\n```", []),
        ('```py\ns = """\n```\n"""\n```\nc', [("python", 's = """\n```\n"""', True)]),
        ('```py\ns = """\n```\nc', [("python", 's = """', True)]),
        ("<answer>\nb\n</answer> c", [("unlabelled", "\nb", True)]),
        ("<Code>b</code>\nc", [("unlabelled", "b", True)]),
        ("<think>\n```\nb\n```\n</think>\n```\nc\n```", [("unlabelled", "c", True)]),
        ("```\n<think>\n</think>\n```", [("unlabelled", "<think>\n</think>", True)]),
    ],
)
def test_blocks(text: str, blocks: list[tuple[str, str, bool]]) -> None:
    assert [(block.language, block.text, block.is_closed) for block in read_answer(text).blocks] == blocks


@pytest.mark.parametrize(
    ("text", "kept", "open_tag"),
    [
        ("a\n<think>\nb\n</think>\nc", "a\nc", None),
        ("<think>b</think>c", "c", None),
        ("a\n  <THINK> b\nc", "a", "THINK"),
        ("a\n</think>\nb", "b", None),
        ("a</reasoning>\nb\n</think>c", "c", None),
        ("<think>\n<scratchpad>\na\n</scratchpad>\nb\n</think>\nc", "c", None),
        ("a <think> b", "a <think> b", None),
        ("a </think> b", "a </think> b", None),
    ],
)
def test_thinking(text: str, kept: str, open_tag: str | None) -> None:
    answer = read_answer(text)
    assert answer.text == kept
    assert answer.open_tag == open_tag


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("\n".join))
def test_blocks_hold_lines_of_the_answer_in_their_order(text: str) -> None:
    answer = read_answer(text)
    kept = [line.strip() for line in answer.text.split("\n")]
    assert all(line in text for line in kept)
    for block in answer.blocks:
        lines = [line.strip() for line in block.text.split("\n")]
        assert any(kept[start : start + len(lines)] == lines for start in range(len(kept)))
