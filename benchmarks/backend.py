"""What the benchmark knows of environments and agents, in one place.

Everything here imports torch and the agents only when it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks import models
from benchmarks.errors import BadInput, ResultError, StorageError, one_line
from benchmarks.models import ChosenModel, ModelRequest
from benchmarks.places import Places
from benchmarks.policy_export import save_policy

if TYPE_CHECKING:
    import gymnasium as gym

    from agents.actor import Usage
    from agents.agent import Agent
    from agents.evaluation import Divergence, Perplexities
    from benchmarks.plan import RunOptions, RunSpec
    from benchmarks.results import RunResult


class SampledText(Protocol):
    """An action, with what the probe that sampled it needs to know of it."""

    @property
    def text(self) -> str: ...


class LanguageProbe(Protocol):
    """Measures the policy of an agent as a language model.

    The last argument of its measurements is called before each pass through the model; what it raises ends them.

    Attributes:
        corpus_fingerprint: hash of the corpus whose perplexity is measured; None without one.
    """

    corpus_fingerprint: str | None

    def sample(self, observations: Sequence[str], generator: Any) -> Sequence[SampledText]:
        """What ``agent.act`` would return, with tokens."""
        ...

    def divergence(self, sampled: Sequence[Any], before_pass: Callable[[], None]) -> Divergence | None:
        """From the base model, at the tokens of what :meth:`sample` returned; None if there are none."""
        ...

    def perplexities(self, before_pass: Callable[[], None]) -> Perplexities | None:
        """Of the corpus, under the base model and under the policy; None without a corpus."""
        ...


@dataclass(frozen=True)
class Workplace:
    """What one run works with.

    Attributes:
        make_envs: a vector of fresh environments that play the tasks in turn; finished episodes are reset in the same
            step.
        generator: a source of random numbers for ``agent.act``, from a seed.
        holdout_score: score on a task of a program on the rows that no episode sees; None where there is none.
        save_policy: writes the trained policy into a folder for use elsewhere, with what its card tells of the run's
            result. Raises StorageError if that cannot be written. None where there is none to be written.
        divergence: what the agent raises when a loss or a gradient is not finite. It may have a ``batch`` (plain values
            and tensors: what the update was made from) and an ``iteration`` (what was collected for it).
        probe: of the agent's language model; None where the agent does not tell the tokens of its actions.
        is_stationary: whether the agent acts in the last attempt as in the first.
        acting_usage: what ``agent.act`` has taken so far of a model that is only prompted; None without one.
        cost: US dollars for so many tokens of prompts and so many generated ones, None if not known; None for a model
            that costs nothing by the token.
    """

    agent: Agent
    make_envs: Callable[[Sequence[str]], gym.vector.VectorEnv]
    generator: Callable[[int], Any]
    holdout_score: Callable[[str, str], float | None]
    save_policy: Callable[[Path, RunResult], None] | None
    divergence: type[Exception]
    probe: LanguageProbe | None = None
    is_stationary: bool = False
    acting_usage: Callable[[], Usage | None] = lambda: None
    cost: Callable[[int, int], float | None] | None = None


class Backend(Protocol):
    """Agents, tasks and models to choose from, and the means to run them. Picklable, because workers receive it."""

    def agents(self) -> Sequence[str]: ...

    def tasks(self) -> Sequence[str]: ...

    def protocols(self) -> Sequence[str]: ...

    def presets(self, agent: str) -> Sequence[str]: ...

    def default_config(self, agent: str) -> dict[str, Any]: ...

    def config(self, agent: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The agent's whole configuration as JSON values. Raises BadInput for a value that is not allowed."""
        ...

    def task_fingerprint(self, task: str) -> str:
        """Identifies the data of one task."""
        ...

    def device(self, device: str) -> str:
        """The device that "auto" or a name stands for. Raises BadInput if it cannot be used."""
        ...

    def default_model_options(self) -> dict[str, Any]: ...

    def choose_model(self, agent: str, config: Mapping[str, Any], wanted: ModelRequest) -> ChosenModel:
        """The model that an agent with this configuration works with, if any.

        Raises:
            BadInput: there is no such model, options do not fit it, or the agent cannot work with it; one line.
        """
        ...

    def prompts(self, spec: RunSpec, options: RunOptions) -> dict[str, str]:
        """What the agent of a run asks its model, or what it is shown, by occasion."""
        ...

    def open(self, spec: RunSpec, options: RunOptions) -> Workplace:
        """Loads what a run needs; its computations then take as many threads as the options say."""
        ...

    def save_checkpoint(self, path: Path, state: dict[str, Any], *, sync: bool = True) -> None:
        """Writes plain values and the agent's state atomically; with ``sync``, waits until they are on the disk.

        Raises StorageError if the file cannot be written.
        """
        ...

    def load_checkpoint(self, path: Path) -> dict[str, Any]:
        """Reads what :meth:`save_checkpoint` wrote. Raises ResultError if the file is damaged or something else."""
        ...

    def random_states(self) -> dict[str, Any]:
        """Where the global random generators of this process stand, as plain values."""
        ...

    def restore_random_states(self, states: dict[str, Any]) -> None:
        """Lets them go on from there."""
        ...


class DataSciBackend:
    """The registered agents in ``DataSci-v0``."""

    def agents(self) -> Sequence[str]:
        from agents import list_agents

        return list_agents()

    def tasks(self) -> Sequence[str]:
        from ds_gym import list_tasks

        return list_tasks()

    def protocols(self) -> Sequence[str]:
        return ("holdout", "paper")

    def presets(self, agent: str) -> Sequence[str]:
        from agents import agent_config_class

        return list(agent_config_class(agent).presets)

    def default_config(self, agent: str) -> dict[str, Any]:
        return self.config(agent, {})

    def config(self, agent: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        from agents import make_config

        try:
            return models.plain(make_config(agent, **settings))
        except ValueError as error:
            raise BadInput(one_line(error)) from None

    def task_fingerprint(self, task: str) -> str:
        from ds_gym import get_task

        return get_task(task).fingerprint

    def device(self, device: str) -> str:
        import torch

        if device == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:
            raise BadInput(f"--device {device}: {one_line(error).partition('. ')[0]}") from None
        return device

    def default_model_options(self) -> dict[str, Any]:
        return models.default_options()

    def choose_model(self, agent: str, config: Mapping[str, Any], wanted: ModelRequest) -> ChosenModel:
        from agents.agent import agent_traits, list_agents

        kind = agent_traits(agent).model
        if kind == "none":
            return ChosenModel(models.NO_MODEL, models.NO_MODEL)
        if models.is_served(wanted.name):
            if kind == "language model":
                able = [name for name in list_agents() if agent_traits(name).model == "text model"]
                raise BadInput(
                    f"--agent {agent} wants a model of this machine, whose weights it has in hand; one behind a server "
                    f"can only be prompted: {', '.join(able)}"
                )
            options = models.served_options(wanted.options)
            fingerprint = models.check_server(wanted.name, options, wanted.served)
            prompts = models.prompt_fingerprint(agent, config, options["prompt"])
            return ChosenModel(wanted.name, fingerprint, options, prompt_fingerprint=prompts)
        options = models.local_options(wanted.options, wanted.device)
        fingerprint = models.local_fingerprint(wanted.name, options)
        if kind == "text model":
            prompts = models.prompt_fingerprint(agent, config, models.local_style(wanted.name, options))
            return ChosenModel(wanted.name, fingerprint, options, wanted.device, prompt_fingerprint=prompts)
        corpus = models.corpus_fingerprint(wanted.name, wanted.perplexity_corpus)
        return ChosenModel(wanted.name, fingerprint, options, wanted.device, wanted.perplexity_corpus, corpus)

    def prompts(self, spec: RunSpec, options: RunOptions) -> dict[str, str]:
        from agents.prompting.agent import PromptingAgent
        from agents.prompting.demonstration import FAILING_PROGRAM, demonstrate

        workplace = self.open(spec, options)
        envs = workplace.make_envs(spec.tasks[:1])
        try:
            if isinstance(workplace.agent, PromptingAgent):
                return demonstrate(workplace.agent, envs, spec.seed)
            first, _ = envs.reset(seed=spec.seed)
            if not isinstance(first[0], str):
                return {"always": "no prompt: this agent is shown numbers, and makes choices"}
            second, *_ = envs.step([FAILING_PROGRAM] * envs.num_envs)
            return {"at the first attempt": first[0], "after a failure": second[0]}
        finally:
            envs.close()

    def open(self, spec: RunSpec, options: RunOptions) -> Workplace:
        import torch

        from agents import TrainingDiverged, agent_config_class, make_agent
        from agents.agent import agent_traits
        from agents.corpus import read_corpus
        from agents.evaluation import PolicyProbe
        from agents.language_model import LanguageModel
        from agents.language_model_agent import LanguageModelAgent

        torch.set_num_threads(options.threads)
        traits = agent_traits(spec.agent)
        model: Any = None
        if models.is_served(spec.model):
            model = models.served_model(spec.model, spec.model_options, options.served)
        elif traits.model != "none":
            model = models.load_local(spec.model, spec.device, spec.model_options)
        config = agent_config_class(spec.agent)(**spec.agent_config)
        agent = make_agent(spec.agent, model, config, spec.seed)
        places = Places(spec, "completion" if model is None else model.prompt_style, traits.interface)
        trained = agent.language_model if isinstance(agent, LanguageModelAgent) else None
        corpus_path = models.corpus_path(spec.model, spec.perplexity_corpus) if trained is not None else None
        return Workplace(
            agent=agent,
            make_envs=places.make_envs,
            generator=lambda seed: torch.Generator().manual_seed(seed),
            holdout_score=places.holdout_score,
            save_policy=functools.partial(save_policy, trained, config) if isinstance(trained, LanguageModel) else None,
            divergence=TrainingDiverged,
            probe=(
                PolicyProbe(agent, corpus=None if corpus_path is None else read_corpus(corpus_path))
                if isinstance(agent, LanguageModelAgent)
                else None
            ),
            is_stationary=traits.is_stationary,
            acting_usage=lambda: getattr(agent, "usage_of_acting", None),
            cost=getattr(model, "cost", None),
        )

    def save_checkpoint(self, path: Path, state: dict[str, Any], *, sync: bool = True) -> None:
        from agents import checkpoint

        try:
            checkpoint.save_checkpoint(path, state, sync=sync)
        except OSError as error:
            raise StorageError.from_os_error(path, error) from error
        except RuntimeError as error:  # torch's word for a file that cannot be written to its end
            raise StorageError(f"cannot write {path}: {one_line(error)[:200]}") from error

    def load_checkpoint(self, path: Path) -> dict[str, Any]:
        from agents import checkpoint

        try:
            return checkpoint.load_checkpoint(path)
        except checkpoint.CheckpointError as error:
            raise ResultError(str(error)) from error

    def random_states(self) -> dict[str, Any]:
        from agents.random_states import global_random_states

        return global_random_states()

    def restore_random_states(self, states: dict[str, Any]) -> None:
        from agents.random_states import restore_global_random_states

        restore_global_random_states(states)
