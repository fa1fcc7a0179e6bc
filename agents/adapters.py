"""Several LoRA adapters on one frozen model, of which at most one is on at a time (arXiv 2106.09685).

peft builds the layers; which of them is on is switched here, because peft's own switch also changes which parameters
require gradients, so that a switch between a forward and its backward pass would lose gradients.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from agents.agent import unknown
from agents.model_options import ALL_LINEAR, ModelOptions

_SEEDS = {"policy": 0, "critic": 1, "target": 2}
"""Seeds of the starts of A. The target is overwritten by the critic's."""


class Adapters:
    """Named adapters on the linear layers of a model, whose own parameters are frozen; all off to begin with.

    Adapters are float32, whatever the model is. A starts at random numbers from a fixed seed, B at zero, so that a
    fresh adapter changes nothing.
    """

    def __init__(self, model: PreTrainedModel, options: ModelOptions) -> None:
        """Raises ValueError if the model has no linear layer of a name in ``options.lora_targets``."""
        self._model = model
        self._options = options
        self._targets = _target_layers(model, options)
        self._fan_in_fan_out = any(isinstance(model.get_submodule(name), Conv1D) for name in self._targets)
        self._peft_model: Any = None
        self._layers: dict[str, Any] = {}
        self._trainable: dict[str, bool] = {}
        self._active: str | None = None
        model.requires_grad_(False)

    @property
    def active_name(self) -> str | None:
        """The adapter that is on."""
        return self._active

    def add(self, name: str, *, trainable: bool) -> None:
        """Add an adapter under a new name, switched off. Random numbers come from a seed of its name alone."""
        from peft import LoraConfig, get_peft_model
        from peft.tuners.lora import LoraLayer

        config = LoraConfig(
            r=self._options.lora_rank,
            lora_alpha=self._options.lora_alpha,
            lora_dropout=0.0,
            target_modules=self._targets,
            fan_in_fan_out=self._fan_in_fan_out,
        )
        # peft draws from the global generator, which is left as it was, and uses an old name of transformers.
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings(action="ignore", category=FutureWarning):
            if self._peft_model is None:
                self._peft_model = get_peft_model(self._model, config, adapter_name=name)
            else:
                self._peft_model.add_adapter(name, config)
        layers = {target: self._model.get_submodule(target) for target in self._targets}
        self._layers = {target: layer for target, layer in layers.items() if isinstance(layer, LoraLayer)}
        self._trainable[name] = trainable
        generator = torch.Generator().manual_seed(_SEEDS[name])
        with torch.no_grad():
            for layer in self._layers.values():
                a, b = layer.lora_A[name].weight, layer.lora_B[name].weight
                bound = a.shape[1] ** -0.5
                a.data = torch.empty(a.shape).uniform_(-bound, bound, generator=generator).to(a.device)
                b.data = torch.zeros_like(b, dtype=torch.float32)
        for added, requires_grad in self._trainable.items():  # peft has just changed them
            for parameter in self.parameters(added).values():
                parameter.requires_grad_(requires_grad)
        self._model.eval()  # new layers begin in training mode
        self._switch(None)

    def parameters(self, name: str) -> dict[str, nn.Parameter]:
        """The parameters of an adapter by their names in the model."""
        return {
            f"{target}.{part}.{name}.weight": getattr(layer, part)[name].weight
            for target, layer in self._layers.items()
            for part in ("lora_A", "lora_B")
        }

    @torch.no_grad()
    def interpolate(self, target: str, source: str, rate: float) -> None:
        """target <- (1 - rate) * target + rate * source, in float32; with a rate of 1 an exact copy."""
        sources = self.parameters(source).values()
        for parameter, source_parameter in zip(self.parameters(target).values(), sources, strict=True):
            parameter.copy_(source_parameter) if rate == 1 else parameter.lerp_(source_parameter, rate)

    def save(self, name: str, folder: Path, base: str) -> None:
        """Write an adapter as peft reads it, under peft's own name for an only adapter.

        Args:
            name: of the adapter.
            folder: where ``adapter_model.safetensors`` and ``adapter_config.json`` go; it exists.
            base: name on the hub, or folder, of the model that the adapter belongs to.
        """
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        state = get_peft_model_state_dict(self._peft_model, adapter_name=name, save_embedding_layers=False)
        tensors = {key: value.detach().cpu().contiguous() for key, value in state.items()}
        save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        config = copy.deepcopy(self._peft_model.peft_config[name])
        local = Path(base)
        config.base_model_name_or_path = str(local.resolve()) if local.is_dir() else base
        config.inference_mode = True
        config.task_type = "CAUSAL_LM"
        config.save_pretrained(folder)

    @contextlib.contextmanager
    def active(self, name: str | None) -> Iterator[None]:
        """Within, the adapter of this name is on, or none; afterwards the one that was on before."""
        previous = self._active
        self._switch(name)
        try:
            yield
        finally:
            self._switch(previous)

    def _switch(self, name: str | None) -> None:
        for layer in self._layers.values():
            layer._disable_adapters = name is None
            if name is not None:
                layer._active_adapter = [name]
        self._active = name


def linear_layers(model: PreTrainedModel) -> list[str]:
    """Names of the linear layers of a model that can have adapters: all but the output head."""
    head = model.get_output_embeddings()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and module is not head and ".lora_" not in name
    ]


def _target_layers(model: PreTrainedModel, options: ModelOptions) -> list[str]:
    layers = linear_layers(model)
    if options.lora_targets == ALL_LINEAR:
        return layers
    targets: set[str] = set()
    for wanted in options.target_names():
        matching = {name for name in layers if f".{name}".endswith(f".{wanted}")}
        if not matching:
            kinds = {name.rpartition(".")[2] for name in layers}
            raise ValueError(unknown("linear layer", wanted, {ALL_LINEAR, *kinds}, " in lora_targets"))
        targets |= matching
    return [name for name in layers if name in targets]
