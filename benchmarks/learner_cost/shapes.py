"""Shapes of language models, their sizes on paper, and models of such a shape with random weights."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ModelShape:
    """A decoder in the manner of Llama: RMS norms, rotary positions, gated feed-forward layers.

    Attributes:
        vocabulary: number of tokens V.
        hidden_size: width h of the hidden states.
        layers: number of decoder layers.
        intermediate_size: width m inside the feed-forward layers.
        heads: attention heads.
        kv_heads: heads of keys and values; fewer than ``heads`` with grouped queries.
        tied: whether input and output embeddings are one matrix.
        qkv_bias: whether queries, keys and values have biases, as in Qwen2.
    """

    vocabulary: int
    hidden_size: int
    layers: int
    intermediate_size: int
    heads: int
    kv_heads: int
    tied: bool = False
    qkv_bias: bool = False

    @property
    def kv_size(self) -> int:
        """Width of the keys (and of the values) of a token in one layer."""
        return self.hidden_size // self.heads * self.kv_heads

    @property
    def linear_layers(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of the seven matrices of a decoder layer: q, k, v, o, gate, up, down."""
        h, k, m = self.hidden_size, self.kv_size, self.intermediate_size
        return (h, h), (h, k), (h, k), (h, h), (h, m), (h, m), (m, h)

    @property
    def trunk_weights(self) -> int:
        """Weights of the matrices of all decoder layers: N of "2 N floating-point operations a token"."""
        return self.layers * sum(inputs * outputs for inputs, outputs in self.linear_layers)

    @property
    def parameters(self) -> int:
        """All parameters of the model."""
        embeddings = self.vocabulary * self.hidden_size * (1 if self.tied else 2)
        biases = self.layers * (self.hidden_size + 2 * self.kv_size) if self.qkv_bias else 0
        norms = (2 * self.layers + 1) * self.hidden_size
        return embeddings + self.trunk_weights + biases + norms

    def adapter_parameters(self, rank: int) -> int:
        """Parameters of one LoRA adapter of this rank on all matrices of the decoder layers."""
        return self.layers * sum(rank * (inputs + outputs) for inputs, outputs in self.linear_layers)


SHAPES: dict[str, ModelShape] = {
    "toy": ModelShape(1000, hidden_size=64, layers=2, intermediate_size=176, heads=4, kv_heads=4),
    # Qwen2.5-Coder-0.5B and -1.5B
    "0.5b": ModelShape(151_936, 896, 24, 4864, heads=14, kv_heads=2, tied=True, qkv_bias=True),
    "1.5b": ModelShape(151_936, 1536, 28, 8960, heads=12, kv_heads=2, tied=True, qkv_bias=True),
    # CodeLlama-7B
    "7b": ModelShape(32_016, hidden_size=4096, layers=32, intermediate_size=11_008, heads=32, kv_heads=32),
}
"""By the name that the command line takes: the numbers in the models' published ``config.json``."""
