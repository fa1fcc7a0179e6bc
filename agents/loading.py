"""Finding and reading the files of a causal language model: where from, in which number format, onto which device."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from agents.model_options import DTYPES, TUNINGS, ModelOptions, Tuning, require_one_of

TINYCODER = Path(__file__).parent / "tinycoder" / "weights"
"""Where the embedded language model lies."""

FULL_TUNING_LIMIT = 50_000_000
"""Models with fewer parameters are tuned in full by default, larger ones through LoRA (arXiv 2106.09685)."""


def load_pretrained(
    name: str, *, device: str, dtype: str, tuning: Tuning, options: ModelOptions
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Tuning]:
    """Load a model and its tokenizer; see :func:`agents.language_model.load_language_model`.

    Returns:
        The model, its tokenizer, and "full" or "lora".
    """
    place = check_loading(device, dtype=dtype, tuning=tuning, options=options)
    quantized = options.quantization != "none"
    source = find(name)
    config, tokenizer = read_config(name)
    if tuning == "auto":
        with _one_line_errors(name):
            tuning = "lora" if quantized else default_tuning(count_parameters(config))
    number_format: torch.dtype = getattr(
        torch, dtype if dtype != "auto" else "bfloat16" if tuning == "lora" and place.type == "cuda" else "float32"
    )
    settings: dict[str, Any] = {"config": config, "dtype": number_format}
    if quantized:
        settings |= {"device_map": {"": place}, "quantization_config": _four_bits(number_format)}
    with without_progress_bars(), _one_line_errors(name):
        model: Any = AutoModelForCausalLM.from_pretrained(source, **settings)
        if not quantized:
            model.to(place)
    return model, tokenizer, tuning


def check_loading(
    device: str, *, dtype: str = "auto", tuning: Tuning = "auto", options: ModelOptions | None = None
) -> torch.device:
    """What can be checked before a model is read; the device. Raises ValueError for what is not allowed there."""
    require_one_of("tuning", tuning, TUNINGS)
    require_one_of("dtype", dtype, DTYPES)
    place = resolve_device(device)
    if options is not None and options.quantization != "none":
        _require_quantization(place, tuning)
    return place


def read_config(name: str) -> tuple[PreTrainedConfig, PreTrainedTokenizerBase]:
    """Configuration and tokenizer of a model, without its weights. Raises ValueError if there is no such model."""
    source = find(name)
    with without_progress_bars(), _one_line_errors(name):
        return AutoConfig.from_pretrained(source), AutoTokenizer.from_pretrained(source)


def default_tuning(n_parameters: int) -> Literal["full", "lora"]:
    """What "auto" stands for at this size."""
    return "full" if n_parameters < FULL_TUNING_LIMIT else "lora"


def resolve_device(device: str) -> torch.device:
    """The device of a name; "auto" is CUDA if there is one. Raises ValueError if torch cannot use it."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).split()).partition(". ")[0]
        raise ValueError(f"device={device!r} cannot be used here: {reason[:200]}") from None
    return place


def find(name: str) -> str:
    """The folder or hub name that ``name`` stands for. Raises ValueError if it can be neither."""
    if name == "tinycoder":
        if not (TINYCODER / "config.json").exists():
            raise ValueError(
                f"the embedded language model is missing at {TINYCODER}: run python -m agents.tinycoder.build"
            )
        return str(TINYCODER)
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").exists():
            raise ValueError(f"the folder {name!r} holds no language model: there is no config.json in it")
        return str(path)
    siblings = [str(path.parent / entry) for entry in os.listdir(path.parent)] if path.parent.is_dir() else []
    nearest = difflib.get_close_matches(name, ["tinycoder", *siblings], n=1, cutoff=0.7)
    if nearest or name.startswith((".", "/", "~")) or name.count("/") > 1:
        suggestion = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise ValueError(f"there is no language model {name!r}: no such folder.{suggestion}")
    return name


def count_parameters(config: PreTrainedConfig) -> int:
    """Parameters of a model of this configuration, without making it."""
    with torch.device("meta"):
        return int(AutoModelForCausalLM.from_config(config).num_parameters())


def _require_quantization(place: torch.device, tuning: Tuning) -> None:
    if tuning == "full":
        raise ValueError("quantization='4bit' goes with tuning 'lora' alone: a base in 4 bits cannot be trained")
    if place.type != "cuda":
        raise ValueError(f"quantization='4bit' needs a CUDA device, and the model is to lie on {str(place)!r}")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ValueError("quantization='4bit' needs the package bitsandbytes: pip install bitsandbytes")


def _four_bits(compute_dtype: torch.dtype) -> Any:
    """NF4 with quantised constants, sections 3.1 and 3.2 of QLoRA (arXiv 2305.14314)."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype,
    )


@contextlib.contextmanager
def _one_line_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ValueError(f"cannot load the language model {name!r}: {' '.join(str(error).split())[:300]}") from error


@contextlib.contextmanager
def without_progress_bars() -> Iterator[None]:
    """Within, transformers draws no progress bars."""
    enabled = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if enabled:
            transformers_logging.enable_progress_bar()
