"""Making attempts in environments with the present policy."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import torch

from agents.agent import SamplingConfig
from agents.language_model import LanguageModel
from agents.rollout import Rollout, Trajectory, Turn
from agents.sampler import Sampler
from agents.stepping import VectorStepper


class Collector:
    """Makes attempts in a vector of environments, and remembers where it stands.

    Args:
        language_model: encodes observations.
        sampler: writes actions.
        config: settings of the sampling.
        generator: what the sampler draws from.
        seed: of the first reset.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        sampler: Sampler,
        config: SamplingConfig,
        generator: torch.Generator,
        seed: int,
    ) -> None:
        self.env_steps = 0
        self._language_model = language_model
        self._sampler = sampler
        self._config = config
        self._generator = generator
        self._seed = seed
        self._observations: tuple[str, ...] = ()
        self._snapshots: list[dict[str, Any]] | None = None

    def begin(self, envs: gym.vector.VectorEnv) -> None:
        """Start in these environments: where the last attempt left them, or with a seeded reset.

        Environments without ``snapshots`` and ``restore`` are always reset.

        Raises:
            ValueError: the environments do not reset finished episodes in the same step.
        """
        mode = envs.metadata.get("autoreset_mode")
        if mode != gym.vector.AutoresetMode.SAME_STEP:
            raise ValueError(f"the environments must be made with AutoresetMode.SAME_STEP, not {mode}")
        if self._snapshots is None:
            if self.env_steps:
                warnings.warn(
                    "the environments have no snapshots() and restore(): they are reset, instead of going on where the "
                    "last attempt left them",
                    stacklevel=3,
                )
            self._observations = tuple(envs.reset(seed=self._seed)[0])
        elif len(self._snapshots) != envs.num_envs:
            raise ValueError(f"the agent was trained in {len(self._snapshots)} environments, not in {envs.num_envs}")
        else:
            self._observations = tuple(envs.unwrapped.restore(self._snapshots))  # type: ignore[attr-defined]

    def collect(self, envs: gym.vector.VectorEnv, vector_steps: int) -> Rollout:
        """Make ``vector_steps`` times ``envs.num_envs`` attempts; programs run while others are still being written."""
        turns: list[Turn] = []
        finished: list[Trajectory] = []
        unfinished: list[list[Turn]] = [[] for _ in range(envs.num_envs)]
        generation_seconds = environment_seconds = 0.0
        stepper = VectorStepper(envs)
        for _ in range(vector_steps):
            start = time.perf_counter()
            prompts = [self._encode(observation) for observation in self._observations]
            with stepper.step():
                generations = self._sampler.sample(
                    prompts,
                    max_new_tokens=self._config.max_new_tokens,
                    temperature=self._config.temperature,
                    generator=self._generator,
                    on_end=lambda index, generation: stepper.send(index, generation.text),
                )
                sampled = time.perf_counter()
                observations, rewards, terminations, truncations, infos = stepper.receive()
            received = time.perf_counter()
            generation_seconds += sampled - start
            environment_seconds += received - sampled

            for i, generation in enumerate(generations):
                terminated, truncated = bool(terminations[i]), bool(truncations[i])
                following = infos["final_obs"][i] if truncated and not terminated else observations[i]
                turn = Turn(
                    env_index=i,
                    prompt=self._observations[i],
                    action=generation.text,
                    prompt_ids=prompts[i],
                    action_ids=generation.token_ids,
                    log_probs=generation.log_probs,
                    stop_reason=generation.stop_reason,
                    reward=float(rewards[i]),
                    terminated=terminated,
                    truncated=truncated,
                    next_prompt_ids=None if terminated else self._encode(following),
                    info=_info_of_env(infos, i, terminated or truncated),
                )
                turns.append(turn)
                unfinished[i].append(turn)
                if terminated or truncated:
                    finished.append(tuple(unfinished[i]))
                    unfinished[i] = []
            self._observations = tuple(observations)
        self.env_steps += len(turns)
        snapshots = getattr(envs.unwrapped, "snapshots", None)
        self._snapshots = None if snapshots is None else list(snapshots())
        finished += [tuple(trajectory) for trajectory in unfinished if trajectory]
        return Rollout(tuple(turns), tuple(finished), generation_seconds, environment_seconds)

    def steps_left(self, envs: gym.vector.VectorEnv, env_steps: int) -> int:
        """Vector steps of the next iteration, so that ``env_steps`` attempts are made in all; 0 when they are made."""
        return min(self._config.steps_per_iteration, -(-(env_steps - self.env_steps) // envs.num_envs))

    def state_dict(self) -> dict[str, Any]:
        return {"env_steps": self.env_steps, "snapshots": self._snapshots}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.env_steps = state["env_steps"]
        self._snapshots = state["snapshots"]

    def _encode(self, observation: str) -> tuple[int, ...]:
        return self._language_model.encode_prompt(observation, reserve=self._config.max_new_tokens)


def _info_of_env(infos: Mapping[str, Any], index: int, done: bool) -> dict[str, Any]:
    """One environment's info of the attempt just made, out of a vector environment's infos."""
    if "attempts" in infos:
        return dict(infos["attempts"][index])
    if done and "final_info" in infos:
        infos = infos["final_info"]
    present = (key[1:] for key in infos if key.startswith("_") and infos[key][index])
    return {key: infos[key][index] for key in present}
