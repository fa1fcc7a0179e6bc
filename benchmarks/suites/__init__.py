"""Suites: what a benchmark consists of, one YAML file each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from benchmarks.errors import BadInput, choose

_FOLDER = Path(__file__).parent
_STRICT = ConfigDict(extra="forbid")
Positive = Annotated[int, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=_STRICT)
class Reference:
    """An agent that is run beside the one asked for, to compare it with.

    Attributes:
        config: what differs from the agent's default configuration.
        budget: share of the suite's ``env_steps``.
        n_seeds: how many of the seeds; None for all.
    """

    agent: str
    config: dict[str, Any] = Field(default_factory=dict)
    budget: Annotated[float, Field(gt=0, le=1)] = 1.0
    n_seeds: Positive | None = None


@dataclass(frozen=True, config=_STRICT)
class Suite:
    """Tasks, seeds and the budget of each run.

    Attributes:
        tasks: each a task, or several that a run plays in turn, joined by "+".
        env_steps: attempts (environment steps) a run may make.
        num_envs: episodes played side by side.
        evaluation_attempts: attempts of the final policy in fresh episodes; so many again on each transfer task.
        agents: ``NAME`` or ``NAME@PRESET``, run where the user names none.
        transfer_tasks: tasks that the final policy is tried on, without having learned on them.
        development_tasks, development_seeds: those of the tasks and seeds whose results were seen while a learner was
            developed; a report tells of the others apart.
    """

    description: str
    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    env_steps: Positive
    num_envs: Positive
    protocol: str
    evaluation_attempts: Positive
    references: tuple[Reference, ...] = ()
    agents: tuple[str, ...] = ()
    transfer_tasks: tuple[str, ...] = ()
    development_tasks: tuple[str, ...] = ()
    development_seeds: tuple[Seed, ...] = ()


def list_suites() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_suite(name: str) -> Suite:
    """A suite of this folder by its name, or any file that ends in ``.yaml``.

    Raises:
        BadInput: no such suite, not YAML, or not a suite; one line.
    """
    is_file = name.endswith((".yaml", ".yml"))
    path = Path(name) if is_file else _FOLDER / f"{choose('suite', name, list_suites())}.yaml"
    try:
        fields = yaml.safe_load(path.read_text())
        return TypeAdapter(Suite).validate_python(fields)
    except OSError as error:
        raise BadInput(f"suite {path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"suite {path}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(f"suite {path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
