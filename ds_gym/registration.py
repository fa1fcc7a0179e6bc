"""Gymnasium ids of the suite. Entry points are strings, so that specs can be written to JSON and loaded lazily."""

from __future__ import annotations

import gymnasium

ENV_ID = "DataSci-v0"


def register_envs() -> None:
    """Register the suite's ids with Gymnasium; doing so again changes nothing."""
    if ENV_ID not in gymnasium.registry:
        gymnasium.register(
            id=ENV_ID,
            entry_point="ds_gym.env:DataSciEnv",
            vector_entry_point="ds_gym.vector:DataSciVectorEnv",
        )
