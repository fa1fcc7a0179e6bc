"""Random search: every choice once, in random order; then the best of them.

It is the search that needs no model of what it searches, and hard to beat where few dimensions matter (J. Bergstra and
Y. Bengio, Random search for hyper-parameter optimization, JMLR 13, 2012); here without replacement, since choices are
finitely many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from agents.agent import AgentConfig, Iteration, register_agent
from agents.choosing.choices import Choice, ChoosingActor, choice_sizes
from agents.collecting_agent import CollectingAgent
from agents.rollout import Rollout

_TASK_NUMBERS = 6
"""So many numbers at the front of an observation are about the task, and the same in all of its episodes."""

_Task = tuple[float, ...]


@dataclass(frozen=True)
class RandomSearchConfig(AgentConfig):
    """Settings of :class:`RandomSearch`.

    Attributes:
        steps_per_iteration: vector steps collected in one iteration; what comes of it is the same with any number.
    """

    steps_per_iteration: int = 1


class TaskRecord:
    """What was tried on one task.

    Attributes:
        attempts: int64 [choices], attempts whose reward is known.
        mean_rewards: float64 [choices], of these; 0 where there are none.
        dealt: int64 [choices], attempts that are to be made and whose reward is not known yet.
    """

    def __init__(self, n_choices: int) -> None:
        self.attempts = torch.zeros(n_choices, dtype=torch.int64)
        self.mean_rewards = torch.zeros(n_choices, dtype=torch.float64)
        self.dealt = torch.zeros(n_choices, dtype=torch.int64)

    def deal(self, generator: torch.Generator) -> int:
        """Draw one of the choices that came least often, so that none comes twice before all have come once."""
        times = self.attempts + self.dealt
        left = (times == times.min()).nonzero().flatten()
        index = int(left[torch.randint(len(left), (), generator=generator)])
        self.dealt[index] += 1
        return index

    def learn(self, index: int, reward: float) -> None:
        """Take the reward of an attempt into the mean, step by step, so that equal rewards have exactly their mean."""
        self.attempts[index] += 1
        self.mean_rewards[index] += (reward - self.mean_rewards[index]) / self.attempts[index]

    @property
    def best(self) -> int | None:
        """The choice with the greatest mean reward, the first among equals; None if none was tried."""
        if not self.attempts.any():
            return None
        return int(self.mean_rewards.where(self.attempts > 0, -math.inf).argmax())


class RandomSearchActor(ChoosingActor):
    """Deals out choices, and remembers what came of them.

    Attributes:
        sizes: of what there is to choose from, along each dimension; None until it is known.
        records: what was tried, by task: the first six numbers of its observations.
    """

    def __init__(self) -> None:
        self.sizes: tuple[int, ...] | None = None
        self.records: dict[_Task, TaskRecord] = {}

    def choose(self, observations: Sequence[Any], generator: torch.Generator, *, is_exploring: bool) -> list[Choice]:
        """Exploring: drawn without replacement; else the best so far, or any one for a task that was never tried.

        Which choices were dealt out is kept until :meth:`recall`, lest one comes twice in an iteration.

        Raises:
            ValueError: it is not known yet what there is to choose from.
        """
        sizes = self._known_sizes()
        choices = []
        for observation in observations:
            if is_exploring:
                index = self._record_of(observation).deal(generator)
            else:
                known = self.records.get(_task_of(observation))
                best = None if known is None else known.best
                index = int(torch.randint(math.prod(sizes), (), generator=generator)) if best is None else best
            choices.append(tuple(map(int, np.unravel_index(index, sizes))))
        return choices

    def learn(self, observation: Any, choice: Choice, reward: float) -> None:
        """Remember what came of a choice."""
        self._record_of(observation).learn(int(np.ravel_multi_index(choice, self._known_sizes())), reward)

    def recall(self) -> None:
        """Forget which choices were dealt out: their rewards are known, or never will be."""
        for record in self.records.values():
            record.dealt.zero_()

    def _known_sizes(self) -> tuple[int, ...]:
        if self.sizes is None:
            raise ValueError(
                "agent 'random-search' does not know yet what there is to choose from: let it learn() in environments, "
                "or load a state"
            )
        return self.sizes

    def _record_of(self, observation: Any) -> TaskRecord:
        return self.records.setdefault(_task_of(observation), TaskRecord(math.prod(self._known_sizes())))


@register_agent("random-search", RandomSearchConfig, model="none", interface="pipelines")
class RandomSearch(CollectingAgent):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    def __init__(self, config: RandomSearchConfig, seed: int) -> None:
        self._search = RandomSearchActor()
        super().__init__("random-search", config, seed, self._search)
        self.config = config

    def learn(self, envs: gym.vector.VectorEnv, env_steps: int) -> Iterator[Iteration]:
        """Search until ``env_steps`` attempts were made in total, see :class:`agents.agent.Agent`.

        Raises:
            ValueError: the environments take no choices, or others than those of the attempts before.
        """
        sizes = choice_sizes(envs)
        if self._search.sizes not in (None, sizes):
            raise ValueError(f"the agent chose from {self._search.sizes}, and the environments offer {sizes}")
        self._search.sizes = sizes
        yield from super().learn(envs, env_steps)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues bit for bit."""
        search = self._search
        return {
            **super().state_dict(),
            "sizes": None if search.sizes is None else list(search.sizes),
            "records": [
                {"task": list(task), "attempts": record.attempts.clone(), "mean_rewards": record.mean_rewards.clone()}
                for task, record in search.records.items()
            ],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, seed or configuration."""
        super().load_state_dict(state)
        self._search.sizes = None if state["sizes"] is None else tuple(state["sizes"])
        self._search.records = {tuple(record["task"]): _record(**record) for record in state["records"]}

    def _before_acting(self) -> None:
        self._search.recall()

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """Remember the rewards.

        ``best_reward`` is the mean reward of the best choice, averaged over the tasks; ``choices_tried`` is how many
        were tried, in all tasks together.
        """
        for turn in rollout.turns:
            self._search.learn(turn.prompt, turn.action, turn.reward)
        records = [record for record in self._search.records.values() if record.best is not None]
        best = [float(record.mean_rewards[record.best]) for record in records]
        tried = sum(int((record.attempts > 0).sum()) for record in records)
        return {"best_reward": sum(best) / len(best), "choices_tried": float(tried)}, 0


def _task_of(observation: Any) -> _Task:
    return tuple(float(number) for number in observation[:_TASK_NUMBERS])


def _record(task: Sequence[float], attempts: Tensor, mean_rewards: Tensor) -> TaskRecord:
    record = TaskRecord(len(attempts))
    record.attempts, record.mean_rewards = attempts.clone(), mean_rewards.clone()
    return record
