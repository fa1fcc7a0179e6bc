"""A trained policy for use without this package: a peft adapter, or a whole model, and a card that tells of it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from transformers import GenerationConfig

from agents.language_model import LanguageModel
from agents.loading import find

TEMPLATE = Path(__file__).with_name("policy_card.md.j2")

_TAGS = ["reinforcement-learning", "code", "data-science", "gymnasium", "ds-gym"]


@dataclass(frozen=True)
class PolicyCard:
    """What the model card tells of a policy's training.

    Attributes:
        agent: what trained it.
        task: what it was trained on; several names are joined by "+".
        protocol: of the environment.
        seed: of everything that was drawn.
        env_steps: attempts made in training.
        gradient_steps: optimiser steps of the policy; None if not known.
        config: settings of the agent, with ``temperature`` and ``max_new_tokens`` of its sampling.
        scores: figures by what they are.
        versions: of the packages that trained it.
        is_final: False for a policy that was taken out of an unfinished run.
    """

    agent: str
    task: str
    protocol: str
    seed: int
    env_steps: int
    gradient_steps: int | None
    config: Mapping[str, Any]
    scores: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = True


def save_policy(folder: str | os.PathLike[str], language_model: LanguageModel, card: PolicyCard) -> None:
    """Write the policy of a language model, its tokenizer and a model card, as the Hugging Face hub expects them.

    With tuning "lora" the folder holds a peft adapter (``adapter_config.json``, ``adapter_model.safetensors``), whose
    ``base_model_name_or_path`` is the base's name on the hub or its folder; with "full", a model of transformers. The
    lines of the card load it with transformers and peft alone.

    Args:
        folder: is made; what an earlier call has left there is replaced.
        language_model: whose policy is saved; it stays as it is.
        card: what ``README.md`` tells.

    Raises:
        FileExistsError: there is something else than a saved policy.
        OSError: the folder cannot be written; what was there before stays.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / "README.md").is_file() and (folder.is_file() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not a saved policy: choose another folder")
    with _replacing(folder) as temporary:
        language_model.save_policy(temporary)
        language_model.tokenizer.save_pretrained(temporary)
        _generation_config(language_model, card).save_pretrained(temporary)
        (temporary / "README.md").write_text(model_card(language_model, card), encoding="utf-8")


def model_card(language_model: LanguageModel, card: PolicyCard) -> str:
    """The text of ``README.md``: a header in YAML as the hub reads it, then Markdown."""
    is_adapter = language_model.tuning == "lora"
    source = find(language_model.name)
    base = Path(source).resolve() if Path(source).is_dir() else None
    base_name = language_model.name if base is None or language_model.name == "tinycoder" else base.name
    metadata: dict[str, Any] = {
        "base_model": base_name,
        "library_name": "peft" if is_adapter else "transformers",
        "pipeline_tag": "text-generation",
        "tags": _TAGS + (["lora"] if is_adapter else []) + [card.agent],
        **_license(base, base_name),
    }
    if card.scores:
        metadata |= {"model_name": f"{card.agent} on {card.task}", "eval_results": _results(card)}
    text = ModelCard.from_template(
        ModelCardData(**metadata),
        template_path=str(TEMPLATE),
        card=card,
        base_name=base_name,
        base_folder=None if base is None else str(base),
        is_adapter=is_adapter,
        dtype=str(language_model.head("base").weight.dtype).removeprefix("torch."),
        quantization=language_model.options.quantization,
        prompt_style=language_model.prompt_style,
        prompt_code=language_model.prompt_code,
        versions={"huggingface_hub": huggingface_hub.__version__, **card.versions},
    )
    return str(text)


def _results(card: PolicyCard) -> list[EvalResult]:
    return [
        EvalResult(
            task_type="reinforcement-learning",
            task_name="data science by writing code",
            dataset_type="DataSci-v0",
            dataset_name=f"{card.task} ({card.protocol})",
            metric_type="mean_reward" if "reward" in name else "roc_auc" if "program," in name else "share",
            metric_name=name,
            metric_value=round(score, 4),
        )
        for name, score in card.scores.items()
    ]


def _license(base: Path | None, base_name: str) -> dict[str, str]:
    """The licence that the card beside the base names; else a pointer to the base."""
    if base is not None and (base / "README.md").is_file():
        with contextlib.suppress(ValueError, OSError):
            licence = ModelCard.load(base / "README.md").data.to_dict().get("license")
            if isinstance(licence, str):
                return {"license": licence}
    pointer = {"license": "other", "license_name": f"that of {base_name}"}
    return pointer if base is not None else {**pointer, "license_link": f"https://huggingface.co/{base_name}"}


def _generation_config(language_model: LanguageModel, card: PolicyCard) -> GenerationConfig:
    """Samples as in training: from the whole distribution, at the same temperature."""
    temperature = float(card.config.get("temperature", 1.0))
    sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}
    return GenerationConfig(
        eos_token_id=sorted(language_model.eos_token_ids),
        pad_token_id=language_model.pad_token_id,
        max_new_tokens=int(card.config.get("max_new_tokens", 128)),
        **sampling,
    )


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of ``folder`` once it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        yield temporary
        if folder.exists():  # a folder cannot be replaced in one step; what is left of the old one is not whole
            os.rename(folder, old)
        os.rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
