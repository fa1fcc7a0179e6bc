"""Tables from OpenML (https://www.openml.org), downloaded once by scikit-learn and kept in the data folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

if TYPE_CHECKING:
    import pandas as pd

HOME_VARIABLE = "DS_GYM_DATA_HOME"


@dataclass(frozen=True)
class OpenMLTable:
    """A table as OpenML describes it.

    Attributes:
        frame: all columns, nominal ones as categoricals in the order in which OpenML lists their values.
        target: name of the column to predict.
        name: OpenML's name of the table.
        licence: the licence that OpenML states.
    """

    frame: pd.DataFrame
    target: str
    name: str
    licence: str


def data_folders() -> list[Path]:
    """Where tables are looked for: ``$DS_GYM_DATA_HOME`` if it is set, then the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folders = [Path(cache).expanduser() / "ds_gym"]
    home = os.environ.get(HOME_VARIABLE)
    return [Path(home).expanduser(), *folders] if home else folders


def download_folder() -> Path:
    """Where downloads are kept: the first of :func:`data_folders` that can be written to."""
    folders = data_folders()
    return next((folder for folder in folders if _is_writable(folder)), folders[-1])


def _is_writable(folder: Path) -> bool:
    """Whether files can be written to the folder, or it can be made."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)


def fetch(data_id: int, target: str | None = None) -> OpenMLTable:
    """The table with this number, from the data folder or the network.

    Args:
        data_id: OpenML's number of the data set.
        target: the column to predict; None for the one that OpenML names.

    Raises:
        OSError: it cannot be downloaded or kept (:class:`ConnectionError`: no answer from the network).
        ValueError: there is no such table, or no single column to predict is known.
    """
    from sklearn.datasets import fetch_openml

    try:
        bunch = fetch_openml(
            data_id=data_id,
            target_column="default-target" if target is None else target,
            data_home=str(download_folder()),
            as_frame=True,
            parser="liac-arff",  # the other parser forgets the order of nominal values
            n_retries=1,
        )
    except URLError as error:
        raise ConnectionError(f"OpenML {data_id} cannot be downloaded: {error.reason}") from error
    targets = list(bunch.target_names)
    if len(targets) != 1:
        raise ValueError(
            f"target: OpenML {data_id} names {targets or 'no column'}; name one: {list(bunch.frame.columns)}"
        )
    details = bunch.get("details") or {}
    return OpenMLTable(
        frame=bunch.frame,
        target=targets[0],
        name=str(details.get("name", f"openml_{data_id}")),
        licence=str(details.get("licence", "unknown")),
    )
