"""PPO and A2C of Stable-Baselines3 with its ``MlpPolicy``, as agents that choose.

PPO: J. Schulman et al., arXiv 1707.06347. A2C: V. Mnih et al., arXiv 1602.01783, made synchronous. Advantages of both:
J. Schulman et al., arXiv 1506.02438. The defaults are for budgets of 256 to 1,000 attempts, made by eight environments:
with those of Stable-Baselines3 each would make 2,048 attempts before the first update of PPO.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.agent import AgentConfig, register_agent
from agents.choosing.sb3_agent import StableBaselines3Agent

if TYPE_CHECKING:
    from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm


@dataclass(frozen=True)
class StableBaselines3Config(AgentConfig):
    """Settings of both algorithms, by the names that Stable-Baselines3 gives them where it has one.

    Attributes:
        steps_per_iteration: vector steps of one rollout; ``n_steps``.
        learning_rate: step size of the optimiser (PPO: Adam, A2C: RMSprop).
        gamma: discount of a repaired attempt's reward for the attempt before it.
        gae_lambda: weight of longer returns in the advantages (arXiv 1506.02438, equation 16).
        ent_coef: weight of the policy's entropy in the objective.
        vf_coef: weight of the value function's squared error in it.
        max_grad_norm: gradients longer than this are scaled down to it.
        hidden_width: units of each of the two hidden layers of the policy, and of the value function.
    """

    steps_per_iteration: int = 4
    learning_rate: float = 3e-3
    gamma: float = 0.99
    gae_lambda: float = 0.95
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    hidden_width: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.learning_rate > 0, "learning_rate", "above 0")
        self._check(0 <= self.gamma <= 1, "gamma", "between 0 and 1")
        self._check(0 <= self.gae_lambda <= 1, "gae_lambda", "between 0 and 1")
        self._check(self.ent_coef >= 0, "ent_coef", "at least 0")
        self._check(self.vf_coef >= 0, "vf_coef", "at least 0")
        self._check(self.max_grad_norm > 0, "max_grad_norm", "above 0")
        self._check(self.hidden_width >= 1, "hidden_width", "at least 1")

    def arguments(self) -> dict[str, Any]:
        """As both algorithms take them."""
        layers = [self.hidden_width, self.hidden_width]
        return {
            "n_steps": self.steps_per_iteration,
            "learning_rate": self.learning_rate,
            "gamma": self.gamma,
            "gae_lambda": self.gae_lambda,
            "ent_coef": self.ent_coef,
            "vf_coef": self.vf_coef,
            "max_grad_norm": self.max_grad_norm,
            "policy_kwargs": {"net_arch": {"pi": layers, "vf": layers}},
            "device": "cpu",
        }


@dataclass(frozen=True)
class SB3PPOConfig(StableBaselines3Config):
    """Settings of :class:`SB3PPO`.

    Attributes:
        n_epochs: passes over the attempts of a rollout.
        batch_size: attempts a gradient step; the last step of a pass takes what is left.
        clip_range: epsilon of the clipped surrogate objective (arXiv 1707.06347, equation 7).
    """

    n_epochs: int = 10
    batch_size: int = 32
    clip_range: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.n_epochs >= 1, "n_epochs", "at least 1")
        self._check(self.batch_size >= 2, "batch_size", "at least 2, so that advantages can be normalised")
        self._check(self.clip_range > 0, "clip_range", "above 0")


@dataclass(frozen=True)
class SB3A2CConfig(StableBaselines3Config):
    """Settings of :class:`SB3A2C`, which takes one gradient step on each rollout."""

    steps_per_iteration: int = 1
    learning_rate: float = 1e-3
    gae_lambda: float = 1.0


@register_agent("sb3-ppo", SB3PPOConfig, model="none", interface="pipelines")
class SB3PPO(StableBaselines3Agent):
    """Stable-Baselines3's PPO; an :class:`agents.agent.Agent`."""

    _logged = {
        "train/policy_gradient_loss": "policy_loss",
        "train/approx_kl": "approx_kl",
        "train/clip_fraction": "clip_fraction",
    }

    def __init__(self, config: SB3PPOConfig, seed: int) -> None:
        super().__init__("sb3-ppo", config, seed)
        self.config = config

    def _make_model(self) -> OnPolicyAlgorithm:
        from stable_baselines3 import PPO

        config = self.config
        return PPO(
            "MlpPolicy",
            None,  # type: ignore[arg-type]  # as in its own load()
            n_epochs=config.n_epochs,
            batch_size=config.batch_size,
            clip_range=config.clip_range,
            _init_setup_model=False,
            **config.arguments(),
        )


@register_agent("sb3-a2c", SB3A2CConfig, model="none", interface="pipelines")
class SB3A2C(StableBaselines3Agent):
    """Stable-Baselines3's A2C; an :class:`agents.agent.Agent`."""

    _logged = {"train/policy_loss": "policy_loss"}

    def __init__(self, config: SB3A2CConfig, seed: int) -> None:
        super().__init__("sb3-a2c", config, seed)
        self.config = config

    def _make_model(self) -> OnPolicyAlgorithm:
        from stable_baselines3 import A2C

        return A2C("MlpPolicy", None, _init_setup_model=False, **self.config.arguments())  # type: ignore[arg-type]
