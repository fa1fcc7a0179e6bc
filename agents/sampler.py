"""What a learner samples its actions from: any engine that can draw tokens from the present policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

StopReason = Literal["eos", "function_end", "length"]


@dataclass(frozen=True)
class Generation:
    """One sampled action.

    Attributes:
        token_ids: what was sampled; the token that ended the action is the last one, unless the action was cut.
        log_probs: log-probability of each token under the distribution that it was drawn from.
        stop_reason: "eos" (the end-of-sequence token was sampled), "function_end" (the last token showed that the
            body of the function is complete), or "length" (the action was cut).
        text: what the tokens say, without special ones and without what stands behind the function's end.
    """

    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    stop_reason: StopReason
    text: str


OnEnd = Callable[[int, Generation], None]
"""Called with the index of a prompt and its finished action."""


class Sampler(Protocol):
    """An engine that samples from the policy; :class:`agents.generation.LocalSampler` is the one of this package."""

    def sample(
        self,
        prompts: Sequence[tuple[int, ...]],
        *,
        max_new_tokens: int,
        temperature: float,
        generator: torch.Generator,
        on_end: OnEnd | None = None,
    ) -> list[Generation]:
        """Draw one action a prompt from softmax(logits / temperature) of the policy; greedily at temperature 0.

        Args:
            prompts: token ids, at least one a prompt; at least one prompt.
            max_new_tokens: actions are cut there.
            temperature: at least 0; neither top-k nor top-p apply.
            generator: the source of all randomness, so that equal states of it give equal actions.
            on_end: called once for every action, in this thread, as soon as it has ended, while others may still be
                written. What it raises ends the sampling.

        Returns:
            One :class:`Generation` a prompt, in order.
        """
        ...

    def policy_changed(self) -> None:
        """The policy's weights are others now. An engine with weights of its own takes them over before it samples."""
        ...
