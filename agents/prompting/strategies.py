"""The prompting agents: what each brings along, and what it remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.agent import register_agent
from agents.language_model import LanguageModel
from agents.prompting.agent import PromptingAgent
from agents.prompting.examples import Example, read_examples, solved_examples
from agents.prompting.observation import Observation
from agents.prompting.prompter import PromptingConfig
from agents.prompting.text_model import TextModel
from agents.rollout import Turn


@register_agent("zero-shot", PromptingConfig, model="text model", is_stationary=True)
class ZeroShot(PromptingAgent):
    """The task alone, at every attempt: what failed before is drawn again blindly."""

    def __init__(self, model: TextModel | LanguageModel, config: PromptingConfig, seed: int) -> None:
        super().__init__("zero-shot", model, config, seed)


@dataclass(frozen=True)
class FewShotConfig(PromptingConfig):
    """Settings of :class:`FewShot`.

    Attributes:
        n_examples: solved examples in front of the task.
    """

    n_examples: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.n_examples >= 1, "n_examples", "at least 1")


@register_agent("few-shot", FewShotConfig, model="text model", is_stationary=True)
class FewShot(PromptingAgent):
    """Solved examples of other tasks stand in front of the task (arXiv 2005.14165), never one of the task at hand."""

    config: FewShotConfig

    def __init__(self, model: TextModel | LanguageModel, config: FewShotConfig, seed: int) -> None:
        super().__init__("few-shot", model, config, seed)
        self._examples = read_examples(self._templates.luggage)

    def history(self, observation: Observation) -> list[Example]:
        """The first examples that are of other tasks."""
        examples = solved_examples(self._examples, self._model.prompt_style)
        others = [example for example in examples if example.observation.task != observation.task]
        return others[: self.config.n_examples]


@register_agent("chain-of-thought", PromptingConfig, model="text model", is_stationary=True)
class ChainOfThought(PromptingAgent):
    """Asked to think before it writes (arXiv 2201.11903, in the form of arXiv 2205.11916).

    A model that takes instructions thinks and answers in one go; one that continues programs first writes a comment.
    """

    def __init__(self, model: TextModel | LanguageModel, config: PromptingConfig, seed: int) -> None:
        super().__init__("chain-of-thought", model, config, seed)


@dataclass(frozen=True)
class ReflectionConfig(PromptingConfig):
    """Settings of :class:`Reflection`.

    Attributes:
        n_reflections: of a task, the most recent ones that are kept for later attempts.
    """

    n_reflections: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.n_reflections >= 0, "n_reflections", "at least 0")


@register_agent("reflection", ReflectionConfig, model="text model")
class Reflection(PromptingAgent):
    """Sees its program and the error, and writes down what went wrong before it tries again (arXiv 2303.11366).

    What it wrote stands in the prompts of later attempts at the same task, in later episodes, too.
    """

    config: ReflectionConfig

    def __init__(self, model: TextModel | LanguageModel, config: ReflectionConfig, seed: int) -> None:
        super().__init__("reflection", model, config, seed)

    def history(self, observation: Observation) -> list[str]:
        """The reflections on this task."""
        kept: list[str] = self._memory.get(observation.task, [])
        return kept

    def thinks(self, observation: Observation) -> bool:
        """After a failure."""
        return observation.is_repair

    def remember(self, task: str, turn: Turn) -> None:
        """Keep the most recent reflections, each once."""
        if turn.thought and self.config.n_reflections:
            others = [kept for kept in self._memory.get(task, []) if kept != turn.thought]
            self._memory[task] = [*others, turn.thought][-self.config.n_reflections :]


@dataclass(frozen=True)
class BestOfNConfig(PromptingConfig):
    """Settings of :class:`BestOfN`.

    Attributes:
        n: programs that are drawn for a task before the best of them is kept.
    """

    n: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.n >= 1, "n", "at least 1")


@register_agent("best-of-n", BestOfNConfig, model="text model")
class BestOfN(PromptingAgent):
    """Draws n programs as ``zero-shot`` does, each an attempt of the budget, and from then on plays the best of them.

    The best is chosen by the score in the episode. As long as none was scored, it goes on drawing.
    """

    config: BestOfNConfig

    def __init__(self, model: TextModel | LanguageModel, config: BestOfNConfig, seed: int) -> None:
        super().__init__("best-of-n", model, config, seed)

    def known_answer(self, observation: Observation, *, is_exploring: bool, place: int) -> str | None:
        """The best program, if there is one and no more are to be drawn."""
        known = self._memory.get(observation.task)
        if known is None or known["code"] is None:
            return None
        is_still_drawing = is_exploring and known["n_drawn"] + place < self.config.n
        return None if is_still_drawing else str(known["code"])

    def remember(self, task: str, turn: Turn) -> None:
        """Count what was drawn, and keep the best."""
        known = self._memory.setdefault(task, {"n_drawn": 0, "code": None, "score": None})
        if turn.usage is not None and turn.usage.model_calls:
            known["n_drawn"] += 1
        score = turn.info["score"]
        if score is not None and (known["score"] is None or score > known["score"]):
            known.update(code=turn.info["code"], score=float(score))


@dataclass(frozen=True)
class SelfImproveConfig(PromptingConfig):
    """Settings of :class:`SelfImprove`.

    Attributes:
        n_programs: of a task, the best ones that stand in the prompt.
    """

    n_programs: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.n_programs >= 1, "n_programs", "at least 1")


@register_agent("self-improve", SelfImproveConfig, model="text model")
class SelfImprove(PromptingAgent):
    """The best programs so far stand in the prompt with their scores, the best one last (as in arXiv 2309.03409)."""

    config: SelfImproveConfig

    def __init__(self, model: TextModel | LanguageModel, config: SelfImproveConfig, seed: int) -> None:
        super().__init__("self-improve", model, config, seed)

    def history(self, observation: Observation) -> list[dict[str, Any]]:
        """Programs with ``code``, ``lines`` (those below the head) and ``score``, the best one last."""
        kept: Sequence[dict[str, Any]] = self._memory.get(observation.task, [])
        return [{**program, "lines": program["code"].split("\n")[1:]} for program in kept]

    def remember(self, task: str, turn: Turn) -> None:
        """Keep the best programs, each once."""
        score = turn.info["score"]
        if score is None:
            return
        kept = self._memory.get(task, [])
        if all(program["code"] != turn.info["code"] for program in kept):
            kept = [*kept, {"code": turn.info["code"], "score": float(score)}]
            self._memory[task] = sorted(kept, key=lambda program: program["score"])[-self.config.n_programs :]
