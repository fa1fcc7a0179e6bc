"""The attempts that Stable-Baselines3 makes, as they are made. Imports it: to be imported where it is used."""

from __future__ import annotations

import time

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from agents.choosing.sb3_envs import info_of_attempt, is_truncated
from agents.rollout import Turn


class AttemptRecorder(BaseCallback):
    """Records one rollout of an on-policy algorithm; changes nothing.

    Attributes:
        turns: the attempts, in the order in which they were made; their prompts are rows of observations, their actions
            choices.
        rollout_seconds: wall-clock seconds from the beginning of the rollout to its end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self.rollout_seconds = 0.0
        self._start = 0.0

    def _on_rollout_start(self) -> None:
        self._start = time.perf_counter()

    def _on_step(self) -> bool:
        before = self.model._last_obs  # of the attempts that were just made
        assert isinstance(before, np.ndarray)
        steps = zip(before, self.locals["actions"], self.locals["rewards"], strict=True)
        for i, (observation, choice, reward) in enumerate(steps):
            done, info = bool(self.locals["dones"][i]), self.locals["infos"][i]
            truncated = done and is_truncated(info)
            terminated = done and not truncated
            turn = Turn(
                env_index=i,
                prompt=observation.copy(),
                action=tuple(int(index) for index in choice),
                prompt_ids=(),
                action_ids=(),
                log_probs=(),
                stop_reason=None,
                reward=float(reward),
                terminated=terminated,
                truncated=truncated,
                next_prompt_ids=None if terminated else (),
                info=info_of_attempt(info),
            )
            self.turns.append(turn)
        return True

    def _on_rollout_end(self) -> None:
        self.rollout_seconds = time.perf_counter() - self._start
