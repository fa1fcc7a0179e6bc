"""Reports of measurements as JSON files: versioned, validated when they are read, written atomically."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import ResultError
from benchmarks.storage import write_atomically

Report = TypeVar("Report")


class ReportFile(Generic[Report]):
    """The files of one kind of report.

    Args:
        kind: a pydantic dataclass with a field ``schema_version``.
        schema_version: the version that is written, and the only one that is read.
        description: what such a file is, for a person who gave another one.
    """

    def __init__(self, kind: type[Report], schema_version: int, description: str) -> None:
        self._adapter = TypeAdapter(kind)
        self._schema_version = schema_version
        self._description = description

    def write(self, path: Path, report: Report) -> None:
        """Write atomically.

        Raises:
            StorageError: the file cannot be written.
        """
        content: Any = report
        write_atomically(path, json.dumps(asdict(content), indent=1, allow_nan=False).encode() + b"\n")

    def read(self, path: Path) -> Report:
        """Read and validate.

        Raises:
            ResultError: no such file, or not one of this kind and version.
        """
        try:
            report: Any = self._adapter.validate_json(path.read_bytes())
        except OSError as error:
            raise ResultError(f"{path}: cannot be read: {error.strerror or error}") from None
        except ValidationError as error:
            raise ResultError(f"{path}: not {self._description}: {error.errors()[0]['msg']}") from None
        if report.schema_version != self._schema_version:
            raise ResultError(
                f"{path}: schema version {report.schema_version}; this program reads {self._schema_version}"
            )
        checked: Report = report
        return checked
