"""What a learner is: the agent protocol, the registry of agents and the settings that all of them share."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

import gymnasium as gym
import torch

if TYPE_CHECKING:
    from agents.language_model import LanguageModel
    from agents.prompting.text_model import TextModel
    from agents.rollout import Turn
    from agents.sampler import Sampler

STATE_VERSION = 3
"""Version of the dictionaries that :meth:`Agent.state_dict` returns."""


CRITICS = ("heads", "adapter")
"""Kinds of critics: heads on the base model's frozen features, or a network of its own on the same base."""


class TrainingDiverged(RuntimeError):
    """A loss or a gradient became NaN or infinite. Raised before the optimiser step: the weights are still finite.

    Attributes:
        batch: what the update was computed from and how far it came, as plain tensors on the CPU, lists, numbers and
            strings, so that ``torch.save`` and ``torch.load(..., weights_only=True)`` take it; see
            :func:`agents.divergence.inspection_batch`. None if nothing was passed on.
        iteration: the attempts that were collected before the update that failed, so that none of them is lost; its
            metrics are those of the attempts alone. None if the error did not come from :meth:`Agent.learn`.
    """

    def __init__(self, message: str, batch: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.batch = batch
        self.iteration: Iteration | None = None


@dataclass(frozen=True)
class Iteration:
    """One iteration of learning: attempts were collected, then (for a learner) the networks were updated.

    Attributes:
        env_steps: attempts made so far in total, those before a resume included.
        turns: the attempts of this iteration, in the order in which they were made.
        metrics: finite floats, keyed by metric name; the keys of one agent are the same in every iteration.
        seconds: wall-clock seconds by phase: ``generation``, ``environment``, ``update``.
        generated_tokens: tokens that were generated in this iteration, ends of sequence included.
        gradient_steps: optimiser steps of the policy in this iteration.
    """

    env_steps: int
    turns: tuple[Turn, ...]
    metrics: dict[str, float]
    seconds: dict[str, float]
    generated_tokens: int
    gradient_steps: int


class Agent(Protocol):
    """Anything that can act in, and perhaps learn from, a vector of ``DataSci-v0`` environments."""

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Collect and update until ``env_steps`` attempts were made in total; yields after every iteration.

        ``envs`` must reset finished episodes in the same step (``AutoresetMode.SAME_STEP``). Attempts come in whole
        vector steps, so that the total may exceed ``env_steps`` by less than ``envs.num_envs``.
        """
        ...

    def act(self, observations: Sequence[Any], generator: torch.Generator) -> list[Any]:
        """Sample one action an observation from the current policy, drawing from ``generator`` alone."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit: plain containers, numbers, strings and tensors."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state. Raises ValueError if it belongs to another agent, model or configuration."""
        ...


@dataclass(frozen=True)
class AgentConfig:
    """Settings of every agent.

    Attributes:
        steps_per_iteration: vector steps collected in one iteration.
    """

    steps_per_iteration: int = 2

    presets: ClassVar[dict[str, dict[str, Any]]] = {"default": {}}

    def __post_init__(self) -> None:
        self._check(self.steps_per_iteration >= 1, "steps_per_iteration", "at least 1")

    def _check(self, holds: bool, name: str, allowed: str) -> None:
        if not holds:
            raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: it must be {allowed}")


@dataclass(frozen=True)
class SamplingConfig(AgentConfig):
    """Settings of every agent that samples its actions from a language model.

    Attributes:
        temperature: softmax temperature of sampling (and of training, for learners). 0 is greedy decoding.
        max_new_tokens: an action is cut after this many tokens.
        stop_at_function_end: an action that is the body of a function also ends where the body is complete, see
            :class:`agents.function_end.FunctionEnd`.
    """

    temperature: float = 1.0
    max_new_tokens: int = 128
    stop_at_function_end: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.temperature >= 0, "temperature", "at least 0")
        self._check(self.max_new_tokens >= 1, "max_new_tokens", "at least 1")


@dataclass(frozen=True)
class LearnerConfig(SamplingConfig):
    """Settings that learners share, so that a comparison can hold them equal.

    Attributes:
        beta: weight of the KL divergence to the base model in the objective.
        gamma: discount at the ends of actions; inside an action there is none.
        learning_rate: Adam step size of the policy.
        adam_beta1: decay of Adam's first moment.
        adam_beta2: decay of Adam's second moment.
        max_grad_norm: gradients longer than this are scaled down to it, for each trained network apart.
        clip_range: epsilon of the clipped surrogate objective (PPO, arXiv 1707.06347, equation 7).
        batch_uses: gradient steps taken on each fresh batch.
        micro_batch_tokens: gradients of a batch are accumulated over groups of whole episodes of at most so many action
            tokens (one longer episode is a group of its own), for batches that do not fit in memory at once. The
            gradient is that of the whole batch. None: the batch is one group.
    """

    beta: float = 0.01
    gamma: float = 0.99
    learning_rate: float = 2e-4
    adam_beta1: float = 0.9
    adam_beta2: float = 0.95
    max_grad_norm: float = 1.0
    clip_range: float = 0.2
    batch_uses: int = 4
    micro_batch_tokens: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.temperature > 0, "temperature", "above 0 for a learner")
        self._check(self.beta >= 0, "beta", "at least 0")
        self._check(0 <= self.gamma <= 1, "gamma", "between 0 and 1")
        self._check(self.learning_rate >= 0, "learning_rate", "at least 0")
        self._check(0 <= self.adam_beta1 < 1, "adam_beta1", "in [0, 1)")
        self._check(0 <= self.adam_beta2 < 1, "adam_beta2", "in [0, 1)")
        self._check(self.max_grad_norm > 0, "max_grad_norm", "above 0")
        self._check(self.clip_range > 0, "clip_range", "above 0")
        self._check(self.batch_uses >= 1, "batch_uses", "at least 1")
        self._check(
            self.micro_batch_tokens is None or self.micro_batch_tokens >= 1, "micro_batch_tokens", "at least 1, or None"
        )


@dataclass(frozen=True)
class ActorCriticConfig(LearnerConfig):
    """Settings that learners with a critic share.

    Attributes:
        critic_learning_rate: Adam step size of the critic.
        critic: "heads": perceptrons on the base model's frozen features, nearly free; "adapter": a network of its own,
            an adapter on the same base, with a head on its last hidden states.
        critic_width: hidden units of the critic's heads.
    """

    critic_learning_rate: float = 5e-4
    critic: str = "heads"
    critic_width: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.critic_learning_rate >= 0, "critic_learning_rate", "at least 0")
        self._check(self.critic_width >= 1, "critic_width", "at least 1")
        if self.critic not in CRITICS:
            raise ValueError(unknown("critic", self.critic, CRITICS))


Model = Literal["language model", "text model", "none"]
"""What an agent is built around: a model whose tokens and weights it has in hand, one that is only asked for text (a
language model can be, too), or none."""

Interface = Literal["text", "pipelines", "solutions"]
"""What an agent acts in: ``DataSci-v0`` itself, or choices from a grid of pipelines, or from the known solutions of a
task, as the wrappers in ``ds_gym.wrappers`` offer them."""


@dataclass(frozen=True)
class AgentTraits:
    """What it takes to build an agent, and to let it play.

    Attributes:
        config_class: of its settings.
        model: what it is built around.
        interface: what its environments must offer.
        is_stationary: whether it acts in the last attempt as in the first: it neither learns nor remembers.
    """

    config_class: type[AgentConfig]
    model: Model = "language model"
    interface: Interface = "text"
    is_stationary: bool = False


@dataclass(frozen=True)
class _Registration:
    constructor: Callable[..., Agent]  # of a model (unless it wants none), a config, a seed and perhaps a sampler
    traits: AgentTraits


_AGENTS: dict[str, _Registration] = {}
AgentClass = TypeVar("AgentClass", bound=type)


def register_agent(
    name: str,
    config_class: type[AgentConfig],
    *,
    model: Model = "language model",
    interface: Interface = "text",
    is_stationary: bool = False,
) -> Callable[[AgentClass], AgentClass]:
    """Class decorator: makes ``make_agent(name, ...)`` build the class; see :class:`AgentTraits` for what it says."""

    def register(agent_class: AgentClass) -> AgentClass:
        _AGENTS[name] = _Registration(agent_class, AgentTraits(config_class, model, interface, is_stationary))
        return agent_class

    return register


def list_agents() -> list[str]:
    """Names of the registered agents, sorted."""
    return sorted(_AGENTS)


def agent_traits(name: str) -> AgentTraits:
    """What a registered agent needs. Raises ValueError for an unknown agent."""
    return _registration(name).traits


def agent_config_class(name: str) -> type[AgentConfig]:
    """The frozen dataclass of an agent's settings. Raises ValueError for an unknown agent."""
    return agent_traits(name).config_class


def make_agent(
    name: str,
    language_model: LanguageModel | TextModel | None = None,
    config: AgentConfig | None = None,
    seed: int = 0,
    sampler: Sampler | None = None,
) -> Agent:
    """Build a registered agent around a language model, which a learner trains in place.

    Args:
        name: one of :func:`list_agents`.
        language_model: see :func:`agents.language_model.load_language_model`; give each learner its own. Agents that
            only prompt also take a :class:`agents.prompting.text_model.TextModel`; others want none.
        config: an instance of ``agent_config_class(name)``, or None for its defaults.
        seed: seeds all that the agent draws: sampling, the start of its heads, replay, and the first reset.
        sampler: another engine that writes the agent's actions; None for the language model itself.

    Raises:
        ValueError: unknown agent, a config of another agent, or a model where none is wanted, or none where one is.
    """
    registration = _registration(name)
    traits = registration.traits
    if config is None:
        config = traits.config_class()
    if type(config) is not traits.config_class:
        raise ValueError(f"agent {name!r} wants a {traits.config_class.__name__}, not {type(config).__name__}")
    if (language_model is None) != (traits.model == "none"):
        wanted = "no model" if traits.model == "none" else f"a {traits.model}"
        raise ValueError(f"agent {name!r} wants {wanted}, and was given {type(language_model).__name__}")
    given = [] if language_model is None else [language_model]
    return registration.constructor(*given, config, seed, *([] if sampler is None else [sampler]))


def make_config(name: str, preset: str = "default", **settings: Any) -> AgentConfig:
    """The settings of an agent: a preset, then ``settings`` over it. Values may be strings, as from a command line.

    Raises:
        ValueError: unknown agent, preset or setting (with a suggestion), or a value that is not allowed.
    """
    config_class = agent_config_class(name)
    if preset not in config_class.presets:
        raise ValueError(unknown("preset", preset, config_class.presets, f" of agent {name!r}"))
    types_of_fields = typing.get_type_hints(config_class)
    names = [field.name for field in dataclasses.fields(config_class)]
    values = dict(config_class.presets[preset])
    for key, value in settings.items():
        if key not in names:
            raise ValueError(unknown("setting", key, names, f" of agent {name!r}"))
        values[key] = _convert(key, value, types_of_fields[key])
    return config_class(**values)


def unknown(kind: str, given: str, allowed: Iterable[str], where: str = "") -> str:
    """One line for a name that is not known, with the nearest known one."""
    allowed = sorted(allowed)
    nearest = difflib.get_close_matches(given, allowed, n=1, cutoff=0.5)
    suggestion = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown {kind}{where}: {given!r}.{suggestion} Known: {', '.join(allowed)}."


def check_state(state: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Refuse a state that belongs to another agent, model, seed or configuration, naming what differs."""
    for key, expected in identity.items():
        found = state.get(key)
        if found == expected:
            continue
        if isinstance(expected, dict) and isinstance(found, dict):
            differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
            detail = ", ".join(
                f"{name} is {found.get(name)!r} there, {expected.get(name)!r} here" for name in differing
            )
            raise ValueError(f"the state has another {key}: {detail}")
        raise ValueError(f"the state has another {key}: {found!r} there, {expected!r} here")


def _registration(name: str) -> _Registration:
    if name not in _AGENTS:
        raise ValueError(unknown("agent", name, _AGENTS))
    return _AGENTS[name]


def _convert(name: str, value: Any, annotation: Any) -> Any:
    """``value`` as a setting of the annotated type; strings are read as Python would print such a value."""
    allowed = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if value is None or (type(None) in allowed and value == "none"):
        if type(None) in allowed:
            return None
    elif bool in allowed:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
    elif isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        for convert in (int, float, str):
            if convert not in allowed:
                continue
            try:
                converted = convert(value)
            except (ValueError, OverflowError):
                continue
            if convert is str or float(converted) == float(value):
                return converted
    wanted = " or ".join(getattr(kind, "__name__", str(kind)) for kind in allowed)
    raise ValueError(f"{name}={value!r} is not allowed: it must be of type {wanted}")
