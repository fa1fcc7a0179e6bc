"""The computed parts of a page about a study: each stands between two markers, and is never typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.cost.tables import TextTable
from benchmarks.errors import BadInput, choose
from benchmarks.readme import fill
from benchmarks.storage import write_atomically
from benchmarks.studies import baselines, figures, tables
from benchmarks.studies.rows import Study
from benchmarks.studies.summary import Missing, evaluation

LEARNING_PARTS = ("study", "study_long", "transfer", "ablations")
BASELINE_PARTS = ("baselines", "search")
PARTS = (*LEARNING_PARTS, *BASELINE_PARTS)
"""The suites that pages tell of."""

_MARKER = re.compile(r"<!-- study:([a-z-]+):start -->")
_NOT_RUN = "Not run yet."


def fill_page(path: Path, studies: Mapping[str, Study], missing: Missing) -> list[Path]:
    """Rewrites the blocks that a page has markers for, and draws the pictures in them; the pictures' paths.

    Raises:
        BadInput: the page has no markers, one of an unknown block, or one without its end.
        StorageError: the page or a picture cannot be written.
    """
    text = path.read_text(encoding="utf-8")
    names = _MARKER.findall(text)
    if not names:
        raise BadInput(f"--docs {path}: no markers such as <!-- study:claim:start -->; known: {', '.join(BLOCKS)}")
    pictures: list[Path] = []
    for name in dict.fromkeys(names):
        choose(f"block in {path}", name, BLOCKS)
        block = BLOCKS[name](studies, missing, path.parent)
        pictures += [path.parent / picture for picture in re.findall(r"!\[[^]]*\]\(([^)]+\.png)\)", block)]
        try:
            text = fill(text, block, f"<!-- study:{name}:start -->", f"<!-- study:{name}:end -->")
        except ValueError as error:
            raise BadInput(f"--docs {path}: {error}") from None
    write_atomically(path, text.encode())
    return pictures


def claim_text(studies: Mapping[str, Study], missing: Missing) -> str:
    """The claim at every budget that was run."""
    parts = [(name, studies[name]) for name in LEARNING_PARTS[:2] if name in studies]
    blocks = []
    for name, study in parts:
        head = f"At {study.common['env_steps']} attempts on {len(study.tasks)} tasks (suite `{name}`):"
        blocks.append("\n".join([head, "", *(f"- {sentence}" for sentence in tables.claim(study, missing))]))
    return "\n\n".join(blocks) or _NOT_RUN


def _claim(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    return claim_text(studies, missing)


def _untouched(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("study")
    return _NOT_RUN if study is None else _body(tables.untouched_table(study, missing))


def _rewards(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("study")
    return _NOT_RUN if study is None else _body(tables.reward_table(study, missing))


def _summary(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    if (study := studies.get("study")) is None:
        return _NOT_RUN
    figures.plot_curves(folder / "study_curves.png", study, missing)
    figures.plot_intervals(folder / "study_intervals.png", study, missing)
    figures.plot_improvement(folder / "study_improvement.png", study, missing)
    return "\n\n".join(
        [
            _rewards(studies, missing, folder),
            "![Interquartile means with 95 % intervals](study_intervals.png)",
            "![Probability of improvement over PPO](study_improvement.png)",
            "![Learning curves](study_curves.png)",
            _body(tables.model_table(study, missing)),
        ]
    )


def _tasks(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    if (study := studies.get("study")) is None:
        return _NOT_RUN
    figures.plot_task_curves(folder / "study_task_curves.png", study, missing)
    titled = _titled(tables.task_table(study), tables.task_table(study, evaluation, "Reward of the evaluation"))
    return f"![Learning curves by task](study_task_curves.png)\n\n{titled}"


def _settings(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("study")
    if study is None:
        return _NOT_RUN
    table = tables.settings_table(study)
    return _body(table) if table.rows else "None: all settings are equal."


def _long(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    if (study := studies.get("study_long")) is None:
        return _NOT_RUN
    figures.plot_task_curves(folder / "study_long_curves.png", study, missing)
    return "\n\n".join(
        [
            _body(tables.reward_table(study, missing)),
            "![Learning curves at the longer budget](study_long_curves.png)",
            _body(tables.model_table(study, missing)),
            _titled(tables.task_table(study)),
        ]
    )


def _transfer(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("transfer")
    return _NOT_RUN if study is None else _body(tables.transfer_table(study))


def _ablations(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("ablations")
    return _NOT_RUN if study is None else _body(tables.ablation_table(study, missing))


def _made(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    return _made_by(studies, LEARNING_PARTS)


def _made_by(studies: Mapping[str, Study], parts: Sequence[str]) -> str:
    lines = [f"- {line}" for line in tables.made_by([studies[name] for name in parts if name in studies])]
    return "\n".join(lines) or _NOT_RUN


def _baselines(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    if (study := studies.get("baselines")) is None:
        return _NOT_RUN
    figures.plot_intervals(folder / "baselines_intervals.png", study, missing)
    picture = "![Interquartile means over both tasks, with 95 % intervals](baselines_intervals.png)"
    return f"{picture}\n\n{_body(baselines.reached_table(study))}"


def _repairs(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("baselines")
    return _NOT_RUN if study is None else _body(baselines.mended_table(study))


def _search(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    study = studies.get("search")
    if study is None:
        return _NOT_RUN
    against = _body(baselines.against_table(study, "random-search", missing))
    return f"{_body(baselines.reached_table(study))}\n\n{against}"


def _made_baselines(studies: Mapping[str, Study], missing: Missing, folder: Path) -> str:
    return _made_by(studies, BASELINE_PARTS)


def _body(table: TextTable) -> str:
    """The rows alone."""
    return table.markdown().partition("\n\n")[2].strip()


def _titled(*several: TextTable) -> str:
    return "\n\n".join(f"#{table.markdown().strip()}" for table in several)


BLOCKS: dict[str, Callable[[Mapping[str, Study], Missing, Path], str]] = {
    "claim": _claim,
    "untouched": _untouched,
    "rewards": _rewards,
    "summary": _summary,
    "tasks": _tasks,
    "settings": _settings,
    "long": _long,
    "transfer": _transfer,
    "ablations": _ablations,
    "made": _made,
    "baselines": _baselines,
    "repairs": _repairs,
    "search": _search,
    "made-baselines": _made_baselines,
}
"""What may stand between ``<!-- study:NAME:start -->`` and ``<!-- study:NAME:end -->``."""
