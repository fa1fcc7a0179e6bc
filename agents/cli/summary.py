"""What a stored agent holds, in figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from agents.checkpoint import VERSION
from agents.cli.stored import StoredAgent

_OPTIMIZER = "_optimizer"
_ADAPTERS = ("policy", "critic", "target")


@dataclass(frozen=True)
class Network:
    """Parameters that belong together. ``norm``: Euclidean, over all of them."""

    name: str
    n_tensors: int
    n_parameters: int
    norm: float


@dataclass(frozen=True)
class Optimizer:
    """An optimiser: steps taken, step size, and how many numbers it keeps."""

    name: str
    steps: int
    learning_rate: float | None
    n_numbers: int


@dataclass(frozen=True)
class Summary:
    """What a file holds, as plain values."""

    file: str
    bytes: int
    version: int
    agent: str | None
    model: str | None
    tuning: str | None
    dtype: str | None
    weights: str | None
    model_options: dict[str, Any]
    seed: int | None
    config: dict[str, Any]
    task: str | None
    env_steps: int
    updates: int | None
    gradient_steps: int | None
    networks: tuple[Network, ...]
    optimizers: tuple[Optimizer, ...]
    replay_turns: int | None
    random_states: tuple[str, ...]
    environments: int
    error: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def summarise(stored: StoredAgent) -> Summary:
    """The figures of a stored agent; None where the file does not tell."""
    state, run, record = stored.agent, stored.run, stored.record
    replay: Sequence[Any] | None = state.get("replay")
    curve = record.get("curve")
    return Summary(
        file=str(stored.path),
        bytes=stored.path.stat().st_size,
        version=VERSION,
        agent=run.get("label") or state.get("agent"),
        model=state.get("model") or run.get("model"),
        tuning=state.get("tuning"),
        dtype=state.get("dtype"),
        weights=state.get("weights"),
        model_options=dict(state.get("model_options", {})),
        seed=state.get("seed", run.get("seed")),
        config=dict(state.get("config") or run.get("agent_config", {})),
        task=stored.task,
        env_steps=stored.env_steps,
        updates=None if curve is None else len(curve),
        gradient_steps=record.get("gradient_steps"),
        networks=tuple(_networks(state)),
        optimizers=tuple(_optimizers(state)),
        replay_turns=None if replay is None else len(replay),
        random_states=(*(("agent",) if "generator" in state else ()), *stored.random_states),
        environments=len(state.get("collector", {}).get("snapshots") or ()),
        error=stored.error,
    )


def _networks(state: Mapping[str, Any]) -> Iterator[Network]:
    """Adapters by their names, a policy tuned in full, and whatever else of the state consists of tensors."""
    groups: dict[str, list[Tensor]] = {}
    for key, value in state.items():
        if key.endswith(_OPTIMIZER):
            continue
        for path, tensor in _tensors(value, (key,)):
            groups.setdefault(_network(path), []).append(tensor)
    for name, tensors in groups.items():
        squares = sum(float(tensor.double().square().sum()) for tensor in tensors)
        yield Network(name, len(tensors), sum(tensor.numel() for tensor in tensors), math.sqrt(squares))


def _network(path: tuple[str, ...]) -> str:
    key, name = path[0], path[-1]
    if key == "policy":
        adapter = next((adapter for adapter in _ADAPTERS if f".{adapter}." in name and ".lora_" in name), "policy")
        return f"{adapter} (adapter)" if ".lora_" in name else adapter
    return " ".join(path[:-1]) or key


def _tensors(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Tensor]]:
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _tensors(inner, (*path, str(key)))


def _optimizers(state: Mapping[str, Any]) -> Iterator[Optimizer]:
    for key, value in state.items():
        if not key.endswith(_OPTIMIZER) or not isinstance(value, Mapping):
            continue
        moments = [tensor for _, tensor in _tensors(value.get("state", {}), ()) if tensor.dim() > 0]
        steps = [int(entry["step"]) for entry in value.get("state", {}).values() if "step" in entry]
        groups = value.get("param_groups") or [{}]
        n_numbers = sum(tensor.numel() for tensor in moments)
        yield Optimizer(key.removesuffix(_OPTIMIZER), max(steps, default=0), groups[0].get("lr"), n_numbers)
