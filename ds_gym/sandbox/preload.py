"""What the zygote imports and warms up, so that a worker needs no file: neither its programs nor the libraries."""

from __future__ import annotations

import builtins
import codecs
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import pkgutil
import sys
import time
import warnings
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from ds_gym.sandbox import program

_STANDARD_LIBRARY = (
    "abc", "argparse", "array", "ast", "atexit", "base64", "bisect", "calendar", "cmath", "codecs",
    "collections.abc", "concurrent.futures.process", "concurrent.futures.thread", "contextlib", "contextvars",
    "copy", "csv", "ctypes", "ctypes.util", "dataclasses", "datetime", "decimal", "difflib", "dis", "enum", "errno",
    "fcntl", "fractions", "functools", "gc", "glob", "graphlib", "gzip", "hashlib", "heapq", "hmac", "html",
    "importlib.readers", "importlib.resources", "inspect", "io", "ipaddress", "itertools", "json", "keyword",
    "linecache", "locale", "logging.config", "logging.handlers", "lzma", "math", "mmap", "multiprocessing.dummy",
    "multiprocessing.pool", "multiprocessing.popen_fork", "multiprocessing.shared_memory", "numbers", "opcode",
    "operator", "os", "pathlib", "pickle", "platform", "pprint", "queue", "random", "re", "reprlib", "resource",
    "secrets", "select", "selectors", "shelve", "shlex", "shutil", "signal", "socket", "sqlite3", "stat",
    "statistics", "string", "struct", "subprocess", "symtable", "sys", "tempfile", "textwrap", "threading", "time",
    "timeit", "token", "tokenize", "traceback", "types", "typing", "unicodedata", "urllib.parse", "urllib.request",
    "uuid", "warnings", "weakref", "zipfile", "zlib", "zoneinfo",
)  # fmt: skip
_SCIENTIFIC = (
    "joblib", "joblib.parallel", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.testing",
    "pandas", "pandas.api.types", "pandas.io.formats.csvs", "pandas.io.formats.html", "pandas.io.formats.string",
    "pandas.plotting", "pandas.tseries.offsets", "scipy.cluster.hierarchy", "scipy.cluster.vq", "scipy.constants",
    "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.io", "scipy.linalg", "scipy.ndimage",
    "scipy.optimize", "scipy.signal", "scipy.sparse.csgraph", "scipy.sparse.linalg", "scipy.spatial.distance",
    "scipy.special", "scipy.stats", "scipy.stats.mstats", "scipy.stats.qmc", "threadpoolctl",
)  # fmt: skip
_CODECS = (
    "ascii", "cp1252", "hex", "idna", "latin-1", "punycode", "raw_unicode_escape", "rot13", "unicode_escape",
    "utf-16", "utf-32", "utf-8", "utf-8-sig",
)  # fmt: skip
_WARM_UP = """def build_model(x_train, y_train):
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(max_iter=3).fit(x_train, y_train)
"""
_OPT_IN_MODULES = ("enable_halving_search_cv", "enable_iterative_imputer")
"""Modules of ``sklearn.experimental`` whose import has an effect, which only a program that asks for it shall see."""


def preload() -> None:
    """Import everything that honest programs import, and run once what loads more on its first use."""
    warnings.simplefilter("ignore")
    import sklearn

    for name in [*_STANDARD_LIBRARY, *_SCIENTIFIC]:
        with contextlib.suppress(ImportError):  # some are missing on some platforms or in some versions
            importlib.import_module(name)
    for name in _modules_of_programs(sklearn):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in _CODECS:
        codecs.lookup(name)
    time.localtime()  # reads the time zone
    _run_joblib_sequentially()
    _remember_thread_pools()
    warm_up()
    _warm_up_once()


def _modules_of_programs(package: ModuleType) -> list[str]:
    """All modules of a package but its tests; the private ones too, for others import them when they first run."""
    skipped = {"tests", "conftest", "externals", "experimental", "estimator_checks", "_testing", "_test_common"}
    found = []
    pending = [(package.__path__, package.__name__)]
    while pending:
        path, prefix = pending.pop()
        for info in pkgutil.iter_modules(path):
            if info.name in skipped:
                continue
            name = f"{prefix}.{info.name}"
            found.append(name)
            if info.ispkg:
                spec = importlib.util.find_spec(name)
                pending.append((list(spec.submodule_search_locations or []) if spec else [], name))
    return found


def _run_joblib_sequentially() -> None:
    """``n_jobs=2`` and ``-1`` run one job after another: a worker has one core and starts no process."""
    from joblib import parallel

    for name in list(parallel.BACKENDS):
        parallel.BACKENDS[name] = parallel.SequentialBackend


def _remember_thread_pools() -> None:
    """``threadpool_limits`` looks for libraries in /proc, which a worker cannot read; keep what it finds here."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    known = ThreadpoolController().lib_controllers

    def load_libraries(self: ThreadpoolController) -> None:
        self.lib_controllers = list(known)

    ThreadpoolController._load_libraries = load_libraries


def warm_up() -> None:
    """Run a small program in a fresh fork, so that the page faults of the first fit are paid while it is idle."""
    x = np.arange(18.0).reshape(9, 2) % 7
    program.predict(program.build(_WARM_UP, x, np.arange(9) % 3), _WARM_UP, x, 3)


def _warm_up_once() -> None:
    """Let the libraries read now what they read from files on first use."""
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from threadpoolctl import threadpool_limits

    x = np.arange(80.0).reshape(40, 2) % 7
    y = np.arange(40) % 2
    with threadpool_limits(limits=1):
        KMeans(2, n_init=1, random_state=0).fit(x)
    for model in (
        HistGradientBoostingClassifier(max_iter=2, random_state=0),
        GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}, cv=2, n_jobs=2),
        MLPClassifier((2,), max_iter=2, random_state=0),
        SVC(random_state=0),
    ):
        model.fit(x, y).predict(x)
    frame = pd.DataFrame(x, columns=["a", "b"])
    columns = make_column_transformer((StandardScaler(), make_column_selector("a")))
    columns.set_output(transform="pandas").fit_transform(frame)
    repr(frame), repr(frame.describe()), frame.groupby("a").mean(), pd.get_dummies(frame["a"].astype(str))
    repr(model)


class _KeptModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from code that was read beforehand."""

    def __init__(self, codes: dict[str, CodeType]) -> None:
        self._codes = codes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname in self._codes else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._codes[module.__name__], module.__dict__)


def seal_imports() -> None:
    """Let imports find only what is loaded (a missing module is then missing, not denied), and the null device open."""
    codes = {}
    for name in _OPT_IN_MODULES:
        full_name = f"sklearn.experimental.{name}"
        spec = importlib.util.find_spec(full_name)
        loader = spec.loader if spec else None
        if isinstance(loader, importlib.machinery.SourceFileLoader):
            code = loader.get_code(full_name)
            if code is not None:
                codes[full_name] = code
    importlib.import_module("sklearn.experimental")
    sys.meta_path[:] = [
        importlib.machinery.BuiltinImporter,
        importlib.machinery.FrozenImporter,
        _KeptModules(codes),
        importlib.machinery.PathFinder,
    ]
    sys.path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    for name in [name for name in sys.modules if name.split(".")[0] in {"ds_gym", "__main__"}]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")
    _serve_null_device()


def _serve_null_device() -> None:
    """Let ``open(os.devnull)`` work, as honest programs silence output: descriptor 1 is that device."""
    real_open = io.open

    def open_(file: Any, mode: str = "r", *arguments: Any, **keywords: Any) -> Any:
        return real_open(os.dup(1) if file == os.devnull else file, mode, *arguments, **keywords)

    builtins.open = io.open = open_
