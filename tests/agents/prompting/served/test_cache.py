"""Answers that were given once are given again, whatever happens to the file that holds them."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import resource
import sqlite3
import threading
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from agents.prompting.served.cache import ResponseCache
from agents.prompting.served.request import Request
from agents.prompting.text_model import Completion

COMPLETION = Completion("a\x00 text — with everything", 12, 34, "length", retries=3)
FORK = multiprocessing.get_context("fork")  # others would import torch first
KNOWN = Completion("a\x00 text — with everything", 12, 34, "length", cached=True)


def test_what_was_stored_is_found_again_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "responses.sqlite"
    assert ResponseCache(path).lookup(["a"]) == {}
    ResponseCache(path).store("a", COMPLETION)
    assert ResponseCache(path).lookup(["b", "a"]) == {"a": KNOWN}


def test_no_file_keeps_nothing() -> None:
    cache = ResponseCache(None)
    cache.store("a", COMPLETION)
    assert cache.lookup(["a"]) == {}


def test_every_part_of_a_request_makes_it_another_one() -> None:
    request = Request("completions", "m", "p", 10, 0.5, 1)
    others = [
        Request("chat/completions", "m", "p", 10, 0.5, 1),
        Request("completions", "n", "p", 10, 0.5, 1),
        Request("completions", "m", "q", 10, 0.5, 1),
        Request("completions", "m", "p", 11, 0.5, 1),
        Request("completions", "m", "p", 10, 0.6, 1),
        Request("completions", "m", "p", 10, 0.5, 2),
    ]
    keys = [request.key("http://a"), request.key("http://b"), *(other.key("http://a") for other in others)]
    assert len(set(keys)) == len(keys)
    assert Request("completions", "m", "p", 10, 0.5, 1).key("http://a") == keys[0]
    assert Request("completions", "m", "p", 10, 0, 1).key("u") == Request("completions", "m", "p", 10, 0.0, 1).key("u")


def test_threads_and_processes_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "responses.sqlite"
    processes = [FORK.Process(target=_write, args=(path, f"process {number}", 25)) for number in range(2)]
    shared = ResponseCache(path)
    threads = [threading.Thread(target=_write, args=(path, f"thread {number}", 25, shared)) for number in range(4)]
    for worker in (*processes, *threads):
        worker.start()
    for worker in (*processes, *threads):
        worker.join()
    assert [process.exitcode for process in processes] == [0, 0]
    names = [f"process {number}" for number in range(2)] + [f"thread {number}" for number in range(4)]
    requests = [f"{name} {number}" for name in names for number in range(25)]
    assert set(ResponseCache(path).lookup(requests)) == set(requests)


def _write(path: Path, name: str, count: int, cache: ResponseCache | None = None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(count):
            (cache or ResponseCache(path)).store(f"{name} {number}", COMPLETION)


def test_a_killed_process_loses_nothing_that_it_stored(tmp_path: Path) -> None:
    path = tmp_path / "responses.sqlite"
    reading, writing = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_write_without_end, args=(path, writing))
    process.start()
    writing.close()
    stored = 0
    while stored < 20:
        stored = reading.recv()
    process.kill()
    with contextlib.suppress(EOFError, OSError):
        while True:
            stored = reading.recv()
    process.join()
    requests = [str(number) for number in range(1, stored + 1)]
    assert set(ResponseCache(path).lookup(requests)) == set(requests)
    ResponseCache(path).store("more", COMPLETION)
    assert ResponseCache(path).lookup(["more"]) == {"more": KNOWN}


def _write_without_end(path: Path, stored: Connection) -> None:
    cache = ResponseCache(path)
    for number in itertools.count(1):
        cache.store(str(number), Completion("x" * 5000, 1, 1, "eos"))
        stored.send(number)


@pytest.mark.parametrize("damage", ["nonsense", "blank pages", "other tables", "a folder"])
def test_a_damaged_file_is_warned_about_once_and_left_alone(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "responses.sqlite"
    if damage == "a folder":
        path.mkdir()
    elif damage == "other tables":
        file = sqlite3.connect(path)
        file.execute("CREATE TABLE responses (something TEXT)")
        file.close()
    else:
        ResponseCache(path).store("a", COMPLETION)
        content = path.read_bytes()
        path.write_bytes(b"nonsense " * 1000 if damage == "nonsense" else content[:100] + bytes(len(content) - 100))
    cache = ResponseCache(path)
    with pytest.warns(UserWarning, match=r"responses\.sqlite cannot be read .*Delete the file"):
        assert cache.lookup(["a"]) == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.store("b", COMPLETION)
        assert cache.lookup(["b"]) == {}


def test_rows_that_make_no_sense_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "responses.sqlite"
    ResponseCache(path).store("a", COMPLETION)
    file = sqlite3.connect(path)
    file.execute("INSERT INTO responses VALUES ('b', x'00ff', 1, 1, 'eos'), ('c', 't', 'many', 1, 'eos')")
    file.execute("INSERT INTO responses VALUES ('d', 't', 1, 1, 'tired')")
    file.commit()
    file.close()
    assert set(ResponseCache(path).lookup("abcd")) == {"a"}


def test_a_place_that_cannot_be_written_is_warned_about_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = ResponseCache(tmp_path / "file" / "responses.sqlite")
    assert cache.lookup(["a"]) == {}
    with pytest.warns(UserWarning, match="cannot be written"):
        cache.store("a", COMPLETION)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.store("a", COMPLETION)


def test_a_full_disk_is_warned_about_once_and_what_was_there_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "responses.sqlite"
    ResponseCache(path).store("a", COMPLETION)
    process = FORK.Process(target=_write_beyond_the_limit, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert ResponseCache(path).lookup(["a", "big"]) == {"a": KNOWN}


def _write_beyond_the_limit(path: Path) -> None:
    limit = path.stat().st_size + 2**15
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    cache = ResponseCache(path)
    with pytest.warns(UserWarning, match="cannot be written"):
        cache.store("big", Completion("x" * 500_000, 1, 1, "eos"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.store("big", Completion("x" * 500_000, 1, 1, "eos"))
