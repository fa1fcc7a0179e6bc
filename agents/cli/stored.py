"""Agents on disk: finding the file, telling what kind it is, and building the agent anew."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.agent import Agent, agent_config_class, agent_traits, list_agents, make_agent
from agents.checkpoint import CheckpointError, load_checkpoint
from agents.language_model import LanguageModel, load_language_model
from agents.model_options import ModelOptions

_NAME = re.compile(r"checkpoint-(\d+)\.pt")
_NEEDED = ("agent", "model", "tuning", "dtype", "model_options", "seed", "config")


@dataclass(frozen=True)
class StoredAgent:
    """What a file holds.

    Attributes:
        path: the file.
        agent: the agent's state.
        run: the run that it was saved in, plain values; empty for an agent's state alone.
        record: what the run had done; empty likewise, and for a run that diverged.
        random_states: of the global generators; empty likewise.
        error: how the run diverged, or None.
    """

    path: Path
    agent: Mapping[str, Any]
    run: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    random_states: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def env_steps(self) -> int:
        """Attempts made so far."""
        made: int = self.record.get("env_steps", self.agent.get("collector", {}).get("env_steps", 0))
        return made

    @property
    def task(self) -> str | None:
        """The task of the run, or the one that the first environment stands at."""
        if "task" in self.run:
            return str(self.run["task"])
        snapshots = self.agent.get("collector", {}).get("snapshots") or [{}]
        return snapshots[0].get("task") if isinstance(snapshots[0], Mapping) else None


def read_stored(path: Path) -> StoredAgent:
    """Read a checkpoint, a ``diverged.pt``, or the newest whole one of either in the folder of a run.

    Raises:
        OSError, CheckpointError: there is none, or it cannot be read; one line.
    """
    if not path.is_dir():
        return _read(path)
    candidates = [*_checkpoints(path), path / "diverged.pt"]
    error: Exception | None = None
    for candidate in candidates:
        try:
            return _read(candidate)
        except FileNotFoundError:
            continue
        except CheckpointError as damage:
            error = error or damage
            warnings.warn(f"{damage}; it is passed over", stacklevel=2)
    if error is not None:
        raise error
    policy = path / "policy"
    hint = f": its policy lies in {policy}, to be loaded with transformers and peft" if policy.is_dir() else ""
    raise CheckpointError(f"{path} holds no checkpoint; a run that has finished has none{hint}")


def rebuild(stored: StoredAgent, device: str) -> tuple[Agent, LanguageModel]:
    """The agent as it was saved.

    Raises:
        CheckpointError: the file does not tell how, or the agent trains no language model; one line.
        ValueError: its model cannot be loaded or is another one now, or the agent is not registered; one line.
    """
    state = stored.agent
    if state.get("agent") in list_agents() and agent_traits(state["agent"]).model != "language model":
        raise CheckpointError(
            f"{stored.path}: the agent {state['agent']!r} trains no language model, so that there is no policy to draw "
            "from or to export; python -m agents inspect --samples 0 tells what the file holds"
        )
    if missing := [name for name in _NEEDED if name not in state]:
        raise CheckpointError(f"{stored.path} does not tell how its agent is built: {', '.join(missing)} is missing")
    config = agent_config_class(state["agent"])(**state["config"])
    language_model = load_language_model(
        state["model"],
        device=device,
        dtype=state["dtype"],
        tuning=state["tuning"],
        options=ModelOptions(**state["model_options"]),
    )
    agent = make_agent(state["agent"], language_model, config, state["seed"])
    agent.load_state_dict(state)
    return agent, language_model


def _read(path: Path) -> StoredAgent:
    content = load_checkpoint(path)
    if not isinstance(content.get("agent"), Mapping):
        return StoredAgent(path, content)
    run, record = content.get("run", {}), content.get("record", {})
    if not record and "env_steps" in content:
        record = {"env_steps": content["env_steps"]}
    return StoredAgent(path, content["agent"], run, record, content.get("random_states", {}), content.get("error"))


def _checkpoints(folder: Path) -> list[Path]:
    """The newest first."""
    matches = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    steps = {path: int(match[1]) for path, match in matches if match}
    return sorted(steps, key=lambda path: -steps[path])
