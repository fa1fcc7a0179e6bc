"""What learners do alike, without and with a critic: groups of a batch, hidden states, state, averages of metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from agents.agent import ActorCriticConfig, LearnerConfig
from agents.critic import Critic
from agents.gradient_step import GradientStep, NetworkOptimizers, PolicyEvaluation, approximate_kl
from agents.language_model import LanguageModel, Network
from agents.language_model_agent import LanguageModelAgent
from agents.rollout import TokenBatch, Trajectory, bootstrap_states, hidden_states, token_batch
from agents.sampler import Sampler
from agents.vocabulary import VocabularySums, vocabulary_sums

Group = TypeVar("Group")

GROSS_GAP = {torch.float32: 0.25, torch.bfloat16: 2.0, torch.float16: 2.0}
"""Before the first gradient step, log pi of the sampling pass and of the training pass may not lie farther apart."""


class Learner(LanguageModelAgent):
    """Base of agents that train the policy; an algorithm is an :meth:`_update`.

    Args:
        name: what the agent is registered as.
        language_model: the policy and its base.
        config: settings of the agent.
        seed: of everything that the agent draws.
        sampler: what writes the actions; None for the language model itself.
    """

    config: LearnerConfig

    def __init__(
        self,
        name: str,
        language_model: LanguageModel,
        config: LearnerConfig,
        seed: int,
        sampler: Sampler | None = None,
    ) -> None:
        super().__init__(name, language_model, config, seed, sampler)
        self.config = config
        self._optimizer = NetworkOptimizers(config)
        self._optimizer.add("policy", language_model.trainable_parameters(), config.learning_rate)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        return {
            **super().state_dict(),
            "policy": self._language_model.state_dict(),
            **self._optimizer.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._language_model.load_state_dict(state["policy"])
        self._optimizer.load_state_dict(state)

    def _token_batches(self, trajectories: Sequence[Trajectory]) -> list[TokenBatch]:
        """The groups of whole trajectories over which gradients are accumulated, laid out."""
        limit = self.config.micro_batch_tokens
        groups = micro_batches(trajectories, limit)
        return [token_batch(group, self.config.gamma, self._language_model.device) for group in groups]

    def _policy_sums(self, policy_states: Tensor, batch: TokenBatch, base_states: Tensor) -> VocabularySums:
        """Policy against base at the states of a batch of N action tokens; hidden states [N, d] of both are given."""
        model = self._language_model
        return vocabulary_sums(
            policy_states,
            model.head("policy"),
            batch.tokens,
            base_hidden=base_states,
            base_head=model.head("base"),
            temperature=self.config.temperature,
        )

    def _log_rho(self, batch: TokenBatch, base_states: Tensor) -> Tensor:
        """log rho of the sampled tokens, float [N]."""
        head, temperature = self._language_model.head("base"), self.config.temperature
        return vocabulary_sums(base_states, head, batch.tokens, temperature=temperature).log_pi

    def _use_batch(
        self,
        trajectories: Sequence[Trajectory],
        groups: Sequence[Group],
        evaluate: Callable[[Group], PolicyEvaluation],
        target_kl: float | None = None,
    ) -> tuple[dict[str, float], int]:
        """``batch_uses`` gradient steps on the same trajectories.

        Args:
            trajectories: that were sampled with the present policy.
            groups: of them, over which gradients are accumulated.
            evaluate: the losses of a group under the policy as it is then.
            target_kl: no further steps once the policy has moved this far from the one that sampled (mean over tokens
                of ratio - 1 - log ratio); None for no such stop.

        Returns:
            Averages of the steps' metrics, and the number of steps.
        """
        metrics: list[dict[str, float]] = []
        for use in range(self.config.batch_uses):
            step = GradientStep(self._optimizer, trajectories)
            for group in groups:
                evaluation = evaluate(group)
                if use == 0:
                    self._require_same_policy(evaluation.log_ratio)
                step.note(evaluation)
                if (
                    use > 0
                    and group is groups[-1]
                    and target_kl is not None
                    and approximate_kl(step.tokens()["log_ratio"]) > target_kl
                ):
                    return average_metrics(metrics), len(metrics)
                step.add(evaluation)
            metrics.append(step.apply())
        return average_metrics(metrics), len(metrics)

    def _require_same_policy(self, log_ratio: Tensor) -> None:
        """Before the first gradient step the ratio is 1, or sampling and training do not speak of the same policy.

        Small gaps are rounding and are reported as the metric ``log_prob_gap``; a gross one raises RuntimeError.
        """
        gap = float(log_ratio.detach().abs().max())
        limit = GROSS_GAP.get(self._language_model.head("policy").weight.dtype, min(GROSS_GAP.values()))
        if gap > limit:
            raise RuntimeError(
                f"sampling and training disagree about log-probabilities by {gap:.2g} (allowed: {limit:.2g}): "
                "the ratio of the first gradient step would not be 1"
            )


class ActorCritic(Learner):
    """Base of agents that train the policy and a critic, which says what states or tokens are worth.

    Args:
        name: what the agent is registered as.
        language_model: the policy and its base.
        config: settings of the agent.
        seed: of everything that the agent draws.
        critic: what it believes about values.
        sampler: what writes the actions; None for the language model itself.
    """

    config: ActorCriticConfig
    _critic: Critic[Any]

    def __init__(
        self,
        name: str,
        language_model: LanguageModel,
        config: ActorCriticConfig,
        seed: int,
        critic: Critic[Any],
        sampler: Sampler | None = None,
    ) -> None:
        super().__init__(name, language_model, config, seed, sampler)
        self._critic = critic
        self._optimizer.add("critic", critic.parameters(), config.critic_learning_rate)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        return {**super().state_dict(), "critic": self._critic.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._critic.load_state_dict(state["critic"])

    def _states(self, batch: TokenBatch, network: Network, base_states: Tensor) -> Tensor:
        """Hidden states [N, d] of a network; those of the base model, which do not change, are given."""
        return base_states if network == "base" else hidden_states(self._language_model, batch, network)

    def _bootstrap_states(self, batch: TokenBatch, network: Network, base_states: Tensor) -> Tensor:
        """The same at the ends of the prompts behind unfinished trajectories, [M, d], without gradients."""
        return base_states if network == "base" else bootstrap_states(self._language_model, batch, network)


def micro_batches(trajectories: Sequence[Trajectory], max_tokens: int | None) -> list[list[Trajectory]]:
    """Split a batch into groups of whole trajectories, in order, of at most ``max_tokens`` action tokens each.

    A longer trajectory is a group of its own. None: one group.

    Raises:
        ValueError: no trajectory holds an action token.
    """
    with_tokens = [trajectory for trajectory in trajectories if _n_tokens(trajectory)]
    if not with_tokens:
        raise ValueError("there is nothing to learn from: no action of the batch holds a token")
    if max_tokens is None:
        return [with_tokens]
    groups: list[list[Trajectory]] = []
    filled = 0
    for trajectory in with_tokens:
        if not groups or filled + _n_tokens(trajectory) > max_tokens:
            groups.append([])
            filled = 0
        groups[-1].append(trajectory)
        filled += _n_tokens(trajectory)
    return groups


def average_metrics(steps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Averages over gradient steps; ``log_prob_gap`` is that of the first, before which the policy had not moved."""
    averages = {name: sum(step[name] for step in steps) / len(steps) for name in steps[0]}
    return averages | {"log_prob_gap": steps[0]["log_prob_gap"]}


def _n_tokens(trajectory: Trajectory) -> int:
    return sum(len(turn.action_ids) for turn in trajectory)
