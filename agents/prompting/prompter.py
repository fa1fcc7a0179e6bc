"""From observations to prompts to programs: what all prompting agents do alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import torch

from agents.actor import Action, OnAction, Usage
from agents.agent import AgentConfig
from agents.prompt_format import FILL_MARK
from agents.prompting.observation import Observation, read_observation
from agents.prompting.templates import PromptTemplates
from agents.prompting.text_model import Answer, Completion, ModelUnavailable, PromptTooLong, TextModel

MAX_THOUGHT_CHARACTERS = 600
"""Longer thoughts are cut before they come back in a prompt."""

THOUGHT_PLACE = "(what it wrote)"
"""Stands where the model's own words would, in prompts that are only shown."""

_PROGRAM_TOKENS = {"completion": 128, "infill": 128, "instruct": 2048}
_THOUGHT_TOKENS = {"completion": 48, "infill": 48, "instruct": 512}


@dataclass(frozen=True)
class PromptingConfig(AgentConfig):
    """Settings of every prompting agent.

    Attributes:
        temperature: softmax temperature of sampling; 0 is greedy decoding.
        max_new_tokens: an answer is cut after this many tokens; None: 128 for a model that continues programs, 2,048
            for one that takes instructions.
        max_thought_tokens: the same of what is written before a program; None: 48 or 512.
        templates: folder with templates that replace those of the package, see :mod:`agents.prompting.templates`.
    """

    temperature: float = 1.0
    max_new_tokens: int | None = None
    max_thought_tokens: int | None = None
    steps_per_iteration: int = 1
    templates: str | None = None

    presets: ClassVar[dict[str, dict[str, Any]]] = {"default": {}}

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.temperature >= 0, "temperature", "at least 0")
        for name in ("max_new_tokens", "max_thought_tokens"):
            value = getattr(self, name)
            self._check(value is None or value >= 1, name, "at least 1, or None")


class Strategy(Protocol):
    """What tells one prompting agent from another."""

    def history(self, observation: Observation) -> Sequence[Any]:
        """What is brought along into the prompt, the oldest first: the template's ``history``."""
        ...

    def thinks(self, observation: Observation) -> bool:
        """Whether something is written before the program, where there is a template for it."""
        ...

    def known_answer(self, observation: Observation, *, is_exploring: bool, place: int) -> str | None:
        """A program that needs no model, or None.

        Args:
            observation: that is to be answered.
            is_exploring: see :meth:`agents.actor.Actor.act`.
            place: of the observation among those of the same task that are answered at once.
        """
        ...


@dataclass
class _Job:
    """An observation on its way to a program."""

    index: int
    observation: Observation
    history: list[Any]
    thought: str = ""
    usage: Usage = field(default_factory=Usage)
    is_shortened: bool = False

    def variables(self) -> dict[str, Any]:
        return {"observation": self.observation, "history": self.history, "thought": self.thought}

    def shorten(self) -> bool:
        """Drop the oldest history: what was brought along, then what failed before; returns whether there was any."""
        if self.history:
            self.history = self.history[1:]
        elif self.observation.is_repair:
            self.observation = self.observation.without_history()
        else:
            return False
        if not self.is_shortened:
            self.is_shortened = True
            self.usage += Usage(shortened_prompts=1)
        return True


class Prompter:
    """Asks a model for programs; an :class:`agents.actor.Actor`.

    Args:
        model: is asked.
        templates: the prompts.
        config: settings of the sampling.
        strategy: what the prompts bring along.
    """

    def __init__(
        self, model: TextModel, templates: PromptTemplates, config: PromptingConfig, strategy: Strategy
    ) -> None:
        self._model = model
        self._templates = templates
        self._strategy = strategy
        self._temperature = config.temperature
        self._program_tokens = config.max_new_tokens or _PROGRAM_TOKENS[model.prompt_style]
        self._thought_tokens = config.max_thought_tokens or _THOUGHT_TOKENS[model.prompt_style]

    def act(
        self,
        observations: Sequence[str],
        generator: torch.Generator,
        *,
        is_exploring: bool,
        on_action: OnAction | None = None,
    ) -> list[Action]:
        """Ask for one program an observation, see :meth:`agents.actor.Actor.act`.

        Raises:
            ModelUnavailable: there is no answer to be had, or the task alone does not fit into the model's context.
            ValueError: a template that cannot be rendered.
        """
        actions: dict[int, Action] = {}

        def done(index: int, action: Action) -> None:
            actions[index] = action
            if on_action is not None:
                on_action(index, action)

        jobs: list[_Job] = []
        places: dict[str, int] = {}
        for index, text in enumerate(observations):
            observation = read_observation(text)
            place = places[observation.task] = places.get(observation.task, -1) + 1
            known = self._strategy.known_answer(observation, is_exploring=is_exploring, place=place)
            if known is None:
                jobs.append(_Job(index, observation, list(self._strategy.history(observation))))
            else:
                done(index, Action(known, usage=Usage()))
        thinking = [job for job in jobs if self._templates.thinks and self._strategy.thinks(job.observation)]
        self._ask(thinking, self._templates.thought_prompt, self._think, generator, is_program=False)
        self._ask(
            jobs,
            self._templates.program_prompt,
            lambda job, completion: done(job.index, _action(job, completion)),
            generator,
            is_program=True,
        )
        return [actions[index] for index in range(len(observations))]

    def encode(self, observation: str) -> tuple[int, ...]:
        """Nothing: tokens are the model's own affair."""
        return ()

    def prompts(self, observation: str) -> dict[str, str]:
        """What would be asked, by name: "thought", if anything is written before the program, and "program"."""
        parts = read_observation(observation)
        job = _Job(0, parts, list(self._strategy.history(parts)))
        shown = {}
        if self._templates.thinks and self._strategy.thinks(parts):
            shown["thought"] = self._prompt(self._templates.thought_prompt, job)
            job.thought = THOUGHT_PLACE
        shown["program"] = self._prompt(self._templates.program_prompt, job)
        return shown

    def _prompt(self, prompt_of: Callable[..., str], job: _Job) -> str:
        prompt = prompt_of(**job.variables())
        if self._model.prompt_style == "infill":  # one gap, the last one: what was brought along may hold others
            before, mark, after = prompt.rpartition(FILL_MARK)
            prompt = before.replace(FILL_MARK, "") + mark + after
        return prompt

    def _think(self, job: _Job, completion: Completion) -> None:
        text = completion.text
        if self._model.prompt_style != "instruct":  # it goes on as if the comment were followed by its program
            text = text.partition("\n")[0]
        job.thought = " ".join(text.split())[:MAX_THOUGHT_CHARACTERS]

    def _ask(
        self,
        jobs: Sequence[_Job],
        prompt_of: Callable[..., str],
        take: Callable[[_Job, Completion], None],
        generator: torch.Generator,
        *,
        is_program: bool,
    ) -> None:
        """Ask for every job until all are answered; what is too long is asked again, with less history."""
        waiting = list(jobs)
        while waiting:
            asked = waiting
            too_long: list[_Job] = []

            def on_answer(
                index: int, answer: Answer, asked: Sequence[_Job] = asked, too_long: list[_Job] = too_long
            ) -> None:
                job = asked[index]
                if isinstance(answer, PromptTooLong):
                    if not job.shorten():
                        raise ModelUnavailable(
                            f"{self._model.name}: the task alone does not fit into the context: {answer.reason}. "
                            "Choose a model with a longer context, or fewer max_new_tokens"
                        )
                    too_long.append(job)
                    return
                job.usage += Usage(
                    model_calls=1,
                    prompt_tokens=answer.prompt_tokens,
                    generated_tokens=answer.generated_tokens,
                    cached_answers=int(answer.cached),
                    retries=answer.retries,
                )
                take(job, answer)

            self._model.complete(
                [self._prompt(prompt_of, job) for job in asked],
                max_new_tokens=self._program_tokens if is_program else self._thought_tokens,
                temperature=self._temperature,
                generator=generator,
                is_program=is_program,
                on_answer=on_answer,
            )
            waiting = sorted(too_long, key=lambda job: job.index)


def _action(job: _Job, completion: Completion) -> Action:
    return Action(completion.text, stop_reason=completion.stop_reason, thought=job.thought, usage=job.usage)
