"""From observations to actions, with a model that is scripted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from agents.actor import Action, Usage
from agents.prompting.observation import Observation
from agents.prompting.prompter import MAX_THOUGHT_CHARACTERS, Prompter, PromptingConfig
from agents.prompting.templates import PromptTemplates
from agents.prompting.text_model import ModelUnavailable
from tests.agents.prompting.scripted_model import ScriptedModel

FIRST = (
    "# Task: {task}. A table.\n# Data: 2 features.\n# Attempt 1 of 5.\ndef build_model(x_train, y_train):\n    '''.'''"
)
REPAIR = FIRST.replace(
    "# Attempt 1 of 5.\n", "# Attempt 2 of 5. The previous attempt:\n#    return None\n# Error: it is None\n"
)


class Lessons:
    """A strategy that brings lessons along, thinks before repairs, and knows some answers."""

    def __init__(self, lessons: Sequence[str] = (), known: dict[tuple[str, int], str] | None = None) -> None:
        self.lessons = lessons
        self.known = known or {}

    def history(self, observation: Observation) -> Sequence[Any]:
        return self.lessons

    def thinks(self, observation: Observation) -> bool:
        return observation.is_repair

    def known_answer(self, observation: Observation, *, is_exploring: bool, place: int) -> str | None:
        return self.known.get((observation.task, place)) if is_exploring else None


def act(
    model: ScriptedModel, strategy: Lessons, *observations: str, agent: str = "reflection", is_exploring: bool = True
) -> tuple[list[Action], list[tuple[int, Action]]]:
    told: list[tuple[int, Action]] = []
    prompter = Prompter(model, PromptTemplates(agent, model.prompt_style), PromptingConfig(), strategy)
    actions = prompter.act(
        observations,
        torch.Generator(),
        is_exploring=is_exploring,
        on_action=lambda index, action: told.append((index, action)),
    )
    return actions, told


def test_each_observation_gets_its_own_answer_and_each_is_told_once() -> None:
    model = ScriptedModel(lambda prompt: f"program for {'a' if 'Task: a' in prompt else 'b'}")
    actions, told = act(model, Lessons(), FIRST.format(task="a"), FIRST.format(task="b"), FIRST.format(task="a"))
    assert [action.content for action in actions] == ["program for a", "program for b", "program for a"]
    assert sorted(index for index, _ in told) == [0, 1, 2]
    assert all(actions[index] is action for index, action in told)


def test_a_thought_is_written_first_and_stands_in_the_prompt_of_the_program() -> None:
    model = ScriptedModel(lambda prompt: " it  must not\nbe None" if prompt.endswith("# Lesson:") else "program")
    (repaired, fresh), _ = act(model, Lessons(), REPAIR.format(task="a"), FIRST.format(task="a"))
    assert (repaired.thought, fresh.thought) == ("it must not", "")
    assert len(model.thoughts()) == 1
    assert model.programs()[0] == f"# Lesson: it must not\n{REPAIR.format(task='a')}"
    assert repaired.usage is not None
    assert fresh.usage is not None
    assert (repaired.usage.model_calls, fresh.usage.model_calls) == (2, 1)
    asked = sum(len(prompt) for prompt, _ in model.asked)
    assert (repaired.usage + fresh.usage).prompt_tokens == asked


def test_a_long_thought_is_cut() -> None:
    model = ScriptedModel(lambda prompt: "x" * 5000, "instruct")
    (action,), _ = act(model, Lessons(), "## a\n\nThis is attempt 1 of 5.\n\nAnswer with it.")
    assert action.thought == ""  # it is no repair
    model = ScriptedModel(lambda prompt: "x" * 5000)
    (action,), _ = act(model, Lessons(), REPAIR.format(task="a"))
    assert len(action.thought) == MAX_THOUGHT_CHARACTERS


def test_a_known_answer_asks_nothing() -> None:
    model = ScriptedModel(lambda prompt: "drawn")
    known = {("# Task: a. A table.", 1): "known"}
    observations = [FIRST.format(task=task) for task in ("a", "b", "a")]
    actions, told = act(model, Lessons(known=known), *observations)
    assert [action.content for action in actions] == ["drawn", "drawn", "known"]
    assert actions[2].usage == Usage()
    assert len(told) == 3
    actions, _ = act(model, Lessons(known=known), *observations, is_exploring=False)
    assert [action.content for action in actions] == ["drawn"] * 3


def test_the_oldest_history_is_dropped_first_and_then_what_failed_before() -> None:
    """Lessons go before the environment's own history; the others of the batch are not asked again."""
    whole = len(REPAIR.format(task="a"))
    lessons = [f"lesson {number} {'.' * 200}" for number in range(3)]
    for limit, kept, keeps_failure in ((whole + 520, 2, True), (whole + 300, 1, True), (whole - 1, 0, False)):
        model = ScriptedModel(lambda prompt: "program", limit=limit)
        (action,), told = act(model, Lessons(lessons), REPAIR.format(task="a"), agent="reflection")
        final = model.programs()[-1]
        assert [lesson in final for lesson in lessons] == [False] * (3 - kept) + [True] * kept
        assert ("it is None" in final) == keeps_failure
        assert action.usage is not None
        assert action.usage.shortened_prompts == 1
        assert len(told) == 1


def test_only_what_was_too_long_is_asked_again() -> None:
    model = ScriptedModel(lambda prompt: "program", limit=len(FIRST.format(task="a")) + 10)
    act(model, Lessons(["a lesson of some length"]), FIRST.format(task="a"), agent="reflection")
    assert len(model.asked) == 2
    model.asked.clear()
    _, told = act(model, Lessons(), FIRST.format(task="a"), REPAIR.format(task="a"), agent="best-of-n")
    assert len(told) == 2


def test_a_task_that_does_not_fit_alone_is_told() -> None:
    model = ScriptedModel(lambda prompt: "program", limit=50)
    with pytest.raises(ModelUnavailable, match="longer context") as error:
        act(model, Lessons(["lesson"]), REPAIR.format(task="a"))
    assert "\n" not in str(error.value)


def test_an_infill_prompt_has_one_gap_whatever_is_brought_along() -> None:
    gap = "<FILL_ME>"
    model = ScriptedModel(lambda prompt: "program", "infill")
    act(model, Lessons([f"never write {gap}"]), f"{FIRST.format(task='a')}{gap}\n    return model")
    (prompt,) = model.programs()
    assert prompt.count(gap) == 1
    assert prompt.endswith(f"'''.'''{gap}\n    return model")


def test_what_the_model_raises_is_passed_on() -> None:
    def fail(prompt: str) -> str:
        raise ModelUnavailable("gone")

    with pytest.raises(ModelUnavailable, match="gone"):
        act(ScriptedModel(fail), Lessons(), FIRST.format(task="a"))
