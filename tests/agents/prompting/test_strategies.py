"""What each prompting agent brings along and remembers, in the real environment with a scripted model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import pytest
import torch
from gymnasium.vector import AutoresetMode

import ds_gym  # noqa: F401  # registers the environment
from agents import make_agent, make_config
from agents.agent import agent_traits, list_agents
from agents.prompting.examples import Example, read_examples, solved_examples
from agents.prompting.templates import PromptTemplates
from agents.rollout import Turn
from tests.agents.prompting.scripted_model import ScriptedModel

PROMPTING = [name for name in list_agents() if agent_traits(name).model == "text model"]
FAILING = "\n    return None"
PROGRAMS = [
    "\n    from sklearn.naive_bayes import GaussianNB\n    return GaussianNB().fit(x_train, y_train)",
    "\n    from sklearn.dummy import DummyClassifier\n    return DummyClassifier().fit(x_train, y_train)",
    "\n    from sklearn.tree import DecisionTreeClassifier\n"
    "    return DecisionTreeClassifier(random_state=0).fit(x_train, y_train)",
]
"""From the second-best to the worst to the best on monks_1."""


def make_envs(num_envs: int = 2, task: str = "monks_1", prompt: str = "completion") -> gym.vector.VectorEnv:
    return gym.make_vec(
        "DataSci-v0",
        num_envs=num_envs,
        task=task,
        prompt=prompt,
        n_splits=1,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )


def in_turn(*answers: str) -> Callable[[str], str]:
    """The answers one after another, again and again; prompts for thoughts get a numbered lesson."""
    state = {"program": 0, "thought": 0}

    def answer(prompt: str) -> str:
        if prompt.endswith(("# Lesson:", "#")):
            state["thought"] += 1
            return f" lesson {state['thought']}"
        state["program"] += 1
        return answers[(state["program"] - 1) % len(answers)]

    return answer


def play(agent: Any, env_steps: int, **settings: Any) -> list[Turn]:
    envs = make_envs(**settings)
    try:
        return [turn for iteration in agent.learn(envs, env_steps) for turn in iteration.turns]
    finally:
        envs.close()


def test_zero_shot_never_sees_what_failed() -> None:
    model = ScriptedModel(in_turn(FAILING))
    turns = play(make_agent("zero-shot", model), 6)
    assert {turn.info["attempt"] for turn in turns} == {1, 2, 3}
    assert len(set(model.programs())) == 1
    assert "Attempt 1 of 5" in model.programs()[0]
    assert "Error" not in model.programs()[0]


def built_in_examples(style: Any) -> tuple[Example, ...]:
    return solved_examples(read_examples(PromptTemplates("few-shot", style).luggage), style)


@pytest.mark.parametrize("style", ["completion", "instruct"])
@pytest.mark.parametrize("task", ["wine", "monks_3", "tic_tac_toe"])
def test_few_shot_shows_examples_of_other_tasks_alone(style: Any, task: str) -> None:
    model = ScriptedModel(in_turn(FAILING), style)
    agent = make_agent("few-shot", model, make_config("few-shot", n_examples=3))
    envs = make_envs(1, task, style)
    try:
        (observation,), _ = envs.reset(seed=0)
    finally:
        envs.close()
    prompt = agent.prompts(observation)["program"]  # type: ignore[attr-defined]
    examples = built_in_examples(style)
    shown = [example for example in examples if example.body in prompt]
    own = observation.partition("\n")[0]
    assert len(shown) == 3
    assert all(example.observation.task != own for example in shown)
    assert prompt.count(own) == 1
    assert prompt.endswith(observation)


def test_examples_of_the_user_go_first_and_change_the_fingerprint(tmp_path: Any) -> None:
    (tmp_path / "few-shot.yaml").write_text("- task: digits\n  body: return None\n")
    config = make_config("few-shot", templates=str(tmp_path))
    agent = make_agent("few-shot", ScriptedModel(in_turn(FAILING)), config)
    envs = make_envs(1)
    try:
        (observation,), _ = envs.reset(seed=0)
    finally:
        envs.close()
    prompt = agent.prompts(observation)["program"]  # type: ignore[attr-defined]
    assert prompt.count("def build_model(") == 2
    assert "    return None\n" in prompt
    mine, built_in = PromptTemplates("few-shot", "completion", str(tmp_path)), PromptTemplates("few-shot", "completion")
    assert mine.fingerprint != built_in.fingerprint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a list of examples"),
        ("task: wine", "a list of examples"),
        ("- task: wine", "example 1 must have"),
        ("- {", "cannot be read"),
    ],
)
def test_bad_examples_are_told(tmp_path: Any, text: str, complaint: str) -> None:
    (tmp_path / "few-shot.yaml").write_text(text)
    with pytest.raises(ValueError, match=complaint) as error:
        make_agent("few-shot", ScriptedModel(in_turn(FAILING)), make_config("few-shot", templates=str(tmp_path)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("style", ["completion", "instruct"])
def test_the_examples_really_solve_their_tasks(style: Any) -> None:
    tasks = ["wine", "monks_3", "digits", "breast_cancer"]
    for task, example in zip(tasks, built_in_examples(style), strict=True):
        env = gym.make("DataSci-v0", task=task, prompt=style, n_splits=1)
        try:
            observation, _ = env.reset(seed=0)
            assert example.observation.text == observation
            _, reward, *_ = env.step(example.program)
            assert float(reward) > 0.9
            env.reset(seed=0)
            assert env.step(f"\n{example.body}")[1] == reward
        finally:
            env.close()


def test_chain_of_thought_writes_a_thought_before_every_program() -> None:
    model = ScriptedModel(in_turn(FAILING))
    turns = play(make_agent("chain-of-thought", model), 4)
    assert [turn.thought for turn in turns] == [f"lesson {n}" for n in (1, 2, 3, 4)]
    assert all(
        f"# lesson {n}\ndef build_model" in prompt for n, prompt in zip((1, 2, 3, 4), model.programs(), strict=True)
    )
    model = ScriptedModel(in_turn(FAILING), "instruct")
    play(make_agent("chain-of-thought", model), 2, prompt="instruct")
    assert model.thoughts() == []
    assert all("step by step" in prompt for prompt in model.programs())


def test_reflections_stand_in_later_prompts_of_the_task_and_only_the_last_ones() -> None:
    model = ScriptedModel(in_turn(FAILING))
    agent = make_agent("reflection", model, make_config("reflection", n_reflections=2))
    turns = play(agent, 12, num_envs=1)
    thoughts = [turn.thought for turn in turns]
    assert thoughts == [
        "",
        *(f"lesson {n}" for n in (1, 2, 3, 4)),
        "",
        *(f"lesson {n}" for n in (5, 6, 7, 8)),
        "",
        "lesson 9",
    ]
    after_five, first_of_second_episode = model.programs()[4], model.programs()[5]
    assert "it must not" not in after_five
    assert "build_model must return" in after_five or "Error" in after_five
    assert "Attempt 1 of 5" in first_of_second_episode
    assert [f"lesson {n}" in first_of_second_episode for n in (1, 2, 3, 4)] == [False, False, True, True]


def test_best_of_n_draws_n_times_and_then_plays_the_best() -> None:
    model = ScriptedModel(in_turn(FAILING, *PROGRAMS))
    agent = make_agent("best-of-n", model, make_config("best-of-n", n=4))
    turns = play(agent, 10)
    assert len(model.asked) == 4
    scores = [turn.reward for turn in turns]
    assert scores[4:] == [max(scores[:4])] * 6
    assert {turn.generated_tokens for turn in turns[4:]} == {0}
    observation = turns[0].prompt
    assert agent.act([observation], torch.Generator()) == [turns[4].info["code"]]


def test_best_of_n_goes_on_drawing_as_long_as_nothing_was_scored() -> None:
    model = ScriptedModel(in_turn(FAILING))
    play(make_agent("best-of-n", model, make_config("best-of-n", n=2)), 8)
    assert len(model.asked) == 8


def test_self_improve_shows_the_best_programs_with_their_scores_the_best_one_last() -> None:
    model = ScriptedModel(in_turn(FAILING, *PROGRAMS))
    agent = make_agent("self-improve", model, make_config("self-improve", n_programs=2))
    turns = play(agent, 9, num_envs=1)
    scores = {turn.info["code"]: turn.reward for turn in turns if turn.reward > -1}
    best_two = sorted(scores, key=lambda code: scores[code])[-2:]
    last = model.programs()[-1]
    shown = ["\n".join(f"#{line}" for line in code.split("\n")[1:]) for code in best_two]
    places = [
        last.index(f"# A program that scores {scores[code]:.4f}:\n{text}")
        for code, text in zip(best_two, shown, strict=True)
    ]
    assert places == sorted(places)
    worst = min(scores, key=lambda code: scores[code]).split("\n")[-1]
    assert worst not in last


@pytest.mark.parametrize("name", PROMPTING)
def test_acting_remembers_nothing(name: str) -> None:
    agent = make_agent(name, ScriptedModel(in_turn(FAILING, *PROGRAMS)))
    turns = play(agent, 6)
    before = agent.state_dict()["memory"]
    agent.act([turn.prompt for turn in turns], torch.Generator())
    assert agent.state_dict()["memory"] == before
    assert agent.usage_of_acting.generated_tokens > 0 or name == "best-of-n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PROMPTING)
def test_a_state_belongs_to_its_prompts(name: str, tmp_path: Any) -> None:
    agent = make_agent(name, ScriptedModel(in_turn(FAILING)))
    (tmp_path / "completion").mkdir()
    (tmp_path / "completion" / f"{name}.j2").write_text("{{ observation.text }}!")
    other = make_agent(name, ScriptedModel(in_turn(FAILING)), make_config(name, templates=str(tmp_path)))
    state = {**agent.state_dict(), "config": other.state_dict()["config"]}
    with pytest.raises(ValueError, match="prompts"):
        other.load_state_dict(state)


@pytest.mark.parametrize("name", PROMPTING)
def test_an_agent_that_goes_on_from_its_state_writes_what_it_would_have_written(name: str) -> None:
    """With the embedded model, whose sampling is seeded."""
    from agents import load_language_model

    language_model = load_language_model("tinycoder", device="cpu")
    config = make_config(name, max_new_tokens=48)
    whole = play(make_agent(name, language_model, config, 3), 24, num_envs=4)
    first = make_agent(name, language_model, config, 3)
    envs = make_envs(4)
    try:
        iterations = first.learn(envs, 24)
        begun = [turn for _ in range(3) for turn in next(iterations).turns]
        state = first.state_dict()
    finally:
        envs.close()
    second = make_agent(name, language_model, config, 3)
    second.load_state_dict(state)
    rest = play(second, 24, num_envs=4)
    assert [(turn.action, turn.reward, turn.thought) for turn in [*begun, *rest]] == [
        (turn.action, turn.reward, turn.thought) for turn in whole
    ]


@pytest.mark.parametrize(
    ("name", "settings", "complaint"),
    [
        ("few-shot", {"n_examples": 0}, "n_examples=0"),
        ("best-of-n", {"n": "0"}, "n=0"),
        ("self-improve", {"n_programs": 0}, "n_programs=0"),
        ("reflection", {"n_reflections": -1}, "n_reflections=-1"),
        ("zero-shot", {"temperature": -1}, "temperature=-1"),
        ("zero-shot", {"max_new_tokens": 0}, "max_new_tokens=0"),
        ("zero-shot", {"temprature": 1}, "Did you mean 'temperature'"),
    ],
)
def test_settings_are_checked(name: str, settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make_config(name, **settings)
