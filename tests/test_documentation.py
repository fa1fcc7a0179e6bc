"""The page on the sandbox names what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ds_gym.actions import MAX_ACTION_CHARACTERS, MAX_PROGRAM_CHARACTERS
from ds_gym.sandbox import SANDBOX_NAMES
from ds_gym.sandbox.confine import OPTIONAL_LAYERS
from ds_gym.sandbox.descriptions import MAX_MESSAGE_CHARACTERS
from ds_gym.sandbox.fork_server import ForkServerSandbox
from ds_gym.sandbox.self_test import ACTS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_every_layer_of_the_report_is_explained() -> None:
    sandbox = ForkServerSandbox(n_idle=1)
    try:
        layers = [name for name in sandbox.report() if name not in ACTS]
    finally:
        sandbox.close()
    table = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|")).lower()
    assert [layer for layer in layers if layer not in table] == []


@pytest.mark.parametrize("name", [name for name in SANDBOX_NAMES if name != "fork-server"])
def test_every_sandbox_can_be_looked_up(name: str) -> None:
    assert f'"{name}"' in PAGE


@pytest.mark.parametrize("layer", OPTIONAL_LAYERS)
def test_every_layer_that_can_be_left_off_is_named(layer: str) -> None:
    assert f"`{layer}`" in PAGE


@pytest.mark.parametrize("number", [MAX_ACTION_CHARACTERS, MAX_PROGRAM_CHARACTERS, MAX_MESSAGE_CHARACTERS])
def test_the_limits_are_those_of_the_code(number: int) -> None:
    assert f"{number:,} characters" in PAGE


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/sandbox.md"])
def test_links_within_the_repository_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_links_to_a_section_lead_to_one() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    used = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert used
    assert used - anchors == set()
