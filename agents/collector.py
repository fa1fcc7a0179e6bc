"""Making attempts in environments with the present policy."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import gymnasium as gym
import torch

from agents.actor import Actor
from agents.rollout import Rollout, Trajectory, Turn
from agents.stepping import VectorStepper


class Collector:
    """Makes attempts in a vector of environments, and remembers where it stands.

    Args:
        actor: decides on actions.
        generator: what the actor draws from.
        seed: of the first reset.
        steps_per_iteration: vector steps of one iteration.
    """

    def __init__(self, actor: Actor, generator: torch.Generator, seed: int, steps_per_iteration: int) -> None:
        self.env_steps = 0
        self._actor = actor
        self._generator = generator
        self._seed = seed
        self._steps_per_iteration = steps_per_iteration
        self._observations: tuple[Any, ...] = ()
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
            restore = _method(envs, "restore")
            assert restore is not None  # as when the snapshots were made
            self._observations = tuple(restore(self._snapshots))

    def collect(self, envs: gym.vector.VectorEnv, vector_steps: int) -> Rollout:
        """Make ``vector_steps`` times ``envs.num_envs`` attempts; programs run while others are still being written."""
        turns: list[Turn] = []
        generation_seconds = environment_seconds = 0.0
        stepper = VectorStepper(envs)
        for _ in range(vector_steps):
            start = time.perf_counter()
            with stepper.step():
                actions = self._actor.act(
                    self._observations,
                    self._generator,
                    is_exploring=True,
                    on_action=lambda index, action: stepper.send(index, action.content),
                )
                sampled = time.perf_counter()
                observations, rewards, terminations, truncations, infos = stepper.receive()
            received = time.perf_counter()
            generation_seconds += sampled - start
            environment_seconds += received - sampled

            for i, action in enumerate(actions):
                terminated, truncated = bool(terminations[i]), bool(truncations[i])
                following = infos["final_obs"][i] if truncated and not terminated else observations[i]
                turn = Turn(
                    env_index=i,
                    prompt=self._observations[i],
                    action=action.content,
                    prompt_ids=action.prompt_ids,
                    action_ids=action.action_ids,
                    log_probs=action.log_probs,
                    stop_reason=action.stop_reason,
                    reward=float(rewards[i]),
                    terminated=terminated,
                    truncated=truncated,
                    next_prompt_ids=None if terminated else self._actor.encode(following),
                    info=info_of_env(infos, i, terminated or truncated),
                    thought=action.thought,
                    usage=action.usage,
                )
                turns.append(turn)
            self._observations = tuple(observations)
        self.went_on(envs, self._observations, len(turns))
        return Rollout(tuple(turns), by_episode(turns), generation_seconds, environment_seconds)

    @property
    def observations(self) -> tuple[Any, ...]:
        """What the environments show, one item each; empty before :meth:`begin`."""
        return self._observations

    def went_on(self, envs: gym.vector.VectorEnv, observations: Iterable[Any], n_attempts: int) -> None:
        """Remember where the environments stand after attempts, whoever made them."""
        self._observations = tuple(observations)
        self.env_steps += n_attempts
        snapshots = _method(envs, "snapshots")
        self._snapshots = None if snapshots is None else list(snapshots())

    def steps_left(self, envs: gym.vector.VectorEnv, env_steps: int) -> int:
        """Vector steps of the next iteration, so that ``env_steps`` attempts are made in all; 0 when they are made."""
        return min(self._steps_per_iteration, -(-(env_steps - self.env_steps) // envs.num_envs))

    def state_dict(self) -> dict[str, Any]:
        return {"env_steps": self.env_steps, "snapshots": self._snapshots}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.env_steps = state["env_steps"]
        self._snapshots = state["snapshots"]


def by_episode(turns: Sequence[Turn]) -> tuple[Trajectory, ...]:
    """Turns by the episodes of their environments: in the order in which these ended, then those that did not end."""
    finished: list[Trajectory] = []
    unfinished: dict[int, list[Turn]] = {}
    for turn in turns:
        unfinished.setdefault(turn.env_index, []).append(turn)
        if turn.terminated or turn.truncated:
            finished.append(tuple(unfinished.pop(turn.env_index)))
    return (*finished, *(tuple(unfinished[index]) for index in sorted(unfinished)))


def info_of_env(infos: Mapping[str, Any], index: int, done: bool) -> dict[str, Any]:
    """One environment's info of the attempt just made, out of a vector environment's infos."""
    if "attempts" in infos:
        return dict(infos["attempts"][index])
    if done and "final_info" in infos:
        infos = infos["final_info"]
    present = (key[1:] for key in infos if key.startswith("_") and infos[key][index])
    return {key: infos[key][index] for key in present}


def _method(envs: gym.vector.VectorEnv, name: str) -> Callable[..., Any] | None:
    """A method of the outermost layer of wrapped environments that has it."""
    layer: Any = envs
    while not callable(getattr(layer, name, None)):
        if not isinstance(layer, gym.vector.VectorWrapper):
            return None
        layer = layer.env
    method: Callable[..., Any] = getattr(layer, name)
    return method
