"""What is looked at before anything runs: may results be written here, and what is there already."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import IOBase
from pathlib import Path

from benchmarks.differences import differences
from benchmarks.errors import BadInput, ResultError, StorageError
from benchmarks.plan import RunSpec
from benchmarks.results import read_result
from benchmarks.storage import RunFiles

_LOCK_NAME = ".lock"


@dataclass
class Found:
    """What an earlier command has left under the output folder, for the runs of a plan.

    Attributes:
        finished: the same runs, finished.
        diverged: the same runs, diverged: as final as finished ones, because they would diverge again.
        unfinished: the same runs, interrupted, failed or killed.
        different: results of runs with another configuration.
        unreadable: files that are no results of this benchmark; each a line that says why.
    """

    finished: list[RunSpec] = field(default_factory=list)
    diverged: list[RunSpec] = field(default_factory=list)
    unfinished: list[RunSpec] = field(default_factory=list)
    different: list[RunSpec] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def prepare_folder(out: Path) -> IOBase:
    """Makes the output folder, tries whether it can be written, and locks it. Keep the returned file open.

    Raises:
        BadInput: it is a file, cannot be written, or another benchmark is writing to it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
        lock = (out / _LOCK_NAME).open("ab")
    except OSError as error:
        raise BadInput(f"--out {out}: cannot write there: {error.strerror or error}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BadInput(
            f"--out {out}: another benchmark is writing there; wait for it or choose another --out"
        ) from None
    return lock


def look_for_results(plan: Sequence[RunSpec], out: Path) -> Found:
    """Sorts what is there for the runs of ``plan``; changes nothing."""
    found = Found()
    for spec in plan:
        path = RunFiles(spec.folder(out)).result
        if not path.exists():
            continue
        try:
            result = read_result(path)
        except ResultError as error:
            found.unreadable.append(str(error))
            continue
        if result.run_key != spec.run_key:
            found.different.append(spec)
        elif result.status == "finished":
            found.finished.append(spec)
        elif result.status == "diverged":
            found.diverged.append(spec)
        else:
            found.unfinished.append(spec)
    return found


def select_runs(plan: Sequence[RunSpec], out: Path, *, resume: bool, overwrite: bool) -> tuple[list[RunSpec], Found]:
    """The runs that are to be done, and what was found; with ``overwrite`` removes the results to be replaced.

    Raises:
        BadInput: what is there must not be touched without the user's word; one line that says which.
    """
    found = look_for_results(plan, out)
    if found.unreadable:
        raise BadInput(f"{found.unreadable[0]}{_more(found.unreadable)}; it is left alone: choose another --out")
    if overwrite:
        for spec in [*found.finished, *found.diverged, *found.unfinished, *found.different]:
            try:
                RunFiles(spec.folder(out)).remove()
            except StorageError as error:
                raise BadInput(str(error)) from None
        return list(plan), found
    if found.different:
        spec = found.different[0]
        path = RunFiles(spec.folder(out)).result
        raise BadInput(
            f"{path}{_more(found.different)}: a result with another configuration ({_difference(path, spec)}); "
            "choose another --out, or --overwrite it"
        )
    if found.unfinished and not resume:
        n = len(found.unfinished)
        first = RunFiles(found.unfinished[0].folder(out)).folder
        raise BadInput(
            f"{n} unfinished {'run' if n == 1 else 'runs'} under {out} ({first}{_more(found.unfinished)}): "
            "--resume to go on, or --overwrite to start anew"
        )
    done = [*found.finished, *found.diverged]
    for spec in done:
        _tidy(RunFiles(spec.folder(out)))
    return [spec for spec in plan if spec not in done], found


def _difference(path: Path, spec: RunSpec) -> str:
    result = read_result(path)
    told = ("agent", "model", "protocol", "task_fingerprint", "config")
    found = differences({name: getattr(result, name) for name in told}, {name: getattr(spec, name) for name in told})
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "") or "another run key"


def _tidy(files: RunFiles) -> None:
    """Removes what a run leaves that was killed after its result was written."""
    try:
        files.remove_temporary()
        files.remove_checkpoints()
    except StorageError as error:
        raise BadInput(str(error)) from None


def _more(items: Sequence[object]) -> str:
    return f" and {len(items) - 1} more" if len(items) > 1 else ""
