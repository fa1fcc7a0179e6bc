"""The embedded model's card: how it was made, what it does before learning."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Template

from agents.tinycoder.measure import HEADROOM_TASKS, Measurement
from agents.tinycoder.pretrain import PretrainConfig


@dataclass(frozen=True)
class BuildRecord:
    """How a build went: ``seconds`` of making repairs, tokenizer and weights, on ``n_threads`` threads."""

    config: PretrainConfig
    n_repair_pairs: int
    seconds: float
    n_threads: int
    torch_version: str


_CARD = Template(
    """---
license: mit
library_name: transformers
pipeline_tag: text-generation
tags: [code, scikit-learn, reinforcement-learning]
---
# tinycoder

A Llama of {{ "%.2f" | format(n_parameters / 1e6) }} million parameters that writes bodies of `build_model(x_train, y_train)` in scikit-learn.
It exists so that language-model reinforcement learning can be watched on a laptop; it knows nothing else.

## How it was made
`python -m agents.tinycoder.build --seed {{ config.seed }}`: {{ "{:,}".format(config.n_tokens) }} tokens of documents drawn from a grammar
(`agents/tinycoder/grammar.py`, `mistakes.py`, `corpus.py`), fresh at every step, in {{ "%.0f" | format(record.seconds / 60) }} minutes on {{ record.n_threads }} threads of a
{{ machine }} processor, torch {{ record.torch_version }}. Half of the documents are first attempts, half are repairs
({{ "{:,}".format(record.n_repair_pairs) }} mistaken programs with the error that running them really gave, and the program that was meant). Task titles,
features, shapes and class counts are invented and independent of the programs: which estimator suits which table is
not in the corpus. Estimators that have no `predict_proba` in their plain form, arguments of other estimators and of older
releases, and forgotten scaling are as common as in hurried code; good choices are rarer than mediocre ones.

Layers {{ config.n_layers }}, hidden size {{ config.hidden_size }}, heads {{ config.n_heads }}, feed-forward {{ config.feed_forward_size }}, tied embeddings, context 1,024. Byte-level BPE;
any text round-trips. Prompts are those of `DataSci-v0` with `prompt="completion"`.

## What it does before learning
Measured in `DataSci-v0` (protocol holdout, five attempts an episode). Reward is ROC AUC, -1 for a failed attempt.
Best-of-n is the expected best reward of n first attempts.

| task | temperature | attempts | first attempts that run | repairs that run | mean reward | AUC 10 % / 50 % / 90 % | best of 8 | best of 64 | distinct programs |
|---|---|---|---|---|---|---|---|---|---|
{% for m in measurements -%}
| {{ m.task }} | {{ m.temperature or "greedy" }} | {{ m.n_attempts }} | {{ percent(m.first_valid) }} | {{ percent(m.repair_valid) }} of {{ m.n_repairs }} | {{ "%.2f" | format(m.mean_reward) }} | {{ quantiles(m.scores) }} | {{ "%.3f" | format(m.best_of[8]) }} | {{ "%.3f" | format(m.best_of[64]) }} | {{ percent(m.unique) }} |
{% endfor %}
**Repair against redraw.** After a failure the model sees its code and the error. At temperature 1, over all tasks,
{{ percent(repair) }} of {{ n_repairs }} repairs run, against {{ percent(redraw) }} of {{ n_redraws }} fresh first attempts.

**Headroom.** The best temperature earns {% for task, (temperature, reward) in best.items() -%}
{{ "%.2f" | format(reward) }} on {{ task }} ({{ temperature or "greedy" }}){{ " and " if not loop.last else "" }}
{%- endfor %}; the best programs of the grammar score above .99 on both.

## Limits
It writes the programs of its grammar and small variations of them. It does not understand tasks, and should not be
used for anything but as the smallest base model of a reinforcement-learning experiment.
"""
)


def write_model_card(folder: Path, record: BuildRecord, measurements: list[Measurement]) -> None:
    """Write ``README.md`` beside the weights, as Hugging Face model folders have it."""
    from transformers import AutoModelForCausalLM

    at_one = [m for m in measurements if m.temperature == 1.0]
    n_first = [m.n_attempts - m.n_repairs for m in at_one]
    n_repairs = [m.n_repairs for m in at_one]
    best = {}
    for task in HEADROOM_TASKS:
        top = max((m for m in measurements if m.task == task), key=lambda m: m.mean_reward)
        best[task] = (top.temperature, top.mean_reward)
    text = _CARD.render(
        n_parameters=AutoModelForCausalLM.from_pretrained(folder).num_parameters(),
        config=record.config,
        record=record,
        machine=platform.machine(),
        measurements=measurements,
        percent=lambda value: "-" if np.isnan(value) else f"{value:.0%}",
        quantiles=_quantiles,
        repair=np.average([m.repair_valid for m in at_one], weights=n_repairs),
        n_repairs=sum(n_repairs),
        redraw=np.average([m.first_valid for m in at_one], weights=n_first),
        n_redraws=sum(n_first),
        best=best,
    )
    (folder / "README.md").write_text(text + "\n", encoding="utf-8")


def _quantiles(scores: tuple[float, ...]) -> str:
    return " / ".join(f"{q:.2f}" for q in np.quantile(scores, [0.1, 0.5, 0.9])) if scores else "-"
