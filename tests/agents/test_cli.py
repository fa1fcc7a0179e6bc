"""``python -m agents``: inspect and export."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peft import PeftConfig

from agents import load_language_model, make_agent, make_config
from agents.checkpoint import save_checkpoint
from agents.cli import main
from agents.cli.stored import read_stored
from agents.random_states import global_random_states

TASK = "tic_tac_toe"


def run_state(agent: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """As the benchmark saves it."""
    return {
        "run": {"agent": "etpo", "label": "etpo@paper", "task": TASK, "protocol": "holdout", "seed": 0},
        "record": {"env_steps": 32, "gradient_steps": 8, "curve": [{}, {}], "rewards": [-1.0, 0.5], "best": None},
        "agent": agent,
        "random_states": global_random_states(),
        **changes,
    }


@pytest.fixture(scope="module")
def agent_state() -> dict[str, Any]:
    """Of an untrained agent with a critic of its own."""
    model = load_language_model("tinycoder", device="cpu", tuning="lora")
    return make_agent("etpo", model, make_config("etpo", critic="adapter", max_new_tokens=64)).state_dict()


@pytest.fixture
def inspect(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def inspect(*arguments: str) -> dict[str, Any]:
        assert main(["inspect", *arguments, "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return inspect


def test_inspect_tells_what_a_run_has_saved(agent_state, tmp_path: Path, inspect) -> None:
    save_checkpoint(tmp_path / "checkpoint-16.pt", run_state(agent_state))
    save_checkpoint(tmp_path / "checkpoint-128.pt", run_state(agent_state))
    told = inspect(str(tmp_path), "--samples", "0")
    assert told["file"] == str(tmp_path / "checkpoint-128.pt")
    assert told["bytes"] == (tmp_path / "checkpoint-128.pt").stat().st_size
    assert (told["agent"], told["model"], told["tuning"], told["seed"]) == ("etpo@paper", "tinycoder", "lora", 0)
    assert (told["env_steps"], told["updates"], told["gradient_steps"]) == (32, 2, 8)
    assert told["config"] == agent_state["config"]
    assert told["weights"] == agent_state["weights"]
    networks = {network["name"]: network for network in told["networks"]}
    assert set(networks) == {f"{name} (adapter)" for name in ("policy", "critic", "target")} | {
        "critic online",
        "critic target",
    }
    in_state = sum(tensor.numel() for tensor in agent_state["policy"].values())
    assert sum(networks[f"{name} (adapter)"]["n_parameters"] for name in ("policy", "critic", "target")) == in_state
    assert networks["critic (adapter)"]["norm"] == networks["target (adapter)"]["norm"] > 0
    assert [optimizer["name"] for optimizer in told["optimizers"]] == ["policy", "critic"]
    assert told["replay_turns"] == 0
    assert {"agent", "python", "numpy", "torch"} <= set(told["random_states"])


def test_inspect_samples_what_the_policy_writes(agent_state, tmp_path: Path, inspect) -> None:
    save_checkpoint(tmp_path / "diverged.pt", run_state(agent_state, record={}, error="policy_loss became nan"))
    arguments = [str(tmp_path), "--samples", "2", "--seed", "4", "--temperature", "0"]
    told = inspect(*arguments)
    assert told["error"] == "policy_loss became nan"
    first, second = told["samples"]
    assert first == second  # greedy
    assert first["status"] in ("scored", "failed")
    assert (first["reward"] == -1) == (first["status"] == "failed")
    assert inspect(*arguments)["samples"] == told["samples"]


def test_inspect_prints_a_table_without_colours_to_a_pipe(
    agent_state, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_checkpoint(tmp_path / "c.pt", agent_state)  # an agent's state alone
    assert main(["inspect", str(tmp_path / "c.pt"), "--samples", "1", "--task", TASK]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert re.search(r"policy \(adapter\) +\d+ +[\d,]+ +\d+\.\d+", text)
    assert re.search(r"sample 1 of 1, tic_tac_toe: reward [-+]\d\.\d+", text)
    assert main(["inspect", str(tmp_path / "c.pt")]) == 2
    assert "name one with --task" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "not a readable checkpoint"), (b"something else", "not a readable checkpoint")],
)
@pytest.mark.parametrize("command", ["inspect", "export"])
def test_what_is_no_checkpoint_is_one_line(
    command: str, content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "c.pt").write_bytes(content)
    more = [str(tmp_path / "policy")] if command == "export" else []
    assert main([command, str(tmp_path / "c.pt"), *more]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "policy").exists()


def test_a_folder_without_a_checkpoint_points_to_its_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy").mkdir()
    assert main(["inspect", str(tmp_path)]) == 2
    assert f"its policy lies in {tmp_path / 'policy'}" in capsys.readouterr().err


def test_a_damaged_newest_checkpoint_is_passed_over(agent_state, tmp_path: Path, inspect) -> None:
    save_checkpoint(tmp_path / "checkpoint-16.pt", run_state(agent_state))
    (tmp_path / "checkpoint-32.pt").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"checkpoint-32\.pt"):
        stored = read_stored(tmp_path)
    assert stored.path.name == "checkpoint-16.pt"
    assert inspect(str(tmp_path), "--samples", "0")["file"].endswith("checkpoint-16.pt")


def test_a_changed_base_model_is_refused(agent_state, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_checkpoint(tmp_path / "c.pt", {**agent_state, "weights": "sha256:0"})
    assert main(["export", str(tmp_path / "c.pt"), str(tmp_path / "policy")]) == 2
    assert "another weights: 'sha256:0' there" in capsys.readouterr().err


def test_export_takes_the_policy_out_of_an_unfinished_run(agent_state, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint-32.pt", run_state(agent_state))
    assert main(["export", str(tmp_path), str(tmp_path / "out")]) == 0
    assert Path(PeftConfig.from_pretrained(tmp_path / "out").base_model_name_or_path).name == "weights"
    text = (tmp_path / "out" / "README.md").read_text()
    assert "etpo@paper on tic_tac_toe" in text
    assert "had not finished" in text
    assert "32 attempts, 8 gradient steps" in text


@pytest.mark.parametrize("name", ["zero-shot", "random-search"])
def test_an_agent_that_trains_no_language_model_is_told_about_and_not_drawn_from(
    name: str, tmp_path: Path, inspect, capsys: pytest.CaptureFixture[str]
) -> None:
    model = None if name == "random-search" else load_language_model("tinycoder", device="cpu")
    path = tmp_path / "agent.pt"
    save_checkpoint(path, make_agent(name, model).state_dict())
    told = inspect(str(path), "--samples", "0")
    assert (told["agent"], told["tuning"], told["env_steps"]) == (name, None, 0)
    for arguments in (["inspect", str(path), "--task", TASK], ["export", str(path), str(tmp_path / "policy")]):
        assert main(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "--samples 0" in line
