"""What an update needs on paper: bytes and floating-point operations from the shapes alone.

The learners read once what all sequences begin with, and go on from its keys and values; with gradient checkpointing
whole sequences are read instead. All episodes terminate with their only action, whose last token is not read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.learner_cost.shapes import ModelShape

Agent = Literal["etpo", "ppo"]
Critic = Literal["heads", "adapter"]

FLOAT32 = 4
_CHUNKS_AT_ONCE = 6
"""Float32 tensors [rows of a chunk, vocabulary] that live at once: 5.1 (ETPO) and 6 (PPO) were measured on a CPU."""

_FROZEN_PASSES = {("etpo", "heads"): 1, ("etpo", "adapter"): 2, ("ppo", "heads"): 1, ("ppo", "adapter"): 2}
"""Passes without gradients: the base; with an adapter critic also its target (ETPO) or its values before (PPO)."""
_VOCABULARY_PRODUCTS = {("etpo", "heads"): 6, ("etpo", "adapter"): 8, ("ppo", "heads"): 5, ("ppo", "adapter"): 5}
"""Products of hidden states with a matrix [vocabulary, hidden], an action token, forward and backward together."""
_FIRST_LOOK: dict[str, tuple[int, int]] = {"heads": (1, 4), "adapter": (3, 6)}
"""Passes and products with which ETPO looks at a batch before the first gradient step: by policy, and by an adapter
critic and its target."""


@dataclass(frozen=True)
class BatchShape:
    """A batch of episodes of one action.

    Attributes:
        episodes: actions B.
        prompt_tokens: tokens P before each action.
        shared_tokens: of these, those that all prompts begin with.
        action_tokens: tokens L an action.
    """

    episodes: int = 8
    prompt_tokens: int = 256
    shared_tokens: int = 192
    action_tokens: int = 128

    def __post_init__(self) -> None:
        if not (0 <= self.shared_tokens < self.prompt_tokens and self.episodes >= 1 and self.action_tokens >= 1):
            raise ValueError(f"{self}: a batch has episodes and action tokens, and prompts that differ in a token")

    @property
    def n_tokens(self) -> int:
        """Action tokens of the batch."""
        return self.episodes * self.action_tokens


@dataclass(frozen=True)
class Training:
    """How a LoRA policy is trained; adapters on all matrices of the decoder layers, in float32.

    Attributes:
        agent: "etpo" or "ppo".
        critic: the learners' setting of this name.
        rank: of the adapters.
        compute_bytes: bytes a number of the base: 2 for bfloat16, 4 for float32.
        checkpointing: whether only the inputs of layers are kept for the backward pass.
        episodes_at_once: gradients are accumulated over groups of so many episodes; None: all at once.
        critic_width: hidden units of the critic's heads.
        chunk_elements: bound on rows times vocabulary of a chunk.
    """

    agent: Agent = "etpo"
    critic: Critic = "heads"
    rank: int = 16
    compute_bytes: int = 2
    checkpointing: bool = False
    episodes_at_once: int | None = None
    critic_width: int = 256
    chunk_elements: int = 2**25

    @property
    def trained_networks(self) -> int:
        """Networks with a backward pass: the policy, and a critic with an adapter of its own."""
        return 1 if self.critic == "heads" else 2


def expected_memory(shape: ModelShape, batch: BatchShape, training: Training) -> dict[str, int]:
    """Bytes at the peak of an update, by part; the peak is where the backward pass begins.

    Parts: "weights" of the base; "adapters" of all networks; "gradients and Adam" of what is trained; "activations"
    kept for the backward pass, keys and values among them; "states and heads": hidden states, their gradients and the
    critic's heads, an action token; "chunks" of logits.
    """
    h, w, c = shape.hidden_size, training.critic_width, training.compute_bytes
    heads = _head_parameters(shape, training)
    adapters = shape.adapter_parameters(training.rank)
    trained = training.trained_networks * adapters + heads
    # The target's heads and, if there is one, its adapter.
    copies = (heads if training.agent == "etpo" else 0) + (adapters if training.critic == "adapter" else 0)
    group = _groups(batch, training)[0]
    return {
        "weights": c * shape.parameters,
        "adapters": FLOAT32 * (trained + copies),
        "gradients and Adam": 3 * FLOAT32 * trained,
        "activations": training.trained_networks * activation_bytes(shape, group, training),
        "states and heads": batch.n_tokens * ((36 + 4 * c) * h + 16 * w),
        "chunks": _CHUNKS_AT_ONCE * FLOAT32 * min(training.chunk_elements, group.n_tokens * shape.vocabulary),
    }


def activation_bytes(shape: ModelShape, batch: BatchShape, training: Training) -> int:
    """Bytes that one trained network keeps between its forward and its backward pass.

    With checkpointing: the inputs of all layers, and all of one layer, which is computed again when its turn comes.
    """
    tokens = _tokens_read(batch, training)
    layer = tokens * _layer_bytes_a_token(shape, training) + _key_value_bytes(shape, batch, training)
    if not training.checkpointing:
        return shape.layers * layer
    return shape.layers * tokens * training.compute_bytes * shape.hidden_size + layer


def generation_bytes(shape: ModelShape, batch: BatchShape, training: Training) -> dict[str, int]:
    """Bytes at the peak of generation by the policy alone, by part: weights, adapter, keys and values."""
    cached = batch.episodes * (batch.prompt_tokens + batch.action_tokens)
    return {
        "weights": training.compute_bytes * shape.parameters,
        "adapters": FLOAT32 * shape.adapter_parameters(training.rank),
        "keys and values": shape.layers * cached * 2 * shape.kv_size * training.compute_bytes,
    }


def update_flops(shape: ModelShape, batch: BatchShape, training: Training) -> dict[str, int]:
    """Floating-point operations of an update with one gradient step, by part; a multiplication with an addition is 2.

    With N weights in the matrices of the layers and A in an adapter:

    - "frozen passes": 2 N a token read (and 2 A where an adapter is on).
    - "trained passes": 2 N forward and 2 N backward, because gradients of frozen weights are not computed; 6 A.
    - "attention": 4 h a pair of query and key, forward; twice that backward. Causal: keys behind a query do not count.
    - "vocabulary": 2 h V for each product with the output embeddings.

    What checkpointing computes a second time is not counted, nor is anything but matrix products.
    """
    weights, adapter = shape.trunk_weights, shape.adapter_parameters(training.rank)
    key = training.agent, training.critic
    frozen, trained = _FROZEN_PASSES[key], training.trained_networks
    products = _VOCABULARY_PRODUCTS[key]
    groups = _groups(batch, training)
    if training.agent == "etpo":
        passes, more_products = _FIRST_LOOK[training.critic]
        frozen, products = frozen + passes, products + more_products
    tokens = sum(_tokens_read(group, training) for group in groups)
    pairs = 4 * shape.hidden_size * shape.layers * sum(_attended_pairs(group, training) for group in groups)
    return {
        "frozen passes": tokens * (2 * weights * frozen + 2 * adapter * (frozen - 1)),
        "trained passes": tokens * (4 * weights + 6 * adapter) * trained,
        "attention": pairs * (frozen + 3 * trained),
        "vocabulary": batch.n_tokens * 2 * shape.hidden_size * shape.vocabulary * products,
    }


def _layer_bytes_a_token(shape: ModelShape, training: Training) -> int:
    """Bytes that autograd keeps of a token in one decoder layer, keys and values apart, as the layer is written in
    transformers and peft: frozen matrices keep no input, an adapter keeps its own, in its own type."""
    h, m, c = shape.hidden_size, shape.intermediate_size, training.compute_bytes
    norms = 2 * FLOAT32 * h
    attention = 2 * c * h  # queries and the output
    feed_forward = 3 * c * m  # gate, its activation, up
    if c == FLOAT32:  # no casts: q, k and v share their input, as gate and up do; o reads attention's output
        adapter_inputs = FLOAT32 * (2 * h + m)
    else:
        adapter_inputs = FLOAT32 * (6 * h + m)
    return norms + attention + feed_forward + adapter_inputs + len(shape.linear_layers) * FLOAT32 * training.rank


def _key_value_bytes(shape: ModelShape, batch: BatchShape, training: Training) -> int:
    """Bytes of the keys and values of one layer that attention keeps: of all that its queries look at."""
    # Fewer heads of keys than of queries are repeated before attention, where there is a mask.
    width = shape.hidden_size if shape.kv_heads < shape.heads else shape.kv_size
    sequences = batch.episodes * (batch.prompt_tokens + batch.action_tokens - 1)
    shared = 0 if training.checkpointing else batch.shared_tokens
    return 2 * training.compute_bytes * width * (shared + sequences)


def _groups(batch: BatchShape, training: Training) -> list[BatchShape]:
    """The parts of a batch over which gradients are accumulated, the largest one first."""
    size = min(training.episodes_at_once or batch.episodes, batch.episodes)
    starts = range(0, batch.episodes, size)
    return [replace(batch, episodes=min(size, batch.episodes - start)) for start in starts]


def _head_parameters(shape: ModelShape, training: Training) -> int:
    h, w = shape.hidden_size, training.critic_width
    value = (h + 1) * w + w + 1
    has_query = training.agent == "etpo" and training.critic == "heads"
    return value + ((h + 1) * w + (w + 1) * h if has_query else 0)


def _tokens_read(batch: BatchShape, training: Training) -> int:
    """Tokens of one pass over the batch."""
    if training.checkpointing:
        return batch.episodes * (batch.prompt_tokens + batch.action_tokens - 1)
    own = batch.prompt_tokens - batch.shared_tokens + batch.action_tokens - 1
    return batch.shared_tokens + batch.episodes * own


def _attended_pairs(batch: BatchShape, training: Training) -> int:
    """Pairs of query and key of one pass over the batch."""
    shared = 0 if training.checkpointing else batch.shared_tokens
    length = batch.prompt_tokens + batch.action_tokens - 1
    return _triangle(shared) + batch.episodes * (_triangle(length) - _triangle(shared))


def _triangle(n: int) -> int:
    return n * (n + 1) // 2
