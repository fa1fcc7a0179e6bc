from __future__ import annotations

import struct

import pytest

from ds_gym.sandbox import seccomp

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {  # number on x86_64, on aarch64
    "read": (0, 63), "mmap": (9, 222), "futex": (202, 98), "clone": (56, 220), "execve": (59, 221), "socket": (41, 198),
    "kill": (62, 129), "ptrace": (101, 117), "process_vm_readv": (310, 270), "openat": (257, 56), "prctl": (157, 167),
    "prlimit64": (302, 261), "fcntl": (72, 25), "shmget": (29, 194), "keyctl": (250, 219), "unlinkat": (263, 35),
    "memfd_create": (319, 279), "io_uring_setup": (425, 425), "clone3": (435, 435), "pidfd_open": (434, 434),
    "sendmsg": (46, 211), "sendto": (44, 206), "bpf": (321, 280), "setuid": (105, 146), "tgkill": (234, 131),
    "newfstatat": (262, 79), "statx": (332, 291), "readlinkat": (267, 78), "madvise": (28, 233), "fstat": (5, 80),
}  # fmt: skip
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000


def decide(program: bytes, audit_number: int, number: int, *arguments: int) -> int:
    """Run the filter as the kernel would."""
    data = struct.pack("<IIQ6Q", number, audit_number, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("<HBBI", program))
    position, word = 0, 0
    while True:
        code, if_true, if_false, k = instructions[position]
        position += 1
        if code == 0x06:
            return k
        if code == 0x20:
            word = struct.unpack_from("<I", data, k)[0]
            continue
        holds = {0x15: word == k, 0x35: word >= k, 0x45: bool(word & k)}[code]
        position += if_true if holds else if_false


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("read", (), ALLOW),
        ("mmap", (), ALLOW),
        ("futex", (), ALLOW),
        ("sendto", (), ALLOW),
        ("clone", (0x003D0F00,), ALLOW),  # a thread of the C library
        ("clone", (17,), ERRNO | 1),  # fork
        ("clone", (0x10000 | 0x10000000,), ERRNO | 1),  # a thread in a new user namespace
        ("fcntl", (3, 1), ALLOW),  # F_GETFD
        ("fcntl", (3, 8), ERRNO | 1),  # F_SETOWN
        ("prctl", (15,), ALLOW),  # PR_SET_NAME
        ("prctl", (22,), ALLOW),  # PR_SET_SECCOMP, for the second filter
        ("prctl", (4,), ERRNO | 1),  # PR_SET_DUMPABLE
        ("prlimit64", (0,), ALLOW),
        ("prlimit64", (1,), ERRNO | 1),
        ("openat", (), ERRNO | 13),
        ("clone3", (), ERRNO | 38),
        ("fstat", (), ALLOW),
        # Paths that were looked up are a memory for later processes.
        *[(call, (), ERRNO | 2) for call in ["newfstatat", "statx", "readlinkat"]],
        ("madvise", (0, 0, 4), ALLOW),  # MADV_DONTNEED
        ("madvise", (0, 0, 3), ERRNO | 1),  # MADV_WILLNEED reads a file into the page cache,
        ("madvise", (0, 0, 21), ERRNO | 1),  # MADV_PAGEOUT drops it from there
        *[
            (call, (), ERRNO | 1)
            for call in [
                "execve",
                "socket",
                "kill",
                "ptrace",
                "process_vm_readv",
                "shmget",
                "keyctl",
                "unlinkat",
                "memfd_create",
                "io_uring_setup",
                "pidfd_open",
                "sendmsg",
                "bpf",
                "setuid",
                "tgkill",
            ]
        ],
    ],
)
def test_the_filter_lets_a_fit_run_and_nothing_else(
    machine: str, call: str, arguments: tuple[int, ...], expected: int
) -> None:
    number = CALLS[call][list(ARCHITECTURES).index(machine)]
    assert decide(seccomp.compile_filter(machine), ARCHITECTURES[machine], number, *arguments) == expected


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("prlimit64", (0, 0, 0x7000_0000_0000), ERRNO | 1),  # a new limit of processor time
        ("prlimit64", (0, 0, 0x7000), ERRNO | 1),
        ("prlimit64", (0, 0, 0), ALLOW),  # reads it
        ("prlimit64", (0, 9, 0x7000_0000_0000), ALLOW),  # memory
        ("prctl", (22,), ERRNO | 1),  # PR_SET_SECCOMP
        ("prctl", (15,), ALLOW),
        ("read", (), ALLOW),
        ("execve", (), ALLOW),  # refused by the first filter: the strictest of both counts
    ],
)
def test_the_second_filter_fixes_the_limits(machine: str, call: str, arguments: tuple[int, ...], expected: int) -> None:
    number = CALLS[call][list(ARCHITECTURES).index(machine)]
    program = seccomp.compile_filter_of_limits(machine)
    assert decide(program, ARCHITECTURES[machine], number, *arguments) == expected


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_system_calls_by_another_architecture_are_no_way_out(machine: str) -> None:
    program = seccomp.compile_filter(machine)
    assert decide(program, 0x40000003, 0) == KILL  # 32-bit x86
    assert decide(program, ARCHITECTURES[machine], 0x40000000) == ERRNO | 1  # x32


def test_a_machine_without_a_list_is_named() -> None:
    with pytest.raises(seccomp.SeccompUnavailable, match="riscv64"):
        seccomp.compile_filter("riscv64")
