"""How the layers of a model compute where they compute without a cache: with gradient checkpointing, or compiled.

Passes with a cache are left as they are. A checkpointed one would write to the cache again in the backward pass; a
compiled one would be compiled anew for every layer and again as the cache grows.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers import Cache, PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from agents.adapters import Adapters

COMPILE_BACKEND = "inductor"
"""What ``torch.compile`` compiles with; this one needs a C++ compiler."""

_MAX_GRAPHS = 64
"""Compiled forms of a layer: one for each adapter, with gradients and without, for one row and for several."""


def checkpoint_layers(model: PreTrainedModel, adapters: Adapters | None) -> None:
    """Let layers keep nothing but their inputs for a backward pass, and compute the rest again in it.

    The second computation is done under the adapter of the first, whichever is on during the backward pass. Modules
    stay in evaluation mode, so that there is no dropout in either.

    Raises:
        ValueError: the layers of this model are not known.
    """

    def checkpointed(forward: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named_arguments: Any) -> Any:
            if not torch.is_grad_enabled():
                return forward(*arguments, **named_arguments)
            active = None if adapters is None else adapters.active_name

            def compute(*inputs: Any, **named_inputs: Any) -> Any:
                with contextlib.nullcontext() if adapters is None else adapters.active(active):
                    return forward(*inputs, **named_inputs)

            return checkpoint(compute, *arguments, use_reentrant=False, preserve_rng_state=False, **named_arguments)

        return run

    _wrap_layers(model, "gradient_checkpointing", checkpointed)


def compile_layers(model: PreTrainedModel) -> None:
    """Compile the layers through ``torch.compile``, each form of them when it is first needed.

    Raises:
        ValueError: there is no C++ compiler here, or the layers of this model are not known.
    """
    compiler = os.environ.get("CXX", "g++")
    if COMPILE_BACKEND == "inductor" and shutil.which(compiler) is None:
        raise ValueError(f"compile needs a C++ compiler, and there is no {compiler!r} here: install one, or set CXX")

    def compiled(forward: Callable[..., Any]) -> Callable[..., Any]:
        compiled_forward = torch.compile(forward, dynamic=True, backend=COMPILE_BACKEND)

        def run(*arguments: Any, **named_arguments: Any) -> Any:
            with torch._dynamo.config.patch(recompile_limit=_MAX_GRAPHS):
                return compiled_forward(*arguments, **named_arguments)

        return run

    _wrap_layers(model, "compile", compiled)


def _wrap_layers(
    model: PreTrainedModel, option: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if not layers:
        raise ValueError(f"{option} is not supported for models of type {model.config.model_type!r}")
    for layer in layers:
        layer.forward = _unless_cached(layer.forward, wrapped(layer.forward))


def _unless_cached(forward: Callable[..., Any], wrapped: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def run(*arguments: Any, **named_arguments: Any) -> Any:
        has_cache = any(isinstance(value, Cache) for value in (*arguments, *named_arguments.values()))
        return (forward if has_cache else wrapped)(*arguments, **named_arguments)

    return run
