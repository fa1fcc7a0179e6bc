"""Any causal language model of transformers, as a policy to be trained and the frozen base it started from."""

from __future__ import annotations

import contextlib
import copy
import difflib
import inspect
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    DynamicCache,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.pytorch_utils import Conv1D
from transformers.utils import logging as transformers_logging

from agents.vocabulary import OutputHead

TINYCODER = Path(__file__).parent / "tinycoder" / "weights"
"""Where the embedded language model lies."""

FULL_TUNING_LIMIT = 50_000_000
"""Models with fewer parameters are tuned in full by default, larger ones through LoRA (arXiv 2106.09685)."""

Network = Literal["policy", "base"]
Tuning = Literal["auto", "full", "lora"]
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class EncodedPrompts:
    """P prompts that were read.

    Attributes:
        last_hidden: [P, hidden_size], the hidden states from which the first tokens of answers are drawn.
        cache: keys and values of P rows.
        mask: int64 [P, width], 1 for the real tokens of the cache.
    """

    last_hidden: Tensor
    cache: DynamicCache
    mask: Tensor


class LanguageModel:
    """A policy pi and its frozen base rho behind one tokenizer.

    With tuning "full" the base is a frozen copy of the model; with "lora" the policy is the base with adapters on.
    Dropout is always off.

    Attributes:
        name: what the model was loaded as.
        tokenizer: its tokenizer.
        prompt_style: the ``prompt`` argument that environments should be made with: "instruct" for models with a chat
            template, else "completion".
        tuning: "full" or "lora".
        device: where the weights lie.
        eos_token_ids: tokens that end an action.
        pad_token_id: fills up batches; what it is does not matter, masks come from lengths.
        hidden_size: width of the last hidden states.
        context_length: longest sequence that the model takes, in tokens.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, name: str, tuning: Tuning = "auto"
    ) -> None:
        if tuning == "auto":
            tuning = "full" if model.num_parameters() < FULL_TUNING_LIMIT else "lora"
        self.name = name
        self.tokenizer = tokenizer
        self.tuning = tuning
        self.prompt_style = "instruct" if getattr(tokenizer, "chat_template", None) else "completion"
        self.eos_token_ids = _eos_token_ids(model, tokenizer)
        self.pad_token_id: int = (
            tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(self.eos_token_ids)
        )
        self.context_length: int = getattr(model.config, "max_position_embeddings", None) or 2**31
        self._model = model.eval()
        self._adapters: Any = None
        self._base = self._model
        if tuning == "full":
            self._model.requires_grad_(True)
            self._base = copy.deepcopy(self._model).requires_grad_(False)
        else:
            self._adapters = _add_lora(self._model)
        self._takes_position_ids = "position_ids" in inspect.signature(self._trunk("policy").forward).parameters
        self.hidden_size: int = self.head("policy").weight.shape[1]
        self._check_head()

    @property
    def device(self) -> torch.device:
        return self._model.device

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        """The policy's own parameters by name: all of them, or the adapters."""
        return {name: parameter for name, parameter in self._model.named_parameters() if parameter.requires_grad}

    def state_dict(self) -> dict[str, Tensor]:
        """Copies of the policy's own parameters."""
        return {name: parameter.detach().cpu().clone() for name, parameter in self.trainable_parameters().items()}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over the policy's parameters. Raises ValueError if names or shapes are not this model's."""
        parameters = self.trainable_parameters()
        if {name: value.shape for name, value in state.items()} != {
            name: value.shape for name, value in parameters.items()
        }:
            raise ValueError(f"the weights do not fit the model {self.name!r} with tuning {self.tuning!r}")
        for name, parameter in parameters.items():
            parameter.copy_(state[name])

    def encode_prompt(self, observation: str, reserve: int) -> tuple[int, ...]:
        """Token ids of an observation; only its end, if it would leave less than ``reserve`` tokens of context."""
        if self.prompt_style == "instruct":
            messages = [{"role": "user", "content": observation}]
            text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            ids = self.tokenizer(observation)["input_ids"]
            if ids and ids[-1] in self.eos_token_ids:
                ids = ids[:-1]
        return tuple(ids[-max(1, self.context_length - reserve) :])

    def decode_action(self, token_ids: Sequence[int]) -> str:
        """Text of sampled tokens, without special ones."""
        return str(self.tokenizer.decode(list(token_ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def head(self, network: Network) -> OutputHead:
        """The output head of one of the two networks; it shares the network's tensors."""
        layer = (self._model if network == "policy" else self._base).get_output_embeddings()
        if not hasattr(layer, "weight"):
            raise ValueError(f"the model {self.name!r} has no linear output head")
        return OutputHead(layer.weight, getattr(layer, "bias", None))

    def forward(
        self, token_ids: Tensor, attention_mask: Tensor, cache: DynamicCache, network: Network = "policy"
    ) -> Tensor:
        """Last hidden states of new tokens, whose keys and values are appended to the cache.

        Args:
            token_ids: int64 [B, n], the new tokens.
            attention_mask: int64 [B, m + n], 1 for real tokens, of the m cached positions and the n new ones. Positions
                count real tokens, so that padding on either side changes nothing.
            cache: of :meth:`new_cache`.
            network: which network computes; "base" computes without gradients.

        Returns:
            [B, n, hidden_size].
        """
        inputs: dict[str, Any] = {"input_ids": token_ids, "attention_mask": attention_mask}
        if self._takes_position_ids:
            positions = (attention_mask.cumsum(1) - 1).clamp_min_(0)
            inputs["position_ids"] = positions[:, -token_ids.shape[1] :]
        with self._computing(network):
            output = self._trunk(network)(**inputs, past_key_values=cache, use_cache=True)
        hidden: Tensor = output.last_hidden_state
        return hidden

    def encode_prompts(self, prompts: Sequence[Sequence[int]], network: Network = "policy") -> EncodedPrompts:
        """Read prompts, which are padded on the left. The tokens that all of them begin with are read once."""
        shared = _common_prefix(prompts)
        rests = [list(prompt[shared:]) for prompt in prompts]
        width = max(map(len, rests))
        ids = torch.tensor([[self.pad_token_id] * (width - len(rest)) + rest for rest in rests], device=self.device)
        mask = torch.tensor([[1] * shared + [0] * (width - len(rest)) + [1] * len(rest) for rest in rests])
        mask = mask.to(self.device)
        cache = self.new_cache()
        if shared:
            prefix = torch.tensor([list(prompts[0][:shared])], device=self.device)
            self.forward(prefix, torch.ones_like(prefix), cache, network)
            cache = select_rows(cache, mask.new_zeros(len(prompts)))
        return EncodedPrompts(self.forward(ids, mask, cache, network)[:, -1], cache, mask)

    def new_cache(self) -> DynamicCache:
        """An empty cache of keys and values."""
        return DynamicCache(config=self._model.config)

    def _trunk(self, network: Network) -> nn.Module:
        trunk: nn.Module = (self._model if network == "policy" else self._base).base_model
        return trunk

    @contextlib.contextmanager
    def _computing(self, network: Network) -> Iterator[None]:
        if network == "policy":
            yield
        else:
            with (
                torch.no_grad(),
                contextlib.nullcontext() if self._adapters is None else self._adapters.disable_adapter(),
            ):
                yield

    @torch.no_grad()
    def _check_head(self) -> None:
        """Refuse models that do more to their logits than a linear map: they would be trained on other ones."""
        token_ids = torch.arange(8, device=self.device)[None]
        expected = self._model(input_ids=token_ids).logits[0].float()
        hidden = self.forward(token_ids, torch.ones_like(token_ids), self.new_cache())[0]
        found = self.head("policy").logits(hidden)
        tolerance = (1e-3 if expected.dtype == self._model.dtype else 0.1) * float(expected.std())
        if found.shape != expected.shape or not torch.allclose(found, expected, rtol=0, atol=tolerance):
            raise ValueError(f"the model {self.name!r} scales or caps its logits, which is not supported")


def _common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, at least one token of each being left over."""
    longest = min(map(len, prompts)) - 1
    first = prompts[0]
    for position in range(longest):
        if any(prompt[position] != first[position] for prompt in prompts):
            return position
    return longest


def select_rows(cache: DynamicCache, rows: Tensor) -> DynamicCache:
    """A cache that holds these rows of another one, which stays as it is; differentiable."""
    selected = copy.copy(cache)
    selected.layers = [copy.copy(layer) for layer in cache.layers]
    selected.batch_select_indices(rows)
    return selected


def load_language_model(
    name: str, *, device: str = "auto", dtype: str = "auto", tuning: Tuning = "auto"
) -> LanguageModel:
    """Load a causal language model and its tokenizer.

    Args:
        name: "tinycoder" (the embedded model), a folder, or the name of a model on the Hugging Face hub.
        device: "auto" (CUDA if there is one), or as torch names devices.
        dtype: "auto" (float32, but bfloat16 for LoRA on CUDA), "float32", "bfloat16" or "float16".
        tuning: "full", "lora", or "auto": full below 50 million parameters.

    Raises:
        ValueError: nothing can be loaded from there, or an argument is not allowed; one line.
    """
    if tuning not in get_args(Tuning):
        raise ValueError(f"tuning={tuning!r} is not allowed: it must be one of {', '.join(get_args(Tuning))}")
    if dtype != "auto" and dtype not in _DTYPES:
        raise ValueError(f"dtype={dtype!r} is not allowed: it must be one of auto, {', '.join(_DTYPES)}")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    source = _find(name)
    progress_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(source)
        tokenizer = AutoTokenizer.from_pretrained(source)
        model: Any = AutoModelForCausalLM.from_pretrained(
            source, config=config, dtype=torch.float32 if dtype == "auto" else _DTYPES[dtype]
        )
        model.to(torch.device(device))
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ValueError(f"cannot load the language model {name!r}: {' '.join(str(error).split())[:300]}") from error
    finally:
        if progress_bars:
            transformers_logging.enable_progress_bar()
    if tuning == "auto":
        tuning = "full" if model.num_parameters() < FULL_TUNING_LIMIT else "lora"
    if dtype == "auto" and tuning == "lora" and model.device.type == "cuda":
        model.to(torch.bfloat16)
    return LanguageModel(model, tokenizer, name=name, tuning=tuning)


def _find(name: str) -> str:
    """The folder or hub name that ``name`` stands for."""
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


def _eos_token_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    declared = getattr(model.generation_config, "eos_token_id", None)
    ids = set(declared if isinstance(declared, list) else [declared]) | {tokenizer.eos_token_id}
    ids.discard(None)
    if not ids:
        raise ValueError("the language model has no end-of-sequence token, so that its actions would never end")
    return frozenset(ids)


def _add_lora(model: PreTrainedModel, rank: int = 16, alpha: int = 32, seed: int = 0) -> Any:
    """Add LoRA adapters to all linear layers but the head; the start of A is drawn from ``seed``, B starts at zero."""
    from peft import LoraConfig, get_peft_model

    with torch.random.fork_rng(devices=[]):  # peft draws from the global generator, which is left as it was
        config = LoraConfig(
            r=rank,
            lora_alpha=alpha,
            lora_dropout=0.0,
            target_modules="all-linear",
            fan_in_fan_out=any(isinstance(module, Conv1D) for module in model.modules()),
            task_type="CAUSAL_LM",
        )
        adapted = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_A" in name:
                bound = parameter.shape[1] ** -0.5
                drawn = torch.empty(parameter.shape).uniform_(-bound, bound, generator=generator)
                parameter.copy_(drawn)
    return adapted
