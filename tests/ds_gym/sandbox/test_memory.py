from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ds_gym.sandbox import memory

COLLAPSE = """
from ds_gym.sandbox import memory
held = memory.reserve_arenas(16 << 20)
objects = [bytes([k % 251]) * 400 for k in range(20_000)]
before = list(objects)
memory.collapse_into_huge_pages()
assert objects == before == [bytes([k % 251]) * 400 for k in range(20_000)]
with open("/proc/self/smaps_rollup") as file:
    print(next(int(line.split()[1]) for line in file if line.startswith("AnonHugePages")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="huge pages of Linux")
def test_the_objects_survive_their_move_into_huge_pages() -> None:
    run = subprocess.run(
        [sys.executable, "-c", COLLAPSE], capture_output=True, text=True, cwd=Path(__file__).parents[3], check=True
    )
    assert int(run.stdout) >= 0  # how many KiB depends on the system


def test_the_objects_that_hold_the_arenas_lie_in_different_ones() -> None:
    held = memory.reserve_arenas(8 << 20)
    assert len(held) == 8
    assert len({id(filler) >> 20 for filler in held}) >= 6  # arenas need not begin at a multiple of their size
