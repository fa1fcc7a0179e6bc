from __future__ import annotations

from collections.abc import Iterator

import pytest

from ds_gym.sandbox import Sandbox, make_sandbox
from ds_gym.sandbox.fork_server import ForkServerSandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A fork server for all tests that leave it whole."""
    sandbox = ForkServerSandbox(n_idle=4)
    yield sandbox
    sandbox.close()


@pytest.fixture
def own_sandbox() -> Iterator[ForkServerSandbox]:
    """A fork server for tests that break it."""
    sandbox = ForkServerSandbox(n_idle=2)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="session")
def in_process() -> Sandbox:
    return make_sandbox("in-process")
