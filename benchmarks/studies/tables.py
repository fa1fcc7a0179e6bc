"""Studies as tables, and the claim as sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.cost.tables import TextTable
from benchmarks.statistics import Estimate
from benchmarks.studies.rows import Study
from benchmarks.studies.summary import (
    CLAIMANT,
    RIVAL,
    Figure,
    Missing,
    Standing,
    Summary,
    changed_settings,
    difference,
    evaluation,
    improvement,
    last_fifth,
    ranking,
    score_rows,
    summaries,
    transfer_rows,
)

_CHANCE = 0.5
_STANDINGS: dict[str, Callable[[Summary], Standing]] = {
    "mean reward of the last fifth": lambda row: row.last_fifth,
    "reward of the evaluation": lambda row: row.evaluation,
}
"""The figures in which the claim is tested."""


def claim(study: Study, missing: Missing) -> list[str]:
    """The claim and whether it holds, one sentence each; computed, whatever comes out."""
    rows = summaries(study, missing)
    by_label = {row.label: row for row in rows}
    if CLAIMANT not in by_label or RIVAL not in by_label:
        absent = " and ".join(label for label in (CLAIMANT, RIVAL) if label not in by_label)
        return [f"Not decided: there is no run of {absent}."]
    sentences = []
    for name, figure in _STANDINGS.items():
        order = ranking(rows, figure, study.learners())
        if CLAIMANT not in order:
            sentences.append(f"{_name(CLAIMANT)} in the interquartile mean of the {name}: no figure.")
            continue
        place = order.index(CLAIMANT) + 1
        rest = "" if place == 1 else f" (place {place} of {len(order)}; {_name(order[0])} is first)"
        sentences.append(
            f"{_name(CLAIMANT)} is first in the interquartile mean of the {name}, "
            f"{figure(by_label[CLAIMANT]).iqm}: {_yes(place == 1)}{rest}."
        )
    for name, figure in _STANDINGS.items():
        chance = figure(by_label[CLAIMANT]).improvement
        if chance is not None:
            sentences.append(
                f"Probability that {_name(CLAIMANT)} improves on {_name(RIVAL)} in the {name}: {_short(chance)}; the "
                f"whole interval is above one half: {_yes(chance.low > _CHANCE)}."
            )
    for (name, figure), of_run in zip(_STANDINGS.items(), (last_fifth, evaluation), strict=True):
        others = [label for label in ranking(rows, figure, study.learners()) if label != CLAIMANT]
        if others and others[0] != RIVAL:
            sentences.append(
                f"Probability that {_name(CLAIMANT)} improves on {_name(others[0])}, the best of the others, in the "
                f"{name}: {chance_text(improvement(study, CLAIMANT, others[0], of_run, missing))}."
            )
    incomplete = [_incomplete(row) for row in rows if row.n_finished < row.n_planned]
    counted = "the lowest reward" if missing == "failures" else "nothing"
    if incomplete:
        sentences.append(f"Runs that did not finish, each counted as {counted}: {'; '.join(incomplete)}.")
    if study.not_run:
        sentences.append(f"Not run: {', '.join(study.not_run)}.")
    return sentences


def untouched_table(study: Study, missing: Missing) -> TextTable:
    """The figures of the claim on the tasks and seeds that development did not see; no rows if that says nothing."""
    tasks, seeds = study.development_tasks, study.development_seeds
    without_tasks, without_seeds = f"without {' and '.join(tasks)}", f"without seed {' and '.join(map(str, seeds))}"
    parts = [("all", study)]
    if seeds:
        parts.append((without_seeds, study.without(seeds=seeds)))
    if tasks:
        parts.append((without_tasks, study.without(tasks=tasks)))
    if tasks and seeds:
        parts.append((f"{without_tasks}, {without_seeds}", study.without(tasks, seeds)))
    rows = []
    for name, part in parts:
        by_label = {row.label: row for row in summaries(part, missing)} if part.tasks and part.seeds else {}
        if CLAIMANT not in by_label or RIVAL not in by_label:
            continue
        cells = [name, str(len(part.tasks) * len(part.seeds))]
        for figure in _STANDINGS.values():
            order = ranking(list(by_label.values()), figure, part.learners())
            place = f"{order.index(CLAIMANT) + 1} of {len(order)}" if CLAIMANT in order else ""
            standing = figure(by_label[CLAIMANT])
            cells += [place, estimate_text(standing.iqm), chance_text(standing.improvement)]
        rows.append(tuple(cells))
    figures = [
        f"{name}{figure}" for figure in (", last fifth", ", evaluation") for name in ("place", "IQM", f"P(> {RIVAL})")
    ]
    columns = ("runs of", "runs each", *figures)
    return TextTable(f"{_name(CLAIMANT)} without what was seen", columns, tuple(rows) if len(rows) > 1 else ())


def reward_table(study: Study, missing: Missing) -> TextTable:
    """Rewards of each label over all tasks, with intervals."""
    rows = [
        (
            row.label,
            _runs(row),
            estimate_text(row.last_fifth.iqm),
            estimate_text(row.evaluation.iqm),
            chance_text(row.last_fifth.improvement),
            chance_text(row.evaluation.improvement),
            _number(row.overall),
        )
        for row in summaries(study, missing)
    ]
    columns = (
        "agent",
        "runs",
        "last fifth",
        "evaluation",
        f"P(> {RIVAL})",
        f"P(> {RIVAL}), evaluation",
        "all attempts",
    )
    return TextTable("Rewards: interquartile means and probability of improvement", columns, tuple(rows))


def model_table(study: Study, missing: Missing) -> TextTable:
    """What else came of learning: programs, the language model, time."""
    rows = [
        (
            row.label,
            _number(row.held_out),
            f"{row.valid:.0%}" if row.valid is not None else "",
            _number(row.kl_to_base),
            _number(row.kl_to_base_per_action, 2),
            _arrow(row.base_perplexity, row.perplexity),
            _number(row.seconds, 0),
        )
        for row in summaries(study, missing)
    ]
    columns = ("agent", "held out", "valid", "KL a token", "KL an action", "perplexity", "seconds a run")
    return TextTable("Programs, language model, time: means over runs", columns, tuple(rows))


def task_table(study: Study, figure: Figure = last_fifth, name: str = "Mean reward of the last fifth") -> TextTable:
    """Mean over the seeds that finished, with the lowest and the highest, a column a task."""
    rows = []
    for label in study.labels:
        scores = score_rows(study, label, figure, "left-out")
        rows.append((label, *(_spread(scores[task].tolist()) if task in scores else "" for task in study.tasks)))
    return TextTable(f"{name}: mean over seeds (lowest..highest)", ("agent", *study.tasks), tuple(rows))


def settings_table(study: Study) -> TextTable:
    """Settings that are not the same for all learners."""
    learners = study.learners()
    keys = sorted({key for label in learners for key in study.configs[label]})
    rows = []
    for key in keys:
        values = ["" if (v := study.configs[label].get(key)) is None else str(v) for label in learners]
        if len(set(values)) > 1:
            rows.append((key, *values))
    return TextTable("Settings in which learners differ; all others are equal", ("setting", *learners), tuple(rows))


def transfer_table(study: Study) -> TextTable:
    """Rewards on tasks that no learner was trained on."""
    rows = []
    for row in transfer_rows(study):
        tasks = [_number(row.by_task[task]) for task in study.transfer_tasks]
        rows.append(
            (row.label, _number(row.trained), *tasks, estimate_text(row.iqm), estimate_text(row.gain, signed=True))
        )
    columns = ("agent", "trained tasks", *study.transfer_tasks, "held-out tasks", "gain over the base model")
    return TextTable("Reward of the evaluation, on trained and on held-out tasks", columns, tuple(rows))


def ablation_table(study: Study, missing: Missing) -> TextTable:
    """Variants of the claimant against it."""
    by_label = {row.label: row for row in summaries(study, missing)}
    variants = [label for label in study.labels if label.partition("@")[0] == CLAIMANT]
    rows = []
    for label in variants:
        row = by_label[label]
        if label == CLAIMANT or CLAIMANT not in by_label:
            cells = ("", "", "")
        else:
            changed = changed_settings(study, label, CLAIMANT)
            cells = (
                estimate_text(difference(study, label, CLAIMANT, last_fifth, missing), signed=True),
                estimate_text(difference(study, label, CLAIMANT, evaluation, missing), signed=True),
                chance_text(improvement(study, label, CLAIMANT, last_fifth, missing)),
            )
            label = f"{label} ({', '.join(f'{key} {value}' for key, (value, _) in changed.items())})"
        rows.append((label, _runs(row), estimate_text(row.last_fifth.iqm), *cells))
    columns = ("variant", "runs", "last fifth", f"less {CLAIMANT}", "evaluation less", f"P(> {CLAIMANT})")
    return TextTable(f"What each change of {CLAIMANT} costs", columns, tuple(rows))


def made_by(studies: Sequence[Study]) -> list[str]:
    """How the runs were made and where, a sentence or two a study."""
    lines = []
    for study in studies:
        common = study.common
        machines = sorted({f"{machine['cpu']}, {machine['cores']} cores" for machine in study.hardware})
        torch = sorted({versions.get("torch", "unknown") for versions in study.versions})
        shas = sorted({f"{git.sha[:10]}{' with changes' if git.dirty else ''}" for git in study.git if git.sha})
        lines.append(
            f"`{study.command}`: {len(study.runs)} runs, {common['env_steps']} attempts each, "
            f"{common['num_envs']} episodes side by side, {common['evaluation_attempts']} attempts of evaluation, "
            f"seeds {', '.join(map(str, study.seeds))}; {'; '.join(machines)}; torch {', '.join(torch)}; revision "
            f"{', '.join(shas) or 'unknown'}."
        )
    return lines


def _runs(row: Summary) -> str:
    text = str(row.n_finished) if row.n_finished == row.n_planned else f"{row.n_finished} of {row.n_planned}"
    return f"{text}, {row.n_diverged} diverged" if row.n_diverged else text


def _incomplete(row: Summary) -> str:
    diverged = f", {row.n_diverged} diverged" if row.n_diverged else ""
    missing = f", {row.n_missing} missing" if row.n_missing else ""
    return f"{row.label} {row.n_planned - row.n_finished} of {row.n_planned}{diverged}{missing}"


def _name(label: str) -> str:
    agent, mark, preset = label.partition("@")
    return f"{agent.upper()}{mark}{preset}"


def _yes(holds: bool) -> str:
    return "**yes**" if holds else "**no**"


def estimate_text(estimate: Estimate | None, *, signed: bool = False) -> str:
    """A figure with its interval; empty for none."""
    if estimate is None:
        return ""
    form = "+.3f" if signed else ".3f"
    return f"{estimate.value:{form}} [{estimate.low:{form}}, {estimate.high:{form}}]"


def chance_text(estimate: Estimate | None) -> str:
    """A probability with its interval; empty for none."""
    return "" if estimate is None else _short(estimate)


def _short(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _arrow(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    return f"{before:.3f} → {after:.3f}"


def _spread(values: Sequence[float]) -> str:
    middle = sum(values) / len(values)
    return f"{middle:.2f} ({min(values):.2f}..{max(values):.2f})" if len(values) > 1 else f"{middle:.2f}"
