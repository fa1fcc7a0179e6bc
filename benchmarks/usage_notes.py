"""What a reader of a table has to know of the models that were only prompted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.results import ModelUsage, RunResult


def usage_notes(results: Sequence[RunResult]) -> list[str]:
    """A line for each agent that lost history to its model's context, and one for what the tokens cost."""
    runs: dict[str, list[ModelUsage]] = defaultdict(list)
    for result in results:
        runs[result.label] += [usage for usage in (result.usage, result.evaluation_usage) if usage is not None]
    notes = []
    for label, usages in runs.items():
        shortened = sum(usage.shortened_prompts for usage in usages)
        if shortened:
            calls = sum(usage.model_calls for usage in usages)
            notes.append(
                f"{label}: {shortened:,} of {calls:,} prompts lost their oldest history, which did not fit into the "
                "model's context."
            )
    costs = [usage.cost_usd for usages in runs.values() for usage in usages if usage.cost_usd is not None]
    if costs:
        read = sum(usage.prompt_tokens for usages in runs.values() for usage in usages)
        written = sum(usage.generated_tokens for usages in runs.values() for usage in usages)
        notes.append(
            f"{read:,} tokens read and {written:,} written, evaluations included: {sum(costs):.2f} US dollars."
        )
    return notes
