from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks.errors import BadInput, ResultError
from benchmarks.execution import execute_run
from benchmarks.models import ModelRequest
from benchmarks.plan import Request, RunSpec, agent_configs, make_plan
from benchmarks.results import READABLE_VERSIONS, RunResult, read_result
from benchmarks.storage import RunFiles
from benchmarks.suites import Reference, Suite, list_suites, load_suite
from tests.benchmarks.fakes import FakeBackend, make_spec

BACKEND = FakeBackend()
SUITE = Suite(
    description="A suite.",
    tasks=("easy", "hard"),
    seeds=(0, 1),
    env_steps=40,
    num_envs=4,
    protocol="holdout",
    evaluation_attempts=8,
    references=(
        Reference("sample", {"temperature": 1.0}),
        Reference("sample", {"temperature": 0.5}, budget=0.25, n_seeds=1),
    ),
)


def make_request(**changes) -> Request:
    request = Request(
        agents=("learner",),
        model=ModelRequest("fake"),
        tasks=SUITE.tasks,
        seeds=SUITE.seeds,
        env_steps=SUITE.env_steps,
        num_envs=SUITE.num_envs,
        protocol=SUITE.protocol,
        evaluation_attempts=SUITE.evaluation_attempts,
    )
    return dataclasses.replace(request, **changes)


def names(**changes) -> list[str]:
    return [spec.name for spec in make_plan(make_request(**changes), SUITE, BACKEND)]


def test_the_plan_holds_what_was_asked_for_and_what_to_compare_it_with() -> None:
    assert names() == [
        "learner/easy/seed-0",
        "sample/easy/seed-0",
        "sample-temperature=0.5/easy/seed-0",
        "learner/hard/seed-0",
        "sample/hard/seed-0",
        "sample-temperature=0.5/hard/seed-0",
        "learner/easy/seed-1",
        "sample/easy/seed-1",
        "learner/hard/seed-1",
        "sample/hard/seed-1",
    ]


def test_all_runs_of_a_seed_come_before_those_of_the_next() -> None:
    plan = make_plan(make_request(agents=("sample", "learner", "learner@cold"), seeds=(3, 1)), SUITE, BACKEND)
    assert [spec.seed for spec in plan] == sorted((spec.seed for spec in plan), reverse=True)
    first = [spec for spec in plan if spec.seed == 3]
    assert [spec.task for spec in first] == sorted(spec.task for spec in first)
    assert [spec.label for spec in first if spec.task == "easy"][:3] == ["sample", "learner", "learner@cold"]


def test_a_variant_has_the_settings_of_its_preset_under_its_own_name() -> None:
    plan = {spec.label: spec for spec in make_plan(make_request(agents=("learner", "learner@cold")), SUITE, BACKEND)}
    assert {label: plan[label].agent_config["temperature"] for label in ("learner", "learner@cold")} == {
        "learner": 1.0,
        "learner@cold": 0.25,
    }
    assert plan["learner@cold"].agent == "learner"
    assert plan["learner@cold"].folder(Path()).parts[0] == "learner@cold"
    assert plan["learner"].run_key != plan["learner@cold"].run_key


@pytest.mark.parametrize(
    ("settings", "temperatures"),
    [
        ((), (1.0, 1.0, 0.25)),
        (("temperature=2",), (2.0, 2.0, 2.0)),
        (("learner.temperature=2",), (2.0, 2.0, 2.0)),
        (("learner@cold.temperature=2",), (1.0, 1.0, 2.0)),
        (("learner@default.temperature=2", "learner.learns=1"), (1.0, 2.0, 0.25)),
        (("learner@cold.temperature=2", "temperature=3"), (3.0, 3.0, 3.0)),
    ],
)
def test_settings_reach_all_variants_of_an_agent_or_one(settings: tuple[str, ...], temperatures: tuple) -> None:
    configs = agent_configs(("learner", "learner@default", "learner@cold"), settings, BACKEND)
    assert tuple(config["temperature"] for config in configs.values()) == temperatures


def test_a_reference_may_be_a_variant() -> None:
    suite = dataclasses.replace(SUITE, references=(Reference("learner@cold", {"temperature": 0.5}),))
    plan = make_plan(make_request(agents=("sample",), seeds=(0,)), suite, BACKEND)
    labels = {spec.label: (spec.agent, spec.agent_config["temperature"]) for spec in plan}
    assert labels == {"sample": ("sample", 1.0), "learner@cold-temperature=0.5": ("learner", 0.5)}


def test_tasks_may_be_joined() -> None:
    request = make_request(tasks=("easy+hard", "hard+easy", "easy"), seeds=(0,))
    plan = {spec.task: spec for spec in make_plan(request, SUITE, BACKEND, references=False)}
    assert [spec.tasks for spec in plan.values()] == [("easy", "hard"), ("hard", "easy"), ("easy",)]
    assert plan["easy"].task_fingerprint == BACKEND.task_fingerprint("easy")
    assert len({spec.task_fingerprint for spec in plan.values()}) == 3
    assert plan["easy+hard"].name == "learner/easy+hard/seed-0"


def test_transfer_tasks_and_corpus_are_part_of_every_run() -> None:
    plain = make_plan(make_request(), SUITE, BACKEND)
    request = make_request(transfer_tasks=("tic_tac_toe",), model=ModelRequest("fake", perplexity_corpus="texts.jsonl"))
    plan = make_plan(request, SUITE, BACKEND)
    assert {spec.transfer_tasks for spec in plan} == {("tic_tac_toe",)}
    assert {spec.config["corpus_fingerprint"] for spec in plan} == {"fingerprint of texts.jsonl"}
    assert plan[0].config["transfer_tasks"] == ["tic_tac_toe"]
    assert not {spec.run_key for spec in plan} & {spec.run_key for spec in plain}


def test_references_have_their_share_of_the_budget() -> None:
    plan = make_plan(make_request(), SUITE, BACKEND)
    assert {spec.label: spec.env_steps for spec in plan} == {"learner": 40, "sample": 40, "sample-temperature=0.5": 10}


def test_references_alone_are_not_compared_with_themselves() -> None:
    assert names(agents=("sample",), seeds=(0,)) == ["sample/easy/seed-0", "sample/hard/seed-0"]
    plan = make_plan(make_request(seeds=(0,)), SUITE, BACKEND, references=False)
    assert {spec.agent for spec in plan} == {"learner"}


def test_what_was_asked_for_goes_before_a_reference_of_the_same_name() -> None:
    request = make_request(agents=("learner", "sample"), tasks=("easy",), seeds=(0,), settings=("temperature=0.7",))
    plan = {spec.name: spec for spec in make_plan(request, SUITE, BACKEND)}
    assert plan["sample/easy/seed-0"].agent_config["temperature"] == 0.7


def test_equal_specs_have_equal_keys_and_others_do_not() -> None:
    assert make_spec().run_key == make_spec().run_key
    changes = [
        {"seed": 1},
        {"env_steps": 41},
        {"num_envs": 5},
        {"protocol": "paper"},
        {"task_fingerprint": "other"},
        {"model_fingerprint": "other"},
        {"agent_config": {"temperature": 0.5}},
        {"model_options": {"lora_rank": 8}},
        {"transfer_tasks": ("wine",)},
        {"transfer_tasks": ("wine", "digits")},
        {"perplexity_corpus": "texts.txt"},
        {"corpus_fingerprint": "other"},
        {"prompt_fingerprint": "other"},
    ]
    keys = {make_spec(**change).run_key for change in [{}, *changes]}
    assert len(keys) == len(changes) + 1


COMMITTED = Path(__file__).parents[2] / "benchmarks" / "results" / "default"


@pytest.mark.parametrize("path", sorted(COMMITTED.glob("*/tic_tac_toe/seed-0/result.json")), ids=lambda p: p.parts[-4])
def test_committed_results_keep_their_keys_or_are_told_to_be_old(path: Path) -> None:
    if json.loads(path.read_text())["schema_version"] not in READABLE_VERSIONS:
        with pytest.raises(ResultError, match="an earlier release"):
            read_result(path)
        return
    result = read_result(path)
    assert spec_of(result).config == result.config
    assert spec_of(result).run_key == result.run_key


def test_a_result_tells_the_whole_spec_of_its_run(tmp_path: Path) -> None:
    options = {"model_options": {"lora_rank": 8}, "transfer_tasks": ("wine",), "perplexity_corpus": "texts.txt"}
    for spec in (make_spec(), make_spec(task="easy+hard", **options)):
        result = execute_run(spec, RunFiles(tmp_path / spec.run_key), BACKEND)
        assert spec_of(result).run_key == spec.run_key == result.run_key


def spec_of(result: RunResult) -> RunSpec:
    return RunSpec(
        agent=result.agent,
        label=result.label,
        model=result.model,
        task=result.task,
        task_fingerprint=result.task_fingerprint,
        seed=result.seed,
        protocol=result.protocol,
        agent_config=result.config["agent"],
        **{name: value for name, value in result.config.items() if name != "agent"},
    )


def test_options_of_the_model_reach_all_runs_where_they_differ_from_the_defaults() -> None:
    request = make_request(model=ModelRequest("fake", {"dtype": "float32", "lora_rank": 16}))
    assert {tuple(spec.model_options.items()) for spec in make_plan(request, SUITE, BACKEND)} == {
        (("dtype", "float32"),)
    }


def test_settings_reach_the_agents_that_have_them() -> None:
    configs = agent_configs(("learner", "sample"), ("temperature=0.25", "learner.temperature = 2"), BACKEND)
    assert (configs["learner"]["temperature"], configs["sample"]["temperature"]) == (2.0, 0.25)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"agents": ("lerner",)}, "unknown agent 'lerner'; did you mean 'learner'?"),
        ({"tasks": ("esy",)}, "did you mean 'easy'?"),
        ({"protocol": "holdot"}, "did you mean 'holdout'?"),
        ({"model": ModelRequest("none")}, "no language model 'none'"),
        ({"settings": ("temprature=1",)}, "did you mean 'temperature'?"),
        ({"agents": ("learner@cld",)}, "unknown preset of learner 'cld'; did you mean 'cold'?"),
        ({"agents": ("lerner@cold",)}, "unknown agent 'lerner'; did you mean 'learner'?"),
        ({"agents": ("learner@",)}, "unknown preset of learner ''"),
        ({"settings": ("sample.temperature=1",)}, "unknown agent in --set 'sample'"),
        (
            {"settings": ("learner@cold.temperature=1",)},
            "unknown agent in --set 'learner@cold'; did you mean 'learner'",
        ),
        ({"agents": ("learner@cold",), "settings": ("preset=cold",)}, "learner@cold names its preset already"),
        ({"tasks": ("easy+hrd",)}, "did you mean 'hard'?"),
        ({"tasks": ("easy+",)}, "unknown task ''"),
        ({"tasks": ("easy+easy",)}, "--tasks easy+easy: a task is named twice"),
        ({"transfer_tasks": ("esy",)}, "unknown transfer task 'esy'; did you mean 'easy'?"),
        ({"transfer_tasks": ("hard",)}, "--transfer-tasks hard: the run on hard learns on it"),
        ({"tasks": ("tic_tac_toe+hard",), "transfer_tasks": ("hard",)}, "the run on tic_tac_toe+hard learns on it"),
        ({"settings": ("learner.temprature=1",)}, "did you mean 'temperature'?"),
        ({"settings": ("temperature",)}, "expected key=value"),
        ({"settings": ("=1",)}, "expected key=value"),
        ({"settings": ("temperature=warm",)}, "temperature='warm'"),
        ({"settings": ("temperature=-1",)}, "at least 0"),
    ],
)
def test_bad_input_is_told_in_one_line(changes: dict, complaint: str) -> None:
    with pytest.raises(BadInput) as error:
        make_plan(make_request(**changes), SUITE, BACKEND)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_the_suites_of_the_repository_are_valid() -> None:
    assert "default" in list_suites()
    for name in list_suites():
        assert load_suite(name).tasks


def test_a_suite_can_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "description: D\ntasks: [wine]\nseeds: [7]\nenv_steps: 8\nnum_envs: 2\nprotocol: paper\nevaluation_attempts: 4"
    )
    suite = load_suite(str(path))
    assert (suite.tasks, suite.seeds, suite.references) == (("wine",), (7,), ())
    assert suite.agents == suite.transfer_tasks == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tasks: [", "not YAML"),
        ("description: Mine.\n", "tasks"),
        ("", "mine.yaml"),
        (
            "description: D\ntasks: []\nseeds: [0]\nenv_steps: 1\nnum_envs: 1\nprotocol: p\nevaluation_attempts: 1",
            "tasks",
        ),
        (
            "description: D\ntasks: [a]\nseeds: [0]\nenv_steps: 0\nnum_envs: 1\nprotocol: p\nevaluation_attempts: 1",
            "env_steps",
        ),
    ],
)
def test_a_bad_suite_is_told_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as error:
        load_suite(str(path))
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_suite_is_told_in_one_line() -> None:
    with pytest.raises(BadInput, match="did you mean 'default'"):
        load_suite("defalt")
    with pytest.raises(BadInput, match="No such file"):
        load_suite("none.yaml")
