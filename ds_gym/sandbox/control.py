"""What parent and zygote say to each other on the control socket: fixed records, some followed by a bounded text."""

from __future__ import annotations

import struct
from enum import Enum

REQUEST = struct.Struct("<cxxxI")  # what, number or process
NOTICE = struct.Struct("<cxxxIiQ")  # what, process, status or bytes of text, peak memory in bytes
MAX_TEXT_BYTES = 1 << 14


class Request(bytes, Enum):
    """From the parent: fork so many workers when nothing else is to be done; so many of these at once, since programs
    wait; stop one that is done, to be killed later; kill and reap one; say how one ended."""

    FORK = b"F"
    HURRY = b"U"
    PARK = b"P"
    RELEASE = b"R"
    STATUS = b"W"


class Notice(bytes, Enum):
    """To the parent: ready (with the report of layers); a worker (with its socket); a status; a fault (with a text)."""

    HELLO = b"H"
    WORKER = b"C"
    STATUS = b"S"
    FAULT = b"X"
