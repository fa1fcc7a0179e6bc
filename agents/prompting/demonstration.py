"""What an agent asks its model, shown without asking it."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from agents.collector import info_of_env
from agents.prompting.agent import PromptingAgent
from agents.prompting.observation import read_observation
from agents.prompting.prompter import THOUGHT_PLACE
from agents.rollout import Turn

FAILING_PROGRAM = """
    from sklearn.linear_model import RidgeClassifier
    return RidgeClassifier().fit(x_train, y_train)"""
"""Fails as many programs do: this model has no ``predict_proba``."""

WORKING_PROGRAM = """
    from sklearn.naive_bayes import GaussianNB
    return GaussianNB().fit(x_train, y_train)"""


def demonstrate(agent: PromptingAgent, envs: gym.vector.VectorEnv, seed: int = 0) -> dict[str, str]:
    """The agent's prompts by occasion: at first, after a failure, and when it has seen one failure and one success.

    Args:
        agent: remembers afterwards what it is shown.
        envs: in which the attempts are made; finished episodes are reset in the same step.
        seed: of their reset.
    """
    shown: dict[str, str] = {}

    def show(occasion: str, observation: str) -> None:
        for name, prompt in agent.prompts(observation).items():
            shown[f"{occasion}: {name}"] = prompt

    observations, _ = envs.reset(seed=seed)
    show("at the first attempt", observations[0])
    for program in (FAILING_PROGRAM, WORKING_PROGRAM):
        before = observations[0]
        observations, rewards, terminations, truncations, infos = envs.step([program] * envs.num_envs)
        is_over = bool(terminations[0] or truncations[0])
        agent.remember(read_observation(before).task, _turn(before, float(rewards[0]), info_of_env(infos, 0, is_over)))
        if program is FAILING_PROGRAM:
            show("after a failure", observations[0])
    show("in a later episode", observations[0])
    return shown


def _turn(observation: str, reward: float, info: dict[str, Any]) -> Turn:
    return Turn(
        env_index=0,
        prompt=observation,
        action=info["code"],
        prompt_ids=(),
        action_ids=(),
        log_probs=(),
        stop_reason=None,
        reward=reward,
        terminated=reward > -1,
        truncated=False,
        next_prompt_ids=None,
        info=info,
        thought=THOUGHT_PLACE,
    )
