"""Attempts as tokens, and how they are laid out for learning. Nothing is ever tokenised twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from agents.actor import Usage
from agents.language_model import LanguageModel, Network
from agents.sampler import StopReason
from agents.token_tree import TokenTree, token_tree

_TOKEN_COST = 3.0
"""Times hidden size: what a token costs apart from attention, in pairs of tokens that attend to each other.

A layer of the usual shape has 12 d^2 weights, and attending to one token takes 2 d multiplications (arXiv 2001.08361,
table 1), which run at about half the speed of the linear layers'.
"""


@dataclass(frozen=True)
class Turn:
    """One attempt: what was read, what was written, what came of it.

    Attributes:
        env_index: the sub-environment.
        prompt: the observation.
        action: what was sent to the environment: a text, or a choice.
        prompt_ids: tokens that the model read; empty where they are not known.
        action_ids: tokens that it sampled; the end-of-sequence token is among them only if it was sampled. Empty where
            they are not known.
        log_probs: log-probability of each of them under the sampling distribution.
        stop_reason: "eos", "function_end", or "length" if the action was cut; see :class:`agents.sampler.Generation`.
            None where nothing was generated.
        reward: of the attempt.
        terminated: the episode ended here.
        truncated: the episode was cut here by a wrapper.
        next_prompt_ids: tokens of the observation that followed, None if the episode terminated.
        info: the environment's info of the attempt.
        thought: what was written before the action, for the agent itself.
        usage: of a model that was only asked for text; None for agents with tokens, or without a model.
    """

    env_index: int
    prompt: Any
    action: Any
    prompt_ids: tuple[int, ...]
    action_ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    stop_reason: StopReason | None
    reward: float
    terminated: bool
    truncated: bool
    next_prompt_ids: tuple[int, ...] | None
    info: Mapping[str, Any]
    thought: str = ""
    usage: Usage | None = None

    @property
    def generated_tokens(self) -> int:
        """Tokens that were generated for the attempt."""
        return len(self.action_ids) if self.usage is None else self.usage.generated_tokens

    def tokens_only(self) -> Turn:
        """The turn without its texts and info: all that learning needs."""
        return dataclasses.replace(self, prompt="", action="", info={})


Trajectory = tuple[Turn, ...]
"""Consecutive turns of one episode."""

Prompt = tuple[int, ...]
"""Token ids."""


@dataclass(frozen=True)
class Rollout:
    """What one call of :meth:`agents.collector.Collector.collect` brought.

    Attributes:
        turns: in the order in which they were made.
        trajectories: the same turns by episode.
        generation_seconds: wall-clock seconds spent sampling, while programs that were ready ran already.
        environment_seconds: wall-clock seconds spent waiting for programs.
    """

    turns: tuple[Turn, ...]
    trajectories: tuple[Trajectory, ...]
    generation_seconds: float
    environment_seconds: float

    @property
    def generated_tokens(self) -> int:
        return sum(turn.generated_tokens for turn in self.turns)

    def metrics(self) -> dict[str, float]:
        """Averages over the attempts of the rollout."""
        n = len(self.turns)
        return {
            "mean_reward": sum(turn.reward for turn in self.turns) / n,
            "valid_rate": sum(turn.info.get("status") == "scored" for turn in self.turns) / n,
            "action_length": self.generated_tokens / n,
            "truncation_rate": sum(turn.stop_reason == "length" for turn in self.turns) / n,
            "eos_rate": sum(turn.stop_reason == "eos" for turn in self.turns) / n,
            "function_end_rate": sum(turn.stop_reason == "function_end" for turn in self.turns) / n,
            "unique_programs": float(len({str(turn.action) for turn in self.turns})),
        }


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
        trees: layouts for reading it, by the cost of a token; made when they are first needed.
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
    trees: dict[float, TokenTree] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """N, the number of action tokens."""
        return len(self.log_mu)


@dataclass
class Choice:
    """A turn with tokens, and what it leads to: turns without tokens behind it are part of that."""

    turn: Turn
    reward: float
    discount: float
    next_prompt_ids: tuple[int, ...] | None


def choices(trajectory: Trajectory, gamma: float) -> list[Choice]:
    """The turns of a trajectory in which tokens were chosen.

    Where a sampler returned none, nothing was chosen: what such a turn brought is credited, discounted once more, to
    the choice before it. Such turns at the beginning are left out.
    """
    made: list[Choice] = []
    for turn in trajectory:
        discount = 0.0 if turn.terminated else gamma
        if turn.action_ids:
            made.append(Choice(turn, turn.reward, discount, turn.next_prompt_ids))
        elif made:
            last = made[-1]
            last.reward += last.discount * turn.reward
            last.discount *= discount
            last.next_prompt_ids = turn.next_prompt_ids
    return made


def token_batch(trajectories: Sequence[Trajectory], gamma: float, device: torch.device) -> TokenBatch:
    """Lay out trajectories, see :class:`TokenBatch`. At least one action must hold a token."""
    prompt_position: dict[tuple[int, ...], int] = {}
    prompt_index: list[int] = []
    bootstrap_prompts: list[tuple[int, ...]] = []
    tokens: list[int] = []
    log_mu: list[float] = []
    rewards: list[float] = []
    discounts: list[float] = []
    continues: list[bool] = []
    next_states: list[int] = []
    actions: list[tuple[int, ...]] = []
    n_tokens = sum(len(turn.action_ids) for trajectory in trajectories for turn in trajectory)
    for trajectory in trajectories:
        made = choices(trajectory, gamma)
        for choice in made:
            turn = choice.turn
            actions.append(turn.action_ids)
            prompt_index.append(prompt_position.setdefault(turn.prompt_ids, len(prompt_position)))
            inside = len(turn.action_ids) - 1
            next_states += range(len(tokens) + 1, len(tokens) + 1 + inside)
            tokens += turn.action_ids
            log_mu += turn.log_probs
            rewards += [0.0] * inside + [choice.reward]
            discounts += [1.0] * inside + [choice.discount]
            if choice is not made[-1]:
                continues += [True] * (inside + 1)
                next_states.append(len(tokens))
                continue
            continues += [True] * inside + [False]
            if choice.next_prompt_ids is None:
                next_states.append(0)
            else:
                next_states.append(n_tokens + len(bootstrap_prompts))
                bootstrap_prompts.append(choice.next_prompt_ids)
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
    """Last hidden states [N, d] at the states of a batch; differentiable. What turns have in common is read once.

    Where the language model does not share prompts (gradient checkpointing), or reads no trees, whole sequences are
    read.
    """
    if not (language_model.shares_prompts and language_model.reads_trees):
        return _states_of_sequences(language_model, batch, network)
    token_cost = _TOKEN_COST * language_model.hidden_size
    if token_cost not in batch.trees:
        sequences = _sequences(batch)
        starts = [len(batch.prompts[index]) - 1 for index in batch.prompt_index.tolist()]
        lengths = batch.action_lengths.tolist()
        wanted = [slice(start, start + length) for start, length in zip(starts, lengths, strict=True)]
        batch.trees[token_cost] = token_tree(sequences, wanted, token_cost, language_model.device)
    return _states_of_tree(language_model, batch.trees[token_cost], network)


def _states_of_tree(language_model: LanguageModel, tree: TokenTree, network: Network) -> Tensor:
    """Last hidden states [N, d] at the wanted nodes of a tree; differentiable."""
    cache = language_model.new_cache()
    if len(tree.prefix):
        prefix = tree.prefix[None]
        language_model.forward(prefix, torch.ones_like(prefix), cache, network)
        cache.batch_repeat_interleave(len(tree.token_ids))
    hidden = language_model.forward(tree.token_ids, tree.visible, cache, network, tree.position_ids)
    return hidden.flatten(0, 1).index_select(0, tree.states)


def _sequences(batch: TokenBatch) -> list[tuple[int, ...]]:
    """What is read of each turn: the prompt and the action, but for the action's last token."""
    return [
        batch.prompts[index] + tuple(action[: max(0, length - 1)])
        for index, action, length in zip(
            batch.prompt_index.tolist(), batch.action_ids.tolist(), batch.action_lengths.tolist(), strict=True
        )
    ]


def _states_of_sequences(language_model: LanguageModel, batch: TokenBatch, network: Network) -> Tensor:
    """As :func:`hidden_states`, from prompts and actions read together, without a cache; padded on the right."""
    lengths = batch.action_lengths.tolist()
    prompts = [batch.prompts[index] for index in batch.prompt_index.tolist()]
    sequences = [list(sequence) for sequence in _sequences(batch)]
    states: list[Tensor] = [torch.empty(0)] * len(lengths)
    for turns in _groups_of_similar_length([len(sequence) for sequence in sequences]):
        width = max(len(sequences[turn]) for turn in turns)
        padding = [width - len(sequences[turn]) for turn in turns]
        ids = [sequences[turn] + [language_model.pad_token_id] * pad for turn, pad in zip(turns, padding, strict=True)]
        mask = [[1] * (width - pad) + [0] * pad for pad in padding]
        device = language_model.device
        hidden = language_model.sequence_states(
            torch.tensor(ids, device=device), torch.tensor(mask, device=device), network
        )
        for row, turn in enumerate(turns):
            first = len(prompts[turn]) - 1
            states[turn] = hidden[row, first : first + lengths[turn]]
    return torch.cat(states)


@torch.no_grad()
def bootstrap_states(language_model: LanguageModel, batch: TokenBatch, network: Network) -> Tensor:
    """Last hidden states [M, d] at the ends of the prompts behind unfinished trajectories, without gradients."""
    return prompt_states(language_model, batch.bootstrap_prompts, network)


@torch.no_grad()
def prompt_states(language_model: LanguageModel, prompts: Sequence[Prompt], network: Network) -> Tensor:
    """Last hidden states [M, d] at the ends of M prompts, without gradients."""
    if not prompts:
        return torch.zeros(0, language_model.hidden_size, device=language_model.device)
    if not language_model.reads_trees:
        return language_model.encode_prompts(prompts, network, new_tokens=0).last_hidden
    wanted = [slice(len(prompt) - 1, len(prompt)) for prompt in prompts]
    token_cost = _TOKEN_COST * language_model.hidden_size
    return _states_of_tree(language_model, token_tree(prompts, wanted, token_cost, language_model.device), network)


def _groups_of_similar_length(lengths: Sequence[int], shortest_share: float = 0.6) -> list[list[int]]:
    """Indices by falling length, split so that none is shorter than a share of the longest of its group."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if groups and lengths[index] >= shortest_share * lengths[groups[-1][0]]:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
