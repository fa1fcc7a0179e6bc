"""Agents that train language models in the environments of ds_gym, prompt them as they are, or use none."""

from agents.agent import Agent, Iteration, TrainingDiverged, agent_config_class, list_agents, make_agent, make_config
from agents.choosing.random_search import RandomSearch, RandomSearchConfig
from agents.choosing.sb3 import SB3A2C, SB3PPO, SB3A2CConfig, SB3PPOConfig
from agents.choosing.sklearn_reference import SklearnReference, SklearnReferenceConfig
from agents.etpo import ETPO, ETPOConfig
from agents.grpo import GRPO, GRPOConfig
from agents.klq import KLQ, KLQConfig
from agents.language_model import LanguageModel, load_language_model
from agents.model_options import ModelOptions
from agents.poad import POAD, POADConfig
from agents.ppo import PPO, PPOConfig
from agents.prompting.prompter import PromptingConfig
from agents.prompting.strategies import (
    BestOfN,
    BestOfNConfig,
    ChainOfThought,
    FewShot,
    FewShotConfig,
    Reflection,
    ReflectionConfig,
    SelfImprove,
    SelfImproveConfig,
    ZeroShot,
)
from agents.rft import RFT, RFTConfig
from agents.rloo import RLOO, RLOOConfig
from agents.rollout import Turn
from agents.sample import Sample

__all__ = [
    "ETPO",
    "GRPO",
    "KLQ",
    "POAD",
    "PPO",
    "RFT",
    "RLOO",
    "SB3A2C",
    "SB3PPO",
    "Agent",
    "BestOfN",
    "BestOfNConfig",
    "ChainOfThought",
    "ETPOConfig",
    "FewShot",
    "FewShotConfig",
    "GRPOConfig",
    "Iteration",
    "KLQConfig",
    "LanguageModel",
    "ModelOptions",
    "POADConfig",
    "PPOConfig",
    "PromptingConfig",
    "RFTConfig",
    "RLOOConfig",
    "RandomSearch",
    "RandomSearchConfig",
    "Reflection",
    "ReflectionConfig",
    "SB3A2CConfig",
    "SB3PPOConfig",
    "Sample",
    "SelfImprove",
    "SelfImproveConfig",
    "SklearnReference",
    "SklearnReferenceConfig",
    "TrainingDiverged",
    "Turn",
    "ZeroShot",
    "agent_config_class",
    "list_agents",
    "load_language_model",
    "make_agent",
    "make_config",
]
