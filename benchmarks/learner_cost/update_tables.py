"""The report as tables, for a terminal and for Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.cost.tables import TextTable
from benchmarks.learner_cost.update_report import WAYS, Agent, Cell, CellCost, Line, UpdateCostReport, find, fit_line

GOAL_VOCABULARY = 32_000
MIN_MEMORY_RATIO = 20.0
MIN_TIME_RATIO = 2.0
_NAMES = {"etpo": "ETPO", "ppo": "PPO"}


@dataclass(frozen=True)
class Goal:
    """A goal, and how it fares at every action length.

    Attributes:
        name: what is compared.
        limit: the ratio "four copies / chunked" that is to be reached.
        ratios: the ratio by action length, of measured cells alone.
    """

    name: str
    limit: float
    ratios: dict[int, float]

    @property
    def met(self) -> bool:
        """Whether it is met at every length."""
        return all(ratio >= self.limit for ratio in self.ratios.values())

    def cells(self) -> tuple[str, str, str, str]:
        """Name, goal, measured, verdict."""
        measured = ", ".join(f"{ratio:.1f} ({length})" for length, ratio in self.ratios.items())
        missed = [str(length) for length, ratio in self.ratios.items() if ratio < self.limit]
        if not missed:
            verdict = "met"
        elif len(missed) == len(self.ratios):
            verdict = "not met"
        else:
            verdict = f"not met at {', '.join(missed)} tokens; met at the others"
        return self.name, f">= {self.limit:g}", measured, verdict


def goals_of(report: UpdateCostReport) -> list[Goal]:
    """The goals at a vocabulary of 32,000, for each agent; none where it was not measured."""
    goals = []
    for agent in report.settings.agents:
        pairs = _pairs(report, agent)
        if pairs:
            memory = {length: four.extra_mib / chunked.extra_mib for length, (chunked, four) in pairs.items()}
            time = {length: four.seconds / chunked.seconds for length, (chunked, four) in pairs.items()}
            goals.append(Goal(f"{_NAMES[agent]}: extra memory, four copies / chunked", MIN_MEMORY_RATIO, memory))
            goals.append(Goal(f"{_NAMES[agent]}: time, four copies / chunked", MIN_TIME_RATIO, time))
    return goals


def tables_of(report: UpdateCostReport) -> list[TextTable]:
    """The goals, a table of figures an agent, and how they grow; only those that have rows."""
    goals = TextTable(
        f"Goals at a vocabulary of {GOAL_VOCABULARY:,}: ratio (action length)",
        ("goal", "limit", "measured", ""),
        tuple(goal.cells() for goal in goals_of(report)),
    )
    tables = [goals, *(_figures(report, agent) for agent in report.settings.agents), _growth(report)]
    return [table for table in tables if table.rows]


def markdown(report: UpdateCostReport) -> str:
    """The whole report."""
    settings, hardware, git = report.settings, report.hardware, report.git
    lines = [
        "# What an update costs",
        "",
        "Made by `python benchmarks/update_cost.py`; never typed. How to read it: docs/cost.md. Medians of "
        f"{settings.repeats}, each update in a process of its own; cells whose first update took more than "
        f"{settings.long_seconds:g} s were measured once.",
        "",
        f"- Model: random weights, hidden size {settings.hidden_size}, {settings.layers} layers, {settings.heads} "
        f"heads, {'tied' if settings.tied else 'untied'} embeddings, float32. Batch: {settings.episodes} episodes of "
        f'one action, prompts of {settings.prompt_length} tokens; critic "{settings.critic}"; one gradient step.',
        "- chunked: the learners as they are. dense: the same learners with whole tensors [tokens, vocabulary]. four "
        "copies: four whole models and three buffers [tokens, vocabulary], as in the release by ETPO's authors.",
        "- Extra memory: peak resident memory of the process during the update, less its resident memory after one "
        f"copy of the model was made. ~: predicted from shorter actions, because more than "
        f"{settings.memory_limit_mib:,.0f} MiB were expected.",
        f"- Machine: {hardware['cpu']}, {hardware['cores']} cores, {hardware['memory_mb']} MB; {hardware['system']}; "
        f"{settings.threads} thread{'s' if settings.threads > 1 else ''}; load before the run {report.load_before:.2f}",
        f"- Versions: {', '.join(f'{name} {version}' for name, version in report.versions.items())}",
        f"- Commit: {git.sha or 'unknown'}{' with changes' if git.dirty else ''}; {report.created_at}; "
        f"{report.seconds:.0f} seconds; {report.status}",
        "",
    ]
    return "\n".join(lines) + "\n" + "\n".join(table.markdown() for table in tables_of(report))


def _pairs(report: UpdateCostReport, agent: Agent) -> dict[int, tuple[CellCost, CellCost]]:
    """Measured cells, chunked and four copies, at the vocabulary of the goals, by action length."""
    pairs = {}
    for length in report.settings.action_lengths:
        chunked = find(report, Cell(agent, "chunked", GOAL_VOCABULARY, length))
        four = find(report, Cell(agent, "four copies", GOAL_VOCABULARY, length))
        if chunked is not None and four is not None and chunked.n_updates and four.n_updates:
            pairs[length] = chunked, four
    return pairs


def _figures(report: UpdateCostReport, agent: Agent) -> TextTable:
    rows = []
    for vocabulary in report.settings.vocabularies:
        for length in report.settings.action_lengths:
            costs = [find(report, Cell(agent, way, vocabulary, length)) for way in WAYS]
            if not any(costs):
                continue
            chunked, *others = costs
            rows.append(
                (
                    f"{vocabulary:,}",
                    str(length),
                    *(_mib(cost) for cost in costs),
                    *(_ratio(cost, chunked, "extra_mib") for cost in others),
                    *(_tokens_per_second(cost) for cost in costs),
                    *(_ratio(cost, chunked, "seconds") for cost in others),
                )
            )
    columns = (
        "vocabulary",
        "action length",
        "chunked MiB",
        "dense MiB",
        "four copies MiB",
        "dense / chunked",
        "four / chunked",
        "chunked tokens/s",
        "dense tokens/s",
        "four copies tokens/s",
        "dense / chunked, time",
        "four / chunked, time",
    )
    return TextTable(f"{_NAMES[agent]}: extra memory, and action tokens a second", columns, tuple(rows), n_left=0)


def _growth(report: UpdateCostReport) -> TextTable:
    rows = []
    for agent in report.settings.agents:
        for vocabulary in report.settings.vocabularies:
            for way in WAYS:
                costs = [
                    cost
                    for length in report.settings.action_lengths
                    if (cost := find(report, Cell(agent, way, vocabulary, length))) is not None and cost.n_updates
                ]
                if len(costs) < 3:  # a line through two points explains everything
                    continue
                tokens = [cost.n_tokens for cost in costs]
                memory = fit_line(tokens, [cost.extra_mib for cost in costs])
                seconds = fit_line(tokens, [cost.seconds for cost in costs])
                names = (_NAMES[agent], f"{vocabulary:,}", way)
                rows.append((*names, *_line(memory, 1024), *_line(seconds, 1000), str(len(costs))))
    columns = (
        "agent",
        "vocabulary",
        "way",
        "KiB a token",
        "+ MiB",
        "R² memory",
        "ms a token",
        "+ s",
        "R² time",
        "lengths",
    )
    return TextTable(
        "Growth with the action tokens of a batch: straight lines through the figures", columns, tuple(rows), 3
    )


def _line(line: Line, scale: float) -> tuple[str, str, str]:
    return f"{line.slope * scale:,.2f}", f"{line.intercept:.2f}", f"{line.r_squared:.3f}"


def _mib(cost: CellCost | None) -> str:
    return "" if cost is None else f"{_mark(cost)}{cost.extra_mib:,.0f}"


def _tokens_per_second(cost: CellCost | None) -> str:
    return "" if cost is None else f"{_mark(cost)}{cost.tokens_per_second:,.0f}"


def _ratio(cost: CellCost | None, chunked: CellCost | None, field: str) -> str:
    if cost is None or chunked is None:
        return ""
    return f"{_mark(cost)}{getattr(cost, field) / getattr(chunked, field):.1f}"


def _mark(cost: CellCost) -> str:
    return "" if cost.n_updates else "~"
