"""Attempts as tokens: collecting them, and laying them out for learning. Nothing is ever tokenised twice."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import torch
from torch import Tensor

from agents.agent import SamplingConfig
from agents.generation import StopReason, generate
from agents.language_model import LanguageModel, Network, select_rows


@dataclass(frozen=True)
class Turn:
    """One attempt: what was read, what was written, what came of it.

    Attributes:
        env_index: the sub-environment.
        prompt: the observation.
        action: the text that was sent to the environment.
        prompt_ids: tokens that the model read.
        action_ids: tokens that it sampled; the end-of-sequence token is among them only if it was sampled.
        log_probs: log-probability of each of them under the sampling distribution.
        stop_reason: "eos", or "length" if the action was cut.
        reward: of the attempt.
        terminated: the episode ended here.
        truncated: the episode was cut here by a wrapper.
        next_prompt_ids: tokens of the observation that followed, None if the episode terminated.
        info: the environment's info of the attempt.
    """

    env_index: int
    prompt: str
    action: str
    prompt_ids: tuple[int, ...]
    action_ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    stop_reason: StopReason
    reward: float
    terminated: bool
    truncated: bool
    next_prompt_ids: tuple[int, ...] | None
    info: Mapping[str, Any]

    def tokens_only(self) -> Turn:
        """The turn without its texts and info: all that learning needs."""
        return dataclasses.replace(self, prompt="", action="", info={})


Trajectory = tuple[Turn, ...]
"""Consecutive turns of one episode."""


@dataclass(frozen=True)
class Rollout:
    """What one call of :meth:`Collector.collect` brought.

    Attributes:
        turns: in the order in which they were made.
        trajectories: the same turns by episode.
        generation_seconds: wall-clock seconds spent sampling.
        environment_seconds: wall-clock seconds spent in ``envs.step``.
    """

    turns: tuple[Turn, ...]
    trajectories: tuple[Trajectory, ...]
    generation_seconds: float
    environment_seconds: float

    @property
    def generated_tokens(self) -> int:
        return sum(len(turn.action_ids) for turn in self.turns)

    def metrics(self) -> dict[str, float]:
        """Averages over the attempts of the rollout."""
        n = len(self.turns)
        return {
            "mean_reward": sum(turn.reward for turn in self.turns) / n,
            "valid_rate": sum(turn.info.get("status") == "scored" for turn in self.turns) / n,
            "action_length": self.generated_tokens / n,
            "truncation_rate": sum(turn.stop_reason == "length" for turn in self.turns) / n,
            "eos_rate": sum(turn.stop_reason == "eos" for turn in self.turns) / n,
            "unique_programs": float(len({turn.action for turn in self.turns})),
        }


class Collector:
    """Makes attempts in a vector of environments with the current policy, and remembers where it stands."""

    def __init__(
        self, language_model: LanguageModel, config: SamplingConfig, generator: torch.Generator, seed: int
    ) -> None:
        self.env_steps = 0
        self._language_model = language_model
        self._config = config
        self._generator = generator
        self._seed = seed
        self._observations: tuple[str, ...] = ()
        self._snapshots: list[dict[str, Any]] | None = None

    def begin(self, envs: gym.vector.VectorEnv) -> None:
        """Start in these environments: where the last attempt left them, or with a seeded reset.

        Environments without ``snapshots`` and ``restore`` are always reset.

        Raises:
            ValueError: the environments do not reset finished episodes in the same step.
        """
        mode = envs.metadata.get("autoreset_mode")
        if mode != gym.vector.AutoresetMode.SAME_STEP:
            raise ValueError(f"the environments must be made with AutoresetMode.SAME_STEP, not {mode}")
        if self._snapshots is None:
            self._observations = tuple(envs.reset(seed=self._seed)[0])
        elif len(self._snapshots) != envs.num_envs:
            raise ValueError(f"the agent was trained in {len(self._snapshots)} environments, not in {envs.num_envs}")
        else:
            self._observations = tuple(envs.unwrapped.restore(self._snapshots))  # type: ignore[attr-defined]

    def collect(self, envs: gym.vector.VectorEnv, vector_steps: int) -> Rollout:
        """Make ``vector_steps`` times ``envs.num_envs`` attempts."""
        turns: list[Turn] = []
        finished: list[Trajectory] = []
        unfinished: list[list[Turn]] = [[] for _ in range(envs.num_envs)]
        generation_seconds = environment_seconds = 0.0
        for _ in range(vector_steps):
            start = time.perf_counter()
            prompts = [self._encode(observation) for observation in self._observations]
            generations = generate(
                self._language_model,
                prompts,
                max_new_tokens=self._config.max_new_tokens,
                temperature=self._config.temperature,
                generator=self._generator,
            )
            actions = [self._language_model.decode_action(generation.token_ids) for generation in generations]
            sampled = time.perf_counter()
            observations, rewards, terminations, truncations, infos = envs.step(tuple(actions))
            stepped = time.perf_counter()
            generation_seconds += sampled - start
            environment_seconds += stepped - sampled

            for i, generation in enumerate(generations):
                terminated, truncated = bool(terminations[i]), bool(truncations[i])
                following = infos["final_obs"][i] if truncated and not terminated else observations[i]
                turn = Turn(
                    env_index=i,
                    prompt=self._observations[i],
                    action=actions[i],
                    prompt_ids=prompts[i],
                    action_ids=generation.token_ids,
                    log_probs=generation.log_probs,
                    stop_reason=generation.stop_reason,
                    reward=float(rewards[i]),
                    terminated=terminated,
                    truncated=truncated,
                    next_prompt_ids=None if terminated else self._encode(following),
                    info=_info_of_env(infos, i, terminated or truncated),
                )
                turns.append(turn)
                unfinished[i].append(turn)
                if terminated or truncated:
                    finished.append(tuple(unfinished[i]))
                    unfinished[i] = []
            self._observations = tuple(observations)
        self.env_steps += len(turns)
        snapshots = getattr(envs.unwrapped, "snapshots", None)
        self._snapshots = None if snapshots is None else list(snapshots())
        finished += [tuple(trajectory) for trajectory in unfinished if trajectory]
        return Rollout(tuple(turns), tuple(finished), generation_seconds, environment_seconds)

    def steps_left(self, envs: gym.vector.VectorEnv, env_steps: int) -> int:
        """Vector steps of the next iteration, so that ``env_steps`` attempts are made in all; 0 when they are made."""
        return min(self._config.steps_per_iteration, -(-(env_steps - self.env_steps) // envs.num_envs))

    def state_dict(self) -> dict[str, Any]:
        return {"env_steps": self.env_steps, "snapshots": self._snapshots}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.env_steps = state["env_steps"]
        self._snapshots = state["snapshots"]

    def _encode(self, observation: str) -> tuple[int, ...]:
        return self._language_model.encode_prompt(observation, reserve=self._config.max_new_tokens)


@dataclass(frozen=True)
class TokenBatch:
    """Trajectories laid out for learning.

    There are B turns with N action tokens in all, one trajectory behind the other. Token n is drawn in state n; states
    N ... N + M - 1 are the ends of the prompts behind trajectories that did not terminate.

    Attributes:
        prompts: the distinct prompts of the turns.
        prompt_index: int64 [B], which of them a turn has.
        bootstrap_prompts: the M prompts behind trajectories that did not terminate.
        action_ids: int64 [B, longest], padded on the right.
        action_lengths: int64 [B].
        tokens: int64 [N].
        log_mu: float [N], log-probabilities under the policy that sampled.
        rewards: float [N]; 0 but at the last token of an action.
        discounts: float [N]; 1 inside an action, gamma at its end, 0 where the episode terminated.
        continues: bool [N]; whether token n + 1 followed token n in the same trajectory.
        next_states: int64 [N], the state behind each token; meaningless where the discount is 0.
    """

    prompts: tuple[tuple[int, ...], ...]
    prompt_index: Tensor
    bootstrap_prompts: tuple[tuple[int, ...], ...]
    action_ids: Tensor
    action_lengths: Tensor
    tokens: Tensor
    log_mu: Tensor
    rewards: Tensor
    discounts: Tensor
    continues: Tensor
    next_states: Tensor

    def __len__(self) -> int:
        """N, the number of action tokens."""
        return len(self.log_mu)


def token_batch(trajectories: Sequence[Trajectory], gamma: float, device: torch.device) -> TokenBatch:
    """Lay out trajectories, see :class:`TokenBatch`."""
    prompt_position: dict[tuple[int, ...], int] = {}
    prompt_index: list[int] = []
    bootstrap_prompts: list[tuple[int, ...]] = []
    tokens: list[int] = []
    log_mu: list[float] = []
    rewards: list[float] = []
    discounts: list[float] = []
    continues: list[bool] = []
    next_states: list[int] = []
    n_tokens = sum(len(turn.action_ids) for trajectory in trajectories for turn in trajectory)
    for trajectory in trajectories:
        for turn in trajectory:
            prompt_index.append(prompt_position.setdefault(turn.prompt_ids, len(prompt_position)))
            inside = len(turn.action_ids) - 1
            next_states += range(len(tokens) + 1, len(tokens) + 1 + inside)
            tokens += turn.action_ids
            log_mu += turn.log_probs
            rewards += [0.0] * inside + [turn.reward]
            discounts += [1.0] * inside + [0.0 if turn.terminated else gamma]
            if turn is not trajectory[-1]:
                continues += [True] * (inside + 1)
                next_states.append(len(tokens))
                continue
            continues += [True] * inside + [False]
            if turn.next_prompt_ids is None:
                next_states.append(0)
            else:
                next_states.append(n_tokens + len(bootstrap_prompts))
                bootstrap_prompts.append(turn.next_prompt_ids)
    actions = [turn.action_ids for trajectory in trajectories for turn in trajectory]
    longest = max(map(len, actions))
    padded = [list(action) + [0] * (longest - len(action)) for action in actions]
    return TokenBatch(
        prompts=tuple(prompt_position),
        prompt_index=torch.tensor(prompt_index, device=device),
        bootstrap_prompts=tuple(bootstrap_prompts),
        action_ids=torch.tensor(padded, device=device),
        action_lengths=torch.tensor([len(action) for action in actions], device=device),
        tokens=torch.tensor(tokens, device=device),
        log_mu=torch.tensor(log_mu, device=device),
        rewards=torch.tensor(rewards, device=device),
        discounts=torch.tensor(discounts, device=device),
        continues=torch.tensor(continues, device=device),
        next_states=torch.tensor(next_states, device=device),
    )


def hidden_states(language_model: LanguageModel, batch: TokenBatch, network: Network) -> Tensor:
    """Last hidden states [N, d] at the states of a batch; differentiable. Each distinct prompt is read once."""
    encoded = language_model.encode_prompts(batch.prompts, network)
    lengths = batch.action_lengths.tolist()
    states: list[Tensor] = [encoded.last_hidden[:0]] * len(lengths)
    for turns in _groups_of_similar_length(lengths):
        rows = torch.tensor(turns, device=language_model.device)
        prompts = batch.prompt_index[rows]
        group = encoded.last_hidden[prompts, None]
        width = max(lengths[turn] for turn in turns) - 1  # the last token of an action is not read
        if width > 0:
            action_mask = torch.arange(width, device=rows.device) < batch.action_lengths[rows, None] - 1
            mask = torch.cat([encoded.mask[prompts], action_mask.to(encoded.mask.dtype)], dim=1)
            cache = select_rows(encoded.cache, prompts)
            later = language_model.forward(batch.action_ids[rows, :width], mask, cache, network)
            group = torch.cat([group, later], dim=1)
        for row, turn in enumerate(turns):
            states[turn] = group[row, : lengths[turn]]
    return torch.cat(states)


@torch.no_grad()
def bootstrap_states(language_model: LanguageModel, batch: TokenBatch, network: Network) -> Tensor:
    """Last hidden states [M, d] at the ends of the prompts behind unfinished trajectories, without gradients."""
    if not batch.bootstrap_prompts:
        return torch.zeros(0, language_model.hidden_size, device=language_model.device)
    return language_model.encode_prompts(batch.bootstrap_prompts, network).last_hidden


def _groups_of_similar_length(lengths: Sequence[int], shortest_share: float = 0.6) -> list[list[int]]:
    """Indices by falling length, split so that none is shorter than a share of the longest of its group."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if groups and lengths[index] >= shortest_share * lengths[groups[-1][0]]:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _info_of_env(infos: Mapping[str, Any], index: int, done: bool) -> dict[str, Any]:
    """One environment's info of the attempt just made, out of a vector environment's infos."""
    if "attempts" in infos:
        return dict(infos["attempts"][index])
    if done and "final_info" in infos:
        infos = infos["final_info"]
    present = (key[1:] for key in infos if key.startswith("_") and infos[key][index])
    return {key: infos[key][index] for key in present}
