"""Landlock, Linux's unprivileged access control, through raw system calls.

A process in the domain opens no file but the null device, makes no TCP connection, and traces or signals no process
outside (https://docs.kernel.org/userspace-api/landlock.html).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _WRITE_FILE, _TRUNCATE = 1 << 2, 1 << 1, 1 << 14
_FILE_SYSTEM_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}  # number of the lowest bits that the kernel knows
_LATEST_FILE_SYSTEM_RIGHTS = 16
_NETWORK_RIGHTS = 0b11  # bind, connect
_SCOPES = 0b11  # abstract Unix sockets, signals


class LandlockUnavailable(OSError):
    """The kernel offers no Landlock, or refuses it."""


def _system_call(number: int, *arguments: object) -> int:
    if not sys.platform.startswith("linux"):
        raise LandlockUnavailable("only Linux has it")
    result = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise LandlockUnavailable(os.strerror(ctypes.get_errno()))
    return int(result)


def abi() -> int:
    """Version of Landlock that the kernel offers.

    Raises:
        LandlockUnavailable: none.
    """
    return _system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_CREATE_RULESET_VERSION))


def create_ruleset() -> int:
    """Make the rules; the descriptor returned is for :func:`restrict_self`, in this process or in a fork of it.

    Raises:
        LandlockUnavailable: none.
    """
    version = abi()
    file_system = (1 << _FILE_SYSTEM_RIGHTS_BY_ABI.get(version, _LATEST_FILE_SYSTEM_RIGHTS)) - 1
    attributes = struct.pack("<Q", file_system)
    if version >= 4:
        attributes += struct.pack("<Q", _NETWORK_RIGHTS)
    if version >= 6:
        attributes += struct.pack("<Q", _SCOPES)
    size = ctypes.c_size_t(len(attributes))
    ruleset = _system_call(_CREATE_RULESET, ctypes.c_char_p(attributes), size, ctypes.c_uint32(0))
    null_device = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        rights = (_READ_FILE | _WRITE_FILE | _TRUNCATE) & file_system
        rule = ctypes.c_char_p(struct.pack("<Qi", rights, null_device))
        _system_call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(null_device)
    return ruleset


def restrict_self(ruleset: int) -> None:
    """Enter a new domain with these rules; wants no_new_privs.

    Raises:
        LandlockUnavailable: refused.
    """
    _system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
