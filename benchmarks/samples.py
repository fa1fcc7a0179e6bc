"""Sample programs: a few attempts of an iteration, as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def is_sampled(iteration: int, sample_every: int) -> bool:
    """Whether programs of an iteration (counted from 0) are shown: of the first, and of every so many after it."""
    return sample_every > 0 and iteration % sample_every == 0


def choose_samples(attempts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The best, the middle and the worst attempt by reward, without programs that are shown already.

    Equal attempts give equal choices, whatever was chosen before.
    """
    ranked = sorted(attempts, key=lambda attempt: (-attempt["reward"], attempt["env_step"]))
    if not ranked:
        return []
    chosen = {attempt["code"]: dict(attempt) for attempt in (ranked[-1], ranked[len(ranked) // 2], ranked[0])}
    return list(reversed(chosen.values()))


def samples_of_run(
    curve: Sequence[Mapping[str, Any]], attempts: Sequence[Mapping[str, Any]], sample_every: int
) -> Iterator[list[dict[str, Any]]]:
    """What :func:`choose_samples` chose in each sampled iteration of a run, from its curve and all its attempts."""
    for i, point in enumerate(curve):
        if is_sampled(i, sample_every):
            end = int(point["env_steps"])
            yield choose_samples(attempts[end - int(point["n_attempts"]) : end])


def samples_markdown(attempts: Sequence[Mapping[str, Any]]) -> str:
    """The attempts as Markdown text that has a UTF-8 form, whatever a model wrote."""
    text = "\n".join(_attempt_markdown(attempt) for attempt in attempts)
    return text.encode("utf-8", "backslashreplace").decode()


def attempt_title(attempt: Mapping[str, Any]) -> str:
    """One line: when it was made and what came of it."""
    title = (
        f"attempt {attempt['env_step']}, number {attempt['attempt']} of its episode: reward {attempt['reward']:+.4f}"
    )
    error = attempt["error"]
    return title if error is None else f"{title}, {error['kind']}: {' '.join(str(error['message']).split())}"


def _attempt_markdown(attempt: Mapping[str, Any]) -> str:
    code = str(attempt["code"])
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"### {attempt_title(attempt)}\n\n{fence}python\n{code.rstrip()}\n{fence}\n"
