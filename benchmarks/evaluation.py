"""What a run measures when its agent has learnt all it may: nothing here learns.

Fresh episodes on the tasks of the run, the change of the language model, fresh episodes on other tasks, and the best
programs on the rows that no episode sees.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.record import finite, mean
from benchmarks.results import Evaluation, LanguageModelChange, ModelUsage

if TYPE_CHECKING:
    from benchmarks.backend import LanguageProbe, SampledText, Workplace
    from benchmarks.plan import RunSpec

GoOn = Callable[[str], None]
"""Told what is done now; raises if it is not to be done. Called often."""

_EVALUATION_STREAM = 1
_TRANSFER_STREAM = 2


@dataclass(frozen=True)
class Assessment:
    """What was measured after learning.

    Attributes:
        evaluation: fresh episodes on the tasks of the run.
        language_model: None where the agent has none.
        transfer: fresh episodes on other tasks.
        holdout_scores: of the best program of each task, where there are rows that no episode sees.
        usage: of a model that is only prompted, in these episodes; None without one.
    """

    evaluation: Evaluation
    language_model: LanguageModelChange | None
    transfer: dict[str, Evaluation]
    holdout_scores: dict[str, float | None]
    usage: ModelUsage | None = None


def assess(spec: RunSpec, workplace: Workplace, programs: Mapping[str, str], go_on: GoOn) -> Assessment:
    """Measures the policy as it is now. Equal policies give equal figures, however often it is measured.

    Args:
        programs: the best program of each task.
        go_on: called before each step, with what is done; what it raises ends the assessment.
    """
    evaluation, sampled = play(
        spec, workplace, spec.tasks, evaluation_seed(spec.seed), functools.partial(go_on, "evaluating")
    )
    change = None
    if workplace.probe is not None:
        change = _language_model_change(workplace.probe, sampled, go_on)
    transfer = {}
    for task in spec.transfer_tasks:
        seed = evaluation_seed(spec.seed, task)
        transfer[task], _ = play(spec, workplace, (task,), seed, functools.partial(go_on, f"evaluating {task}"))
    holdout_scores = {}
    for task, code in programs.items():
        go_on("scoring on held-out rows")
        holdout_scores[task] = workplace.holdout_score(task, code)
    used = workplace.acting_usage()
    usage = None
    if used is not None:
        usage = ModelUsage(used.model_calls, used.prompt_tokens, used.generated_tokens, used.shortened_prompts)
    return Assessment(evaluation, change, transfer, holdout_scores, usage)


def evaluation_seed(seed: int, transfer_task: str | None = None) -> int:
    """Seed of the episodes and of the sampling in an evaluation; no run learns with it.

    That of a transfer task depends on its name, so that it does not matter which others there are.
    """
    stream = [_EVALUATION_STREAM] if transfer_task is None else [_TRANSFER_STREAM, *transfer_task.encode()]
    return int(np.random.SeedSequence([seed, *stream]).generate_state(1)[0])


def play(
    spec: RunSpec, workplace: Workplace, tasks: tuple[str, ...], seed: int, before_step: Callable[[], None]
) -> tuple[Evaluation, list[SampledText]]:
    """Fresh episodes on ``tasks``, without learning.

    Returns:
        The figures of the first ``spec.evaluation_attempts`` attempts; and these attempts as they were sampled, none
        where the workplace has no probe.
    """
    wanted = spec.evaluation_attempts
    generator = workplace.generator(seed)
    rewards: list[float] = []
    infos: list[Mapping[str, Any]] = []
    sampled: list[SampledText] = []
    envs = workplace.make_envs(tasks)
    try:
        observations, _ = envs.reset(seed=seed)
        while len(infos) < wanted:
            before_step()
            if workplace.probe is None:
                actions = workplace.agent.act(observations, generator)
            else:
                written = workplace.probe.sample(observations, generator)
                sampled += written
                actions = [each.text for each in written]
            observations, step_rewards, _, _, step_infos = envs.step(actions)
            rewards += [float(reward) for reward in step_rewards]
            infos.extend(step_infos["attempts"])
    finally:
        envs.close()
    scores = [float(info["score"]) for info in infos[:wanted] if info["status"] == "scored"]
    evaluation = Evaluation(
        mean_reward=mean(rewards[:wanted]),
        valid_rate=len(scores) / wanted,
        mean_score=mean(scores) if scores else None,
        n_attempts=wanted,
    )
    return evaluation, sampled[:wanted]


def _language_model_change(probe: LanguageProbe, sampled: Sequence[SampledText], go_on: GoOn) -> LanguageModelChange:
    divergence = probe.divergence(sampled, functools.partial(go_on, "measuring divergence"))
    perplexity = probe.perplexities(functools.partial(go_on, "measuring perplexity"))
    return LanguageModelChange(
        kl_to_base=finite(divergence.per_token) if divergence is not None else None,
        kl_to_base_per_action=finite(divergence.per_action) if divergence is not None else None,
        base_perplexity=finite(perplexity.base) if perplexity is not None else None,
        perplexity=finite(perplexity.policy) if perplexity is not None else None,
        corpus_fingerprint=probe.corpus_fingerprint,
    )
