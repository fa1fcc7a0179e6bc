"""The ``info`` dictionaries of the environments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ds_gym.evaluation import Evaluation
from ds_gym.failures import Failure


class ErrorInfo(Mapping[str, Any]):
    """``info["error"]``: the keys ``kind``, ``message`` and ``line`` of a :class:`~ds_gym.failures.Failure`, read-only.

    A mapping, equal to a dictionary of the same items, but not a ``dict``: Gymnasium's vector environments merge
    dictionaries key by key over the episodes, and fail where one episode has an error and another has None.
    ``dict(info["error"])`` can be written as JSON.
    """

    __slots__ = ("_items",)

    def __init__(self, failure: Failure) -> None:
        self._items = failure.as_dict()

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return ErrorInfo, (Failure(**self._items),)


def attempt_info(task_name: str, attempt: int, code: str, evaluation: Evaluation) -> dict[str, Any]:
    """The ``info`` of a step; its keys are explained at :class:`~ds_gym.env.DataSciEnv`."""
    return {
        "task": task_name,
        "attempt": attempt,
        "status": evaluation.status,
        "score": evaluation.score,
        "score_std": evaluation.score_std,
        "split_scores": list(evaluation.split_scores),
        "error": None if evaluation.failure is None else ErrorInfo(evaluation.failure),
        "code": code,
    }


def plain_info(info: dict[str, Any]) -> dict[str, Any]:
    """A copy of an ``info`` made of plain dictionaries, lists, strings and numbers, as JSON can hold them."""
    plain = {key: list(value) if isinstance(value, list) else value for key, value in info.items()}
    if isinstance(plain.get("error"), Mapping):
        plain["error"] = dict(plain["error"])
    return plain


def select_infos(infos: dict[str, Any], env_ids: list[int]) -> dict[str, Any]:
    """The ``infos`` of a vector environment for some environments: every array cut down to ``len(env_ids)`` items."""
    selected: dict[str, Any] = {}
    for key, value in infos.items():
        if isinstance(value, dict):
            selected[key] = select_infos(value, env_ids)
        else:
            selected[key] = value[env_ids] if isinstance(value, np.ndarray) else value
    return selected
