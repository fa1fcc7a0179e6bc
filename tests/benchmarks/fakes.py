"""A backend without language model and sandbox: agents draw numbers, and environments take them for scores."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.backend import Workplace
from benchmarks.errors import BadInput, ResultError, StorageError, choose
from benchmarks.models import ChosenModel, ModelRequest
from benchmarks.plan import RunOptions, RunSpec
from benchmarks.storage import write_atomically

HOLDOUT_LOSS = 0.125


@dataclass(frozen=True)
class FakeConfig:
    """How the agent behaves.

    ``learns``: the draws get better. ``draws_globally``: its seeds come from Python's own generator. Those with ``_at``
    make it misbehave after so many attempts (0: never).
    """

    temperature: float = 1.0
    learns: bool = True
    opening_seconds: float = 0.0
    iteration_seconds: float = 0.0
    raise_at: int = 0
    die_at: int = 0
    disk_full_at: int = 0
    nan_metric_at: int = 0
    diverge_at: int = 0
    draws_globally: bool = False

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature={self.temperature} is not allowed: it must be at least 0")


class FakeDivergence(RuntimeError):
    """What the agent raises when its loss is not a number, with the batch and the iteration before the update."""

    def __init__(self, message: str, batch: dict[str, Any], iteration: SimpleNamespace) -> None:
        super().__init__(message)
        self.batch = batch
        self.iteration = iteration


class FakeEnvs:
    """A program is the text of its score; a negative number fails."""

    def __init__(self, num_envs: int, tasks: Sequence[str] = ("easy",)) -> None:
        self.num_envs = num_envs
        self.closed = False
        self._tasks = tasks

    def reset(self, *, seed: int | None = None) -> tuple[tuple[str, ...], dict[str, Any]]:
        return ("prompt",) * self.num_envs, {}

    def step(self, actions: Sequence[str]) -> tuple[Any, ...]:
        attempts = [self._attempt(i, float(action)) for i, action in enumerate(actions)]
        rewards = np.array([-1.0 if attempt["score"] is None else attempt["score"] for attempt in attempts])
        done = np.ones(self.num_envs, dtype=bool)
        return ("prompt",) * self.num_envs, rewards, done, ~done, {"attempts": attempts}

    def close(self) -> None:
        self.closed = True

    def _attempt(self, index: int, score: float) -> dict[str, Any]:
        failed = score < 0
        return {
            "task": self._tasks[index % len(self._tasks)],
            "attempt": 1,
            "status": "failed" if failed else "scored",
            "score": None if failed else score,
            "score_std": None if failed else 0.0,
            "split_scores": [] if failed else [score],
            "error": {"kind": "exception", "message": "ValueError: no", "line": 2} if failed else None,
            "code": f"def build_model(x_train, y_train):\n    return {score!r}",
        }


class FakeAgent:
    def __init__(self, config: FakeConfig, seed: int) -> None:
        self._config = config
        self._seed = seed
        self._env_steps = 0

    def learn(self, envs: FakeEnvs, env_steps: int) -> Iterator[SimpleNamespace]:
        envs.reset(seed=0)
        while self._env_steps < env_steps:
            time.sleep(self._config.iteration_seconds)
            seed = random.getrandbits(32) if self._config.draws_globally else self._seed
            actions = self._draw(envs.num_envs, np.random.default_rng([seed, self._env_steps]))
            _, rewards, _, _, infos = envs.step(actions)
            self._env_steps += envs.num_envs
            self._misbehave()
            iteration = SimpleNamespace(
                env_steps=self._env_steps,
                turns=tuple(
                    SimpleNamespace(
                        info=info, reward=float(reward), generated_tokens=2, stop_reason="eos", env_index=i, thought=""
                    )
                    for i, (info, reward) in enumerate(zip(infos["attempts"], rewards, strict=True))
                ),
                metrics={
                    "mean_reward": float(np.mean(rewards)),
                    "kl": 0.01 if self._env_steps != self._config.nan_metric_at else float("nan"),
                    "tokens_per_second": time.perf_counter(),
                },
                seconds={"generation": 0.25, "environment": 0.5, "update": 0.125},
                generated_tokens=2 * envs.num_envs,
                gradient_steps=4 if self._config.learns else 0,
            )
            if self._env_steps == self._config.diverge_at:
                raise FakeDivergence("policy_loss became nan\nin the update", {"rewards": rewards.tolist()}, iteration)
            yield iteration

    def act(self, observations: Sequence[str], generator: np.random.Generator) -> list[str]:
        return self._draw(len(observations), generator)

    def state_dict(self) -> dict[str, Any]:
        return {"env_steps": self._env_steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._env_steps = state["env_steps"]

    def _draw(self, n: int, generator: np.random.Generator) -> list[str]:
        progress = self._env_steps / 64 if self._config.learns else 0.0
        draws = generator.random(n)
        return [str(round(float(draw) - 0.5 + min(progress, 1.0) * 0.5, 3)) for draw in draws]

    def _misbehave(self) -> None:
        if self._env_steps == self._config.raise_at:
            raise RuntimeError("the agent\nbroke")
        if self._env_steps == self._config.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._env_steps == self._config.disk_full_at:
            raise StorageError("cannot write /somewhere/result.json: No space left on device")


class FakeBackend:
    """Agents "learner" and "sample"; tasks "easy" and "hard"; the model "fake"."""

    def agents(self) -> Sequence[str]:
        return ["learner", "sample"]

    def tasks(self) -> Sequence[str]:
        return ["easy", "hard", "tic_tac_toe", "balance_scale"]

    def protocols(self) -> Sequence[str]:
        return ["holdout", "paper"]

    def presets(self, agent: str) -> Sequence[str]:
        return ["default", "cold"] if agent == "learner" else ["default"]

    def default_config(self, agent: str) -> dict[str, Any]:
        return self.config(agent, {})

    def config(self, agent: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {"learns": agent == "learner"}
        settings = dict(settings)
        if settings.pop("preset", "default") == "cold":
            values["temperature"] = 0.25
        types = {field.name: type(field.default) for field in dataclasses.fields(FakeConfig)}
        for key, value in settings.items():
            try:
                values[key] = types[choose("setting", key, types)](value)
            except ValueError as error:
                raise BadInput(f"{key}={value!r} is not allowed: {error}") from None
        try:
            return dataclasses.asdict(FakeConfig(**values))
        except ValueError as error:
            raise BadInput(str(error)) from None

    def task_fingerprint(self, task: str) -> str:
        return f"fingerprint of {task}"

    def device(self, device: str) -> str:
        return "cpu" if device == "auto" else choose("device", device, ["cpu"])

    def default_model_options(self) -> dict[str, Any]:
        return {"dtype": "auto", "lora_rank": 16}

    def choose_model(self, agent: str, config: Mapping[str, Any], wanted: ModelRequest) -> ChosenModel:
        defaults = self.default_model_options()
        if wanted.options.get("dtype") == "float64":
            raise BadInput("dtype='float64' is not allowed: it must be auto or float32")
        if wanted.name not in ("tinycoder", "fake"):
            raise BadInput(f"there is no language model '{wanted.name}'")
        corpus = wanted.perplexity_corpus
        return ChosenModel(
            wanted.name,
            f"fingerprint of {wanted.name}",
            {key: value for key, value in wanted.options.items() if value != defaults[key]},
            wanted.device,
            corpus,
            None if corpus is None else f"fingerprint of {corpus}",
        )

    def prompts(self, spec: RunSpec, options: RunOptions) -> dict[str, str]:
        return {"at the first attempt": f"[prompt] of {spec.agent}"}

    def open(self, spec: RunSpec, options: RunOptions) -> Workplace:
        time.sleep(spec.agent_config["opening_seconds"])
        return Workplace(
            agent=FakeAgent(FakeConfig(**spec.agent_config), spec.seed),  # type: ignore[arg-type]
            make_envs=lambda tasks: FakeEnvs(spec.num_envs, tasks),  # type: ignore[arg-type, return-value]
            generator=np.random.default_rng,
            holdout_score=lambda task, code: float(code.rpartition(" ")[2]) - HOLDOUT_LOSS,
            save_policy=lambda folder, result: write_atomically(folder / "policy.txt", result.label.encode()),
            divergence=FakeDivergence,
            is_stationary=not spec.agent_config["learns"],
        )

    def save_checkpoint(self, path: Path, state: dict[str, Any], *, sync: bool = True) -> None:
        write_atomically(path, json.dumps(state).encode())

    def load_checkpoint(self, path: Path) -> dict[str, Any]:
        try:
            return dict(json.loads(path.read_bytes()))
        except ValueError as error:
            raise ResultError(f"{path} is damaged: {error}") from error

    def random_states(self) -> dict[str, Any]:
        return {"python": list(random.getstate())}

    def restore_random_states(self, states: dict[str, Any]) -> None:
        version, words, gauss = states["python"]
        random.setstate((version, tuple(words), gauss))


def make_spec(**changes: Any) -> RunSpec:
    spec = RunSpec(
        agent="learner",
        label="learner",
        model="fake",
        model_fingerprint="fingerprint of fake",
        task="easy",
        task_fingerprint="fingerprint of easy",
        seed=0,
        protocol="holdout",
        env_steps=40,
        num_envs=4,
        evaluation_attempts=10,
        device="cpu",
        agent_config=FakeBackend().default_config("learner"),
    )
    if "agent_config" in changes:
        changes["agent_config"] = {**spec.agent_config, **changes["agent_config"]}
    return dataclasses.replace(spec, **changes)


def run_key_files(out: Path) -> dict[str, bytes]:
    """Every file under ``out`` by its relative path."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


if __name__ == "__main__":
    from benchmarks.cli import main

    sys.exit(main(backend=FakeBackend()))
