"""Agents that train language models in the environments of ds_gym, or let them write as they are."""

from agents.agent import Agent, Iteration, TrainingDiverged, agent_config_class, list_agents, make_agent, make_config
from agents.etpo import ETPO, ETPOConfig
from agents.grpo import GRPO, GRPOConfig
from agents.klq import KLQ, KLQConfig
from agents.language_model import LanguageModel, load_language_model
from agents.model_options import ModelOptions
from agents.poad import POAD, POADConfig
from agents.ppo import PPO, PPOConfig
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
    "Agent",
    "ETPOConfig",
    "GRPOConfig",
    "Iteration",
    "KLQConfig",
    "LanguageModel",
    "ModelOptions",
    "POADConfig",
    "PPOConfig",
    "RFTConfig",
    "RLOOConfig",
    "Sample",
    "TrainingDiverged",
    "Turn",
    "agent_config_class",
    "list_agents",
    "load_language_model",
    "make_agent",
    "make_config",
]
