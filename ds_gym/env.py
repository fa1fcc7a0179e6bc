"""``DataSci-v0``: write a program, get the ROC AUC of the model that it builds, repair it if it fails."""

from __future__ import annotations

import copy
import sys
from collections.abc import Sequence
from typing import Any, ClassVar, TypeGuard

import gymnasium
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded

from ds_gym.actions import MAX_ACTION_CHARACTERS, ProgramError, normalise_program
from ds_gym.attempts import PendingAttempt
from ds_gym.cache import ResultCache
from ds_gym.evaluation import FAILED_REWARD, Evaluation, Evaluator
from ds_gym.info import attempt_info
from ds_gym.prompts import PROMPT_STYLES, PromptContext
from ds_gym.sandbox import make_sandbox
from ds_gym.sandbox.protocol import Sandbox
from ds_gym.spaces import UnicodeText
from ds_gym.task_order import DEFAULT_TASK, TaskOrder, resolve_tasks
from ds_gym.tasks import Task, get_task
from ds_gym.transcript import Attempt, describe_attempt, describe_task, render_ansi
from ds_gym.validation import check_choice, check_flag, check_integer, check_options

MAX_OBSERVATION_CHARACTERS = 65_536

StepResult = tuple[str, float, bool, bool, dict[str, Any]]


class DataSciEnv(gymnasium.Env[str, str]):
    """One task an episode, solved by writing Python source.

    **Observation**: a text that ends where the agent writes (see :mod:`ds_gym.prompts`): the task, the shape of the
    data, the number of the attempt, and after a failure the previous program and its error.

    **Action**: any text. It should hold the body of ``build_model(x_train, y_train)`` or the whole function (see
    :func:`ds_gym.actions.normalise_program`); ``x_train`` is float64 [n, features], or a data frame for a task made
    with ``encode=None``; ``y_train`` is int64 [n] with values 0 .. classes - 1; it returns an object whose
    ``predict_proba(x)`` gives float [m, classes]. A text that is no program is a failed attempt.

    **Reward**: mean ROC AUC over the splits (one-vs-one for more than two classes), or -1.0 if any of them fails.

    **End**: ``terminated`` on a scored attempt and when the attempts are used up. ``truncated`` is always False.

    **Info** of a step: ``task``, ``attempt`` (from 1), ``status`` ("scored" or "failed"), ``score`` and ``score_std``
    (float or None), ``split_scores`` (list of float, empty on failure), ``error`` (None, or a mapping with ``kind``,
    ``message``, ``line``), ``code`` (the normalised program). Info of a reset: ``task``.

    Args:
        task: name of a registered task, or a :class:`~ds_gym.tasks.Task`.
        tasks: several of them instead, for environments whose episodes differ in their task.
        task_order: how episodes go through ``tasks``: ``"round-robin"`` (one after another, from the first at every
            seeded reset), or ``"random"`` (each drawn with ``np_random``, so that the seed decides).
        protocol: ``"holdout"`` or ``"paper"`` (see :class:`~ds_gym.evaluation.Evaluator`).
        n_splits: splits that a program is scored on.
        test_size: part of the rows that each split scores on, between 0 and 1.
        max_attempts: attempts an episode may take.
        prompt: style of the observations, ``"completion"``, ``"infill"`` or ``"instruct"``.
        sandbox: how programs are run: ``"auto"``, ``"strict"``, ``"fork-server"``, ``"bubblewrap"``, ``"in-process"``
            (for debugging only; see :func:`ds_gym.sandbox.make_sandbox`), or a sandbox, which stays the caller's to
            close.
        timeout_s: wall-clock seconds that an attempt may take.
        memory_mb: memory that a program may use, in MiB.
        cache: whether a program whose result this process knows already is not run again.
        render_mode: None; ``"ansi"``: :meth:`render` returns the episode so far as text (``"ansi_list"`` through
            ``gymnasium.make``: a list of these); ``"human"``: the episode is written to the terminal as it goes on.

    Raises:
        ValueError: a bad argument; the message names it, what was given and what is allowed.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 1}  # type: ignore[misc]

    def __init__(
        self,
        task: str | Task = DEFAULT_TASK,
        protocol: str = "holdout",
        n_splits: int = 5,
        test_size: float = 0.5,
        max_attempts: int = 5,
        prompt: str = "completion",
        sandbox: str | Sandbox = "auto",
        timeout_s: float = 60,
        memory_mb: int = 2048,
        render_mode: str | None = None,
        *,
        tasks: Sequence[str | Task] | None = None,
        task_order: str = "round-robin",
        cache: bool = True,
    ) -> None:
        if render_mode is not None:
            check_choice("render_mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self._prompt = PROMPT_STYLES[check_choice("prompt", prompt, PROMPT_STYLES)]
        self._max_attempts = check_integer("max_attempts", max_attempts, 1)
        self._protocol = protocol
        order = TaskOrder(resolve_tasks(task, tasks), task_order)
        self._owns_sandbox = not _is_sandbox(sandbox)
        self._sandbox = sandbox if _is_sandbox(sandbox) else make_sandbox(str(sandbox))
        self._evaluation_settings: dict[str, Any] = {
            "protocol": protocol,
            "n_splits": n_splits,
            "test_size": test_size,
            "timeout_s": timeout_s,
            "memory_mb": memory_mb,
            "cache": None if check_flag("cache", cache) else ResultCache(max_entries=0),
        }
        self._evaluators: dict[Task, Evaluator] = {}
        for each in order.tasks:
            self._evaluator_of(each)  # a task that cannot be scored with these settings is an error now, not later
        self._set_up(order)

    def siblings(self, number: int) -> list[DataSciEnv]:
        """Environments with the same settings, among which the tasks are dealt out (see :meth:`TaskOrder.deal`).

        They share the sandbox and the splits of the tasks, and are of use until this environment is closed.
        """
        siblings = [copy.copy(self) for _ in range(number)]
        for sibling, order in zip(siblings, self._task_order.deal(number), strict=True):
            sibling._owns_sandbox = False
            sibling._set_up(order)
        return siblings

    def _set_up(self, order: TaskOrder) -> None:
        """Set what belongs to one environment alone, not to its siblings."""
        self.observation_space = UnicodeText(MAX_OBSERVATION_CHARACTERS)
        self.action_space = UnicodeText(MAX_ACTION_CHARACTERS)
        self._np_random = None
        self._np_random_seed = None
        self._task_order = order
        self._task = order.tasks[0]
        self._evaluator = self._evaluator_of(self._task)
        self._attempts: list[Attempt] | None = None
        self._closed = False

    @property
    def task(self) -> Task:
        """The task of the current episode."""
        return self._task

    @property
    def sandbox(self) -> Sandbox:
        """What runs the programs; ``sandbox.report()`` tells which layers of confinement hold."""
        return self._sandbox

    @property
    def max_attempts(self) -> int:
        """Attempts an episode may take."""
        return self._max_attempts

    @property
    def n_attempts(self) -> int:
        """Attempts made in the current episode."""
        return len(self._attempts or [])

    @property
    def is_over(self) -> bool:
        """Whether the episode has ended: an attempt was scored, or all attempts are used up."""
        attempts = self._attempts or []
        return len(attempts) >= self._max_attempts or bool(attempts and attempts[-1].evaluation.failure is None)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: seeds ``np_random``; the environment itself is deterministic.
            options: ``{"task": name or Task}`` chooses the task of this episode; the order of the others stays.

        Returns:
            The first observation, and ``{"task": name}``.

        Raises:
            ClosedEnvironmentError: after :meth:`close`.
            ValueError: an unknown option or task, or a task that cannot be scored with the environment's settings.
        """
        self._check_open("reset")
        given = check_options(options, ["task"])
        chosen = get_task(given["task"]) if "task" in given else None
        if chosen is not None:
            self._evaluator_of(chosen)
        super().reset(seed=seed)
        if seed is not None:
            self._task_order.position = 0
        self._begin_episode(chosen or self._task_order.draw(self.np_random), [])
        self._show(describe_task(self._task, self._protocol))
        return self._observation(), {"task": self._task.name}

    def step(self, action: str) -> StepResult:
        """Make an attempt; see the class for what comes back.

        Raises:
            ClosedEnvironmentError: after :meth:`close`.
            ResetNeeded: there is no episode, or it has ended.
            InvalidAction: the action is not a string.
            SandboxError: the machinery failed, not the program; the attempt does not count and may be made again.
        """
        pending = self.begin_attempt(action)
        return self.finish_attempt(pending, pending.evaluate())

    def begin_attempt(self, action: str) -> PendingAttempt:
        """First part of :meth:`step`: read the action. (A vector environment then evaluates many in parallel.)"""
        self._check_open("step")
        if self._attempts is None:
            raise ResetNeeded("there is no episode yet: call reset() before step()")
        if self.is_over:
            raise ResetNeeded("the episode has ended: call reset() to begin another")
        if not isinstance(action, str):
            raise InvalidAction(f"action: given {type(action).__name__}; allowed: a string of Python source")
        try:
            return PendingAttempt(normalise_program(action), self._evaluator)
        except ProgramError as error:
            return PendingAttempt(error.code, self._evaluator, Evaluation.failed(error.failure))

    def finish_attempt(self, pending: PendingAttempt, evaluation: Evaluation) -> StepResult:
        """Last part of :meth:`step`: take the outcome into the episode."""
        assert self._attempts is not None
        self._attempts.append(Attempt(pending.code, evaluation))
        self._show(describe_attempt(self._attempts[-1], len(self._attempts), self._max_attempts))
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
        """The state of the environment, as JSON can hold it; :meth:`restore` goes on from it.

        Raises:
            ResetNeeded: there is no episode yet.
        """
        if self._attempts is None:
            raise ResetNeeded("there is no episode yet: call reset() before snapshot()")
        return {
            "task": self._task.name,
            "attempts": [attempt.as_dict() for attempt in self._attempts],
            "next_task": self._task_order.position,
            "np_random": copy.deepcopy(self.np_random.bit_generator.state),
        }

    def restore(self, snapshot: dict[str, Any]) -> str:
        """Go on with the episode of a :meth:`snapshot`, made by an environment with the same arguments.

        Returns:
            The observation that the episode had come to.

        Raises:
            ValueError: not a snapshot, or one of an unknown task.
        """
        if not isinstance(snapshot, dict) or set(snapshot) != {"task", "attempts", "next_task", "np_random"}:
            raise ValueError(
                f"snapshot: given {type(snapshot).__name__}; allowed: a dictionary that snapshot() returned"
            )
        own = (task for task in self._task_order.tasks if task.name == snapshot["task"])
        task = next(own, None) or get_task(snapshot["task"])
        next_task = check_integer("snapshot['next_task']", snapshot["next_task"], 0)
        attempts = [Attempt.from_dict(record) for record in snapshot["attempts"]]
        try:
            self.np_random.bit_generator.state = snapshot["np_random"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"snapshot['np_random']: not the state of a random generator: {error!r}") from error
        self._task_order.position = next_task
        self._begin_episode(task, attempts)
        return self._observation()

    def render(self) -> str | None:
        """The episode so far as text with ``render_mode="ansi"``, else None.

        Raises:
            ResetNeeded: there is no episode yet.
        """
        if self.render_mode is None:
            gymnasium.logger.warn('render() does nothing without a render mode: gym.make(..., render_mode="ansi")')
            return None
        if self._attempts is None:
            raise ResetNeeded("there is no episode yet: call reset() before render()")
        if self.render_mode == "human":
            return None  # all of it has been shown
        return render_ansi(self._task, self._protocol, self._attempts, self._max_attempts)

    def close(self) -> None:
        """Give back what the environment holds. The sandbox that ``"auto"`` shares stays warm for others."""
        if self._owns_sandbox and not self._closed:
            self._sandbox.close()
        self._closed = True

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise ClosedEnvironmentError(f"{method}() after close(): make a new environment")

    def _show(self, text: str) -> None:
        """Show a person what has just happened, with ``render_mode="human"``."""
        if self.render_mode == "human":
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(f"{text}\n\n".encode(encoding, "replace").decode(encoding))
            sys.stdout.flush()

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
            columns=self._task.columns,
        )
        return self._prompt(context)


def _is_sandbox(sandbox: object) -> TypeGuard[Sandbox]:
    return callable(getattr(sandbox, "run", None))
