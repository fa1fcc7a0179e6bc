"""Texts are read from files, and become tokens as a model reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.corpus import HELD_OUT_NAME, WINDOW, Document, corpus_of_model, passages, read_corpus
from agents.language_model import LanguageModel
from agents.loading import TINYCODER


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_empty_lines_separate_the_documents_of_a_text(tmp_path: Path) -> None:
    corpus = read_corpus(written(tmp_path / "texts.txt", "\n\none\n  line\n \n\ntwo\n"))
    assert corpus.documents == (Document(None, "one\n  line"), Document(None, "two"))


def test_lines_of_json_hold_texts_or_prompts_with_completions(tmp_path: Path) -> None:
    lines = [{"text": "a\n\nb"}, {"prompt": "p", "completion": "c"}, {"prompt": "", "completion": "c"}]
    path = written(tmp_path / "texts.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
    assert read_corpus(path).documents == (Document(None, "a\n\nb"), Document("p", "c"), Document(None, "c"))


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    a, b = written(tmp_path / "a", "one"), written(tmp_path / "b", "one")
    assert read_corpus(a).fingerprint == read_corpus(b).fingerprint
    assert read_corpus(a).fingerprint != read_corpus(written(tmp_path / "c", "two")).fingerprint


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("a.txt", b" \n\n", "holds no document"),
        ("a.txt", b"\xff\xfe", "not UTF-8"),
        ("a.jsonl", b"", "holds no document"),
        ("a.jsonl", b'{"text": "one"}\nhello', "line 2 is not JSON"),
        ("a.jsonl", b'["one"]', "line 1 holds no document"),
        ("a.jsonl", b'{"text": 1}', "line 1 holds no document"),
        ("a.jsonl", b'{"prompt": "one"}', "line 1 holds no document"),
    ],
)
def test_a_file_that_is_no_corpus_is_named_in_one_line(tmp_path: Path, name: str, data: bytes, complaint: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=complaint) as error:
        read_corpus(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="No such file"):
        read_corpus(tmp_path / "none.txt")


def test_a_model_brings_the_corpus_in_its_folder(tmp_path: Path) -> None:
    assert corpus_of_model("tinycoder") == TINYCODER / HELD_OUT_NAME
    (tmp_path / "config.json").write_text("{}")
    assert corpus_of_model(str(tmp_path)) is None
    assert corpus_of_model(str(written(tmp_path / HELD_OUT_NAME, '{"text": "a"}').parent)) == tmp_path / HELD_OUT_NAME


def test_a_document_ends_with_the_end_of_sequence(language_model: LanguageModel) -> None:
    tokenizer = language_model.tokenizer
    (alone,) = passages(language_model, Document(None, "return SVC"))
    assert (*alone.prompt_ids, *alone.token_ids) == (*tokenizer("return SVC")["input_ids"], tokenizer.eos_token_id)
    assert len(alone.prompt_ids) == 1
    (behind,) = passages(language_model, Document("# Task: a table.", "return SVC"))
    assert behind.prompt_ids == tuple(tokenizer("# Task: a table.")["input_ids"])
    assert behind.token_ids == (*tokenizer("return SVC")["input_ids"], tokenizer.eos_token_id)


def test_what_is_too_long_is_cut_into_pieces(language_model: LanguageModel, wrap: Callable[..., LanguageModel]) -> None:
    assert language_model.context_length < WINDOW
    text = "def build_model(x_train, y_train): " * 100
    ids = [*language_model.tokenizer(text)["input_ids"], language_model.tokenizer.eos_token_id]
    pieces = passages(language_model, Document(None, text))
    assert [token for piece in pieces for token in (*piece.prompt_ids, *piece.token_ids)] == ids
    assert {len(piece.token_ids) + 1 for piece in pieces[:-1]} == {language_model.context_length}
    (cut,) = passages(language_model, Document(text, "return SVC"))
    assert len(cut.prompt_ids) + len(cut.token_ids) == language_model.context_length
    assert cut.prompt_ids == tuple(ids[:-1][-len(cut.prompt_ids) :])
