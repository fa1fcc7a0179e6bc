"""What the agents have in common that are on-policy algorithms of Stable-Baselines3, unchanged.

Stable-Baselines3 (A. Raffin et al., Stable-Baselines3: reliable reinforcement learning implementations, JMLR 22, 2021)
collects and learns by itself. What is here gives it environments, records its attempts, and keeps apart what it draws
from global generators, so that a run repeats, goes on exactly, and disturbs nobody.
"""

from __future__ import annotations

import copy
import importlib.util
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.spaces import Box, MultiDiscrete

from agents.agent import AgentConfig, Iteration, TrainingDiverged
from agents.choosing.choices import Choice, ChoosingActor, choice_sizes
from agents.collecting_agent import CollectingAgent
from agents.collector import by_episode
from agents.random_states import OwnRandomStates, kept_global_random_states
from agents.rollout import Rollout

if TYPE_CHECKING:
    from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

    from agents.choosing.sb3_envs import VectorEnvAdapter


class PolicyActor(ChoosingActor):
    """Samples choices from the policy of an algorithm.

    Attributes:
        model: the algorithm; None until it is known what there is to see and to choose from.
    """

    def __init__(self, agent_name: str) -> None:
        self.model: OnPolicyAlgorithm | None = None
        self._agent_name = agent_name

    @torch.no_grad()
    def choose(self, observations: Sequence[Any], generator: torch.Generator, *, is_exploring: bool) -> list[Choice]:
        """Sampled, exploring or not, since the policy that is learnt is a stochastic one.

        Raises:
            ValueError: there is no policy yet.
        """
        if self.model is None:
            raise ValueError(
                f"agent {self._agent_name!r} has no policy yet: let it learn() in environments, or load a state"
            )
        policy = self.model.policy
        policy.set_training_mode(False)
        seen = torch.as_tensor(np.stack([np.asarray(observation, np.float32) for observation in observations]))
        dimensions: Any = policy.get_distribution(seen).distribution  # a categorical distribution for each
        drawn = [torch.multinomial(each.probs, 1, generator=generator) for each in dimensions]
        return [tuple(choice) for choice in torch.cat(drawn, dim=1).tolist()]


class StableBaselines3Agent(CollectingAgent, ABC):
    """Base of these agents; an algorithm is its :meth:`_make_model` and the metrics that it logs.

    Args:
        name: what the agent is registered as.
        config: settings of the agent.
        seed: of everything that the agent draws.

    Raises:
        ValueError: Stable-Baselines3 is not installed.
    """

    _logged: Mapping[str, str]
    """Metrics by their names in the log of Stable-Baselines3."""

    def __init__(self, name: str, config: AgentConfig, seed: int) -> None:
        if importlib.util.find_spec("stable_baselines3") is None:
            raise ValueError(f"agent {name!r} needs Stable-Baselines3: pip install stable-baselines3")
        self._policy = PolicyActor(name)
        self._own_random_states = OwnRandomStates(seed)
        self._gradient_steps = 0
        super().__init__(name, config, seed, self._policy)

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Collect and update until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`.

        The last iteration is shorter where that keeps the number.

        Raises:
            ValueError: the environments take no choices, show no vectors of numbers, or others than before.
            TrainingDiverged: a gradient is not finite; the weights are those from before it.
        """
        model, adapter = self._open(envs)
        while (vector_steps := self._collector.steps_left(envs, env_steps)) > 0:
            yield self._iterate(model, adapter, envs, vector_steps)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        model = self._policy.model
        return {
            **super().state_dict(),
            "random_states": self._own_random_states.state_dict(),
            "algorithm": None if model is None else _algorithm_state(model),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, seed or configuration."""
        super().load_state_dict(state)
        saved = state["algorithm"]
        if saved is None:
            self._policy.model = None
        else:
            low, high = saved["lowest_observation"].numpy(), saved["highest_observation"].numpy()
            model = self._build(Box(low, high, dtype=low.dtype.type), tuple(saved["choices"]), saved["num_envs"])
            model.policy.load_state_dict(saved["policy"])
            model.policy.optimizer.load_state_dict(saved["optimizer"])
            model._n_updates = saved["n_updates"]
            model._last_episode_starts = saved["episode_starts"].numpy().copy()
        self._own_random_states.load_state_dict(state["random_states"])  # after building, which draws

    @abstractmethod
    def _make_model(self) -> OnPolicyAlgorithm:
        """The algorithm with the agent's settings, without environments and networks."""

    def _open(self, envs: gym.vector.VectorEnv) -> tuple[OnPolicyAlgorithm, VectorEnvAdapter]:
        """An algorithm that stands where the agent stands, in these environments."""
        with kept_global_random_states():  # some of what is imported draws from them
            from agents.choosing.sb3_envs import VectorEnvAdapter

        sizes, space = choice_sizes(envs), envs.single_observation_space
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise ValueError(f"the environments show {space}, and agent {self._name!r} wants vectors of numbers (Box)")
        model = self._policy.model or self._build(space, sizes, envs.num_envs)
        known = (model.observation_space, model.action_space, model.n_envs)
        if known != (space, MultiDiscrete(list(sizes)), envs.num_envs):
            raise ValueError(
                f"the agent was trained in {known[2]} environments that show {known[0]} and take {known[1]}, and these "
                f"{envs.num_envs} show {space} and take {envs.single_action_space}"
            )
        self._collector.begin(envs)
        adapter = VectorEnvAdapter(envs)
        model.set_env(adapter, force_reset=False)
        model._last_obs = np.stack(self._collector.observations)
        if model._last_episode_starts is None:
            model._last_episode_starts = np.ones(envs.num_envs, dtype=bool)
        return model, adapter

    def _build(self, space: Box, sizes: tuple[int, ...], num_envs: int) -> OnPolicyAlgorithm:
        """The algorithm with new networks."""
        with kept_global_random_states():
            from stable_baselines3.common.logger import Logger

        with self._own_random_states.in_place():
            model = self._make_model()
            model.observation_space, model.action_space, model.n_envs = space, MultiDiscrete(list(sizes)), num_envs
            model._setup_model()
        model.set_logger(Logger(None, []))  # its own would make a folder in every iteration
        optimizer = model.policy.optimizer
        optimizer.register_step_pre_hook(lambda *_: _require_finite_gradients(model.policy))
        optimizer.register_step_post_hook(lambda *_: self._count_gradient_step())
        self._policy.model = model
        return model

    def _iterate(
        self, model: OnPolicyAlgorithm, adapter: VectorEnvAdapter, envs: gym.vector.VectorEnv, vector_steps: int
    ) -> Iteration:
        """One rollout and its update."""
        from agents.choosing.sb3_attempts import AttemptRecorder

        _set_steps(model, vector_steps)
        model.num_timesteps = self._collector.env_steps
        self._gradient_steps, adapter.seconds = 0, 0.0
        recorder = AttemptRecorder()
        start = time.perf_counter()
        diverged: TrainingDiverged | None = None
        try:
            with self._own_random_states.in_place():
                model.learn(
                    vector_steps * envs.num_envs,
                    callback=recorder,
                    log_interval=None,  # type: ignore[arg-type]  # which it takes for never
                    reset_num_timesteps=False,
                )
        except TrainingDiverged as error:
            diverged = error
        update_seconds = time.perf_counter() - start - recorder.rollout_seconds
        assert isinstance(model._last_obs, np.ndarray)
        self._collector.went_on(envs, model._last_obs, len(recorder.turns))
        turns = tuple(recorder.turns)
        rollout = Rollout(turns, by_episode(turns), recorder.rollout_seconds - adapter.seconds, adapter.seconds)
        if diverged is not None:
            diverged.iteration = self._iteration(rollout, {}, 0, update_seconds)
            raise diverged
        return self._iteration(rollout, self._metrics(model), self._gradient_steps, update_seconds)

    def _metrics(self, model: OnPolicyAlgorithm) -> dict[str, float]:
        """What the algorithm logged about its update.

        ``explained_variance`` is 0 where it is not defined, because all returns are equal.
        """
        logged = {name: float(model.logger.name_to_value[key]) for key, name in self._logged.items()}
        explained = float(model.logger.name_to_value["train/explained_variance"])
        return logged | {
            "entropy": -float(model.logger.name_to_value["train/entropy_loss"]),
            "value_loss": float(model.logger.name_to_value["train/value_loss"]),
            "explained_variance": explained if math.isfinite(explained) else 0.0,
        }

    def _count_gradient_step(self) -> None:
        self._gradient_steps += 1


def _set_steps(model: OnPolicyAlgorithm, vector_steps: int) -> None:
    """Let the next rollouts take so many vector steps: they must fill their buffer."""
    if model.n_steps == vector_steps:
        return
    model.n_steps = vector_steps
    assert model.rollout_buffer_class is not None  # chosen when the model was set up
    model.rollout_buffer = model.rollout_buffer_class(
        vector_steps,
        model.observation_space,
        model.action_space,
        device=model.device,
        gamma=model.gamma,
        gae_lambda=model.gae_lambda,
        n_envs=model.n_envs,
    )


def _algorithm_state(model: OnPolicyAlgorithm) -> dict[str, Any]:
    """What it takes to build an algorithm anew and to go on; it shares nothing with it."""
    space, choices = model.observation_space, model.action_space
    assert isinstance(space, Box)
    assert isinstance(choices, MultiDiscrete)
    state = {
        "lowest_observation": torch.as_tensor(space.low),
        "highest_observation": torch.as_tensor(space.high),
        "choices": choices.nvec.tolist(),
        "num_envs": model.n_envs,
        "policy": dict(model.policy.state_dict()),
        "optimizer": model.policy.optimizer.state_dict(),
        "n_updates": model._n_updates,
        "episode_starts": torch.as_tensor(model._last_episode_starts),
    }
    return copy.deepcopy(state)


def _require_finite_gradients(policy: torch.nn.Module) -> None:
    """Raise TrainingDiverged if a gradient holds a NaN or an infinity."""
    gradients = (parameter.grad for parameter in policy.parameters() if parameter.grad is not None)
    if not all(bool(gradient.isfinite().all()) for gradient in gradients):
        raise TrainingDiverged("a gradient is not finite; the weights were not changed. Lower the learning rate.")
