"""The environment's own logic, on a sandbox that runs nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded

from ds_gym.env import DataSciEnv
from ds_gym.tasks import Task

GOOD = "\n    return good(x_train, y_train)"
BAD = "\n    return fail(x_train, y_train)"
BROKEN = "\n    return fit("
INFO_KEYS = {"task", "attempt", "status", "score", "score_std", "split_scores", "error", "code"}


@pytest.fixture
def make_env(task: Task, fake_sandbox: Any) -> Callable[..., DataSciEnv]:
    def make(**kwargs: Any) -> DataSciEnv:
        return DataSciEnv(**{"task": task, "sandbox": fake_sandbox, **kwargs})

    return make


def test_a_scored_attempt_ends_the_episode(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    observation, info = env.reset(seed=0)
    assert info == {"task": "separable"}
    assert observation.endswith('classes."""')
    assert "(21, 2)" in observation  # half of the 70 % of 60 rows that are not held out
    assert "Attempt 1 of 5." in observation
    _, reward, terminated, truncated, info = env.step(GOOD)
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info == {
        "task": "separable",
        "attempt": 1,
        "status": "scored",
        "score": 1.0,
        "score_std": 0.0,
        "split_scores": [1.0] * 5,
        "error": None,
        "code": f"def build_model(x_train, y_train):{GOOD}",
    }


def test_a_failed_attempt_may_be_repaired(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step(BAD)
    assert (reward, terminated, truncated) == (-1.0, False, False)
    assert info["error"] == {"kind": "exception", "message": "NameError: name 'fail' is not defined", "line": 2}
    assert (info["status"], info["score"], info["score_std"], info["split_scores"]) == ("failed", None, None, [])
    assert "Attempt 2 of 5." in observation
    assert "return fail(x_train, y_train)" in observation
    assert "NameError: name 'fail' is not defined" in observation
    observation, reward, terminated, _, info = env.step(GOOD)
    assert (reward, terminated, info["attempt"]) == (1.0, True, 2)


def test_a_program_that_does_not_parse_is_not_run(make_env: Callable[..., DataSciEnv], fake_sandbox: Any) -> None:
    env = make_env()
    env.reset(seed=0)
    observation, reward, _, _, info = env.step(BROKEN)
    assert reward == -1.0
    assert info["error"] == {"kind": "syntax", "message": "SyntaxError: '(' was never closed", "line": 2}
    assert "'(' was never closed" in observation
    assert fake_sandbox.jobs == []


def test_the_attempts_run_out(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env(max_attempts=3)
    env.reset(seed=0)
    steps = [env.step(action) for action in (BAD, BROKEN, BAD)]
    assert [step[2] for step in steps] == [False, False, True]
    assert [step[4]["attempt"] for step in steps] == [1, 2, 3]
    with pytest.raises(ResetNeeded, match="has ended"):
        env.step(GOOD)
    observation, _ = env.reset()
    assert "Attempt 1 of 3." in observation
    assert "fail" not in observation


def test_step_and_render_and_snapshot_need_an_episode(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env(render_mode="ansi")
    for call in (lambda: env.step(GOOD), env.render, env.snapshot):
        with pytest.raises(ResetNeeded, match=r"call reset\(\)"):
            call()


@pytest.mark.parametrize("action", [None, 3, b"return 1", ["return 1"], ("return 1",), float("nan"), object()])
def test_an_action_is_a_string(make_env: Callable[..., DataSciEnv], action: Any) -> None:
    env = make_env()
    env.reset(seed=0)
    with pytest.raises(InvalidAction, match="allowed: a string"):
        env.step(action)
    assert env.step(GOOD)[4]["attempt"] == 1  # it did not count


@pytest.mark.parametrize("prompt", ["completion", "infill", "instruct"])
@pytest.mark.parametrize(
    "action",
    [
        "",
        "\0",
        "\udce9\udcff",
        "hello, world",
        "x" * 1_000_000,
        "\n    x = 1\n" * 5_000,
        "漢字 🙂",
        "\n    raise fail",
        "```",
        "\n    x = '" + "y" * 19_000,
        "\n    # <FILL_ME>\n    return fail",
        "\x1b[2J\x07\n    return (",
    ],
)
def test_any_string_is_an_attempt(make_env: Callable[..., DataSciEnv], action: str, prompt: str) -> None:
    env = make_env(prompt=prompt)
    env.reset(seed=0)
    observation, reward, _, _, info = env.step(action)
    assert observation in env.observation_space
    observation.encode()  # no lone surrogates: it can be tokenised
    assert set(info) == INFO_KEYS
    json.dumps({**info, "error": dict(info["error"] or {})})
    if reward == -1.0:
        assert info["error"]["message"]


def test_the_task_of_an_episode_is_an_option(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    observation, info = env.reset(options={"task": "wine"})
    assert info == {"task": "wine"}
    assert "Wine" in observation
    assert env.task.name == "wine"
    assert env.reset()[1] == {"task": "separable"}
    with pytest.raises(ValueError, match=r"options: unknown value 'tasks'.*Did you mean 'task'\?"):
        env.reset(options={"tasks": "wine"})
    with pytest.raises(ValueError, match="Did you mean 'wine'"):
        env.reset(options={"task": "whine"})


@pytest.mark.parametrize("options", [["task"], "wine", 3, {"task": 3}, {"task": None}, {3: "wine"}, {"seed": 1}])
def test_bad_options_change_nothing(make_env: Callable[..., DataSciEnv], options: Any) -> None:
    env = make_env()
    env.reset(seed=3)
    env.step(BAD)
    before = env.snapshot()
    with pytest.raises(ValueError, match=r"options|task"):
        env.reset(seed=4, options=options)
    assert env.snapshot() == before
    assert env.np_random_seed == 3


@pytest.mark.parametrize("seed", [-1, "0", 0.5])
def test_a_bad_seed(make_env: Callable[..., DataSciEnv], seed: Any) -> None:
    env = make_env()
    with pytest.raises(gym.error.Error, match=r"(?i)seed"):
        env.reset(seed=seed)


def test_infos_are_made_anew(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    env.reset()
    info = env.step(GOOD)[4]
    info["split_scores"].append(3)
    info["code"] = ""
    env.reset()
    assert env.step(GOOD)[4]["split_scores"] == [1.0] * 5


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"task": "ballance_scale"}, r"task: unknown value 'ballance_scale'.*Did you mean 'balance_scale'\?"),
        ({"protocol": "hold-out"}, r"protocol: unknown value 'hold-out'.*Did you mean 'holdout'\?"),
        ({"prompt": "complete"}, r"prompt: unknown value 'complete'.*Did you mean 'completion'\?"),
        ({"sandbox": "fork_server"}, r"sandbox.*'fork_server'.*Did you mean 'fork-server'\?"),
        ({"sandbox": None}, "sandbox.*None"),
        ({"render_mode": "anis"}, r"render_mode: unknown value 'anis'.*Did you mean 'ansi'\?"),
        ({"max_attempts": 0}, "max_attempts: given 0; allowed: an integer of at least 1"),
        ({"n_splits": "5"}, "n_splits: given '5'"),
        ({"test_size": 50}, "test_size: given 50"),
        ({"timeout_s": -1}, "timeout_s: given -1"),
        ({"cache": "off"}, "cache: given 'off'; allowed: True or False"),
        ({"task": None}, "task: unknown value None"),
        ({"task": ["wine"]}, "task: unknown value"),
        ({"memory_mb": 1}, "memory_mb: given 1; allowed: an integer of at least 64"),
    ],
)
def test_bad_arguments(make_env: Callable[..., DataSciEnv], kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_env(**kwargs)


def test_render_shows_the_episode(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env(render_mode="ansi")
    env.reset()
    assert "No attempt yet; 5 may be made." in str(env.render())
    env.step(BAD)
    env.step(GOOD)
    text = env.render()
    assert text is not None
    for part in (
        "Separable (separable), protocol holdout",
        "Attempt 1 of 5: failed",
        "  2 |     return fail(x_train, y_train)",
        "NameError: name 'fail' is not defined (line 2)",
        "Attempt 2 of 5: ROC AUC 1.0000",
        "  2 |     return good(x_train, y_train)",
    ):
        assert part in text


def test_a_person_sees_the_episode_as_it_goes_on(
    make_env: Callable[..., DataSciEnv], capsys: pytest.CaptureFixture[str]
) -> None:
    env, as_text = make_env(render_mode="human"), make_env(render_mode="ansi")
    shown = []
    for each in (env, as_text):
        each.reset(seed=0)
    shown.append(capsys.readouterr().out)
    for action in (BAD, BROKEN, GOOD):
        env.step(action)
        as_text.step(action)
        assert env.render() is None
        shown.append(capsys.readouterr().out)
    assert "".join(shown).rstrip() == as_text.render()
    assert "Attempt 2 of 5: failed" in shown[2]
    assert "Attempt 1 of 5" not in shown[2]


def test_a_terminal_that_knows_ascii_only(make_env: Callable[..., DataSciEnv], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    env = make_env(render_mode="human")
    env.reset(seed=0)
    env.step("\n    # 漢字\n    return fail")
    assert b"# ??" in terminal.buffer.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", ["ansi", "human"])
def test_a_program_cannot_command_the_terminal(
    make_env: Callable[..., DataSciEnv], mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    env = make_env(render_mode=mode)
    env.reset(seed=0)
    env.step("\n    x = '\x1b[2J\x07'\n    return fail")
    shown = f"{env.render()}{capsys.readouterr().out}"
    assert "x = '�[2J�'" in shown
    assert shown.replace("\n", "").isprintable()


def test_render_without_a_mode_warns(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    env.reset()
    with pytest.warns(UserWarning, match="render mode"):
        assert env.render() is None


@pytest.mark.parametrize("actions", [[], [BAD], [BAD, BROKEN], [BAD, GOOD]])
def test_an_episode_goes_on_from_a_snapshot(make_env: Callable[..., DataSciEnv], actions: list[str]) -> None:
    env, other = make_env(render_mode="ansi"), make_env(render_mode="ansi")
    observation, _ = env.reset(seed=0)
    for action in actions:
        observation, *_ = env.step(action)
    snapshot = json.loads(json.dumps(env.snapshot()))
    assert other.restore(snapshot) == observation
    assert other.render() == env.render()
    assert other.snapshot() == snapshot
    if GOOD in actions:
        assert other.is_over
    else:
        assert [other.step(a) for a in (BAD, GOOD)] == [env.step(a) for a in (BAD, GOOD)]


def test_a_snapshot_of_another_task(make_env: Callable[..., DataSciEnv]) -> None:
    env, other = make_env(), make_env()
    observation, _ = env.reset(options={"task": "wine"})
    assert other.restore(env.snapshot()) == observation
    assert other.task.name == "wine"


@pytest.mark.parametrize(
    "snapshot",
    [None, {}, {"task": "wine"}, {"task": "whine", "attempts": []}, {"task": "wine", "attempts": [{"code": "x"}]}],
)
def test_what_is_no_snapshot(make_env: Callable[..., DataSciEnv], snapshot: Any) -> None:
    env = make_env()
    env.reset()
    before = env.snapshot()
    with pytest.raises(ValueError, match=r"snapshot|task"):
        env.restore(snapshot)
    assert env.snapshot() == before


def test_holdout_score(make_env: Callable[..., DataSciEnv], fake_sandbox: Any) -> None:
    env = make_env()
    assert env.holdout_score(GOOD) == 1.0  # without an episode too
    assert len(fake_sandbox.jobs) == 1
    assert env.holdout_score(f"```python\ndef build_model(a, b):{GOOD}\n```") == 1.0
    assert env.holdout_score(BAD) == -1.0
    assert env.holdout_score(BROKEN) == -1.0
    with pytest.raises(ValueError, match="holds no rows out"):
        make_env(protocol="paper").holdout_score(GOOD)


def test_a_given_sandbox_stays_open(make_env: Callable[..., DataSciEnv], fake_sandbox: Any) -> None:
    env = make_env()
    assert env.sandbox is fake_sandbox
    env.close()
    env.close()
    assert not fake_sandbox.closed


def test_closing_twice_and_then_going_on(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    env.reset()
    env.close()
    env.close()
    for call in (env.reset, lambda: env.step(GOOD)):
        with pytest.raises(ClosedEnvironmentError, match=r"after close\(\)"):
            call()


def test_without_the_cache_a_program_is_run_again(make_env: Callable[..., DataSciEnv], fake_sandbox: Any) -> None:
    for cache, n_jobs in ((True, 5), (False, 15)):
        env = make_env(cache=cache)
        for _ in range(2):
            env.reset()
            assert env.step(GOOD)[1] == 1.0
        assert len(fake_sandbox.jobs) == n_jobs


def test_siblings_are_environments_of_their_own(make_env: Callable[..., DataSciEnv]) -> None:
    env = make_env()
    env.reset(seed=1)
    env.step(BAD)
    first, second = env.siblings(2)
    for sibling in (first, second):
        with pytest.raises(ResetNeeded):
            sibling.step(GOOD)
    first.reset(seed=2)
    assert first.step(GOOD)[4]["attempt"] == 1
    assert env.step(GOOD)[4]["attempt"] == 2
    assert (env.np_random_seed, first.np_random_seed) == (1, 2)
    assert first.action_space is not second.action_space
    first.close()
    second.reset()


def test_made_by_gymnasium(task: Task, fake_sandbox: Any) -> None:
    env = gym.make("DataSci-v0", task=task, sandbox=fake_sandbox, max_attempts=2)
    env.reset(seed=0)
    assert env.step(GOOD)[1] == 1.0
    assert env.get_wrapper_attr("sandbox") is fake_sandbox
