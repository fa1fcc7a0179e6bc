"""ETPO: entropy-regularised token-level policy optimisation (arXiv 2402.06700), on a forest of tried tokens.

The objective is E[sum_t gamma^t (r_t - beta * sum_j KL(pi || rho)(s_t, w_<j))], rho the frozen base model. Its soft
Bellman equations run from token to token (agents/soft_q.py). What differs from the paper:

- backups run over a forest of the tokens that were tried (agents/token_forest.py), each weighted by its probability
  under the present policy (agents/forest_values.py), in place of one-step backups along sampled paths, which carry a
  reward back one token an update;
- the policy is fitted to the one that the soft Bellman equation says is better (agents/forest_policy.py), where the
  paper descends the objective by gradients;
- what is replayed are the attempts that the improved policy would most likely make;
- the critic is a pair of heads on rho's features, which cost next to nothing, or an adapter of its own on the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from agents.agent import ActorCriticConfig, register_agent, unknown
from agents.critic import Critic, SoftQ, head_generator, soft_q_critic
from agents.deviations import DEVIATIONS, one_sided_huber, shifted_divergences, vocabulary_mean_loss
from agents.forest_policy import improved_policy
from agents.forest_reader import ForestGroup, ForestReader, ForestReading
from agents.forest_values import forest_values
from agents.gradient_step import GradientStep, TokenEvaluation
from agents.language_model import LanguageModel
from agents.learner import ActorCritic, average_metrics
from agents.replay import ReplayBuffer, draw
from agents.rollout import Rollout, Trajectory, Turn
from agents.sampler import Sampler
from agents.soft_q import policy_objective, soft_value
from agents.token_forest import TokenForest, token_forest

BACKUPS = ("improved", "expected")
POLICY_STEPS = ("projection", "descent")


@dataclass(frozen=True)
class ETPOConfig(ActorCriticConfig):
    """Settings of ETPO.

    Attributes:
        learning_rate, batch_uses: the best of the trials, as is the temperature (benchmarks/results/tuning.json).
        trace_lambda: lambda of the soft Q(lambda) returns; 0 is the one-step backup of the paper.
        replay_turns: earlier attempts whose tokens are in the forest beside those of the iteration.
        prior_visits: how many visits of a state the expectation from elsewhere is worth in a baseline.
        improvement_temperature: price of leaving the present policy, of the improved policy and in its values.
        backup: "improved": values are those of the improved policy; "expected": those of the present one.
        policy_step: "projection": fit the policy to the improved one; "descent": descend E_pi[beta * log(pi/rho) - Q].
        fit_tolerance: no further gradient steps once the policy is this near to the improved one, in nats a token.
        polyak: share of the critic that its target takes over after each gradient step.
        advantage_weight: share of the learned advantage in the doubly robust estimate of Q. Above 0, tokens that were
            never tried are moved by the critic's guess about them.
        advantage_penalty: weight of E_pi[A^2], A = Q - E_pi[Q], in the critic's loss.
        deviation: where the authors' code is followed instead of the equations, one of
            :data:`agents.deviations.DEVIATIONS`.
    """

    learning_rate: float = 4.5e-4
    batch_uses: int = 8
    trace_lambda: float = 1.0
    replay_turns: int = 48
    prior_visits: float = 1.0
    improvement_temperature: float = 0.1
    backup: str = "improved"
    policy_step: str = "projection"
    fit_tolerance: float = 0.001
    polyak: float = 0.05
    advantage_weight: float = 0.0
    advantage_penalty: float = 0.1
    deviation: str = "none"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "paper": {
            "policy_step": "descent",
            "backup": "expected",
            "trace_lambda": 0.0,
            "polyak": 0.005,
            "beta": 0.01,
            "gamma": 0.99,
        },
        "descent": {"policy_step": "descent"},
        "learned-advantage": {"policy_step": "descent", "advantage_weight": 1.0},
        "expected-backup": {"backup": "expected"},
        "short-traces": {"trace_lambda": 0.95},
        "fresh-only": {"replay_turns": 0},
        **{name: {"deviation": name} for name in DEVIATIONS if name != "none"},
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.trace_lambda <= 1, "trace_lambda", "between 0 and 1")
        self._check(self.replay_turns >= 0, "replay_turns", "at least 0")
        self._check(self.prior_visits >= 0, "prior_visits", "at least 0")
        self._check(self.improvement_temperature > 0, "improvement_temperature", "above 0")
        self._check(self.fit_tolerance >= 0, "fit_tolerance", "at least 0")
        self._check(0 < self.polyak <= 1, "polyak", "in (0, 1]")
        self._check(0 <= self.advantage_weight <= 1, "advantage_weight", "between 0 and 1")
        self._check(self.advantage_penalty >= 0, "advantage_penalty", "at least 0")
        for name, allowed in (("backup", BACKUPS), ("policy_step", POLICY_STEPS), ("deviation", DEVIATIONS)):
            if getattr(self, name) not in allowed:
                raise ValueError(unknown(name, getattr(self, name), allowed))
        moves_untried = self.advantage_weight == 0 or self.policy_step == "descent"
        self._check(moves_untried, "advantage_weight", '0 unless policy_step is "descent"')

    @property
    def projects(self) -> bool:
        """Whether the policy is fitted to the improved one; the loss over the vocabulary takes the place of both."""
        return self.policy_step == "projection" and self.deviation != "vocabulary-mean"


@dataclass(frozen=True)
class _Targets:
    """What n tokens are moved towards; float [n] each.

    Attributes:
        log_pi: log pi(w) before the first gradient step.
        log_improved: log-probabilities of the improved policy, see :class:`agents.forest_policy.ImprovedPolicy`.
        q: Q(x, w), see :class:`agents.forest_values.ForestValues`.
        baselines: what was to be expected of x, see there.
        weights: of the tokens in the losses: how often the improved policy would choose them, or the present one.
    """

    log_pi: Tensor
    log_improved: Tensor
    q: Tensor
    baselines: Tensor
    weights: Tensor

    def at(self, indices: Tensor) -> _Targets:
        """Those of some of the tokens."""
        return _Targets(*(getattr(self, field.name)[indices] for field in fields(self)))


@register_agent("etpo", ETPOConfig)
class ETPO(ActorCritic):
    """See the module's docstring; an :class:`agents.agent.Agent`."""

    config: ETPOConfig
    _critic: Critic[SoftQ]

    def __init__(
        self, language_model: LanguageModel, config: ETPOConfig, seed: int, sampler: Sampler | None = None
    ) -> None:
        generator = head_generator(seed)
        raw_logits = config.deviation == "raw-logits"
        critic = soft_q_critic(
            config.critic, language_model, config.critic_width, config.beta, generator, raw_logits=raw_logits
        )
        super().__init__("etpo", language_model, config, seed, critic, sampler)
        self._replay = ReplayBuffer(config.replay_turns)
        self._reader = ForestReader(
            language_model,
            critic,
            temperature=config.temperature,
            gamma=config.gamma,
            micro_batch_tokens=config.micro_batch_tokens,
            base_is_uniform=config.deviation == "no-base",
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues learning bit for bit."""
        return {**super().state_dict(), "replay": [vars(turn).copy() for turn in self._replay.turns]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state; ValueError if it belongs to another agent, model, seed or configuration."""
        super().load_state_dict(state)
        self._replay = ReplayBuffer(self.config.replay_turns, tuple(Turn(**turn) for turn in state["replay"]))

    def _update(self, rollout: Rollout) -> tuple[dict[str, float], int]:
        """The targets once, from the forest, then up to ``batch_uses`` gradient steps; metrics are their averages."""
        n_attempts = sum(bool(turn.action_ids) for turn in rollout.turns)
        if n_attempts == 0:
            raise ValueError("there is nothing to learn from: no action of the batch holds a token")
        remembered = [(turn,) for turn in self._replay.turns]
        fresh = [tuple(turn.tokens_only() for turn in trajectory) for trajectory in rollout.trajectories]
        forest = token_forest([*remembered, *fresh], self.config.gamma)
        everything = self._reader.groups(forest, range(len(forest.turns)))
        targets = self._targets(forest, everything)
        log_ratio = _log_ratios_of_last(forest, targets, n_attempts)
        self._require_same_policy(log_ratio)
        attempt_weights = _attempt_weights(forest, targets.weights.tolist())
        # Those that begin alike lie together: what they begin with is drawn in proportion, too.
        neighbours = sorted(
            range(len(forest.turns)), key=lambda n: (forest.turns[n].prompt_ids, forest.turns[n].action_ids)
        )
        every_attempt = [(turn,) for turn in forest.turns]
        metrics = []
        for use in range(self.config.batch_uses):
            if self.config.projects:
                counts = draw([attempt_weights[attempt] for attempt in neighbours], n_attempts, self._generator)
                counts = {neighbours[place]: count for place, count in counts.items()}
                drawn = list(counts)
                step = self._gradient_step(
                    [every_attempt[attempt] for attempt in drawn],
                    self._reader.groups(forest, drawn),
                    replace(targets, weights=_token_counts(forest, counts).to(targets.weights)),
                    self.config.fit_tolerance if use > 0 else None,
                )
            else:
                step = self._gradient_step(every_attempt, everything, targets, None)
            if step is None:
                break
            metrics.append(step)
            self._critic.update_target(self.config.polyak)
        # Not before: a batch that made the update fail is not learnt from again.
        self._replay = self._replay.replaced(forest.turns, attempt_weights)
        gap = {"log_prob_gap": float(log_ratio.abs().max()), "replayed": float(len(forest.turns))}
        return average_metrics(metrics) | gap, len(metrics)

    def _gradient_step(
        self, attempts: Sequence[Trajectory], groups: Sequence[ForestGroup], targets: _Targets, tolerance: float | None
    ) -> dict[str, float] | None:
        """Metrics of a gradient step; None, and no step, if the policy is within a tolerance of the improved one."""
        step = GradientStep(self._optimizer, attempts)
        weight = sum(float(targets.weights[group.indices].sum()) for group in groups)
        scale = sum(len(group.batch) for group in groups) / weight
        distance = 0.0
        for group in groups:
            reading, wanted = self._reader.read(group), targets.at(group.indices)
            gaps = wanted.weights * (wanted.log_improved - reading.sums.log_pi.detach())
            distance += float(gaps.sum()) / weight
            if tolerance is not None and group is groups[-1] and distance < tolerance:
                return None
            evaluation = self._evaluate(reading, replace(wanted, weights=scale * wanted.weights))
            step.note(evaluation)
            step.add(evaluation)
        return step.apply() | {"distance_to_improved": distance}

    @torch.no_grad()
    def _targets(self, forest: TokenForest, groups: Sequence[ForestGroup]) -> _Targets:
        """Of all tokens of the forest, which are in these groups, before the first gradient step."""
        config, target, online = self.config, self._critic.target, self._critic.online
        readings = [self._reader.read(group) for group in groups]
        log_pi = torch.cat([reading.sums.log_pi for reading in readings])
        log_pis, log_rhos = log_pi.tolist(), torch.cat([reading.sums.log_rho for reading in readings]).tolist()
        divergences = torch.cat([reading.sums.kl for reading in readings]).tolist()
        values = forest_values(
            forest,
            log_pis,
            log_rhos,
            divergences,
            torch.cat([target.expected_q(read.target_offsets, read.sums.scores) for read in readings]).tolist(),
            torch.cat([online.expected_q(read.offsets, read.sums.learned_scores) for read in readings]).tolist(),
            self._reader.prompt_values(forest.bootstrap_prompts, config.beta).tolist(),
            beta=config.beta,
            trace_lambda=config.trace_lambda,
            prior_visits=config.prior_visits,
            backup_temperature=config.improvement_temperature if config.backup == "improved" else None,
            charged_kl=shifted_divergences(forest, divergences) if config.deviation == "shifted-kl" else None,
        )
        improved = improved_policy(
            forest, log_pis, log_rhos, values, beta=config.beta, temperature=config.improvement_temperature
        )
        weights = improved.weights if config.projects else values.weights
        columns = (improved.log_probs, values.q, values.baselines, weights)
        return _Targets(log_pi, *(torch.tensor(column, device=log_pi.device) for column in columns))

    def _evaluate(self, reading: ForestReading, targets: _Targets) -> TokenEvaluation:
        """The losses of a group and what its metrics need."""
        config, online, sums = self.config, self._critic.online, reading.sums
        # Critic: regress Q(x, w) on what the forest says, and keep its advantages small.
        q_values = online.q_values(reading.offsets, sums.learned_scores)
        advantage_variance = online.scale**2 * sums.learned_scores.variance
        errors = targets.q - q_values
        fit = one_sided_huber(errors) if config.deviation == "one-sided-huber" else 0.5 * errors**2
        critic_loss = fit + 0.5 * config.advantage_penalty * advantage_variance

        policy_loss, clipped = self._policy_loss(reading, targets)
        expected_q = online.expected_q(reading.offsets, sums.learned_scores).detach()
        return TokenEvaluation(
            policy_loss,
            critic_loss,
            log_ratio=sums.log_pi - targets.log_pi,
            kl=sums.kl,
            entropy=sums.entropy,
            clipped=clipped,
            returns=targets.q,
            baseline=targets.baselines,
            q=q_values,
            v=soft_value(expected_q, sums.kl, config.beta),
            weight=targets.weights,
        )

    def _policy_loss(self, reading: ForestReading, targets: _Targets) -> tuple[Tensor, Tensor]:
        """Losses, float [n], and where a clip took the gradient away, bool [n]."""
        config, target, sums = self.config, self._critic.target, reading.sums
        if config.projects:  # cross-entropy with the improved policy, from which the attempts were drawn
            return -sums.log_pi, torch.zeros_like(sums.log_pi, dtype=torch.bool)
        if config.deviation == "vocabulary-mean":
            head, states = self._language_model.head("policy"), reading.policy_states
            losses = vocabulary_mean_loss(sums.log_pi, states, head, reading.tokens, config.beta)
            return losses, torch.zeros_like(sums.log_pi, dtype=torch.bool)
        advantages = expected_advantages = None
        if config.advantage_weight > 0:
            target_q = target.q_values(reading.target_offsets, sums.scores)
            expected_q = target.expected_q(reading.target_offsets, sums.scores)
            advantages = config.advantage_weight * (target_q - expected_q).detach()
            expected_advantages = config.advantage_weight * (expected_q - expected_q.detach())
        return policy_objective(
            sums.log_pi,
            targets.log_pi,
            sums.kl,
            targets.q,
            targets.baselines,
            config.beta,
            config.clip_range,
            advantages=advantages,
            expected_advantages=expected_advantages,
        )


def _attempt_weights(forest: TokenForest, token_weights: Sequence[float]) -> list[float]:
    """How often each attempt of a forest would be made, if its tokens were chosen so often."""
    weights = []
    for path in forest.paths:
        last = forest.tokens[path[-1]]
        weights.append(token_weights[path[-1]] * len(last.outcomes) / len(last.log_mus))  # others go on behind it
    return weights


def _token_counts(forest: TokenForest, counts: Mapping[int, int]) -> Tensor:
    """How often each token of a forest was written, [E], if attempts were made so often."""
    totals = torch.zeros(len(forest.tokens))
    for attempt, count in counts.items():
        totals[forest.paths[attempt]] += count
    return totals


def _log_ratios_of_last(forest: TokenForest, targets: _Targets, n_attempts: int) -> Tensor:
    """log(pi / mu) of the tokens that the last attempts chose, mu being the policy that they were sampled with."""
    first = sum(forest.visits[root] for root in forest.roots.values()) - n_attempts
    last = [index for index, token in enumerate(forest.tokens) if token.last_attempt >= first]
    log_mu = [forest.tokens[index].log_mus[-1] for index in last]
    return targets.log_pi[last] - torch.tensor(log_mu, device=targets.log_pi.device)
