"""Any causal language model of transformers: a policy to be trained, the frozen base it started from, and a critic."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from agents.adapters import Adapters
from agents.agent import unknown
from agents.fingerprint import weights_fingerprint
from agents.kv_cache import EncodedPrompts, common_prefix, narrowest_window, require_keys_and_values, select_rows
from agents.layer_passes import checkpoint_layers, compile_layers
from agents.loading import TINYCODER, default_tuning, find, load_pretrained, without_progress_bars
from agents.model_check import check_model, reads_trees
from agents.model_options import ModelOptions, Tuning
from agents.prompt_format import PromptFormat
from agents.vocabulary import OutputHead

__all__ = ["TINYCODER", "EncodedPrompts", "LanguageModel", "Network", "load_language_model", "select_rows"]

Network = Literal["policy", "critic", "target", "base"]
_TRAINED = ("policy", "critic")
_UNLIMITED = 2**31


class LanguageModel:
    """Up to four networks behind one tokenizer, on one frozen base model.

    The network "base" is the model as it was loaded (rho). "policy" is the base under an adapter of its own (tuning
    "lora") or a model of its own (tuning "full"). After :meth:`add_critic` there are "critic" and "target": the base
    under two more adapters. Adapters are never merged into the weights. Policy and critic are differentiable, base and
    target never require gradients. Networks may be asked in any order between a forward pass and its backward pass.
    Dropout is always off.

    Attributes:
        name: what the model was loaded as.
        tokenizer: its tokenizer.
        options: how it was adapted.
        prompt_style: the ``prompt`` argument that environments should be made with, see
            :class:`agents.prompt_format.PromptFormat`.
        tuning: "full" or "lora".
        device: where the weights lie.
        eos_token_ids: tokens that end an action.
        pad_token_id: fills up batches; what it is does not matter, masks come from lengths.
        hidden_size: width of the last hidden states.
        vocabulary_size: number of tokens that the model may write.
        context_length: longest sequence that the model takes, in tokens.
        attention: which of transformers' implementations of attention computes.
        reads_trees: whether :meth:`forward` takes tokens in any order, each with its position and what it sees.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        tuning: Tuning = "auto",
        options: ModelOptions | None = None,
    ) -> None:
        """Take over a model, which is changed in place.

        Raises:
            ValueError: an option that the model does not offer, or a model that cannot be trained here; one line.
        """
        options = options or ModelOptions()
        if tuning == "auto":
            tuning = default_tuning(model.num_parameters())
        self.name = name
        self.tokenizer = tokenizer
        self.tuning = tuning
        self.options = options
        self._model = model.eval()
        self._base = self._model
        require_keys_and_values(self.new_cache(), name)
        self._adapters: Adapters | None = None
        self._has_critic = False
        if tuning == "full":
            self._model.requires_grad_(True)
            self._base = copy.deepcopy(self._model).requires_grad_(False)
        else:
            self._adapters = Adapters(self._base, options)
            self._adapters.add("policy", trainable=True)
        if options.gradient_checkpointing:
            checkpoint_layers(self._model, self._adapters)
        if options.compile:
            for module in {self._model, self._base}:
                compile_layers(module)
        self._takes_position_ids = "position_ids" in inspect.signature(self._model.base_model.forward).parameters
        head = self.head("policy")
        self.vocabulary_size, self.hidden_size = head.weight.shape
        self.context_length: int = getattr(model.config, "max_position_embeddings", None) or _UNLIMITED
        self._format = PromptFormat(tokenizer, self.vocabulary_size, options.prompt)
        self.prompt_style = self._format.style
        self.eos_token_ids = _eos_token_ids(model, tokenizer) | self._format.end_token_ids
        pad = tokenizer.pad_token_id
        self.pad_token_id: int = min(self.eos_token_ids) if pad is None or pad >= self.vocabulary_size else pad
        self._window = narrowest_window(self.new_cache(), model.config)
        self._logit_scale = _logit_scale(model.config)
        check_model(self, self._base)
        self.attention: str = getattr(model.config, "_attn_implementation", None) or ""
        self.reads_trees = self._takes_position_ids and self._window is None and reads_trees(self)

    @property
    def device(self) -> torch.device:
        return self._model.device

    @functools.cached_property
    def fingerprint(self) -> str:
        """Tells the weights of the base from those of any other, see :func:`agents.fingerprint.weights_fingerprint`."""
        return weights_fingerprint(self._base)

    @property
    def prompt_code(self) -> str:
        """How prompts are made, as Python, see :meth:`agents.prompt_format.PromptFormat.as_python`."""
        return self._format.as_python()

    @property
    def shares_prompts(self) -> bool:
        """Whether training passes read each distinct prompt once, into a cache; see :meth:`sequence_states`."""
        return not (self.options.gradient_checkpointing or self.options.compile)

    def add_critic(self) -> None:
        """Add the networks "critic" and "target", both equal to the base; nothing if they are there."""
        if self._has_critic:
            return
        if self._adapters is None:
            self._adapters = Adapters(self._base, self.options)
            if self.options.gradient_checkpointing:
                checkpoint_layers(self._base, self._adapters)
        self._adapters.add("critic", trainable=True)
        self._adapters.add("target", trainable=False)
        self._has_critic = True
        self.polyak_target(1.0)

    def polyak_target(self, rate: float) -> None:
        """target <- (1 - rate) * target + rate * critic, in float32."""
        self._critic_adapters().interpolate("target", "critic", rate)

    def trainable_parameters(self, network: Network = "policy") -> dict[str, nn.Parameter]:
        """Parameters by name: all of the model or the adapter's for the policy, the adapter's for the critic.

        Raises:
            ValueError: a network that is not trained, or the critic where there is none.
        """
        if network not in _TRAINED:
            raise ValueError(unknown("trained network", network, _TRAINED))
        if network == "critic":
            return self._critic_adapters().parameters("critic")
        if self.tuning == "full":
            return dict(self._model.named_parameters())
        assert self._adapters is not None
        return self._adapters.parameters("policy")

    def state_dict(self) -> dict[str, Tensor]:
        """Copies of all that learns: the policy's parameters and, if there is a critic, those of critic and target."""
        return _copies(self._learning_parameters())

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state_dict` returned. Raises ValueError if names or shapes are not this model's."""
        self._load(self._learning_parameters(), state)

    def save_policy(self, folder: Path) -> None:
        """Write the policy as peft or transformers read it: its adapter alone, or all of the model."""
        if self._adapters is None or self.tuning == "full":
            with without_progress_bars():
                self._model.save_pretrained(folder)
        else:
            self._adapters.save("policy", folder, find(self.name))

    def critic_state_dict(self) -> dict[str, Tensor]:
        """Copies of the parameters of critic and target. Raises ValueError where there is no critic."""
        return _copies(self._critic_parameters())

    def load_critic_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`critic_state_dict` returned. Raises ValueError as :meth:`load_state_dict` does."""
        self._load(self._critic_parameters(), state)

    def encode_prompt(self, observation: str, reserve: int | None = None) -> tuple[int, ...]:
        """Token ids of an observation, whose start is cut if it would leave less than ``reserve`` tokens of context.

        With None nothing is cut, so that the prompt may be longer than the context.
        """
        room = _UNLIMITED if reserve is None else max(1, self.context_length - reserve)
        return self._format.encode(observation, room)

    def decode_action(self, token_ids: Sequence[int]) -> str:
        """Text of sampled tokens as it continues a prompt, without special tokens and ends of sequences."""
        return self._format.decode(token_ids, self.eos_token_ids)

    def head(self, network: Network) -> OutputHead:
        """The output head of a network, which shares the network's tensors: the base's, but for a policy of its own."""
        layer = (self._model if network == "policy" else self._base).get_output_embeddings()
        if not hasattr(layer, "weight"):
            raise ValueError(f"the model {self.name!r} has no linear output head")
        return OutputHead(layer.weight, getattr(layer, "bias", None))

    def forward(
        self,
        token_ids: Tensor,
        attention_mask: Tensor,
        cache: DynamicCache,
        network: Network = "policy",
        position_ids: Tensor | None = None,
    ) -> Tensor:
        """Last hidden states of new tokens, whose keys and values are appended to the cache.

        Args:
            token_ids: int64 [B, n], the new tokens.
            attention_mask: int64 [B, m + n], 1 for real tokens, of the m cached positions and the n new ones. Positions
                count real tokens, so that padding on either side changes nothing.
            cache: of :meth:`new_cache`.
            network: which network computes; "base" and "target" compute without gradients.
            position_ids: int64 [B, n], if tokens are not in the order of their positions (for models that
                ``reads_trees``); ``attention_mask`` is then bool [B, n, m + n], which positions each new token sees.

        Returns:
            [B, n, hidden_size].
        """
        settings: dict[str, Any] = {"past_key_values": cache, "use_cache": True}
        if position_ids is not None:
            bias = torch.zeros(attention_mask.shape, dtype=self._model.dtype, device=attention_mask.device)
            bias.masked_fill_(~attention_mask, torch.finfo(bias.dtype).min)
            return self._last_hidden(token_ids, bias[:, None], network, position_ids=position_ids, **settings)
        return self._last_hidden(token_ids, attention_mask, network, **settings)

    def sequence_states(self, token_ids: Tensor, attention_mask: Tensor, network: Network = "policy") -> Tensor:
        """Last hidden states of whole sequences, read without a cache; the pass that is checkpointed or compiled.

        Args:
            token_ids: int64 [B, n].
            attention_mask: int64 [B, n], 1 for real tokens; padding may lie on either side.
            network: as in :meth:`forward`.

        Returns:
            [B, n, hidden_size].
        """
        return self._last_hidden(token_ids, attention_mask, network, use_cache=False)

    def encode_prompts(
        self, prompts: Sequence[Sequence[int]], network: Network = "policy", new_tokens: int | None = None
    ) -> EncodedPrompts:
        """Read prompts, which are padded on the left. The tokens that all of them begin with are read once.

        Args:
            prompts: token ids, at least one a prompt.
            network: as in :meth:`forward`.
            new_tokens: how many tokens will be appended to the cache at most. Models that attend within a window need
                to know it to read a common beginning once.
        """
        shared = common_prefix(prompts)
        if self._window is not None and (
            new_tokens is None or max(map(len, prompts)) + new_tokens > self._window
        ):  # windows count the padding between a common beginning and the rest
            shared = 0
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

    def _last_hidden(self, token_ids: Tensor, attention_mask: Tensor, network: Network, **settings: Any) -> Tensor:
        inputs: dict[str, Any] = {"input_ids": token_ids, "attention_mask": attention_mask, **settings}
        if self._takes_position_ids and "position_ids" not in settings:
            positions = (attention_mask.cumsum(1) - 1).clamp_min_(0)
            inputs["position_ids"] = positions[:, -token_ids.shape[1] :]
        with self._computing(network):
            model = self._model if network == "policy" else self._base
            hidden: Tensor = model.base_model(**inputs).last_hidden_state
        return hidden if self._logit_scale == 1 else hidden * self._logit_scale

    @contextlib.contextmanager
    def _computing(self, network: Network) -> Iterator[None]:
        """Within, the adapter of a network is on, and gradients are only where the network is trained."""
        if network in ("critic", "target"):
            self._critic_adapters()
        has_adapter = network in ("critic", "target") or (network == "policy" and self.tuning == "lora")
        adapter = network if has_adapter else None
        with (
            contextlib.nullcontext() if network in _TRAINED else torch.no_grad(),
            contextlib.nullcontext() if self._adapters is None else self._adapters.active(adapter),
        ):
            yield

    def _critic_adapters(self) -> Adapters:
        if self._adapters is None or not self._has_critic:
            raise ValueError("this language model has no critic: call add_critic() first")
        return self._adapters

    def _critic_parameters(self) -> dict[str, nn.Parameter]:
        adapters = self._critic_adapters()
        return adapters.parameters("critic") | adapters.parameters("target")

    def _learning_parameters(self) -> dict[str, nn.Parameter]:
        return self.trainable_parameters("policy") | (self._critic_parameters() if self._has_critic else {})

    @torch.no_grad()
    def _load(self, parameters: dict[str, nn.Parameter], state: dict[str, Tensor]) -> None:
        if {name: value.shape for name, value in state.items()} != {
            name: value.shape for name, value in parameters.items()
        }:
            raise ValueError(f"the weights do not fit the model {self.name!r} with tuning {self.tuning!r}")
        for name, parameter in parameters.items():
            parameter.copy_(state[name])


def load_language_model(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    tuning: Tuning = "auto",
    options: ModelOptions | None = None,
) -> LanguageModel:
    """Load a causal language model and its tokenizer.

    Args:
        name: "tinycoder" (the embedded model), a folder, or the name of a model on the Hugging Face hub.
        device: "auto" (CUDA if there is one), or as torch names devices.
        dtype: "auto" (float32, but bfloat16 for LoRA on CUDA), "float32", "bfloat16" or "float16".
        tuning: "full", "lora", or "auto": full below 50 million parameters.
        options: adapters, quantization, gradient checkpointing, compilation, style of prompts.

    Raises:
        ValueError: nothing can be loaded from there, or an argument is not allowed; one line.
    """
    options = options or ModelOptions()
    model, tokenizer, tuning = load_pretrained(name, device=device, dtype=dtype, tuning=tuning, options=options)
    return LanguageModel(model, tokenizer, name=name, tuning=tuning, options=options)


def _copies(parameters: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    return {name: parameter.detach().cpu().clone() for name, parameter in parameters.items()}


def _logit_scale(config: Any) -> float:
    """What logits are multiplied by behind the output head (Cohere and Granite)."""
    config = config.get_text_config()
    return (getattr(config, "logit_scale", None) or 1.0) / (getattr(config, "logits_scaling", None) or 1.0)


def _eos_token_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    declared = getattr(model.generation_config, "eos_token_id", None)
    ids = set(declared if isinstance(declared, list) else [declared]) | {tokenizer.eos_token_id}
    ids.discard(None)
    if not ids:
        raise ValueError("the language model has no end-of-sequence token, so that its actions would never end")
    return frozenset(ids)
