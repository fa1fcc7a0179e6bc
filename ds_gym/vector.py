"""Many episodes of ``DataSci-v0`` at once: their attempts run in parallel through one sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.error import (
    AlreadyPendingCallError,
    ClosedEnvironmentError,
    InvalidAction,
    NoAsyncCallError,
    ResetNeeded,
)
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ds_gym.attempts import ParallelAttempts, PendingAttempt
from ds_gym.env import DataSciEnv
from ds_gym.evaluation import Evaluation
from ds_gym.info import plain_info, select_infos
from ds_gym.sandbox.confine import usable_processors
from ds_gym.validation import check_indices, check_integer, check_options
from ds_gym.vector_arguments import check_autoreset_mode, check_reset_mask, check_seeds

Observations = tuple[str, ...]
VectorStep = tuple[Observations, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]


class DataSciVectorEnv(VectorEnv[Observations, Sequence[str], np.ndarray]):
    """``num_envs`` episodes; what comes back is what ``SyncVectorEnv`` would return, and more quickly.

    Observations and actions are tuples of ``num_envs`` texts; rewards are float64 [num_envs], terminations and
    truncations bool [num_envs]. ``infos`` holds an array a key as in every Gymnasium vector environment, and besides
    ``infos["attempts"]``: an array with the info of each episode's attempt in this step as a plain dictionary, also of
    those that were reset in it (the info of the reset where no attempt was made).

    **Tasks**: with ``tasks=[...]`` (n of them) environment i plays ``tasks[i % n]``, and where there are more tasks
    than environments it goes on to others, so that all are played (see :meth:`~ds_gym.task_order.TaskOrder.deal`);
    with ``task_order="random"`` every episode draws its task with the seed of its environment.

    **Overlap**: :meth:`step` waits for all attempts. With :meth:`send` and :meth:`recv` a learner writes the next
    programs for some episodes while those of others run::

        observations, _ = envs.reset(seed=0)
        envs.send(write_programs(observations))
        while learning:
            observations, rewards, terminations, truncations, infos = envs.recv(min_envs=2)
            envs.send(write_programs(observations), infos["env_id"])

    **Faults of the machinery** are part of no episode: an attempt that ended in a
    :class:`~ds_gym.failures.SandboxError` does not count and may be made again, and no other episode is touched (see
    :meth:`step` and :meth:`recv`).

    Args:
        num_envs: number of episodes.
        autoreset_mode: what happens at the end of an episode; ``"NextStep"`` (the default), ``"SameStep"``,
            ``"Disabled"``.
        max_episode_steps: attempts after which an episode is truncated (as by Gymnasium's ``TimeLimit``); None for no
            other limit than the ``max_attempts`` of the environments, which is part of the task and terminates.
        **env_kwargs: the arguments of :class:`~ds_gym.env.DataSciEnv`.

    Raises:
        ValueError: a bad argument.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        **env_kwargs: Any,
    ) -> None:
        super().__init__()
        self.num_envs = check_integer("num_envs", num_envs, 1)
        self.autoreset_mode = check_autoreset_mode(autoreset_mode)
        self._max_steps = (
            None if max_episode_steps is None else check_integer("max_episode_steps", max_episode_steps, 1)
        )
        self._parent = DataSciEnv(**env_kwargs)
        self.envs = self._parent.siblings(num_envs)
        self.metadata = {**self._parent.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = self._parent.render_mode
        self.single_observation_space = self._parent.observation_space
        self.single_action_space = self._parent.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._observations: list[str] | None = None
        self._ended = np.zeros(num_envs, dtype=np.bool_)
        self._attempts = ParallelAttempts(min(num_envs, usable_processors()), share=env_kwargs.get("cache", True))

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]  # as in SyncVectorEnv
        """The seed of every environment."""
        return self.get_attr("np_random_seed")

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The random generator of every environment."""
        return self.get_attr("np_random")

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin all episodes, or those of ``options["reset_mask"]`` (bool [num_envs]).

        Args:
            seed: episode i gets ``seed + i``, or ``seed[i]``.
            options: as in :meth:`DataSciEnv.reset`, for every episode; besides ``reset_mask``.

        Raises:
            AlreadyPendingCallError: an attempt of one of these episodes has been sent and not received.
            ClosedEnvironmentError: after :meth:`close`.
            ValueError: a bad seed or option.
        """
        self._check_open("reset")
        given = check_options(options, ("task", "reset_mask"))
        mask = check_reset_mask(given.pop("reset_mask", None), self.num_envs)
        if self._observations is None and not mask.all():
            raise ResetNeeded("there are no episodes yet: the first reset() takes no partial reset_mask")
        env_ids = np.flatnonzero(mask).tolist()
        self._check_idle("reset", env_ids)
        seeds = check_seeds(seed, self.num_envs)
        observations = self._observations or [""] * self.num_envs
        infos: dict[str, Any] = {}
        for i in env_ids:
            observations[i], info = self.envs[i].reset(seed=seeds[i], options=given)
            infos = self._add_info(infos, info, i)
        self._observations = observations
        self._ended &= ~mask
        return tuple(observations), infos

    def step(self, actions: Sequence[str]) -> VectorStep:
        """One attempt in every episode.

        Raises:
            AlreadyPendingCallError: some attempts have been sent and not received.
            ClosedEnvironmentError: after :meth:`close`.
            InvalidAction: not ``num_envs`` strings.
            ResetNeeded: before the first reset, or at the end of an episode with autoreset disabled.
            SandboxError: the machinery failed, not a program. It is raised when all attempts have ended, and none of
                them counts: the same step may be made again, and runs only what the cache does not know.
        """
        self.send(actions)
        try:
            return self._finish(self._attempts.take(self._attempts.wait(range(self.num_envs), self.num_envs)))
        except BaseException:
            self._attempts.drop()
            raise

    def send(self, actions: Sequence[str], env_ids: Sequence[int] | np.ndarray | None = None) -> None:
        """Begin attempts without waiting for them; :meth:`recv` hands over what becomes of them.

        Args:
            actions: a program for each of ``env_ids``.
            env_ids: numbers of environments; None for all. An episode that has ended is reset instead, as
                :meth:`step` does with ``AutoresetMode.NEXT_STEP``.

        Raises:
            AlreadyPendingCallError: an attempt of one of these environments has been sent and not received.
            ClosedEnvironmentError, InvalidAction, ResetNeeded: as :meth:`step`.
            ValueError: bad ``env_ids``.
            (After any of these no attempt has begun.)
        """
        self._check_open("send")
        if self._observations is None:
            raise ResetNeeded("there are no episodes yet: call reset() before step() or send()")
        ids = list(range(self.num_envs)) if env_ids is None else check_indices("env_ids", env_ids, self.num_envs)
        self._check_idle("send", ids)
        if isinstance(actions, str) or len(actions) != len(ids):
            given = "one string" if isinstance(actions, str) else f"{len(actions)}"
            needed = f"num_envs={self.num_envs}" if env_ids is None else f"{len(ids)}"
            raise InvalidAction(f"actions: given {given}; allowed: {needed} strings")
        ended = [i for i in ids if self._ended[i]]
        if ended and self.autoreset_mode is AutoresetMode.DISABLED:
            raise ResetNeeded(f"episodes {ended} have ended: reset them with options={{'reset_mask': ...}}")
        attempts = [
            None if i in ended else self.envs[i].begin_attempt(action) for i, action in zip(ids, actions, strict=True)
        ]
        for i, attempt in zip(ids, attempts, strict=True):
            self._attempts.start(i, attempt)

    def recv(self, env_ids: Sequence[int] | np.ndarray | None = None, *, min_envs: int | None = None) -> VectorStep:
        """Wait for attempts that have been sent. Until it is received, an attempt is no part of its episode.

        Args:
            env_ids: numbers of environments to wait for; None for all that have an attempt under way.
            min_envs: return as soon as at least so many of them have ended, with those that have; None to wait for all
                of them, which alone gives the same batches in every run.

        Returns:
            As :meth:`step`, but all of length n, for the n environments whose numbers, ascending, are
            ``infos["env_id"]`` (int64 [n]).

        Raises:
            ClosedEnvironmentError: after :meth:`close`.
            NoAsyncCallError: nothing has been sent, or not for one of ``env_ids``.
            SandboxError: the machinery failed for some of the attempts that would have been returned. Those do not
                count and may be sent again; the others stay to be received.
            ValueError: a bad argument.
        """
        self._check_open("recv")
        under_way = self._attempts.env_ids
        ids = under_way if env_ids is None else check_indices("env_ids", env_ids, self.num_envs)
        missing = sorted(set(ids) - set(under_way))
        if missing or not ids:
            which = f" of environments {missing}" if missing else ""
            raise NoAsyncCallError(f"no attempt{which} is under way: call send() before recv()", "recv")
        n_needed = len(ids) if min_envs is None else check_integer("min_envs", min_envs, 1)
        if n_needed > len(ids):
            raise ValueError(f"min_envs: given {n_needed}; allowed: at most {len(ids)}, the attempts waited for")
        ended = self._attempts.wait(ids, n_needed)
        observations, rewards, terminations, truncations, infos = self._finish(self._attempts.take(ended))
        infos = {**select_infos(infos, ended), "env_id": np.array(ended, dtype=np.int64)}
        chosen = tuple(observations[i] for i in ended)
        return chosen, rewards[ended], terminations[ended], truncations[ended], infos

    def cancel(self) -> None:
        """Forget the attempts that have been sent and not received: none counts.

        Programs that run already end without consequence.

        Raises:
            ClosedEnvironmentError: after :meth:`close`.
        """
        self._check_open("cancel")
        self._attempts.drop()

    def snapshots(self) -> list[dict[str, Any]]:
        """The state of every environment, as JSON can hold it (see :meth:`DataSciEnv.snapshot`)."""
        return [env.snapshot() for env in self.envs]

    def restore(self, snapshots: Sequence[dict[str, Any]]) -> Observations:
        """Go on with the episodes of :meth:`snapshots`. Returns: their observations.

        Raises:
            AlreadyPendingCallError: some attempts have been sent and not received.
            ClosedEnvironmentError: after :meth:`close`.
            ValueError: not what :meth:`snapshots` returns.
        """
        self._check_open("restore")
        self._check_idle("restore", range(self.num_envs))
        if len(snapshots) != self.num_envs:
            raise ValueError(f"snapshots: given {len(snapshots)}; allowed: num_envs={self.num_envs}")
        self._observations = [env.restore(snapshot) for env, snapshot in zip(self.envs, snapshots, strict=True)]
        self._ended = np.array([env.is_over or self._is_truncated(env) for env in self.envs], dtype=np.bool_)
        return tuple(self._observations)

    def render(self) -> tuple[Any, ...] | None:
        """What every environment renders."""
        return tuple(env.render() for env in self.envs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call the method ``name`` of every environment, or get the attribute if it is none."""
        members = [env.get_wrapper_attr(name) for env in self.envs]
        return tuple(member(*args, **kwargs) if callable(member) else member for member in members)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute of every environment."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute of every environment: to its item of a list or tuple, or all to one value."""
        each = list(values) if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise ValueError(f"values: given {len(each)}; allowed: one, or num_envs={self.num_envs}")
        for env, value in zip(self.envs, each, strict=True):
            env.set_wrapper_attr(name, value)

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environments. Programs that still run end without consequence."""
        if hasattr(self, "_attempts"):
            self._attempts.close()
            for env in (*self.envs, self._parent):
                env.close()

    def _finish(self, outcomes: dict[int, tuple[PendingAttempt, Evaluation] | None]) -> VectorStep:
        """Take outcomes into their episodes. Arrays have length ``num_envs``."""
        assert self._observations is not None
        rewards = np.zeros(self.num_envs, dtype=np.float64)
        terminations = np.zeros(self.num_envs, dtype=np.bool_)
        truncations = np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        infos["attempts"], infos["_attempts"] = np.full(self.num_envs, None, object), np.zeros(self.num_envs, np.bool_)
        for i, outcome in outcomes.items():
            env = self.envs[i]
            if outcome is None:
                observation, info = env.reset()
            else:
                observation, rewards[i], terminations[i], _, info = env.finish_attempt(*outcome)
                truncations[i] = self._is_truncated(env)
            infos["attempts"][i], infos["_attempts"][i] = plain_info(info), True
            self._ended[i] = terminations[i] or truncations[i]
            if self._ended[i] and self.autoreset_mode is AutoresetMode.SAME_STEP:
                infos = self._add_info(infos, {"final_obs": observation, "final_info": info}, i)
                observation, info = env.reset()
                self._ended[i] = False
            self._observations[i] = observation
            infos = self._add_info(infos, info, i)
        return tuple(self._observations), rewards, terminations, truncations, infos

    def _is_truncated(self, env: DataSciEnv) -> bool:
        return self._max_steps is not None and env.n_attempts >= self._max_steps

    def _check_open(self, method: str) -> None:
        if self.closed:
            raise ClosedEnvironmentError(f"{method}() after close(): make a new environment")

    def _check_idle(self, method: str, env_ids: Sequence[int]) -> None:
        busy = sorted(set(env_ids) & set(self._attempts.env_ids))
        if busy:
            message = f"{method}(): environments {busy} have attempts under way; recv() them first"
            raise AlreadyPendingCallError(message, "send")
