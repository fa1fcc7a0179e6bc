"""The benchmark with the real agents and environments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.backend import DataSciBackend
from benchmarks.cli import command
from benchmarks.errors import BadInput, ResultError, StorageError
from benchmarks.execution import execute_run
from benchmarks.models import ModelRequest, corpus_fingerprint, folder_fingerprint, local_fingerprint, local_options
from benchmarks.plan import Request, RunOptions, RunSpec, make_plan
from benchmarks.results import RunResult, deterministic_part
from benchmarks.storage import RunFiles, read_attempts
from benchmarks.suites import list_suites, load_suite

BACKEND = DataSciBackend()
CORPUS = Path(__file__).with_name("texts.jsonl")
"""One short document, so that its perplexity takes no time."""


def test_a_checkpoint_comes_back_equal(tmp_path: Path) -> None:
    state = {"weights": torch.arange(4.0), "record": {"rewards": [0.5, -1.0], "best": None}}
    BACKEND.save_checkpoint(tmp_path / "checkpoint.pt", state)
    loaded = BACKEND.load_checkpoint(tmp_path / "checkpoint.pt")
    assert torch.equal(loaded["weights"], state["weights"])
    assert loaded["record"] == state["record"]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    BACKEND.save_checkpoint(path, {"weights": torch.arange(4.0)})
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ResultError, match=r"checkpoint\.pt"):
        BACKEND.load_checkpoint(path)


def test_a_checkpoint_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        BACKEND.save_checkpoint(tmp_path / "missing" / "checkpoint.pt", {})


def real_spec(
    agent: str,
    model_options: dict[str, Any] | None = None,
    task: str = "wine",
    transfer_tasks: tuple[str, ...] = (),
    corpus: Path | None = CORPUS,
    **changes: float,
) -> RunSpec:
    wanted = {"steps_per_iteration": 1, "max_new_tokens": 64, **changes}
    settings = {key: value for key, value in wanted.items() if key in BACKEND.default_config(agent)}
    request = Request(
        agents=(agent,),
        model=ModelRequest(
            "tinycoder",
            model_options or {},
            BACKEND.device("auto"),
            None if corpus is None else str(corpus),
        ),
        tasks=(task,),
        seeds=(0,),
        env_steps=12,
        num_envs=4,
        protocol="holdout",
        evaluation_attempts=4,
        settings=tuple(f"{key}={value}" for key, value in settings.items()),
        transfer_tasks=transfer_tasks,
    )
    (spec,) = make_plan(request, load_suite("default"), BACKEND, references=False)
    return spec


def resumed_and_whole(spec: RunSpec, tmp_path: Path) -> tuple[RunResult, RunResult]:
    """The results of a run that is stopped in the middle and resumed, and of one that is not stopped."""
    asked = iter([False, False, True])
    interrupted = execute_run(spec, RunFiles(tmp_path / "a"), BACKEND, should_stop=lambda: next(asked))
    assert (interrupted.status, interrupted.budget.env_steps) == ("interrupted", 8)
    resumed = execute_run(spec, RunFiles(tmp_path / "a"), BACKEND)
    whole = execute_run(spec, RunFiles(tmp_path / "b"), BACKEND)
    assert RunFiles(tmp_path / "a").attempts.read_bytes() == RunFiles(tmp_path / "b").attempts.read_bytes()
    return resumed, whole


@pytest.mark.parametrize("agent", ["reflection", "best-of-n", "random-search", "sb3-ppo", "sklearn-reference"])
def test_a_real_run_of_a_baseline_that_is_stopped_ends_like_one_that_is_not(tmp_path: Path, agent: str) -> None:
    resumed, whole = resumed_and_whole(real_spec(agent), tmp_path)
    assert deterministic_part(resumed) == deterministic_part(whole)
    assert (whole.status, whole.budget.env_steps, whole.error) == ("finished", 12, None)
    assert whole.learned == (agent == "sb3-ppo")
    assert whole.is_stationary == (agent == "sklearn-reference")
    is_prompting = agent in ("reflection", "best-of-n")
    assert (whole.usage is not None, whole.evaluation_usage is not None) == (is_prompting, is_prompting)
    assert (whole.model, whole.language_model) == ("tinycoder" if is_prompting else "none", None)
    attempts = list(read_attempts(RunFiles(tmp_path / "b").attempts))
    assert whole.budget.generated_tokens == sum(attempt["tokens"] for attempt in attempts)
    assert all(attempt["code"].startswith("def build_model(") for attempt in attempts)
    assert not RunFiles(tmp_path / "b").policy.exists()


@pytest.mark.parametrize("agent", ["etpo", "ppo", "sample"])
def test_a_real_run_that_is_stopped_ends_like_one_that_is_not(tmp_path: Path, agent: str) -> None:
    resumed, whole = resumed_and_whole(real_spec(agent), tmp_path)
    assert deterministic_part(resumed) == deterministic_part(whole)
    policies = [{path.name: path.read_bytes() for path in RunFiles(tmp_path / run).policy.glob("*")} for run in "ab"]
    assert policies[0] == policies[1]
    assert ({"README.md", "model.safetensors"} <= policies[0].keys()) == (agent != "sample")
    assert whole.status == "finished"
    assert whole.learned == (agent != "sample")
    assert sum(whole.failures.values()) + sum(point["valid_rate"] * 4 for point in whole.curve) == 12


def test_a_real_run_on_several_tasks_that_is_stopped_ends_like_one_that_is_not(tmp_path: Path) -> None:
    spec = real_spec("etpo", task="wine+monks_1", transfer_tasks=("balance_scale",))
    resumed, whole = resumed_and_whole(spec, tmp_path)
    assert deterministic_part(resumed) == deterministic_part(whole)
    attempts = list(read_attempts(RunFiles(tmp_path / "b").attempts))
    assert [attempt["task"] for attempt in attempts] == ["wine", "monks_1"] * 6
    assert {name for name in whole.curve[0] if "/" in name} == {
        f"{figure}/{task}" for figure in ("mean_reward", "valid_rate") for task in ("wine", "monks_1")
    }
    assert whole.transfer["balance_scale"].n_attempts == 4
    assert set(whole.best_by_task) <= {"wine", "monks_1"}
    assert all(best.holdout_score is not None for best in whole.best_by_task.values())


def test_learning_moves_the_language_model_and_sampling_does_not(tmp_path: Path) -> None:
    changes = {}
    for agent in ("ppo", "sample"):
        spec = real_spec(agent)
        changes[agent] = execute_run(spec, RunFiles(tmp_path / agent), BACKEND).language_model
        assert changes[agent] is not None
        assert changes[agent].corpus_fingerprint == spec.corpus_fingerprint
    moved, still = changes["ppo"], changes["sample"]
    assert (still.kl_to_base, still.kl_to_base_per_action) == (0.0, 0.0)
    assert still.perplexity == still.base_perplexity == moved.base_perplexity
    assert moved.kl_to_base > 0
    assert moved.kl_to_base_per_action > moved.kl_to_base
    assert moved.perplexity != moved.base_perplexity


def test_the_embedded_model_brings_a_corpus_and_a_bad_file_is_told(tmp_path: Path) -> None:
    fingerprint = corpus_fingerprint("tinycoder", None)
    assert fingerprint is not None
    assert real_spec("sample", corpus=None).corpus_fingerprint == fingerprint
    with pytest.raises(BadInput, match="No such file"):
        corpus_fingerprint("tinycoder", str(tmp_path / "none.txt"))


@pytest.mark.parametrize("agent", ["etpo", "ppo"])
def test_a_real_run_that_diverges_leaves_its_attempts_and_the_batch(tmp_path: Path, agent: str) -> None:
    files = RunFiles(tmp_path)
    # Rounding errors of the divergence, times such a weight, have gradients whose squares are no float32 any more.
    descends = {"policy_step": "descent"} if agent == "etpo" else {}
    result = execute_run(real_spec(agent, beta=1e38, **descends), files, BACKEND)
    assert result.status == "diverged"
    assert result.error is not None
    assert "became" in result.error
    assert result.budget.env_steps == result.budget.gradient_steps + 4 == 4
    attempts = list(read_attempts(files.attempts))
    assert len(attempts) == 4
    left = BACKEND.load_checkpoint(files.diverged)
    rewards = [attempt["reward"] for attempt in attempts]
    assert sorted(turn["reward"] for turn in left["batch"]["turns"]) == sorted(rewards)
    assert all(weights.isfinite().all() for weights in left["agent"]["policy"].values())


def test_a_real_run_takes_the_options_of_its_model() -> None:
    options = {"tuning": "lora", "lora_rank": 2, "lora_targets": "q_proj,v_proj"}
    spec = real_spec("ppo", model_options=options)
    workplace = BACKEND.open(spec, RunOptions(threads=1))
    weights = workplace.agent.state_dict()["policy"]
    assert {name.split(".")[-3] for name in weights} == {"lora_A", "lora_B"}
    assert {min(weight.shape) for weight in weights.values()} == {2}


def test_a_run_computes_with_the_threads_it_is_given() -> None:
    before = torch.get_num_threads()
    try:
        BACKEND.open(real_spec("sample"), RunOptions(threads=3))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_only_options_that_differ_from_the_defaults_are_kept() -> None:
    defaults = BACKEND.default_model_options()
    assert local_options(defaults, "cpu") == {}
    assert local_options({**defaults, "lora_rank": 4}, "cpu") == {"lora_rank": 4}


def test_every_option_of_a_model_is_on_the_command_line() -> None:
    options = {parameter.name for parameter in command.params if getattr(parameter, "group", None) == "Model"}
    assert set(BACKEND.default_model_options()) | {"model", "device", "full"} == options


@pytest.mark.parametrize("name", list_suites())
def test_every_suite_can_be_planned(name: str) -> None:
    suite = load_suite(name)
    request = Request(
        agents=suite.agents or tuple(BACKEND.agents()),
        model=ModelRequest("tinycoder"),
        tasks=suite.tasks,
        seeds=suite.seeds,
        env_steps=suite.env_steps,
        num_envs=suite.num_envs,
        protocol=suite.protocol,
        evaluation_attempts=suite.evaluation_attempts,
        transfer_tasks=suite.transfer_tasks,
    )
    assert len({spec.run_key for spec in make_plan(request, suite, BACKEND)}) >= len(suite.tasks) * len(suite.seeds)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: local_fingerprint("tinycodr", {}), "Did you mean 'tinycoder'"),
        (lambda: local_fingerprint("./none", {}), "no such folder"),
        (lambda: local_fingerprint("tinycoder", {"tuning": "lora", "lora_targets": "none"}), "'none'"),
        (lambda: local_fingerprint("tinycoder", {"prompt": "infill"}), "fill-in-the-middle"),
        (lambda: local_options({"dtype": "bf16"}, "cpu"), "dtype='bf16'"),
        (lambda: local_options({"tuning": "some"}, "cpu"), "tuning='some'"),
        (lambda: local_options({"prompt": "chat"}, "cpu"), "prompt='chat'"),
        (lambda: local_options({"lora_rank": 0}, "cpu"), "lora_rank=0"),
        (lambda: local_options({"lora_rnk": 1}, "cpu"), "did you mean 'lora_rank'"),
        (lambda: local_options({"quantization": "4bit"}, "cpu"), "CUDA"),
        (lambda: BACKEND.config("etpo", {"learning_rate": "fast"}), "learning_rate='fast'"),
        (lambda: BACKEND.config("etpo", {"preset": "papr"}), "Did you mean 'paper'"),
        (lambda: BACKEND.device("tpu"), "--device tpu"),
    ],
)
def test_bad_input_is_told_in_one_line(call: Callable[[], object], complaint: str) -> None:
    with pytest.raises(BadInput) as error:
        call()
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_another_model_has_another_fingerprint(tmp_path: Path) -> None:
    for name, weights in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(weights)
        (tmp_path / name / "README.md").write_text(name)
    a, b, c = (folder_fingerprint(tmp_path / name) for name in "abc")
    assert a == c != b
