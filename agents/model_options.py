"""How a language model is loaded, adapted and prompted: what its user may choose, checked when it is chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Tuning = Literal["auto", "full", "lora"]
PromptStyle = Literal["completion", "infill", "instruct"]

DTYPES = ("auto", "float32", "bfloat16", "float16")
TUNINGS: tuple[str, ...] = get_args(Tuning)
PROMPTS = ("auto", *get_args(PromptStyle))
QUANTIZATIONS = ("none", "4bit")

_COMPUTATION = ("gradient_checkpointing", "compile")

ALL_LINEAR = "all-linear"
"""Stands for every linear layer but the output head."""


@dataclass(frozen=True)
class ModelOptions:
    """Settings of a language model beyond its name, device, number format and tuning.

    Attributes:
        lora_rank: rank of the LoRA adapters (arXiv 2106.09685).
        lora_alpha: their output is scaled by ``lora_alpha / lora_rank``.
        lora_targets: layers that get adapters: "all-linear", or names of linear layers, separated by commas. A name may
            be the end of a path ("q_proj" or "self_attn.q_proj").
        quantization: "none", or "4bit" for a base in 4 bits (NF4 of arXiv 2305.14314; needs CUDA and bitsandbytes).
        gradient_checkpointing: keep only the inputs of layers in a training pass and compute the rest again in the
            backward pass; less memory for about a third more time. Prompts are then read once a turn, without a cache.
        compile: compile the layers for training passes with ``torch.compile``; minutes at first, worth it on a GPU
            alone. Prompts are then read once a turn, too. Excludes gradient checkpointing.
        prompt: "auto", or the style of prompts that the model is to be given: "completion", "infill", "instruct".

    Raises:
        ValueError: a value that is not allowed.
    """

    lora_rank: int = 16
    lora_alpha: int = 32
    lora_targets: str = ALL_LINEAR
    quantization: str = "none"
    gradient_checkpointing: bool = False
    compile: bool = False
    prompt: str = "auto"

    def __post_init__(self) -> None:
        require(self.lora_rank >= 1, "lora_rank", self.lora_rank, "at least 1")
        require(self.lora_alpha > 0, "lora_alpha", self.lora_alpha, "above 0")
        require(
            bool(self.target_names()),
            "lora_targets",
            self.lora_targets,
            f"{ALL_LINEAR!r} or names of linear layers, separated by commas",
        )
        require_one_of("quantization", self.quantization, QUANTIZATIONS)
        require_one_of("prompt", self.prompt, PROMPTS)
        if self.compile and self.gradient_checkpointing:
            raise ValueError("compile and gradient_checkpointing exclude each other: choose one")

    def deciding(self) -> dict[str, Any]:
        """The settings without those that trade time for memory: what an agent's state belongs to."""
        return {name: value for name, value in asdict(self).items() if name not in _COMPUTATION}

    def target_names(self) -> list[str]:
        """The names in ``lora_targets``."""
        return [name for name in (part.strip() for part in self.lora_targets.split(",")) if name]


def require(holds: bool, name: str, given: Any, allowed: str) -> None:
    """Raise ValueError, saying what is allowed, unless ``holds``."""
    if not holds:
        raise ValueError(f"{name}={given!r} is not allowed: it must be {allowed}")


def require_one_of(name: str, given: str, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless ``given`` is one of the allowed values."""
    require(given in allowed, name, given, f"one of {', '.join(allowed)}")
