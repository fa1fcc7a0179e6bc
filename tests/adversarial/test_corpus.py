"""Every program of the corpus ends as its first line says, in every set-up of layers that this machine offers.

A set-up is examined once, by the command ``python -m ds_gym.sandbox --json`` in a process of its own; the cases below
look up what it found. What is promised in each:

- as it is, and as an ordinary user: everything.
- one layer or two left off: everything, for the classes of attacks that the missing layer helps to defeat; the others
  are then the only wall.
- without seccomp: that no program scores higher than the best honest one by what it reads, forges or returns, that time
  limits hold, and that nothing is left behind. Not that each forbidden act is refused (a program can start processes,
  which are killed with it), and not that splits share no memory: objects of the kernel that outlive a process, such as
  System V message queues, carry labels from one to the next.
"""

from __future__ import annotations

import fcntl
import functools
import importlib.util
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ds_gym import doctor
from ds_gym.sandbox import seccomp
from ds_gym.sandbox.corpus import Program, load_corpus

ROOT = Path(__file__).resolve().parents[2]
CORPUS = load_corpus(Path(__file__).parent)
NOBODY = 65534
HANG_GUARD_S = 900

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layers are those of Linux")


@dataclass(frozen=True)
class Setup:
    """How to examine.

    Attributes:
        options: of ``python -m ds_gym.sandbox``.
        ordinary_user: whether it runs as a user other than root.
        missing: layers that must be reported as missing, so that the set-up is what it says.
        classes: classes of programs to run; all if empty.
        is_promised: which programs must end as their first line says.
    """

    options: tuple[str, ...] = ()
    ordinary_user: bool = False
    missing: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    is_promised: Callable[[Program], bool] = lambda program: True

    def programs(self) -> list[Program]:
        return [program for program in CORPUS if not self.classes or program.category in self.classes]


def holds_without_seccomp(program: Program) -> bool:
    return program.expect in ("timeout", "honest-score")


def without(*layers: str, classes: tuple[str, ...], **more: Any) -> Setup:
    options = tuple(option for layer in layers for option in ("--without", layer))
    return Setup(options=options, missing=layers, classes=classes, **more)


SETUPS = {
    "as it is": Setup(),
    "ordinary user": Setup(ordinary_user=True),
    "without landlock": without("landlock", classes=("files", "labels", "network")),
    "without namespaces": without("namespaces", classes=("files", "kernel", "labels", "network", "process", "signals")),
    "without namespaces and landlock": without("namespaces", "landlock", classes=("files", "labels", "network")),
    "ordinary user without namespaces": without("namespaces", classes=("process", "state"), ordinary_user=True),
    "without seccomp": without("seccomp", classes=("labels", "forge"), is_promised=holds_without_seccomp),
    "bubblewrap": Setup(("--sandbox", "bubblewrap"), classes=("files", "labels", "network", "process", "signals")),
}


def why_not(name: str) -> str | None:
    """Why this machine does not offer a set-up, or None."""
    setup = SETUPS[name]
    if setup.ordinary_user and os.geteuid() != 0:
        return "the tests run as an ordinary user already: see 'as it is' and 'without namespaces'"
    if setup.ordinary_user and shutil.which("setpriv") is None:
        return "setpriv, which starts a process as another user, is not installed"
    if name == "bubblewrap" and shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    if "seccomp" not in setup.missing:
        try:
            seccomp.compile_filter()
        except seccomp.SeccompUnavailable as unavailable:
            return str(unavailable)
    return None


def interpreter_for_others() -> list[str]:
    """How another user starts an interpreter with the libraries, with an ordinary user's rights where possible."""
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if readable_by_others(Path(os.path.realpath(sys.executable))):
        return [*command, sys.executable]
    name = "python{}.{}".format(*sys.version_info)
    for path in (Path("/usr/bin", name), Path("/usr/local/bin", name)):
        if path.exists() and readable_by_others(path):
            return [*command, str(path)]
    # The interpreter lies in a closed folder, as below /root, which this capability opens. Namespaces are then missing.
    return [*command, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", sys.executable]


def readable_by_others(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))


def examine(setup: Setup) -> dict[str, Any]:
    command = interpreter_for_others() if setup.ordinary_user else [sys.executable]
    classes = [option for name in setup.classes for option in ("--class", name)]
    libraries = {str(Path(str(importlib.util.find_spec(name).origin)).parents[1]) for name in ("numpy", "rich")}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), *libraries])}
    done = subprocess.run(
        [*command, "-B", "-m", "ds_gym.sandbox", "--json", *setup.options, *classes],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD_S,
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.strip(), done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="session")
def examination_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The examination of a set-up, made by the first test that asks, in whichever process of the run that is."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @functools.cache
    def get(name: str) -> dict[str, Any]:
        path = folder / f"examination-{name.replace(' ', '-')}.json"
        with open(path, "a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            if not text:
                text = json.dumps(examine(SETUPS[name]))
                file.write(text)
        return dict(json.loads(text))

    return get


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = {name: why_not(name) for name in SETUPS} if sys.platform.startswith("linux") else {}
    cases = []
    for name, why in names.items():
        if why is not None:
            values = (name,) if metafunc.fixturenames.count("program") == 0 else (name, CORPUS[0])
            cases.append(pytest.param(*values, id=name, marks=pytest.mark.skip(reason=f"{name}: {why}")))
        elif "program" in metafunc.fixturenames:
            programs = [program for program in SETUPS[name].programs() if SETUPS[name].is_promised(program)]
            cases += [pytest.param(name, program, id=f"{name}-{program}") for program in programs]
        else:
            cases.append(pytest.param(name, id=name))
    if "setup_name" in metafunc.fixturenames:
        names_of_arguments = "setup_name,program" if "program" in metafunc.fixturenames else "setup_name"
        metafunc.parametrize(names_of_arguments, cases)


def test_the_program_ends_as_it_should(
    examination_of: Callable[[str], dict[str, Any]], setup_name: str, program: Program
) -> None:
    verdicts = [v for v in examination_of(setup_name)["verdicts"] if v["program"] == str(program)]
    assert verdicts, f"{program} did not run"
    breaches = [f"{verdict['breach']} [{verdict['table']}]" for verdict in verdicts if verdict["breach"]]
    assert not breaches, f"{program} ({program.expect}): {'; '.join(breaches)}"


def test_nothing_is_left_behind_and_honest_scores_stay(
    examination_of: Callable[[str], dict[str, Any]], setup_name: str
) -> None:
    examination = examination_of(setup_name)
    assert examination["left_behind"] == []
    assert examination["honest_before"] == examination["honest_after"] != []


def test_the_set_up_is_what_it_says(examination_of: Callable[[str], dict[str, Any]], setup_name: str) -> None:
    setup, report = SETUPS[setup_name], examination_of(setup_name)["report"]
    assert [layer for layer in setup.missing if report[layer] == "active"] == []
    allowed = [act for act, state in report.items() if state == "ALLOWED"]
    if "seccomp" not in setup.missing:
        assert allowed == []


def test_the_corpus_is_the_one_that_the_command_finds() -> None:
    assert doctor.default_corpus() == Path(__file__).parent
    assert len({str(program) for program in CORPUS}) == len(CORPUS)
    assert len([program for program in CORPUS if program.kind == "attack"]) > 150
    assert len([program for program in CORPUS if program.kind == "benign"]) > 20
