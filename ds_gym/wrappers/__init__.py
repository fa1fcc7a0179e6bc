"""Wrappers of ``DataSci-v0`` for agents that write no text."""

from ds_gym.wrappers.pipeline_actions import PipelineActions
from ds_gym.wrappers.pipeline_grid import Estimator, PipelineGrid

__all__ = ["Estimator", "PipelineActions", "PipelineGrid"]
