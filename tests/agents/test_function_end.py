from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from agents.function_end import FunctionEnd
from agents.token_pieces import TokenPieces
from ds_gym.actions import ProgramError, normalise_program

HEADER = "def build_model(x_train, y_train):\n"
BODY = "    from sklearn.svm import SVC\n    return SVC().fit(x_train, y_train)\n"

STATEMENTS = [
    "x = [1,\n2,\n]",
    "y = {\n'a': (1,\n)\n}",
    "z = 'it is # no comment (' + \"'\"",
    "# a comment with an ' and a (",
    "s = '''three\nlines (\n'''",
    's = """\nx = "" \' (\n\\"""\n"""',
    "t = '\\'' + ''",
    "u = 1 + \\\n2",
    "v = 'a\\\nb'",
    "if x:\n        pass",
    "for i in range(3):\n\n        z += str(i)  # [",
    "def helper(a, b=(1, 2)):\n        return a",
    'w = r"\\\\" + ""',
    "n = 'é€😀'",
]
BEFORE_FUNCTION = ["import numpy as np", "from sklearn.svm import SVC", "# it's a comment (", "SIZE = (1,\n2)", ""]
BEHIND_BODY = [
    "",
    "\n\n",
    "print(build_model)\n",
    "# It's a comment.\n\nmodel = build_model(x, y)\n",
    "def other():\n    return 1\n",
    "That is all (really.\n",
    ")\n",
    "'''\ntext\n'''\n",
    "\r\n# more\r\nx = 1\r\n",
    "class A:\n    pass\n\n    # inside\n",
    "assert True",
    "def build_model(x, y):\n    return 2\n",
    "```python\ndef build_model(x, y):\n    return 3\n```\n",
    "~~~\nreturn 4\n~~~\n",
    "<think>\nor so\n</think>\n",
    "LIMIT = 5\n\n\ndef scaled(x):\n    return x / LIMIT\n",
]
USING_WHAT_FOLLOWS = "    x_train = scaled(x_train)\n"


def byte_level_tokenizer(merges: Sequence[tuple[str, str]]) -> PreTrainedTokenizerFast:
    vocabulary = {"<eos>": 0}
    for character in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocabulary[character] = len(vocabulary)
    for a, b in merges:
        vocabulary[a + b] = len(vocabulary)
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=list(merges)))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<eos>")


class AnyPieces(TokenPieces):
    """Pieces that a test chooses: token i is the i-th of them."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = list(pieces)


def cut(text: str, sizes: Sequence[int] = (1,)) -> tuple[str, bool, int]:
    """The action, whether it ended, and after how many bytes; tokens have the given sizes, again and again."""
    data = text.encode()
    pieces, start = [], 0
    while start < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[start : start + size])
        start += size
    function_end = FunctionEnd(AnyPieces(pieces))
    read = 0
    for token, piece in enumerate(pieces):
        read += len(piece)
        if function_end.add(token):
            return function_end.text, True, read
    return function_end.text, False, read


def normalised(text: str) -> str | None:
    try:
        return normalise_program(text)
    except ProgramError:
        return None


@st.composite
def actions(draw: st.DrawFn) -> str:
    statements = draw(st.lists(st.sampled_from(STATEMENTS), max_size=5))
    body = "".join(f"    {statement}\n" for statement in statements) + BODY
    kind = draw(st.sampled_from(["body", "function", "fence", "prose and fence", "thinking"]))
    behind = "".join(draw(st.lists(st.sampled_from(BEHIND_BODY), max_size=3)))
    if kind == "body":
        opening = draw(st.sampled_from(["\n", "", "\n\n", "  # comment\n", "# comment in column 0\n"]))
        return opening + body + draw(st.sampled_from(["", "```\n", "\n```python\n"])) + behind
    body = draw(st.sampled_from(["", USING_WHAT_FOLLOWS])) + body
    before = "".join(f"{line}\n" for line in draw(st.lists(st.sampled_from(BEFORE_FUNCTION), max_size=3)))
    if kind == "function":
        return before + HEADER + body + behind
    if kind == "thinking":
        opening = draw(st.sampled_from(["<think>\n", "", " <think>"]))
        return f"{opening}    return 1\n{HEADER}    return 1\n</think>\n{before}{HEADER}{body}{behind}"
    prose = draw(st.sampled_from(["Here's a (good one:\n", ""])) if kind == "prose and fence" else ""
    return f"{prose}```python\n{before}{HEADER}{body}```\n{behind}"


@settings(max_examples=300, deadline=None)
@given(actions(), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_cut_text_is_the_program_that_the_environment_keeps(action: str, sizes: list[int]) -> None:
    text, _, _ = cut(action, sizes)
    assert action.startswith(text)
    expected = normalised(action)
    assert expected is not None
    assert normalised(text) == expected


@settings(max_examples=100, deadline=None)
@given(actions(), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_end_does_not_depend_on_the_tokens(action: str, sizes: list[int]) -> None:
    text, ended, read = cut(action, sizes)
    text_by_bytes, ended_by_bytes, read_by_bytes = cut(action)
    assert (text, ended) == (text_by_bytes, ended_by_bytes)
    assert read_by_bytes <= read < read_by_bytes + max(sizes)


@settings(max_examples=300, deadline=None)
@given(st.text("a'\"()[]#\\ \n\t:`", max_size=60), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_any_text_is_cut_at_the_beginning_of_a_line_or_not_at_all(text: str, sizes: list[int]) -> None:
    kept, ended, _ = cut(text, sizes)
    assert text.startswith(kept)
    assert ended or kept == text
    if ended:
        assert kept.endswith("\n")
        assert kept.strip()


@pytest.mark.parametrize(
    ("action", "kept"),
    [
        ("\n" + BODY + "print(1)", "\n" + BODY),
        (BODY + "\n# more\nmodel = 1", BODY + "\n# more\n"),
        ("# comment\n\treturn 1\nx", "# comment\n\treturn 1\n"),
        (" x = 1\n return x\n```\nBye", " x = 1\n return x\n"),
        (" X = (1)\n return X\n```\nBye", " X = (1)\n return X\n"),
        ("\n" + BODY + "```\nBye", "\n" + BODY),
        ("\n" + BODY + "<think>", "\n" + BODY),
        ("\n" + BODY + "def build_model(x, y):\n    return 1\n", "\n" + BODY),
        (
            "    def build_model(x, y):\n        return 1\n    x = 2\ny",
            "    def build_model(x, y):\n        return 1\n    x = 2\n",
        ),
    ],
)
def test_where_an_action_ends(action: str, kept: str) -> None:
    text, ended, _ = cut(action)
    assert ended
    assert text == kept


@pytest.mark.parametrize(
    "action",
    [
        "\n" + BODY,
        "\n" + BODY + "# comment\n\n",
        "\n    x = (1,\nprint(2)\n",
        "\n    x = '''\nprint(2)\n",
        "\n    x = 1 + \\\nprint(2)\n",
        "from sklearn.svm import SVC\nreturn SVC().fit(x_train, y_train)\nprint(1)\n",  # an unindented body
        "Here is a body:\n```python\n" + BODY + "```\nand text\n",
        "```python\n" + HEADER + BODY + "x = 1\n",  # the fence is open
        "```python\n" + HEADER + BODY + "```\nWait, that is wrong. This is better:\n",  # a better one may come
        "  ```python\n" + HEADER + BODY + "  ```\nAnd now\n",
        "  - ~~~~ {.py}\n" + HEADER + BODY + "  ~~~~\nAnd now\n",
        "  <think>\nThe kernel (radial\n</think>\n" + HEADER + BODY,
        " <answer>\n" + HEADER + BODY + "</answer>\n",
        " Sure\n" + HEADER + BODY + "print(1)\n",
        "\n    Here is the function:\n" + HEADER + BODY + "print(1)\n",
        HEADER + BODY + "print(1)\nLIMIT = 1\n",  # what the function uses may come
        HEADER + BODY,
        "",
    ],
)
def test_where_an_action_does_not_end(action: str) -> None:
    assert cut(action)[1] is False
    assert cut(action)[0] == action


def test_what_a_function_uses_is_not_cut_off() -> None:
    action = f"{HEADER}{USING_WHAT_FOLLOWS}{BODY}print(1)\n\n\ndef scaled(x):\n    return x\n"
    assert cut(action)[0] == action
    assert "def scaled" in normalise_program(action)


def test_tokens_behind_the_end_change_nothing() -> None:
    function_end = FunctionEnd(AnyPieces([b"\n    return 1\nx", b"y\n    return 2"]))
    assert function_end.add(0)
    assert function_end.add(1)
    assert function_end.text == "\n    return 1\n"


def test_bytes_of_a_byte_level_vocabulary() -> None:
    tokenizer = byte_level_tokenizer([("Ċ", "Ġ"), ("a", "b")])
    pieces = TokenPieces(tokenizer)
    text = "a b\n ab é€😀\t\r\n"
    ids = tokenizer(text)["input_ids"]
    assert pieces.join(ids) == text.encode()
    assert pieces[tokenizer.eos_token_id] == b""
    assert pieces[10**6] == b""
    assert sorted(pieces[i] for i in range(1, 257)) == [bytes([byte]) for byte in range(256)]


def test_pieces_of_random_tokens_are_what_the_tokenizer_decodes() -> None:
    tokenizer = byte_level_tokenizer([("a", "b"), ("Ċ", "Ġ")])
    pieces, chance = TokenPieces(tokenizer), random.Random(0)
    for _ in range(50):
        ids = [chance.randrange(len(tokenizer)) for _ in range(20)]
        expected = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert pieces.join(ids).decode(errors="replace") == expected


def sentencepiece_like(decoder: decoders.Decoder) -> PreTrainedTokenizerFast:
    vocabulary = {"<unk>": 0, "<eos>": 1, **{f"<0x{byte:02X}>": 2 + byte for byte in range(256)}}
    for token in ("▁", "▁def", "a", "b", "▁▁▁▁", "é"):
        vocabulary[token] = len(vocabulary)
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True, unk_token="<unk>"))
    raw.decoder = decoder
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<eos>", unk_token="<unk>")


@pytest.mark.parametrize(
    "decoder",
    [
        decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        ),
        decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]),
    ],
)
def test_pieces_that_mark_spaces_and_tokens_of_single_bytes(decoder: decoders.Decoder) -> None:
    tokenizer = sentencepiece_like(decoder)
    pieces = TokenPieces(tokenizer)
    words = ["a", "<0x0A>", "▁▁▁▁", "▁def", "é", "<0xC3>", "<0xA9>", "<eos>", "▁", "b"]
    ids = tokenizer.convert_tokens_to_ids(words)
    assert pieces.join(ids).decode() == "a\n     deféé b"
    assert tokenizer.decode(ids, skip_special_tokens=True) == "a\n     deféé b"


def test_a_decoder_that_is_not_understood_is_refused() -> None:
    raw = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    raw.decoder = decoders.WordPiece()
    with pytest.raises(ValueError, match="WordPiece"):
        TokenPieces(PreTrainedTokenizerFast(tokenizer_object=raw))
