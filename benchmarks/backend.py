"""What the benchmark knows of environments and agents, in one place.

Everything here imports torch and the agents only when it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.errors import BadInput, ResultError, StorageError, choose, one_line

if TYPE_CHECKING:
    import gymnasium as gym

    from agents.agent import Agent, AgentConfig
    from agents.evaluation import Divergence, Perplexities
    from agents.language_model import LanguageModel
    from benchmarks.plan import RunSpec
    from benchmarks.results import RunResult

_DEVICE_OPTIONS = ("compile", "quantization")
"""Options of a model that are of no use on a CPU."""


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
            result. Raises StorageError if that cannot be written.
        divergence: what the agent raises when a loss or a gradient is not finite. It may have a ``batch`` (plain values
            and tensors: what the update was made from) and an ``iteration`` (what was collected for it).
        probe: of the agent's language model; None where the agent does not tell the tokens of its actions.
    """

    agent: Agent
    make_envs: Callable[[Sequence[str]], gym.vector.VectorEnv]
    generator: Callable[[int], Any]
    holdout_score: Callable[[str, str], float | None]
    save_policy: Callable[[Path, RunResult], None]
    divergence: type[Exception]
    probe: LanguageProbe | None = None


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

    def model_options(self, settings: Mapping[str, Any], device: str) -> dict[str, Any]:
        """Those of the settings that differ from the defaults. Raises BadInput for what is not allowed there."""
        ...

    def model_fingerprint(self, model: str, model_options: Mapping[str, Any]) -> str:
        """Identifies the model's weights. Raises BadInput if there is no such model, or options do not fit it."""
        ...

    def corpus_fingerprint(self, model: str, corpus: str | None) -> str | None:
        """Identifies the texts of which a run measures the perplexity: the file's, or what the model brings, if any.

        Raises BadInput for a file that cannot be used.
        """
        ...

    def open(self, spec: RunSpec, threads: int) -> Workplace:
        """Loads what a run needs; its computations then take ``threads`` threads."""
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
            return plain_config(make_config(agent, **settings))
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
        from agents.model_options import ModelOptions

        return {"dtype": "auto", "tuning": "auto", **plain_config(ModelOptions())}

    def model_options(self, settings: Mapping[str, Any], device: str) -> dict[str, Any]:
        from agents.loading import check_loading

        defaults = self.default_model_options()
        for key in settings:
            choose("model option", key, defaults)
        chosen = {key: value for key, value in settings.items() if value != defaults[key]}
        try:
            check_loading(device, **loading_arguments(chosen))
        except ValueError as error:
            raise BadInput(one_line(error)) from None
        return chosen

    def model_fingerprint(self, model: str, model_options: Mapping[str, Any]) -> str:
        from agents.language_model import load_language_model
        from agents.loading import FULL_TUNING_LIMIT, count_parameters, find, read_config

        # What cannot be reached is told by the error; the retries on the way to it are noise.
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
        try:
            config, _ = read_config(model)
            if count_parameters(config) < FULL_TUNING_LIMIT:  # a large model is read by its runs alone
                tried_here = {key: value for key, value in model_options.items() if key not in _DEVICE_OPTIONS}
                load_language_model(model, device="cpu", **loading_arguments(tried_here))
            folder = Path(find(model))
        except ValueError as error:
            raise BadInput(one_line(error)) from None
        return folder_fingerprint(folder) if folder.is_dir() else f"hub:{getattr(config, '_commit_hash', None)}"

    def corpus_fingerprint(self, model: str, corpus: str | None) -> str | None:
        from agents.corpus import read_corpus

        try:
            path = _corpus_path(model, corpus)
            return None if path is None else read_corpus(path).fingerprint
        except ValueError as error:
            raise BadInput(one_line(error)) from None

    def open(self, spec: RunSpec, threads: int) -> Workplace:
        import gymnasium as gym
        import torch

        import ds_gym
        from agents import TrainingDiverged, agent_config_class, make_agent
        from agents.corpus import read_corpus
        from agents.evaluation import PolicyProbe
        from agents.language_model import load_language_model
        from agents.language_model_agent import LanguageModelAgent

        torch.set_num_threads(threads)
        language_model = load_language_model(spec.model, device=spec.device, **loading_arguments(spec.model_options))
        config = agent_config_class(spec.agent)(**spec.agent_config)
        settings: dict[str, Any] = {"protocol": spec.protocol, "prompt": language_model.prompt_style}

        def make_envs(tasks: Sequence[str]) -> gym.vector.VectorEnv:
            return gym.make_vec(
                ds_gym.registration.ENV_ID,
                num_envs=spec.num_envs,
                autoreset_mode=gym.vector.AutoresetMode.SAME_STEP,
                **({"task": tasks[0]} if len(tasks) == 1 else {"tasks": list(tasks)}),
                **settings,
            )

        def holdout_score(task: str, code: str) -> float | None:
            if spec.protocol != "holdout":
                return None
            env: Any = gym.make(ds_gym.registration.ENV_ID, task=task, **settings)
            try:
                return float(env.unwrapped.holdout_score(code))
            finally:
                env.close()

        agent = make_agent(spec.agent, language_model, config, spec.seed)
        corpus_path = _corpus_path(spec.model, spec.perplexity_corpus)
        return Workplace(
            agent=agent,
            make_envs=make_envs,
            generator=lambda seed: torch.Generator().manual_seed(seed),
            holdout_score=holdout_score,
            save_policy=functools.partial(save_policy, language_model, config),
            divergence=TrainingDiverged,
            probe=(
                PolicyProbe(agent, corpus=None if corpus_path is None else read_corpus(corpus_path))
                if isinstance(agent, LanguageModelAgent)
                else None
            ),
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


def save_policy(language_model: LanguageModel, config: AgentConfig, folder: Path, result: RunResult) -> None:
    """Writes the policy of a finished run into a folder, with a card that tells of its result.

    Raises:
        StorageError: the folder cannot be written.
    """
    from agents.export import PolicyCard
    from agents.export import save_policy as export

    scores: dict[str, float | None] = {}
    if result.last_fifth is not None:
        scores["mean reward, last fifth of the attempts"] = result.last_fifth.mean_reward
    if result.evaluation is not None:
        scores["mean reward, evaluation"] = result.evaluation.mean_reward
        scores["share of valid programs, evaluation"] = result.evaluation.valid_rate
    for task, best in result.best_by_task.items():
        scores[f"best program for {task}, in its episode"] = best.selected_score
        scores[f"best program for {task}, held-out rows"] = best.holdout_score
    card = PolicyCard(
        agent=result.label,
        task=result.task,
        protocol=result.protocol,
        seed=result.seed,
        env_steps=result.budget.env_steps,
        gradient_steps=result.budget.gradient_steps,
        config=dataclasses.asdict(config),
        scores={name: score for name, score in scores.items() if score is not None},
        versions=result.versions,
    )
    try:
        export(folder, language_model, card)
    except OSError as error:
        raise StorageError.from_os_error(folder, error) from error


def _corpus_path(model: str, corpus: str | None) -> Path | None:
    """The file that was named, or the one that lies in the model's folder."""
    from agents.corpus import corpus_of_model

    return corpus_of_model(model) if corpus is None else Path(corpus)


def plain_config(config: Any) -> dict[str, Any]:
    """A configuration dataclass as JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


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
