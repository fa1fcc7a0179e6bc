"""What every token of a vocabulary adds to a text, as bytes, so that a text can grow without being decoded again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from transformers import PreTrainedTokenizerBase

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")


class TokenPieces:
    """The pieces of a tokenizer's vocabulary, read once from what its decoder is declared to do.

    Understood are byte-level tokens (GPT-2, Llama 3, Qwen), and pieces that mark spaces by another character, with or
    without tokens for single bytes (SentencePiece: Llama 2, Code Llama, Mistral). Special tokens have no text. Joined
    pieces are the bytes of what the tokenizer decodes from these tokens behind other ones.

    Raises:
        ValueError: the decoder does something else.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        convert = _converter(_decoder_steps(tokenizer))
        special = {token_id for token_id, token in tokenizer.added_tokens_decoder.items() if token.special}
        ids: Any = list(range(len(tokenizer)))
        tokens: Any = tokenizer.convert_ids_to_tokens(ids)
        self._pieces = [
            b"" if token is None or token_id in special else convert(token) for token_id, token in enumerate(tokens)
        ]

    def __getitem__(self, token_id: int) -> bytes:
        """The bytes of one token; none for an id beyond the vocabulary."""
        return self._pieces[token_id] if 0 <= token_id < len(self._pieces) else b""

    def join(self, token_ids: Sequence[int]) -> bytes:
        """The bytes of a text."""
        return b"".join(map(self.__getitem__, token_ids))


def _decoder_steps(tokenizer: PreTrainedTokenizerBase) -> list[dict[str, Any]]:
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    if decoder is None:
        raise ValueError(f"the tokenizer ({type(tokenizer).__name__}) does not say how it decodes tokens")
    declared = json.loads(decoder.__getstate__())
    steps: list[dict[str, Any]] = declared["decoders"] if declared["type"] == "Sequence" else [declared]
    for step in steps:
        if not _is_understood(step):
            raise ValueError(f"the tokenizer's decoder has a step that is not understood: {json.dumps(step)[:200]}")
    return steps


def _is_understood(step: dict[str, Any]) -> bool:
    match step:
        case {"type": "ByteLevel" | "ByteFallback" | "Fuse" | "Metaspace"}:
            return True
        case {"type": "Replace", "pattern": {"String": str()}, "content": str()}:
            return True
        case {"type": "Strip", "content": " ", "stop": 0}:  # at the beginning of a text, where no action stands
            return True
    return False


def _converter(steps: Sequence[dict[str, Any]]) -> Callable[[str], bytes]:
    """From a token as the vocabulary writes it to its bytes."""
    kinds = {step["type"] for step in steps}
    replacements = [(step["pattern"]["String"], step["content"]) for step in steps if step["type"] == "Replace"]
    replacements += [(step["replacement"], " ") for step in steps if step["type"] == "Metaspace"]
    byte_of = _byte_of_character() if "ByteLevel" in kinds else {}

    def convert(token: str) -> bytes:
        if "ByteFallback" in kinds and (match := _BYTE_TOKEN.fullmatch(token)):
            return bytes([int(match[1], 16)])
        if byte_of and all(character in byte_of for character in token):
            return bytes(byte_of[character] for character in token)
        for old, new in replacements:
            token = token.replace(old, new)
        return token.encode(errors="replace")

    return convert


def _byte_of_character() -> dict[str, int]:
    """The characters by which byte-level vocabularies write the 256 bytes (A. Radford et al., GPT-2, encoder.py).

    Bytes that are printable in Latin-1 stand for themselves, the others for the characters from 256 on, in order.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = (byte for byte in range(256) if byte not in set(printable))
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}
