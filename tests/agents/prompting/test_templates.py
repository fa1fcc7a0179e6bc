from __future__ import annotations

from pathlib import Path

import pytest

from agents.agent import agent_traits, list_agents
from agents.prompting.observation import read_observation
from agents.prompting.templates import TEMPLATES, PromptTemplates

PROMPTING = [name for name in list_agents() if agent_traits(name).model == "text model"]


def write(folder: Path, text: str, name: str = "zero-shot.j2") -> str:
    (folder / "completion").mkdir(exist_ok=True)
    (folder / "completion" / name).write_text(text)
    return str(folder)


@pytest.mark.parametrize("agent", PROMPTING)
@pytest.mark.parametrize("style", ["completion", "infill", "instruct"])
def test_every_prompting_agent_has_templates_in_every_style(agent: str, style: str) -> None:
    templates = PromptTemplates(agent, style)  # type: ignore[arg-type]
    assert templates.fingerprint.startswith("sha256:")
    assert templates.fingerprint == PromptTemplates(agent, style).fingerprint  # type: ignore[arg-type]


def test_no_template_is_left_over() -> None:
    names = {path.name.split(".")[0] for path in TEMPLATES.glob("*/*.j2")}
    assert names == set(PROMPTING)


def test_a_folder_of_the_user_goes_first_and_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = write(tmp_path, "Mine: {{ observation.first }}\n")
    mine, built_in = PromptTemplates("zero-shot", "completion", folder), PromptTemplates("zero-shot", "completion")
    assert mine.program_prompt(observation=read_observation("x"), history=[], thought="") == "Mine: x"
    assert mine.fingerprint != built_in.fingerprint
    other = PromptTemplates("best-of-n", "completion", folder)
    assert other.fingerprint == PromptTemplates("best-of-n", "completion").fingerprint


def test_a_thought_template_counts_as_part_of_the_prompts(tmp_path: Path) -> None:
    folder = write(tmp_path, "Think!", "zero-shot.thought.j2")
    assert PromptTemplates("zero-shot", "completion", folder).thinks
    assert not PromptTemplates("zero-shot", "completion").thinks
    thinking = PromptTemplates("zero-shot", "completion", folder).fingerprint
    assert thinking != PromptTemplates("zero-shot", "completion").fingerprint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ observaton.first }}", "Did you mean 'observation'"),
        ("{{ nonsense }}", "Known: history, observation, thought"),
        ("{% for x in history %}", "line 1"),
        ("{{ observation.first", "line 1"),
    ],
)
def test_a_bad_template_is_told_in_one_line_that_names_it(tmp_path: Path, text: str, complaint: str) -> None:
    folder = write(tmp_path, text)
    with pytest.raises(ValueError, match=r"zero-shot\.j2") as error:
        PromptTemplates("zero-shot", "completion", folder)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_part_of_an_observation_is_told_when_it_is_rendered(tmp_path: Path) -> None:
    templates = PromptTemplates("zero-shot", "completion", write(tmp_path, "{{ observation.frist }}"))
    with pytest.raises(ValueError, match=r"zero-shot\.j2.*frist"):
        templates.program_prompt(observation=read_observation("x"), history=[], thought="")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such folder"):
        PromptTemplates("zero-shot", "completion", str(tmp_path / "none"))
