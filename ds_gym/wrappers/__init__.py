"""Wrappers of ``DataSci-v0`` for agents that write no text."""

from ds_gym.wrappers.pipeline_actions import PipelineActions
from ds_gym.wrappers.pipeline_grid import Estimator, PipelineGrid
from ds_gym.wrappers.pipeline_vector_actions import PipelineVectorActions
from ds_gym.wrappers.program_menu import ProgramMenu, TaskSolutions

__all__ = ["Estimator", "PipelineActions", "PipelineGrid", "PipelineVectorActions", "ProgramMenu", "TaskSolutions"]
