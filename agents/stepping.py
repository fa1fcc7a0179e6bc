"""A step of a vector environment whose actions become known one after another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import gymnasium as gym


class VectorStepper:
    """Begins attempts while actions of other episodes are still being written, where the environments can.

    Environments with ``send(actions, env_ids)`` and ``recv()`` (as ``DataSci-v0`` has them) begin with each action at
    once; what they return does not depend on when. Others, and those in a wrapper, which ``send`` would bypass, make
    an ordinary step when all actions are there.

    Args:
        envs: a vector environment.
    """

    def __init__(self, envs: gym.vector.VectorEnv) -> None:
        self._envs: Any = envs
        can_send = all(callable(getattr(envs, name, None)) for name in ("send", "recv"))
        self._sends = can_send and envs.unwrapped is envs
        self._actions: dict[int, str] = {}

    @contextlib.contextmanager
    def step(self) -> Iterator[VectorStepper]:
        """Within, actions are sent and received; if that fails in any way, attempts under way are dropped."""
        self._actions = {}
        try:
            yield self
        except BaseException:
            if self._sends and self._actions:
                self._drop()
            raise

    def send(self, env_index: int, action: str) -> None:
        """The action of one environment, exactly one a step."""
        self._actions[env_index] = action
        if self._sends:
            self._envs.send([action], env_ids=[env_index])

    def receive(self) -> tuple[Any, ...]:
        """Wait for all attempts; returns what ``envs.step`` returns."""
        if self._sends:
            return tuple(self._envs.recv())
        return tuple(self._envs.step(tuple(self._actions[i] for i in range(self._envs.num_envs))))

    def _drop(self) -> None:
        if callable(getattr(self._envs, "cancel", None)):
            self._envs.cancel()
            return
        with contextlib.suppress(Exception):  # the first failure is the one to be told
            self._envs.recv()
