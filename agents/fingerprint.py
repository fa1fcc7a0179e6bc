"""What tells one model's weights from another's."""

from __future__ import annotations

import hashlib

import torch
from torch import nn


@torch.no_grad()
def weights_fingerprint(model: nn.Module) -> str:
    """Hash of the names, shapes, number formats and values of a model's parameters, those of LoRA adapters left out.

    The same before and after adapters are put on the model, and on every device. Takes about a second a gigabyte.
    """
    digest = hashlib.sha256()
    for name, parameter in model.named_parameters():
        if ".lora_" in name:
            continue
        plain_name = name.replace(".base_layer.", ".")
        digest.update(f"{plain_name} {tuple(parameter.shape)} {parameter.dtype}\n".encode())
        digest.update(parameter.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return f"sha256:{digest.hexdigest()[:16]}"
