"""RFT: fine-tuning on what was best so far (best of n, rejection sampling), without ratios, values or advantages.

Attempts are candidates for as long as they are among the last ``window``. Of the distinct actions on a task the best
``keep_fraction`` are kept, ranked by reward, and only if they were scored. Each gradient step takes a sample of the
kept actions, as many as there were attempts in the batch, and descends, a token at a time,

    -log pi(w | x) + beta * KL(pi || rho)(x),

the likelihood of each action behind the prompt at which it was written. Ranking the model's own samples by reward and
fine-tuning on the best is RAFT (arXiv 2304.06767); keeping what is above a threshold and refining on it again and
again is ReST (arXiv 2308.08998); counting distinct answers only once is from arXiv 2308.01825, who named it rejection
sampling fine-tuning. The divergence is in none of them, but RAFT allows for one in its rewards; here it is the exact
sum over the vocabulary, as in the other learners, so that ``beta`` keeps the policy near the base. It is weighed
against log-likelihoods, not rewards. ``gamma`` and ``clip_range`` are not used.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from agents.agent import LearnerConfig, register_agent
from agents.gradient_step import GradientStep, PolicyEvaluation
from agents.language_model import LanguageModel
from agents.learner import Learner
from agents.rollout import Rollout, TokenBatch, Turn, hidden_states
from agents.sampler import Sampler


@dataclass(frozen=True)
class RFTConfig(LearnerConfig):
    """Settings of RFT. ``gamma`` and ``clip_range`` are not used.

    Attributes:
        learning_rate, batch_uses: the best of the trials, as is the share (benchmarks/results/tuning.json).
        keep_fraction: the share of the distinct actions on a task that are kept, of those in the window.
        window: attempts, the most recent ones, that are candidates.
    """

    learning_rate: float = 4.5e-4
    batch_uses: int = 8
    keep_fraction: float = 0.25
    window: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 < self.keep_fraction <= 1, "keep_fraction", "in (0, 1]")
        self._check(self.window >= 1, "window", "at least 1")


@dataclass(frozen=True)
class Candidate:
    """An attempt that may be learnt from.

    Attributes:
        task: what it was an attempt at; None where the environments do not say.
        scored: whether its program was scored; others are counted, but never kept.
        turn: its tokens and its reward.
    """

    task: str | None
    scored: bool
    turn: Turn


def best_distinct(candidates: Iterable[Candidate], keep_fraction: float) -> list[Turn]:
    """The best actions of each task, each of them once.

    Args:
        candidates: the oldest first. Of equal actions the latest counts, of equal rewards the later action is better.
        keep_fraction: actions that are kept, as a share of the distinct actions on the task; rounded up.

    Returns:
        Scored attempts with at least a token, those of a task together, the best first.
    """
    by_task: defaultdict[str | None, dict[tuple[int, ...], Candidate]] = defaultdict(dict)
    for candidate in candidates:
        distinct = by_task[candidate.task]
        distinct.pop(candidate.turn.action_ids, None)  # so that the latest stands last
        distinct[candidate.turn.action_ids] = candidate
    kept: list[Turn] = []
    for distinct in by_task.values():
        scored = [
            candidate.turn
            for candidate in reversed(distinct.values())
            if candidate.scored and candidate.turn.action_ids
        ]
        scored.sort(key=lambda turn: -turn.reward)  # stable: of equal rewards the latest stays first
        kept += scored[: math.ceil(keep_fraction * len(distinct))]
    return kept


@register_agent("rft", RFTConfig)
class RFT(Learner):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: RFTConfig

    def __init__(
        self, language_model: LanguageModel, config: RFTConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        super().__init__("rft", language_model, config, seed, sampler)
        self._candidates: deque[Candidate] = deque(maxlen=config.window)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        candidates = [
            {"task": candidate.task, "scored": candidate.scored, "turn": vars(candidate.turn).copy()}
            for candidate in self._candidates
        ]
        return {**super().state_dict(), "candidates": candidates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._candidates.clear()
        self._candidates.extend(
            Candidate(candidate["task"], candidate["scored"], Turn(**candidate["turn"]))
            for candidate in state["candidates"]
        )

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """``batch_uses`` gradient steps on kept actions, none while nothing was scored.

        What the metrics say of the policy (divergence, entropy) is measured on the fresh attempts, before the steps;
        ``policy_loss`` and ``grad_norm`` are averages over the steps, 0 if there were none.
        """
        metrics = self._measure(rollout)
        self._candidates.extend(
            Candidate(turn.info.get("task"), turn.info.get("status") == "scored", turn.tokens_only())
            for turn in rollout.turns
        )
        kept = best_distinct(self._candidates, self.config.keep_fraction)
        steps = [self._gradient_step(kept, len(rollout.turns)) for _ in range(self.config.batch_uses) if kept]
        for name in ("policy_loss", "grad_norm"):
            metrics[name] = sum(step[name] for step in steps) / max(1, len(steps))
        mean_reward = sum(turn.reward for turn in kept) / max(1, len(kept))
        return metrics | {"kept_actions": float(len(kept)), "kept_reward": mean_reward}, len(steps)

    @torch.no_grad()
    def _measure(self, rollout: Rollout) -> dict[str, float]:
        """The policy where it acts, and whether it is the one that sampled."""
        step = GradientStep(self._optimizer, rollout.trajectories)
        for batch in self._token_batches(rollout.trajectories):
            evaluation = self._evaluate(batch)
            self._require_same_policy(evaluation.log_ratio)
            step.note(evaluation)
        return step.metrics()

    def _gradient_step(self, kept: Sequence[Turn], n_turns: int) -> dict[str, float]:
        """A step on ``n_turns`` of the kept actions, drawn without replacement, or on all if they are fewer."""
        order = torch.randperm(len(kept), generator=self._generator).tolist()
        trajectories = [(kept[index],) for index in order[:n_turns]]
        step = GradientStep(self._optimizer, trajectories)
        for batch in self._token_batches(trajectories):
            evaluation = self._evaluate(batch)
            step.note(evaluation)
            step.add(evaluation)
        return step.apply()

    def _evaluate(self, batch: TokenBatch) -> PolicyEvaluation:
        """The loss of a batch and what its metrics need."""
        model = self._language_model
        base_states = hidden_states(model, batch, "base")
        sums = self._policy_sums(hidden_states(model, batch, "policy"), batch, base_states)
        return PolicyEvaluation(
            self.config.beta * sums.kl - sums.log_pi,
            log_ratio=sums.log_pi - batch.log_mu,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=torch.zeros_like(sums.log_pi),
        )
