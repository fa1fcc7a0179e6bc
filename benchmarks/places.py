"""Where a run plays: environments with what its agent can see and do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gymnasium as gym

    from agents.agent import Interface
    from benchmarks.plan import RunSpec


class Places:
    """Makes the environments of one run.

    Args:
        spec: the run.
        prompt: style of the observations.
        interface: what the agent acts in.
    """

    def __init__(self, spec: RunSpec, prompt: str, interface: Interface) -> None:
        self._spec = spec
        self._settings: dict[str, Any] = {"protocol": spec.protocol, "prompt": prompt}
        self._interface = interface

    def make_envs(self, tasks: Sequence[str]) -> gym.vector.VectorEnv:
        """A vector of fresh environments that play the tasks in turn."""
        import gymnasium as gym

        import ds_gym
        from ds_gym.wrappers import PipelineVectorActions, TaskSolutions

        envs = gym.make_vec(
            ds_gym.registration.ENV_ID,
            num_envs=self._spec.num_envs,
            autoreset_mode=gym.vector.AutoresetMode.SAME_STEP,
            **({"task": tasks[0]} if len(tasks) == 1 else {"tasks": list(tasks)}),
            **self._settings,
        )
        if self._interface == "pipelines":
            return PipelineVectorActions(envs)
        if self._interface == "solutions":
            return PipelineVectorActions(envs, TaskSolutions())
        return envs

    def holdout_score(self, task: str, code: str) -> float | None:
        """Score of a program on the rows that no episode sees; None where there are none."""
        import gymnasium as gym

        import ds_gym

        if self._spec.protocol != "holdout":
            return None
        env: Any = gym.make(ds_gym.registration.ENV_ID, task=task, **self._settings)
        try:
            return float(env.unwrapped.holdout_score(code))
        finally:
            env.close()
