"""Observations become token ids, and sampled tokens become text, as each family of tokenizers wants it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import ds_gym.prompts
from agents.prompt_format import FILL_MARK, PromptFormat
from tests.agents.tiny_models import tiny_tokenizer

KINDS = ("bytes", "chat", "qwen_fill", "metaspace", "code_llama")
PROGRAM = "\n    from sklearn.svm import SVC\n    return SVC()"
OBSERVATION = f"def build_model(x_train, y_train):{FILL_MARK}\n    return model"


def ids_of(tokenizer: Any, *tokens: str) -> list[int]:
    ids = [tokenizer.convert_tokens_to_ids(token) for token in tokens]
    assert tokenizer.unk_token_id not in ids
    return ids


@pytest.mark.parametrize(
    ("kind", "style"),
    [
        ("bytes", "completion"),
        ("metaspace", "completion"),
        ("chat", "instruct"),
        ("qwen_fill", "infill"),
        ("code_llama", "infill"),
    ],
)
def test_the_style_is_read_off_the_tokenizer(kind: str, style: str) -> None:
    assert PromptFormat(tiny_tokenizer(kind), 384).style == style


def test_a_chat_template_takes_precedence_and_can_be_overruled() -> None:
    tokenizer = copy.deepcopy(tiny_tokenizer("qwen_fill"))
    tokenizer.chat_template = tiny_tokenizer("chat").chat_template
    assert PromptFormat(tokenizer, 384).style == "instruct"
    for style in ("infill", "completion", "instruct"):
        assert PromptFormat(tokenizer, 384, style).style == style


@pytest.mark.parametrize(
    ("kind", "style", "message"),
    [
        ("bytes", "instruct", "wants a chat template"),
        ("metaspace", "infill", "fill-in-the-middle"),
        ("bytes", "chat", "prompt='chat' is not allowed: it must be one of auto, completion, infill, instruct"),
    ],
)
def test_a_style_that_is_not_offered_is_refused(kind: str, style: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PromptFormat(tiny_tokenizer(kind), 384, style)


def test_tokens_beyond_the_models_vocabulary_make_no_infill_model() -> None:
    """The tokenizer of Code Llama names these tokens also for models without them."""
    tokenizer = tiny_tokenizer("code_llama")
    assert PromptFormat(tokenizer, min(ids_of(tokenizer, "▁<PRE>", "▁<SUF>", "▁<MID>"))).style == "completion"


def test_infill_of_qwen_coder() -> None:
    tokenizer = tiny_tokenizer("qwen_fill")
    prompts = PromptFormat(tokenizer, 384)
    ids = prompts.encode(OBSERVATION, 100)
    text = "<|fim_prefix|>def build_model(x_train, y_train):<|fim_suffix|>\n    return model<|fim_middle|>"
    assert list(ids) == tokenizer(text)["input_ids"]
    assert prompts.end_token_ids == set(ids_of(tokenizer, "<|endoftext|>", "<|file_sep|>"))


def test_infill_of_code_llama() -> None:
    """<s> <PRE> prefix <SUF>suffix <MID>: a space in front of the prefix, as the sentencepiece model puts one in front
    of every text, and none in front of the suffix."""
    tokenizer: Any = tiny_tokenizer("code_llama")
    prompts = PromptFormat(tokenizer, 384)
    before, hole, after, end = ids_of(tokenizer, "▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>")
    ids = list(prompts.encode(OBSERVATION, 200))
    assert ids[:2] == [tokenizer.bos_token_id, before]
    assert ids[-1] == after
    pieces = [
        tokenizer.convert_ids_to_tokens(part) for part in (ids[2 : ids.index(hole)], ids[ids.index(hole) + 1 : -1])
    ]
    assert "".join(pieces[0]).replace("▁", " ") == " def build_model(x_train, y_train):"
    assert "".join(pieces[1]).replace("▁", " ").replace("<0x0A>", "\n") == "\n    return model"
    assert prompts.end_token_ids == {end}
    assert prompts.encode(OBSERVATION, 200) == tuple(ids)  # the tokenizer is left as it was
    assert prompts.decode(ids[2:], {end}).startswith(" def")


@pytest.mark.parametrize("kind", ["qwen_fill", "code_llama"])
def test_long_infill_prompts_lose_the_start_of_the_prefix(kind: str) -> None:
    prompts = PromptFormat(tiny_tokenizer(kind), 384)
    observation = "x = 1\n" * 50 + OBSERVATION
    whole, cut = prompts.encode(observation, 10_000), prompts.encode(observation, 80)
    marks = 1 if kind == "qwen_fill" else 2
    assert len(cut) == 80
    assert cut[:marks] == whole[:marks]
    assert cut[marks:] == whole[-(80 - marks) :]


def test_the_mark_is_the_environments() -> None:
    assert FILL_MARK == ds_gym.prompts.FILL_MARK


def test_an_infill_observation_must_have_one_mark() -> None:
    prompts = PromptFormat(tiny_tokenizer("qwen_fill"), 384)
    for observation in ("x", OBSERVATION + FILL_MARK):
        with pytest.raises(ValueError, match="must hold <FILL_ME> once"):
            prompts.encode(observation, 100)


def test_chat_prompts_go_through_the_template() -> None:
    tokenizer = tiny_tokenizer("chat")
    ids = PromptFormat(tokenizer, 384).encode("Write.", 100)
    assert tokenizer.decode(ids) == "<|im_start|>user\nWrite.<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize("kind", KINDS)
def test_completion_prompts_keep_what_stands_in_front_and_lose_their_start(kind: str) -> None:
    tokenizer = tiny_tokenizer(kind)
    prompts = PromptFormat(tokenizer, 384, "completion")
    whole = prompts.encode("a = 1\n" * 40, 10_000)
    assert list(whole) == tokenizer("a = 1\n" * 40)["input_ids"]
    leading = (tokenizer.bos_token_id,) if kind in ("metaspace", "code_llama") else ()
    cut = prompts.encode("a = 1\n" * 40, 50)
    assert cut == leading + whole[-(50 - len(leading)) :]
    assert prompts.encode("a = 1\n" * 40, 1) == whole[-1:]


@pytest.mark.parametrize("kind", KINDS)
def test_actions_decode_to_what_they_add_to_the_prompt(kind: str) -> None:
    """Also pieces with a space at their start, which tokenizers like sentencepiece swallow at the start of a text."""
    tokenizer = tiny_tokenizer(kind)
    prompts = PromptFormat(tokenizer, 384, "completion")
    context = "def f():"
    before = tokenizer(context)["input_ids"]
    some = tokenizer(" x")["input_ids"][-1]
    ordinary = [i for i in range(len(tokenizer)) if i not in tokenizer.all_special_ids]
    spaces = 0
    for token in ordinary:
        whole = tokenizer.decode([*before, token, some], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        action = prompts.decode([token, some, tokenizer.eos_token_id], {tokenizer.eos_token_id})
        assert context + action == whole
        spaces += action.startswith(" ")
    assert spaces > 5
    assert prompts.decode([], set()) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_programs_survive_reading_and_writing(kind: str) -> None:
    """Of characters that the tokenizer knows."""
    tokenizer = tiny_tokenizer(kind)
    prompts = PromptFormat(tokenizer, 384, "completion")
    ids = tokenizer("):" + PROGRAM)["input_ids"]
    start = next(i for i in range(len(ids)) if prompts.decode(ids[: i + 1], set()).endswith(":")) + 1
    assert prompts.decode(ids[start:], set()) == PROGRAM


def test_ids_without_a_token_decode_to_nothing() -> None:
    """Models often have more rows of embeddings than tokens."""
    assert PromptFormat(tiny_tokenizer("bytes"), 384).decode([383, 380], set()) == ""


def test_ends_that_are_ordinary_tokens_are_not_in_the_text() -> None:
    tokenizer = tiny_tokenizer("qwen_fill")
    prompts = PromptFormat(tokenizer, 384)
    end = ids_of(tokenizer, "<|file_sep|>")[0]
    ids = tokenizer("x = 1")["input_ids"]
    assert prompts.decode([*ids, end], prompts.end_token_ids) == "x = 1"


def test_a_fill_mark_in_a_completion_prompt_is_plain_text() -> None:
    """The tokenizer of Code Llama would split the text there."""
    tokenizer = tiny_tokenizer("code_llama")
    prompts = PromptFormat(tokenizer, 384, "completion")
    ids = prompts.encode(f"a{FILL_MARK}b{FILL_MARK}c", 100)
    assert tokenizer.decode(ids, skip_special_tokens=True) == "a<FILL ME>b<FILL ME>c"
