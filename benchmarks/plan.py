"""What is to be run: from the user's words to a list of fully resolved runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.backend import Backend
from benchmarks.checkpoints import KEPT
from benchmarks.errors import BadInput, choose
from benchmarks.suites import Suite


@dataclass(frozen=True)
class RunSpec:
    """One run, resolved: two equal specs give the same result.

    Attributes:
        label: name in tables and folders: the agent, and for a variant of it what differs.
        model_fingerprint: hash of the model's files where they are local, else its name.
        agent_config: the agent's whole configuration, plain values.
        model_options: what differs from the defaults in how the model is loaded, adapted and prompted, plain values.
    """

    agent: str
    label: str
    model: str
    model_fingerprint: str
    task: str
    task_fingerprint: str
    seed: int
    protocol: str
    env_steps: int
    num_envs: int
    evaluation_attempts: int
    device: str
    agent_config: Mapping[str, Any]
    model_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration as the result file tells it; ``model_options`` only where something differs."""
        config = {
            "agent": dict(self.agent_config),
            "device": self.device,
            "env_steps": self.env_steps,
            "evaluation_attempts": self.evaluation_attempts,
            "model_fingerprint": self.model_fingerprint,
            "num_envs": self.num_envs,
        }
        return config | ({"model_options": dict(self.model_options)} if self.model_options else {})

    @property
    def run_key(self) -> str:
        """Hash of everything that decides the outcome."""
        fields = dataclasses.asdict(self)
        if not self.model_options:
            del fields["model_options"]  # results from before there were such options keep their key
        text = json.dumps(fields, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        return f"{self.label}/{self.task}/seed-{self.seed}"

    def folder(self, out: Path) -> Path:
        return out / self.label / self.task / f"seed-{self.seed}"


@dataclass(frozen=True)
class RunOptions:
    """How runs are carried out and what they tell; nothing that decides what is compared.

    Attributes:
        threads: that torch computes with in a run. Sums of floating-point numbers may depend on it in their last bits.
        logs: where metrics go besides ``metrics.jsonl``, see :mod:`benchmarks.metric_log`.
        sample_every: programs of the first iteration and of every so many after it are shown; 0 for none.
        checkpoint_every: the state is saved after so many updates.
        kept_checkpoints: so many of the newest are kept while the run lasts.
        keep_policy: save the trained policy when the run has finished.
    """

    threads: int = 1
    logs: tuple[str, ...] = ()
    sample_every: int = 10
    checkpoint_every: int = 1
    kept_checkpoints: int = KEPT
    keep_policy: bool = True


@dataclass(frozen=True)
class Request:
    """What the user asked for, with the suite's values where nothing was said."""

    agents: tuple[str, ...]
    model: str
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    env_steps: int
    num_envs: int
    protocol: str
    evaluation_attempts: int
    device: str
    settings: tuple[str, ...] = ()
    model_options: Mapping[str, Any] = field(default_factory=dict)


def make_plan(request: Request, suite: Suite, backend: Backend, *, references: bool = True) -> list[RunSpec]:
    """The runs in the order in which they are best started: those asked for, then the references.

    The references are left out where every agent asked for is one of them.

    Raises:
        BadInput: an unknown agent, task, protocol, model or setting; one line.
    """
    for agent in request.agents:
        choose("agent", agent, backend.agents())
    for task in request.tasks:
        choose("task", task, backend.tasks())
    choose("protocol", request.protocol, backend.protocols())
    configs = agent_configs(request.agents, request.settings, backend)
    model_options = backend.model_options(request.model_options, request.device)
    model_fingerprint = backend.model_fingerprint(request.model, model_options)

    def runs(agent: str, label: str, config: Mapping[str, Any], seeds: Sequence[int], env_steps: int) -> list[RunSpec]:
        return [
            RunSpec(
                agent=agent,
                label=label,
                model=request.model,
                model_fingerprint=model_fingerprint,
                task=task,
                task_fingerprint=backend.task_fingerprint(task),
                seed=seed,
                protocol=request.protocol,
                env_steps=env_steps,
                num_envs=request.num_envs,
                evaluation_attempts=request.evaluation_attempts,
                device=request.device,
                agent_config=config,
                model_options=model_options,
            )
            for seed in seeds
            for task in request.tasks
        ]

    plan = [
        run for agent, config in configs.items() for run in runs(agent, agent, config, request.seeds, request.env_steps)
    ]
    reference_agents = {reference.agent for reference in suite.references}
    if references and not reference_agents.issuperset(request.agents):
        for reference in suite.references:
            choose("agent", reference.agent, backend.agents())
            config = backend.config(reference.agent, reference.config)
            label = reference_label(reference.agent, config, backend.default_config(reference.agent))
            seeds = request.seeds[: reference.n_seeds]
            plan += runs(reference.agent, label, config, seeds, max(1, round(request.env_steps * reference.budget)))
    unique = {run.folder(Path()): run for run in reversed(plan)}  # what was asked for goes before a reference
    return [run for run in plan if unique[run.folder(Path())] is run]


def agent_configs(agents: Sequence[str], settings: Sequence[str], backend: Backend) -> dict[str, dict[str, Any]]:
    """The whole configuration of each agent, after the user's ``key=value`` and ``agent.key=value`` settings.

    A key without an agent goes to every agent that has it; ``preset`` names a set of values to start from.

    Raises:
        BadInput: a setting without "=", an unknown key, or a value of the wrong type or range; one line.
    """
    keys = {agent: {*backend.default_config(agent), "preset"} for agent in agents}
    values: dict[str, dict[str, str]] = {agent: {} for agent in agents}
    for setting in settings:
        name, equals, text = setting.partition("=")
        scope, dot, key = name.strip().rpartition(".")
        if not equals or not key:
            raise BadInput(f"--set {setting}: expected key=value, for example --set learning_rate=1e-4")
        if dot:
            choose("agent in --set", scope, agents)
        scoped = [scope] if dot else agents
        choose("--set key", key, set().union(*(keys[agent] for agent in scoped)))
        for agent in scoped:
            if key in keys[agent]:
                values[agent][key] = text.strip()
    return {agent: backend.config(agent, values[agent]) for agent in agents}


def reference_label(agent: str, config: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The agent's name, with what differs from its defaults: ``sample-temperature=0.5``."""
    changed = [f"{key}={value}" for key, value in sorted(config.items()) if defaults[key] != value]
    return "-".join([agent, *changed])
