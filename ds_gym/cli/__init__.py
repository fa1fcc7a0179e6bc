"""The command line: one module a command, put together in :mod:`ds_gym.cli.app`."""

from ds_gym.cli.app import main

__all__ = ["main"]
