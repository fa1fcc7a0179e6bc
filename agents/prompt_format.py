"""From observations to token ids and from sampled token ids to actions, as each family of models wants it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from agents.model_options import PROMPTS, PromptStyle, require_one_of

FILL_MARK = "<FILL_ME>"
"""Stands in an "infill" observation, once, where the action goes."""


@dataclass(frozen=True)
class FillFormat:
    """How a family of fill-in-the-middle models reads a text with a gap: before, prefix, hole, suffix, after.

    Attributes:
        before: token in front of the text before the gap.
        hole: token in front of the text behind the gap.
        after: token behind which the model writes what belongs into the gap.
        ends: tokens with which models end what they write, apart from the tokenizer's own.
    """

    before: str
    hole: str
    after: str
    ends: tuple[str, ...] = ()


FILL_FORMATS = (
    FillFormat("▁<PRE>", "▁<SUF>", "▁<MID>", ("▁<EOT>",)),  # Code Llama, arXiv 2308.12950
    FillFormat(  # Qwen2.5-Coder, arXiv 2409.12186; CodeGemma, arXiv 2406.11409
        "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", ("<|endoftext|>", "<|file_sep|>", "<|file_separator|>")
    ),
    FillFormat(  # StarCoder and StarCoder 2, arXiv 2305.06161 and 2402.19173
        "<fim_prefix>", "<fim_suffix>", "<fim_middle>", ("<|endoftext|>", "<file_sep>")
    ),
    FillFormat("<fim-prefix>", "<fim-suffix>", "<fim-middle>", ("<|endoftext|>",)),  # SantaCoder, arXiv 2301.03988
    FillFormat("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # DeepSeek-Coder, arXiv 2401.14196
)


class PromptFormat:
    """Writes and reads the token ids of one tokenizer in one style of prompts.

    Attributes:
        style: "instruct": observations go through the chat template, as a message of the user. "infill": the text
            before and behind :data:`FILL_MARK` is put between the tokens of a :class:`FillFormat`, prefix first.
            "completion": the observation itself.
        end_token_ids: tokens that end an action in this style, apart from the tokenizer's and the model's own.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, vocabulary_size: int, style: str = "auto") -> None:
        """Choose the style.

        Args:
            tokenizer: of the model.
            vocabulary_size: rows of the model's embeddings; tokens beyond are not the model's.
            style: "auto" prefers "instruct" to "infill" to "completion", by what the tokenizer offers.

        Raises:
            ValueError: a style that the tokenizer does not offer.
        """
        require_one_of("prompt", style, PROMPTS)
        self._tokenizer = tokenizer
        self._fill_ids: list[int] = []
        self.end_token_ids: frozenset[int] = frozenset()
        has_template = bool(getattr(tokenizer, "chat_template", None))
        fill_format = _fill_format(tokenizer, vocabulary_size)
        if style == "auto":
            style = "instruct" if has_template else "infill" if fill_format else "completion"
        if style == "instruct" and not has_template:
            raise ValueError("prompt='instruct' wants a chat template, and this model's tokenizer has none")
        if style == "infill":
            if fill_format is None:
                raise ValueError(
                    "prompt='infill' wants a tokenizer with the tokens of a fill-in-the-middle model, "
                    f"such as {FILL_FORMATS[0].before} or {FILL_FORMATS[1].before}; this one has none"
                )
            tokens = (fill_format.before, fill_format.hole, fill_format.after)
            self._fill_ids = _known_ids(tokenizer, tokens, vocabulary_size)
            self.end_token_ids = frozenset(_known_ids(tokenizer, fill_format.ends, vocabulary_size))
        self.style: PromptStyle = style  # type: ignore[assignment]  # "auto" is gone
        self._leading = self._leading_special_tokens()
        # Pieces of sentencepiece carry the space in front of a word: such tokenizers put one in front of every text,
        # and take it off when they decode. An anchor in front keeps both from what continues a text.
        first_piece = tokenizer.convert_ids_to_tokens(self._bare("a"))[0]
        self._anchor = "a" if first_piece.startswith("▁") else ""
        self._anchor_ids = self._bare(self._anchor) if self._anchor else []

    def encode(self, observation: str, room: int) -> tuple[int, ...]:
        """Token ids of an observation, at most ``room`` of them: what is too long loses its start.

        The special tokens in front, and those of the infill style, are kept.

        Raises:
            ValueError: in the infill style, an observation without exactly one :data:`FILL_MARK`.
        """
        leading, ending = self._leading, []
        if self.style == "instruct":
            messages = [{"role": "user", "content": observation}]
            text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            ids = self._bare(str(text))
            leading = ids[:1] if ids[0] == self._tokenizer.bos_token_id else []
            ids = ids[len(leading) :]
        elif self._fill_ids:
            if observation.count(FILL_MARK) != 1:
                raise ValueError(f"an observation of the infill style must hold {FILL_MARK} once: {observation[:80]!r}")
            prefix, suffix = observation.split(FILL_MARK)
            before, hole, after = self._fill_ids
            leading = [*leading, before]
            ids, ending = self._bare(prefix), [hole, *self._continuing(suffix), after]
        else:
            ids = self._bare(observation)
        left = room - len(leading) - len(ending)
        if left < 1:
            return tuple([*leading, *ids, *ending][-max(1, room) :])
        return (*leading, *ids[-left:], *ending)

    def as_python(self) -> str:
        """Lines of Python that do the same to an ``observation`` with nothing but the ``tokenizer``; see ``inputs``."""
        if self.style == "instruct":
            return (
                'message = [{"role": "user", "content": observation}]\n'
                "prompt = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)\n"
                'inputs = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")'
            )
        if not self._fill_ids:
            return 'inputs = tokenizer(observation, return_tensors="pt")'
        before, hole, after = self._fill_ids
        anchored = f'encode("{self._anchor}" + after)[{len(self._anchor_ids)}:]' if self._anchor else "encode(after)"
        leading = "".join(f"{token}, " for token in self._leading)
        return (
            "import torch\n"
            f'before, after = observation.split("{FILL_MARK}")\n'
            'encode = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]\n'
            f"ids = torch.tensor([[{leading}{before}, *encode(before), {hole}, *{anchored}, {after}]])\n"
            'inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}'
        )

    def decode(self, token_ids: Sequence[int], end_token_ids: Set[int]) -> str:
        """The text that tokens add to what stands before them, without special tokens and ends of sequences."""
        ids = [token for token in token_ids if token not in end_token_ids]
        text = str(
            self._tokenizer.decode(
                [*self._anchor_ids, *ids], skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
        return text[len(self._anchor) :]

    def _bare(self, text: str) -> list[int]:
        """Token ids of a text alone."""
        fill_token = getattr(self._tokenizer, "fill_token", None)
        if fill_token:  # the tokenizer of Code Llama would take such a text apart in its own way
            text = text.replace(fill_token, fill_token.replace("_", " "))
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _continuing(self, text: str) -> list[int]:
        """Token ids of a text that stands behind other tokens."""
        return self._bare(self._anchor + text)[len(self._anchor_ids) :] if self._anchor else self._bare(text)

    def _leading_special_tokens(self) -> list[int]:
        bare, whole = self._bare("a"), list(self._tokenizer("a")["input_ids"])
        starts = [i for i in range(len(whole)) if whole[i : i + len(bare)] == bare]
        return whole[: starts[0]] if starts else []


def _fill_format(tokenizer: PreTrainedTokenizerBase, vocabulary_size: int) -> FillFormat | None:
    for fill_format in FILL_FORMATS:
        tokens = (fill_format.before, fill_format.hole, fill_format.after)
        if len(_known_ids(tokenizer, tokens, vocabulary_size)) == len(tokens):
            return fill_format
    return None


def _known_ids(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[str], vocabulary_size: int) -> list[int]:
    """Ids of those tokens that the tokenizer and the model know."""
    ids: list[Any] = [tokenizer.convert_tokens_to_ids(token) for token in tokens]
    return [i for i in ids if i is not None and i != tokenizer.unk_token_id and i < vocabulary_size]
