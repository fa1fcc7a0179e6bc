"""One update in the memory layout of the release by ETPO's authors (github.com/morning9393/ETPO, commit d743eff).

There, policy, critic, target critic and reference are four whole models, of which two are trained in full, and the
logits of three of them over the whole vocabulary lie in numpy buffers of float32. The layout is kept; where the release
does more than it must (the logits of prompts, copies of the buffers while sampling from them, a time step more), it is
not, and its losses are replaced by those of the equations. It comes with no trainer for PPO: here it gets the same
layout, with V(x) = E_pi[Q(x, w)].
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from transformers import PreTrainedModel

from agents.agent import ActorCriticConfig
from agents.critic import polyak_update
from agents.gae import token_gae
from agents.rollout import Rollout

_POLYAK = 0.005
_GAE_LAMBDA = 0.95


class FourCopies:
    """Policy, critic, target critic and reference; the model that is given becomes the policy."""

    def __init__(self, model: PreTrainedModel, config: ActorCriticConfig) -> None:
        self.config = config
        self.policy = model.requires_grad_(True)
        self.critic = copy.deepcopy(model)
        self.target = copy.deepcopy(model).requires_grad_(False)
        self.reference = copy.deepcopy(model).requires_grad_(False)
        betas = (config.adam_beta1, config.adam_beta2)
        self._policy_optimizer = torch.optim.Adam(self.policy.parameters(), config.learning_rate, betas)
        self._critic_optimizer = torch.optim.Adam(self.critic.parameters(), config.critic_learning_rate, betas)

    def etpo(self, rollout: Rollout) -> None:
        """Fill the buffers, make one-step targets of them, take a gradient step of critic and of policy."""
        beta = self.config.beta
        batch = _Batch(rollout)
        q_buffer, pi_buffer, rho_buffer = self._fill_buffers(batch)
        with torch.no_grad():
            values = _soft_values(q_buffer, pi_buffer, rho_buffer, beta)
            returns = torch.cat([values[:, 1:], batch.rewards[:, None]], dim=1)
        q, log_pi = _logits(self.critic, batch), _logits(self.policy, batch).log_softmax(-1)
        log_rho = torch.from_numpy(rho_buffer).log_softmax(-1)
        policy_loss = (log_pi.exp() * (beta * (log_pi - log_rho) - q.detach())).sum(-1).mean()
        critic_loss = 0.5 * ((returns - _at(q, batch.actions)) ** 2).mean()
        self._step(policy_loss, critic_loss)

    def ppo(self, rollout: Rollout) -> None:
        """Fill the buffers, make advantages of them, take a gradient step of critic and of policy."""
        config = self.config
        batch = _Batch(rollout)
        q_buffer, pi_buffer, rho_buffer = self._fill_buffers(batch)
        with torch.no_grad():
            log_pi = torch.from_numpy(pi_buffer).log_softmax(-1)
            log_mu = _at(log_pi, batch.actions)
            log_rho = _at(torch.from_numpy(rho_buffer).log_softmax(-1), batch.actions)
            old_pi = log_pi.exp_()
            values = (old_pi * torch.from_numpy(q_buffer)).sum(-1)
            advantages, returns = batch.advantages(values, config.beta * (log_mu - log_rho), _GAE_LAMBDA)
        ratio = (_at(_logits(self.policy, batch).log_softmax(-1), batch.actions) - log_mu).exp()
        clipped = ratio.clamp(1 - config.clip_range, 1 + config.clip_range)
        policy_loss = -torch.minimum(ratio * advantages, clipped * advantages).mean()
        estimates = (old_pi * _logits(self.critic, batch)).sum(-1)
        critic_loss = 0.5 * ((returns - estimates) ** 2).mean()
        self._step(policy_loss, critic_loss)

    @torch.no_grad()
    def _fill_buffers(self, batch: _Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Logits of target critic, policy and reference at the action tokens, each float32 [B, L, V]."""
        shape = (*batch.actions.shape, self.policy.config.vocab_size)
        buffers = tuple(np.zeros(shape, dtype=np.float32) for _ in range(3))
        for buffer, model in zip(buffers, (self.target, self.policy, self.reference), strict=True):
            buffer[...] = _logits(model, batch).float().cpu().numpy()
        q, pi, rho = buffers
        return q, pi, rho

    def _step(self, policy_loss: Tensor, critic_loss: Tensor) -> None:
        for loss, optimizer, model in (
            (policy_loss, self._policy_optimizer, self.policy),
            (critic_loss, self._critic_optimizer, self.critic),
        ):
            optimizer.zero_grad()
            loss.backward()
            clip_grad_norm_(_parameters(model), self.config.max_grad_norm)
            optimizer.step()
        polyak_update(self.target, self.critic, _POLYAK)


class _Batch:
    """Sequences int64 [B, P + L], their actions int64 [B, L] and rewards float [B]; all of one length."""

    def __init__(self, rollout: Rollout) -> None:
        self.sequences = torch.tensor([[*turn.prompt_ids, *turn.action_ids] for turn in rollout.turns])
        self.actions = torch.tensor([turn.action_ids for turn in rollout.turns])
        self.rewards = torch.tensor([turn.reward for turn in rollout.turns])

    def advantages(self, values: Tensor, penalties: Tensor, gae_lambda: float) -> tuple[Tensor, Tensor]:
        """Whitened advantages and returns, [B, L], of episodes that terminate with their only action."""
        n_rows, length = self.actions.shape
        rewards = -penalties
        rewards[:, -1] += self.rewards
        inside = torch.ones(n_rows, length)
        inside[:, -1] = 0
        next_values = torch.cat([values[:, 1:], values.new_zeros(n_rows, 1)], dim=1)
        raw = token_gae(
            rewards.flatten(),
            values.flatten(),
            next_values.flatten(),
            inside.flatten(),
            inside.flatten().bool(),
            gae_lambda,
        ).view(n_rows, length)
        return (raw - raw.mean()) / (raw.std(correction=0) + 1e-8), raw + values


def _logits(model: PreTrainedModel, batch: _Batch) -> Tensor:
    """Logits [B, L, V] at the states in which the actions' tokens are drawn."""
    length = batch.actions.shape[1]
    hidden = model.base_model(input_ids=batch.sequences, use_cache=False).last_hidden_state
    logits: Tensor = model.get_output_embeddings()(hidden[:, -length - 1 : -1])
    return logits


def _soft_values(q_buffer: np.ndarray, pi_buffer: np.ndarray, rho_buffer: np.ndarray, beta: float) -> Tensor:
    """V = E_pi[Q] - beta * KL(pi || rho), float [B, L]."""
    log_pi = torch.from_numpy(pi_buffer).log_softmax(-1)
    log_rho = torch.from_numpy(rho_buffer).log_softmax(-1)
    return (log_pi.exp() * (torch.from_numpy(q_buffer) - beta * (log_pi - log_rho))).sum(-1)


def _at(values: Tensor, tokens: Tensor) -> Tensor:
    return values.gather(-1, tokens[..., None])[..., 0]


def _parameters(model: nn.Module) -> Iterable[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
