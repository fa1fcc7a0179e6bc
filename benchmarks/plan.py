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
from benchmarks.models import ModelRequest, is_served
from benchmarks.results import TASK_SEPARATOR
from benchmarks.suites import Suite

PRESET_MARK = "@"
"""Stands between the name of an agent and that of a preset of its settings."""


@dataclass(frozen=True)
class RunSpec:
    """One run, resolved: two equal specs give the same result.

    Attributes:
        label: name in tables and folders: the agent, and for a variant of it its preset, or what differs.
        task: a task, or several that the run plays in turn, joined by "+".
        task_fingerprint: of its data; of several tasks, the hash of theirs.
        model_fingerprint: hash of the model's files where they are local, else its name.
        agent_config: the agent's whole configuration, plain values.
        model_options: what differs from the defaults in how the model is loaded, adapted and prompted, plain values.
        transfer_tasks: tasks that the policy is tried on after learning, without learning on them.
        perplexity_corpus: file of the texts whose perplexity is measured; None for those that the model brings.
        corpus_fingerprint: hash of these texts; None where there are none.
        prompt_fingerprint: hash of the templates of an agent that only prompts; None for others.
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
    transfer_tasks: tuple[str, ...] = ()
    perplexity_corpus: str | None = None
    corpus_fingerprint: str | None = None
    prompt_fingerprint: str | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        """What the run learns on."""
        return tuple(self.task.split(TASK_SEPARATOR))

    @property
    def config(self) -> dict[str, Any]:
        """The configuration as the result file tells it; ``model_options`` only where something differs, and so on."""
        config = {
            "agent": dict(self.agent_config),
            "corpus_fingerprint": self.corpus_fingerprint,
            "device": self.device,
            "env_steps": self.env_steps,
            "evaluation_attempts": self.evaluation_attempts,
            "model_fingerprint": self.model_fingerprint,
            "num_envs": self.num_envs,
            "perplexity_corpus": self.perplexity_corpus,
            "transfer_tasks": list(self.transfer_tasks),
        }
        optional = {"model_options": dict(self.model_options), "prompt_fingerprint": self.prompt_fingerprint}
        return config | {name: value for name, value in optional.items() if value}

    @property
    def run_key(self) -> str:
        """Hash of everything that decides the outcome."""
        fields = dataclasses.asdict(self)
        if self.prompt_fingerprint is None:  # as in results from before there was one
            del fields["prompt_fingerprint"]
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
        served: how a server is asked, see :class:`agents.prompting.served.options.ServedOptions`; plain values.
    """

    threads: int = 1
    logs: tuple[str, ...] = ()
    sample_every: int = 10
    checkpoint_every: int = 1
    kept_checkpoints: int = KEPT
    keep_policy: bool = True
    served: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What the user asked for, with the suite's values where nothing was said.

    Attributes:
        agents: ``NAME`` or ``NAME@PRESET``.
        tasks: each a task, or several joined by "+".
    """

    agents: tuple[str, ...]
    model: ModelRequest
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    env_steps: int
    num_envs: int
    protocol: str
    evaluation_attempts: int
    settings: tuple[str, ...] = ()
    transfer_tasks: tuple[str, ...] = ()


def make_plan(request: Request, suite: Suite, backend: Backend, *, references: bool = True) -> list[RunSpec]:
    """The runs in the order in which they are best started.

    All runs of the first seed come first, so that a plan that is stopped early has compared the same number of seeds
    everywhere; within a seed task by task; and for a task those asked for before the references. The references are
    left out where every agent asked for is one of them.

    Raises:
        BadInput: an unknown agent, preset, task, protocol, model or setting, or a task that is both learned on and kept
            for the end; one line.
    """
    configs = agent_configs(request.agents, request.settings, backend)
    for task in request.tasks:
        check_tasks(task, backend)
    check_transfer_tasks(request.tasks, request.transfer_tasks, backend)
    choose("protocol", request.protocol, backend.protocols())
    fingerprints = {task: task_fingerprint(task, backend) for task in request.tasks}

    def runs(agent: str, label: str, config: Mapping[str, Any], seeds: Sequence[int], env_steps: int) -> list[RunSpec]:
        model = vars(backend.choose_model(agent, config, request.model))
        return [
            RunSpec(
                agent=agent,
                label=label,
                task=task,
                task_fingerprint=fingerprints[task],
                seed=seed,
                protocol=request.protocol,
                env_steps=env_steps,
                num_envs=request.num_envs,
                evaluation_attempts=request.evaluation_attempts,
                agent_config=config,
                transfer_tasks=request.transfer_tasks,
                **model,
            )
            for seed in seeds
            for task in request.tasks
        ]

    plan = []
    for variant, config in configs.items():
        plan += runs(split_variant(variant, backend)[0], variant, config, request.seeds, request.env_steps)
    asked_for = {spec.agent for spec in plan}
    reference_agents = {split_variant(reference.agent, backend)[0] for reference in suite.references}
    # References sample from the model's own weights, which a server does not hand out.
    if references and not is_served(request.model.name) and not reference_agents.issuperset(asked_for):
        for reference in suite.references:
            agent, preset = split_variant(reference.agent, backend)
            defaults = backend.config(agent, preset)
            config = backend.config(agent, {**preset, **reference.config})
            label = reference_label(reference.agent, config, defaults)
            seeds = request.seeds[: reference.n_seeds]
            plan += runs(agent, label, config, seeds, max(1, round(request.env_steps * reference.budget)))
    unique: dict[Path, RunSpec] = {}
    for spec in plan:
        unique.setdefault(spec.folder(Path()), spec)  # what was asked for goes before a reference
    places = {task: place for place, task in enumerate(request.tasks)}
    order = {seed: place for place, seed in enumerate(request.seeds)}
    return sorted(unique.values(), key=lambda spec: (order[spec.seed], places[spec.task]))


def split_variant(variant: str, backend: Backend) -> tuple[str, dict[str, str]]:
    """The agent of ``NAME`` or ``NAME@PRESET``, and the setting that the preset is.

    Raises:
        BadInput: an unknown agent or preset; one line with the nearest known one.
    """
    agent, mark, preset = variant.partition(PRESET_MARK)
    choose("agent", agent, backend.agents())
    if not mark:
        return agent, {}
    return agent, {"preset": choose(f"preset of {agent}", preset, backend.presets(agent))}


def check_tasks(joined: str, backend: Backend) -> None:
    """Raises BadInput for an unknown task, or one that is named twice, in names joined by "+"; one line."""
    tasks = joined.split(TASK_SEPARATOR)
    for task in tasks:
        choose("task", task, backend.tasks())
    if len(set(tasks)) < len(tasks):
        raise BadInput(f"--tasks {joined}: a task is named twice; each may stand once between the {TASK_SEPARATOR}")


def check_transfer_tasks(joined_tasks: Sequence[str], transfer_tasks: Sequence[str], backend: Backend) -> None:
    """Raises BadInput for an unknown task, or one that a run would learn on; one line."""
    for task in transfer_tasks:
        choose("transfer task", task, backend.tasks())
        for joined in joined_tasks:
            if task in joined.split(TASK_SEPARATOR):
                raise BadInput(
                    f"--transfer-tasks {task}: the run on {joined} learns on it, so that nothing is transferred; "
                    "take other tasks, or --transfer-tasks none"
                )


def task_fingerprint(joined: str, backend: Backend) -> str:
    """Of one task its own; of several, sha256 over theirs, in order."""
    fingerprints = [backend.task_fingerprint(task) for task in joined.split(TASK_SEPARATOR)]
    if len(fingerprints) == 1:
        return fingerprints[0]
    return hashlib.sha256("\n".join(fingerprints).encode()).hexdigest()


def agent_configs(variants: Sequence[str], settings: Sequence[str], backend: Backend) -> dict[str, dict[str, Any]]:
    """The whole configuration of each variant, after the user's ``key=value`` and ``scope.key=value`` settings.

    A key without a scope goes to every variant that has it; the scope ``etpo`` is all variants of this agent, and
    ``etpo@paper`` is one. Where several settings reach the same key, the last one counts. ``preset`` names a set of
    values to start from, for variants that do not name theirs.

    Raises:
        BadInput: an unknown agent or preset, a setting without "=", an unknown scope or key, or a value of the wrong
            type or range; one line.
    """
    split = {variant: split_variant(variant, backend) for variant in variants}
    keys = {variant: {*backend.default_config(agent), "preset"} for variant, (agent, _) in split.items()}
    values: dict[str, dict[str, str]] = {variant: {} for variant in variants}
    scopes = {*split, *(agent for agent, _ in split.values())}
    for setting in settings:
        name, equals, text = setting.partition("=")
        scope, dot, key = name.strip().rpartition(".")
        if not equals or not key:
            raise BadInput(f"--set {setting}: expected key=value, for example --set learning_rate=1e-4")
        if dot:
            choose("agent in --set", scope, scopes)
        scoped = [v for v in split if not dot or v == scope or (PRESET_MARK not in scope and split[v][0] == scope)]
        choose("--set key", key, set().union(*(keys[variant] for variant in scoped)))
        for variant in scoped:
            if key == "preset" and split[variant][1]:
                raise BadInput(f"--set {setting}: {variant} names its preset already")
            if key in keys[variant]:
                values[variant][key] = text.strip()
    return {variant: backend.config(agent, {**preset, **values[variant]}) for variant, (agent, preset) in split.items()}


def reference_label(agent: str, config: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The agent's name, with what differs from its defaults: ``sample-temperature=0.5``."""
    changed = [f"{key}={value}" for key, value in sorted(config.items()) if defaults[key] != value]
    return "-".join([agent, *changed])
