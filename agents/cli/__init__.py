"""The command line of the agents: one module a command, put together in :mod:`agents.cli.app`."""

from agents.cli.app import main

__all__ = ["main"]
