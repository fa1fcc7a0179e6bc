"""Laying out the zygote's memory so that a fork of it is cheap.

Copying the page tables of some hundred MiB of small objects, and taking them down again, is most of what a fork costs.
Linux copies a huge page's entry in one go; so the objects go next to each other, and what holds them becomes huge pages
(``MADV_COLLAPSE``, Linux 6.1: https://man7.org/linux/man-pages/man2/madvise.2.html). Where that is refused, forks are
slower, and nothing else differs.
"""

from __future__ import annotations

import contextlib
import ctypes

from ds_gym.sandbox import confine

_ARENA_BYTES, _POOL_BYTES = 1 << 20, 1 << 14
_FILLER_BYTES = 480
_FILLERS_PER_POOL = _POOL_BYTES // 512 - 1
_HUGE_PAGE_BYTES = 1 << 21
_MADV_COLLAPSE = 25


def reserve_arenas(n_bytes: int) -> list[bytes]:
    """Let Python's allocator take the arenas for small objects now, before libraries are mapped in between them.

    Args:
        n_bytes: about what the objects of the imported modules take.

    Returns:
        One small object in each arena, which is not given back for as long as the object lives.
    """
    fillers = [bytes(_FILLER_BYTES) for _ in range(n_bytes // _POOL_BYTES * _FILLERS_PER_POOL)]
    return fillers[:: _ARENA_BYTES // _POOL_BYTES * _FILLERS_PER_POOL]


def collapse_into_huge_pages() -> None:
    """Turn this process's heap and arenas into huge pages, as far as they are aligned and the system is willing."""
    with contextlib.suppress(OSError, AttributeError):  # no /proc, no madvise
        madvise = confine.libc().madvise
        for start, end in _writable_anonymous_ranges():
            for block in range(-(-start // _HUGE_PAGE_BYTES), end // _HUGE_PAGE_BYTES):
                madvise(ctypes.c_void_p(block * _HUGE_PAGE_BYTES), ctypes.c_size_t(_HUGE_PAGE_BYTES), _MADV_COLLAPSE)


def _writable_anonymous_ranges() -> list[tuple[int, int]]:
    ranges = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            addresses, permissions, _, _, inode, *name = line.split()
            if permissions.startswith("rw") and inode == "0" and name in ([], ["[heap]"]):
                start, end = addresses.split("-")
                ranges.append((int(start, 16), int(end, 16)))
    return ranges
