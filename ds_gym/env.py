"""``DataSci-v0``: write a program, get the ROC AUC of the model that it builds, repair it if it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeGuard

import gymnasium
from gymnasium.error import InvalidAction, ResetNeeded

from ds_gym.actions import MAX_ACTION_CHARACTERS, ProgramError, normalise_program
from ds_gym.evaluation import FAILED_REWARD, Evaluation, Evaluator
from ds_gym.info import attempt_info
from ds_gym.prompts import PROMPT_STYLES, PromptContext
from ds_gym.sandbox import make_sandbox
from ds_gym.sandbox.protocol import Sandbox
from ds_gym.spaces import UnicodeText
from ds_gym.tasks import Task, get_task
from ds_gym.transcript import Attempt, render_ansi
from ds_gym.validation import check_choice, check_integer, unknown_choice

MAX_OBSERVATION_CHARACTERS = 65_536

StepResult = tuple[str, float, bool, bool, dict[str, Any]]


@dataclass(frozen=True)
class PendingAttempt:
    """An attempt between its action and its outcome.

    Attributes:
        code: the program, or the action in the form of one.
        evaluation: the outcome if it is known without running the program (it does not parse), else None.
    """

    code: str
    evaluation: Evaluation | None = None


class DataSciEnv(gymnasium.Env[str, str]):
    """One task, solved by writing Python source.

    **Observation**: a text that ends where the agent writes (see :mod:`ds_gym.prompts`): the task, the shape of the
    data, the number of the attempt, and after a failure the previous program and its error.

    **Action**: any text. It should hold the body of ``build_model(x_train, y_train)`` or the whole function (see
    :func:`ds_gym.actions.normalise_program`); ``x_train`` is float64 [n, features], ``y_train`` int64 [n] with values
    0 .. classes - 1; it returns an object whose ``predict_proba(x)`` gives float [m, classes]. A text that is no
    program is a failed attempt.

    **Reward**: mean ROC AUC over the splits (one-vs-one for more than two classes), or -1.0 if any of them fails.

    **End**: ``terminated`` on a scored attempt and when the attempts are used up. ``truncated`` is always False.

    **Info** of a step: ``task``, ``attempt`` (from 1), ``status`` ("scored" or "failed"), ``score`` and ``score_std``
    (float or None), ``split_scores`` (list of float, empty on failure), ``error`` (None, or a mapping with ``kind``,
    ``message``, ``line``), ``code`` (the normalised program). Info of a reset: ``task``.

    Args:
        task: name of a registered task, or a :class:`~ds_gym.tasks.Task`.
        protocol: ``"holdout"`` or ``"paper"`` (see :class:`~ds_gym.evaluation.Evaluator`).
        n_splits: splits that a program is scored on.
        test_size: part of the rows that each split scores on, between 0 and 1.
        max_attempts: attempts an episode may take.
        prompt: style of the observations, ``"completion"`` or ``"instruct"``.
        sandbox: how programs are run: ``"auto"``, ``"strict"``, ``"fork-server"``, ``"bubblewrap"``, ``"in-process"``
            (for debugging only; see :func:`ds_gym.sandbox.make_sandbox`), or a sandbox, which stays the caller's to
            close.
        timeout_s: wall-clock seconds that an attempt may take.
        memory_mb: memory that a program may use, in MiB.
        render_mode: None or ``"ansi"``.

    Raises:
        ValueError: a bad argument; the message names it, what was given and what is allowed.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi"], "render_fps": 1}  # type: ignore[misc]

    def __init__(
        self,
        task: str | Task = "balance_scale",
        protocol: str = "holdout",
        n_splits: int = 5,
        test_size: float = 0.5,
        max_attempts: int = 5,
        prompt: str = "completion",
        sandbox: str | Sandbox = "auto",
        timeout_s: float = 60,
        memory_mb: int = 2048,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None:
            check_choice("render_mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.observation_space = UnicodeText(MAX_OBSERVATION_CHARACTERS)
        self.action_space = UnicodeText(MAX_ACTION_CHARACTERS)
        self._prompt = PROMPT_STYLES[check_choice("prompt", prompt, PROMPT_STYLES)]
        self._max_attempts = check_integer("max_attempts", max_attempts, 1)
        self._protocol = protocol
        self._owns_sandbox = not _is_sandbox(sandbox)
        self._sandbox = sandbox if _is_sandbox(sandbox) else make_sandbox(str(sandbox))
        self._evaluation_settings: dict[str, Any] = {
            "protocol": protocol,
            "n_splits": n_splits,
            "test_size": test_size,
            "timeout_s": timeout_s,
            "memory_mb": memory_mb,
        }
        self._evaluators: dict[Task, Evaluator] = {}
        self._default_task = get_task(task)
        self._task = self._default_task
        self._evaluator = self._evaluator_of(self._task)
        self._attempts: list[Attempt] | None = None

    @property
    def task(self) -> Task:
        """The task of the current episode."""
        return self._task

    @property
    def sandbox(self) -> Sandbox:
        """What runs the programs; ``sandbox.report()`` tells which layers of confinement hold."""
        return self._sandbox

    @property
    def is_over(self) -> bool:
        """Whether the episode has ended: an attempt was scored, or all attempts are used up."""
        attempts = self._attempts or []
        return len(attempts) >= self._max_attempts or bool(attempts and attempts[-1].evaluation.failure is None)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: seeds ``np_random``; the environment itself is deterministic.
            options: ``{"task": name or Task}`` chooses the task of this episode.

        Returns:
            The first observation, and ``{"task": name}``.

        Raises:
            ValueError: an unknown option or task.
        """
        super().reset(seed=seed)
        options = options or {}
        for option in options:
            if option != "task":
                raise unknown_choice("options", option, ["task"])
        self._begin_episode(get_task(options.get("task", self._default_task)), [])
        return self._observation(), {"task": self._task.name}

    def step(self, action: str) -> StepResult:
        """Make an attempt; see the class for what comes back.

        Raises:
            ResetNeeded: there is no episode, or it has ended.
            InvalidAction: the action is not a string.
            SandboxError: the machinery failed, not the program.
        """
        pending = self.begin_attempt(action)
        return self.finish_attempt(pending, self.evaluate_attempt(pending))

    def begin_attempt(self, action: str) -> PendingAttempt:
        """First third of :meth:`step`: read the action. (A vector environment runs the second thirds in parallel.)"""
        if self._attempts is None:
            raise ResetNeeded("there is no episode yet: call reset() before step()")
        if self.is_over:
            raise ResetNeeded("the episode has ended: call reset() to begin another")
        if not isinstance(action, str):
            raise InvalidAction(f"action: given {type(action).__name__}; allowed: a string of Python source")
        try:
            return PendingAttempt(normalise_program(action))
        except ProgramError as error:
            return PendingAttempt(error.code, Evaluation.failed(error.failure))

    def evaluate_attempt(self, pending: PendingAttempt) -> Evaluation:
        """Second third of :meth:`step`: run and score the program. Changes nothing in the environment; thread-safe."""
        return pending.evaluation or self._evaluator.evaluate(pending.code)

    def finish_attempt(self, pending: PendingAttempt, evaluation: Evaluation) -> StepResult:
        """Last third of :meth:`step`: take the outcome into the episode."""
        assert self._attempts is not None
        self._attempts.append(Attempt(pending.code, evaluation))
        info = attempt_info(self._task.name, len(self._attempts), pending.code, evaluation)
        return self._observation(), evaluation.reward, self.is_over, False, info

    def holdout_score(self, code: str) -> float:
        """ROC AUC of a program on the rows that no episode ever sees, fitted on all the others.

        Args:
            code: a program, or any text that :meth:`step` would take.

        Returns:
            The score, or -1.0 if the program fails.

        Raises:
            ValueError: the protocol holds no rows out.
            SandboxError: the machinery failed, not the program.
        """
        try:
            return self._evaluator.holdout_score(normalise_program(code))
        except ProgramError:
            return FAILED_REWARD

    def snapshot(self) -> dict[str, Any]:
        """The state of the episode, as JSON can hold it; :meth:`restore` goes on from it.

        Raises:
            ResetNeeded: there is no episode yet.
        """
        if self._attempts is None:
            raise ResetNeeded("there is no episode yet: call reset() before snapshot()")
        return {"task": self._task.name, "attempts": [attempt.as_dict() for attempt in self._attempts]}

    def restore(self, snapshot: dict[str, Any]) -> str:
        """Go on with the episode of a :meth:`snapshot`, made by an environment with the same arguments.

        Returns:
            The observation that the episode had come to.

        Raises:
            ValueError: not a snapshot, or one of an unknown task.
        """
        if not isinstance(snapshot, dict) or set(snapshot) != {"task", "attempts"}:
            raise ValueError(
                f"snapshot: given {type(snapshot).__name__}; allowed: a dictionary that snapshot() returned"
            )
        own = snapshot["task"] == self._default_task.name
        task = self._default_task if own else get_task(snapshot["task"])
        self._begin_episode(task, [Attempt.from_dict(record) for record in snapshot["attempts"]])
        return self._observation()

    def render(self) -> str | None:
        """The episode so far as text; None without a render mode.

        Raises:
            ResetNeeded: there is no episode yet.
        """
        if self.render_mode is None:
            gymnasium.logger.warn('render() does nothing without a render mode: gym.make(..., render_mode="ansi")')
            return None
        if self._attempts is None:
            raise ResetNeeded("there is no episode yet: call reset() before render()")
        return render_ansi(self._task, self._protocol, self._attempts, self._max_attempts)

    def close(self) -> None:
        """Give back what the environment holds. The sandbox that ``"auto"`` shares stays warm for others."""
        if self._owns_sandbox:
            self._sandbox.close()

    def _begin_episode(self, task: Task, attempts: list[Attempt]) -> None:
        self._evaluator = self._evaluator_of(task)
        self._task = task
        self._attempts = attempts

    def _evaluator_of(self, task: Task) -> Evaluator:
        if task not in self._evaluators:
            self._evaluators[task] = Evaluator(task, sandbox=self._sandbox, **self._evaluation_settings)
        return self._evaluators[task]

    def _observation(self) -> str:
        attempts = self._attempts or []
        last = attempts[-1] if attempts else None
        context = PromptContext(
            title=self._task.title,
            description=self._task.description,
            feature_names=self._task.feature_names,
            n_rows=self._evaluator.n_train_rows,
            n_classes=self._task.n_classes,
            attempt=min(len(attempts) + 1, self._max_attempts),
            max_attempts=self._max_attempts,
            previous_code=last.code if last else None,
            failure=last.evaluation.failure if last else None,
        )
        return self._prompt(context)


def _is_sandbox(sandbox: object) -> TypeGuard[Sandbox]:
    return callable(getattr(sandbox, "run", None))
