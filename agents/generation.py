"""Sampling of actions: batched, left-padded, with a cache of keys and values; a shared prompt is encoded once."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from agents.function_end import FunctionEnd
from agents.language_model import LanguageModel, Network
from agents.sampler import Generation, OnEnd, StopReason
from agents.sampling_cache import buffered_rows
from agents.token_pieces import TokenPieces

_SMALL_HIDDEN_SIZE = 512
"""Models narrower than this write faster with one thread: an operation on one token is over sooner than it is shared
out, and the other processors run the programs of episodes that have ended."""

__all__ = ["Generation", "LocalSampler", "StopReason", "generate"]


class LocalSampler:
    """Samples with the language model that is trained, in this process; a :class:`agents.sampler.Sampler`.

    Args:
        language_model: whose policy writes.
        stop_at_function_end: actions that are bodies of a function end where the body is complete, see
            :class:`agents.function_end.FunctionEnd`. With a tokenizer for which that cannot be told there is a
            warning, and actions end as without it.
    """

    def __init__(self, language_model: LanguageModel, *, stop_at_function_end: bool = True) -> None:
        self._language_model = language_model
        self._pieces: TokenPieces | None = None
        if stop_at_function_end:
            try:
                self._pieces = TokenPieces(language_model.tokenizer)
            except ValueError as error:
                warnings.warn(f"actions of {language_model.name!r} end by their own token alone: {error}", stacklevel=2)

    def sample(
        self,
        prompts: Sequence[tuple[int, ...]],
        *,
        max_new_tokens: int,
        temperature: float,
        generator: torch.Generator,
        on_end: OnEnd | None = None,
    ) -> list[Generation]:
        """Draw one action a prompt from the policy, see :meth:`agents.sampler.Sampler.sample`."""
        with _suitable_threads(self._language_model):
            return generate(
                self._language_model,
                prompts,
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                generator=generator,
                pieces=self._pieces,
                on_end=on_end,
            )

    def policy_changed(self) -> None:
        """Nothing to be done: the weights are the same tensors."""


@torch.inference_mode()
def generate(
    language_model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    *,
    max_new_tokens: int,
    temperature: float,
    generator: torch.Generator,
    network: Network = "policy",
    pieces: TokenPieces | None = None,
    on_end: OnEnd | None = None,
) -> list[Generation]:
    """Sample one action a prompt from softmax(logits / temperature), without top-k or top-p; greedily at temperature 0.

    Args:
        language_model: who writes.
        prompts: token ids, at least one a prompt.
        max_new_tokens: actions are cut there.
        temperature: at least 0.
        generator: drawn from once a token, on the CPU.
        network: which of the model's networks writes.
        pieces: the texts of tokens; if given, actions that are bodies of a function end where the body is complete.
        on_end: called once for every action as soon as it has ended.

    Returns:
        One :class:`Generation` a prompt, in order.
    """
    device = language_model.device
    head = language_model.head(network)
    unique_prompts = list(dict.fromkeys(prompts))
    position = {prompt: index for index, prompt in enumerate(unique_prompts)}
    encoded = language_model.encode_prompts(unique_prompts, network, new_tokens=max_new_tokens)
    rows = torch.tensor([position[prompt] for prompt in prompts], device=device)
    cache, last_hidden = buffered_rows(encoded.cache, rows, max_new_tokens), encoded.last_hidden[rows]
    mask = torch.cat([encoded.mask[rows], encoded.mask.new_ones(len(prompts), max_new_tokens)], dim=1)
    width = encoded.mask.shape[1]
    live = [_Action(language_model, pieces) for _ in prompts]  # which action each row of the batch belongs to
    actions = list(live)
    for step in range(max_new_tokens):
        tokens, log_probs = _sample(head.logits(last_hidden), temperature, generator)
        for action, token, log_prob in zip(live, tokens.tolist(), log_probs.tolist(), strict=True):
            if action.generation is None and action.add(token, log_prob, is_last=step + 1 == max_new_tokens):
                assert action.generation is not None
                if on_end is not None:
                    on_end(actions.index(action), action.generation)
        kept = [row for row, action in enumerate(live) if action.generation is None]
        if not kept:
            break
        if 2 * len(kept) <= len(live):  # drop the rows that ended, now and then: copying the cache costs time, too
            selected = torch.tensor(kept, device=device)
            cache.batch_select_indices(selected)
            mask, tokens = mask[selected], tokens[selected]
            live = [live[row] for row in kept]
        last_hidden = language_model.forward(tokens[:, None], mask[:, : width + step + 1], cache, network)[:, -1]
    return [action.generation for action in actions if action.generation is not None]


class _Action:
    """An action that is being written; ``generation`` is set when it has ended."""

    def __init__(self, language_model: LanguageModel, pieces: TokenPieces | None) -> None:
        self.generation: Generation | None = None
        self._language_model = language_model
        self._function_end = None if pieces is None else FunctionEnd(pieces)
        self._token_ids: list[int] = []
        self._log_probs: list[float] = []

    def add(self, token: int, log_prob: float, *, is_last: bool) -> bool:
        """Take in a token; returns whether it was the last one."""
        self._token_ids.append(token)
        self._log_probs.append(log_prob)
        reason: StopReason
        if token in self._language_model.eos_token_ids:
            reason = "eos"
        elif self._function_end is not None and self._function_end.add(token):
            reason = "function_end"
        elif is_last:
            reason = "length"
        else:
            return False
        if self._function_end is not None and reason == "function_end":
            text = self._function_end.text
        else:
            text = self._language_model.decode_action(self._token_ids)
        self.generation = Generation(tuple(self._token_ids), tuple(self._log_probs), reason, text)
        return True


@contextlib.contextmanager
def _suitable_threads(language_model: LanguageModel) -> Iterator[None]:
    """Within, a small model on the CPU computes with one thread."""
    threads = torch.get_num_threads()
    is_small = language_model.device.type == "cpu" and language_model.hidden_size < _SMALL_HIDDEN_SIZE
    if is_small and threads > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def _sample(logits: Tensor, temperature: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One token a row of logits [B, V], by inversion of the distribution function, and its log-probability."""
    if temperature == 0:
        tokens = logits.argmax(-1)
        return tokens, torch.zeros_like(tokens, dtype=logits.dtype)
    log_probs = (logits / temperature).log_softmax(-1)
    cumulative = log_probs.double().exp().cumsum(-1)
    uniform = torch.rand(len(logits), 1, generator=generator, dtype=torch.float64).to(logits.device)
    tokens = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True).clamp_max_(logits.shape[1] - 1)
    return tokens[:, 0], log_probs.gather(1, tokens)[:, 0]
