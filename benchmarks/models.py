"""What a run's model is, from the user's words: one of this machine, one behind a server, or none.

Torch and the agents are imported only when they are used.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import BadInput, choose, one_line

if TYPE_CHECKING:
    from agents.language_model import LanguageModel
    from agents.prompting.served.model import ServedModel

SERVED_PREFIX = "openai:"
"""``openai:NAME`` is the model NAME behind a server that speaks OpenAI's protocol."""

SERVED_STYLES = ("instruct", "completion")
"""How a served model may be prompted: by messages, or by the beginnings of programs. The first is the default."""

DEFAULT_SERVER = "default"
"""Stands for the server that the client of OpenAI asks by itself."""

NO_MODEL = "none"

_DEVICE_OPTIONS = ("compile", "quantization")
"""Options of a model that are of no use on a CPU."""


@dataclass(frozen=True)
class ModelRequest:
    """What the user said of the model.

    Attributes:
        name: the embedded one, a folder, a name on the hub, or ``openai:NAME``.
        options: how it is loaded, adapted, prompted and reached, where something was said.
        device: where a model of this machine computes.
        perplexity_corpus: file of the texts whose perplexity is measured; None for those that the model brings.
        served: how a server is asked, where something was said; nothing that decides what is compared.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    perplexity_corpus: str | None = None
    served: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChosenModel:
    """The model of one agent, resolved; see :class:`benchmarks.plan.RunSpec` for the fields."""

    model: str
    model_fingerprint: str
    model_options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    perplexity_corpus: str | None = None
    corpus_fingerprint: str | None = None
    prompt_fingerprint: str | None = None


def is_served(name: str) -> bool:
    """Whether a model lies behind a server."""
    return name.startswith(SERVED_PREFIX)


def default_options() -> dict[str, Any]:
    """All options of a model, with their defaults."""
    from agents.model_options import ModelOptions

    return {"base_url": DEFAULT_SERVER, "dtype": "auto", "tuning": "auto", **plain(ModelOptions())}


def local_options(settings: Mapping[str, Any], device: str) -> dict[str, Any]:
    """Those of the settings that differ from the defaults. Raises BadInput for what is not allowed there."""
    from agents.loading import check_loading

    defaults = default_options()
    for key in settings:
        choose("model option", key, defaults)
    chosen = {key: value for key, value in settings.items() if value != defaults[key]}
    if "base_url" in chosen:
        raise BadInput(
            f"--base-url goes with a model behind a server: --model {SERVED_PREFIX}NAME --base-url {chosen['base_url']}"
        )
    try:
        check_loading(device, **loading_arguments(chosen))
    except ValueError as error:
        raise BadInput(one_line(error)) from None
    return chosen


def local_fingerprint(model: str, model_options: Mapping[str, Any]) -> str:
    """Identifies the model's weights. Raises BadInput if there is no such model, or options do not fit it.

    What a model was found to be holds as long as the process: a plan asks once an agent.
    """
    return _local_fingerprint(model, tuple(sorted(model_options.items())))


@functools.cache
def _local_fingerprint(model: str, options: tuple[tuple[str, Any], ...]) -> str:
    from agents.language_model import load_language_model
    from agents.loading import FULL_TUNING_LIMIT, count_parameters, find, read_config

    # What cannot be reached is told by the error; the retries on the way to it are noise.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        config, _ = read_config(model)
        if count_parameters(config) < FULL_TUNING_LIMIT:  # a large model is read by its runs alone
            tried_here = {key: value for key, value in options if key not in _DEVICE_OPTIONS}
            load_language_model(model, device="cpu", **loading_arguments(tried_here))
        folder = Path(find(model))
    except ValueError as error:
        raise BadInput(one_line(error)) from None
    return folder_fingerprint(folder) if folder.is_dir() else f"hub:{getattr(config, '_commit_hash', None)}"


def local_style(model: str, model_options: Mapping[str, Any]) -> str:
    """How a model of this machine is prompted, without its weights."""
    from agents.loading import read_config
    from agents.prompt_format import PromptFormat

    config, tokenizer = read_config(model)
    return PromptFormat(tokenizer, config.vocab_size, model_options.get("prompt", "auto")).style


def corpus_fingerprint(model: str, corpus: str | None) -> str | None:
    """Identifies the texts of which a run measures the perplexity. Raises BadInput for a file that cannot be used."""
    from agents.corpus import read_corpus

    try:
        path = corpus_path(model, corpus)
        return None if path is None else read_corpus(path).fingerprint
    except ValueError as error:
        raise BadInput(one_line(error)) from None


def corpus_path(model: str, corpus: str | None) -> Path | None:
    """The file that was named, or the one that lies in the model's folder."""
    from agents.corpus import corpus_of_model

    return corpus_of_model(model) if corpus is None else Path(corpus)


def served_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Server and style of prompts. Raises BadInput for an option that a served model does not have."""
    defaults = default_options()
    said = {key: value for key, value in settings.items() if value != defaults[key]}
    for key in said:
        if key not in ("base_url", "prompt"):
            raise BadInput(f"--{key.replace('_', '-')} goes with a model of this machine, not with {SERVED_PREFIX}NAME")
    style = choose("prompt style of a served model", said.get("prompt", SERVED_STYLES[0]), SERVED_STYLES)
    return {"base_url": said.get("base_url", DEFAULT_SERVER), "prompt": style}


def served_model(name: str, options: Mapping[str, Any], served: Mapping[str, Any]) -> ServedModel:
    """The client of a served model.

    Args:
        name: ``openai:NAME``.
        options: as :func:`served_options` returns them.
        served: arguments of :class:`agents.prompting.served.options.ServedOptions`.

    Raises:
        BadInput: an address or an option that is not allowed, or no key where one is needed; one line.
    """
    from agents.prompting.served.model import ServedModel
    from agents.prompting.served.options import ServedOptions

    base_url = None if options["base_url"] == DEFAULT_SERVER else options["base_url"]
    try:
        return ServedModel(name.removeprefix(SERVED_PREFIX), base_url, options["prompt"], ServedOptions(**served))
    except ValueError as error:
        raise BadInput(one_line(error)) from None


def check_server(name: str, options: Mapping[str, Any], served: Mapping[str, Any]) -> str:
    """Asks the server whether it has the model; what identifies it. Raises BadInput if not, saying what to do."""
    model = served_model(name, options, served)
    try:
        model.check()
    except ValueError as error:
        raise BadInput(one_line(error)) from None
    return f"served:{model.identity()['base_url']}"


def prompt_fingerprint(agent: str, agent_config: Mapping[str, Any], style: str) -> str:
    """Identifies the templates of a prompting agent. Raises BadInput if they cannot be used."""
    from agents.prompting.templates import PromptTemplates

    try:
        return PromptTemplates(agent, style, agent_config["templates"]).fingerprint  # type: ignore[arg-type]
    except ValueError as error:
        raise BadInput(one_line(error)) from None


def load_local(spec_model: str, device: str, model_options: Mapping[str, Any]) -> LanguageModel:
    """A model of this machine, ready to be used."""
    from agents.language_model import load_language_model

    return load_language_model(spec_model, device=device, **loading_arguments(model_options))


def loading_arguments(model_options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as arguments of ``agents.load_language_model``. Raises ValueError for a value that is not allowed."""
    from agents.model_options import ModelOptions

    arguments = {key: model_options[key] for key in ("dtype", "tuning") if key in model_options}
    others = {key: value for key, value in model_options.items() if key not in arguments}
    return arguments | ({"options": ModelOptions(**others)} if others else {})


def folder_fingerprint(folder: Path) -> str:
    """Hash of the names and contents of the files in a model's folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md"):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()[:16]}"


def plain(config: Any) -> dict[str, Any]:
    """A dataclass as JSON values."""
    values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return values
