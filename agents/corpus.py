"""Texts whose perplexity is measured: where they lie, how they are read, what of them counts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from agents.language_model import LanguageModel
from agents.loading import find

HELD_OUT_NAME = "held_out.jsonl"
"""A file of this name in a model's folder is a sample of what the model was trained on, but did not see."""

WINDOW = 1024
"""Longer texts are read in pieces of so many tokens."""


@dataclass(frozen=True)
class Document:
    """A text of a corpus.

    Attributes:
        prompt: what stands before it and does not count; None where the text stands alone.
        text: what is to be predicted, with an end of sequence behind it.
    """

    prompt: str | None
    text: str


@dataclass(frozen=True)
class Passage:
    """Tokens to be predicted, and what the model has read before them; at least one token each."""

    prompt_ids: tuple[int, ...]
    token_ids: tuple[int, ...]


@dataclass(frozen=True)
class Corpus:
    """Documents, and the hash of the file that they come from."""

    documents: tuple[Document, ...]
    fingerprint: str


def corpus_of_model(name: str) -> Path | None:
    """The corpus that lies in a model's folder; None if there is none, or the model is no folder.

    Raises:
        ValueError: there is no such model.
    """
    path = Path(find(name)) / HELD_OUT_NAME
    return path if path.is_file() else None


def read_corpus(path: Path) -> Corpus:
    """Reads a file of documents.

    In a file that ends in ``.jsonl`` each line holds an object with ``text``, or with ``prompt`` and ``completion`` (of
    which the completion counts alone). Any other file is plain text, in which empty lines separate documents.

    Raises:
        ValueError: it cannot be read, or holds no document; one line that names it.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise ValueError(f"corpus {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"corpus {path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    if path.suffix == ".jsonl":
        lines = enumerate(text.splitlines(), 1)
        documents = tuple(_read_line(path, number, line) for number, line in lines if line.strip())
    else:
        documents = tuple(Document(None, block) for block in _blocks(text))
    if not documents:
        raise ValueError(f"corpus {path}: holds no document")
    return Corpus(documents, f"sha256:{hashlib.sha256(data).hexdigest()[:16]}")


def passages(language_model: LanguageModel, document: Document) -> list[Passage]:
    """A document as tokens, with the model's own token for the end of a sequence at its end.

    A prompt is tokenised apart from what follows it. A text without one is predicted from its second token on (the
    first is the beginning of a sequence, where the tokenizer puts one). What does not fit into :data:`WINDOW` tokens is
    cut into pieces of which each sees itself alone.
    """
    tokenizer = language_model.tokenizer
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else min(language_model.eos_token_ids)
    window = min(WINDOW, language_model.context_length)
    leading = [] if document.prompt is None else list(tokenizer(document.prompt)["input_ids"])
    ids = list(tokenizer(document.text, add_special_tokens=document.prompt is None)["input_ids"])
    if not ids or ids[-1] != end:
        ids.append(end)
    if leading:
        room = max(1, window - len(ids))
        return [Passage(tuple(leading[-room:]), tuple(ids[: window - 1]))]
    pieces = [ids[start : start + window] for start in range(0, len(ids), window)]
    return [Passage(tuple(piece[:1]), tuple(piece[1:])) for piece in pieces if len(piece) > 1]


def _blocks(text: str) -> list[str]:
    """Stretches of lines that are not empty."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _read_line(path: Path, number: int, line: str) -> Document:
    allowed = 'an object with "text", or with "prompt" and "completion"'
    try:
        fields = json.loads(line)
    except ValueError:
        raise ValueError(f"corpus {path}: line {number} is not JSON; allowed: {allowed}") from None
    if isinstance(fields, dict):
        prompt, text = fields.get("prompt"), fields.get("text", fields.get("completion"))
        if isinstance(text, str) and text and (prompt is None or isinstance(prompt, str)):
            return Document(prompt or None, text)
    raise ValueError(f"corpus {path}: line {number} holds no document; allowed: {allowed}")
