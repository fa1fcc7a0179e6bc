"""What the benchmark makes of the user's words about a model."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from benchmarks.backend import DataSciBackend
from benchmarks.cli import main
from benchmarks.errors import BadInput
from benchmarks.models import ModelRequest
from tests.agents.prompting.served.hostile_server import hostile_server

BACKEND = DataSciBackend()


def choose(agent: str, name: str = "tinycoder", served: dict[str, Any] | None = None, **options: Any) -> Any:
    config = BACKEND.default_config(agent)
    return BACKEND.choose_model(agent, config, ModelRequest(name, options, served=served or {}))


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_an_agent_without_a_model_has_none_whatever_was_named() -> None:
    for agent in ("random-search", "sklearn-reference", "sb3-ppo", "sb3-a2c"):
        assert choose(agent) == choose(agent, "openai:any") == choose(agent, lora_rank=4)
        assert choose(agent).model == "none"


def test_a_prompting_agent_is_told_apart_by_its_templates() -> None:
    zero_shot, few_shot, sample = choose("zero-shot"), choose("few-shot"), choose("sample")
    assert zero_shot.prompt_fingerprint != few_shot.prompt_fingerprint
    assert sample.prompt_fingerprint is None
    assert zero_shot.model_fingerprint == few_shot.model_fingerprint == sample.model_fingerprint
    assert (zero_shot.corpus_fingerprint, sample.corpus_fingerprint is None) == (None, False)


@pytest.mark.parametrize(
    ("agent", "options", "complaint"),
    [
        ("etpo", {}, "can only be prompted: best-of-n, chain-of-thought, few-shot"),
        ("sample", {}, "can only be prompted"),
        ("zero-shot", {"dtype": "bfloat16"}, "--dtype goes with a model of this machine"),
        ("zero-shot", {"prompt": "infill"}, "known: completion, instruct"),
        ("zero-shot", {"base_url": "ftp://somewhere"}, "http"),
        ("zero-shot", {"base_url": "http://me:hunter22@somewhere/v1"}, "environment"),
    ],
)
def test_what_a_served_model_cannot_do_is_told_in_one_line(
    agent: str, options: dict[str, Any], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-some-length")
    with pytest.raises(BadInput) as error:
        choose(agent, "openai:some-model", **options)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
    assert "hunter22" not in str(error.value)


def test_no_key_is_told_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        choose("zero-shot", "openai:some-model")


def test_a_url_where_nothing_answers_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    url = f"http://127.0.0.1:{closed_port()}/v1"
    arguments = ["--agent", "zero-shot", "--model", "openai:some-model", "--base-url", url, "--out", str(tmp_path)]
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: nothing answers at {url}")
    assert list(tmp_path.iterdir()) == []


def test_a_server_goes_with_a_served_model_alone() -> None:
    with pytest.raises(BadInput, match="--model openai:NAME --base-url"):
        choose("zero-shot", base_url="http://127.0.0.1:1/v1")


@pytest.mark.parametrize(
    ("served", "complaint"),
    [({"timeout_s": 0.0}, "timeout_s"), ({"concurrency": 0}, "concurrency"), ({"price_per_million": (-1, 0)}, "price")],
)
def test_how_a_server_is_asked_is_checked(served: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        choose("zero-shot", "openai:some-model", served, base_url=f"http://127.0.0.1:{closed_port()}/v1")


def test_templates_that_cannot_be_used_are_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    (tmp_path / "completion").mkdir()
    (tmp_path / "completion" / "zero-shot.j2").write_text("{{ observatoin.first }}")
    out = tmp_path / "out"
    assert main(["--agent", "zero-shot", "--set", f"templates={tmp_path}", "--out", str(out)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "zero-shot.j2" in line
    assert "Did you mean 'observation'?" in line
    assert not out.exists()


def test_prompts_of_a_served_model_are_shown_with_the_key_that_was_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "holds no key")  # so that reading it would fail
    monkeypatch.setenv("MY_KEY", "a-key-of-some-length")
    with hostile_server() as server:
        arguments = ["--agent", "zero-shot", "--show-prompt", "--tasks", "wine", "--model", "openai:a-model"]
        assert main([*arguments, "--base-url", server.base_url, "--api-key-variable", "MY_KEY"]) == 0
    shown = capsys.readouterr().out
    assert "You are an experienced data scientist." in shown
    assert "a-key-of-some-length" not in shown


def test_prompts_are_shown_without_a_run(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    agents = "zero-shot,self-improve,reflection,random-search,sample"
    arguments = ["--agent", agents, "--show-prompt", "--tasks", "monks_1", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "self-improve, monks_1, in a later episode: program" in shown
    assert "# A program that scores 0." in shown
    assert "reflection, monks_1, after a failure: thought" in shown
    assert "has no attribute 'predict_proba'" in shown
    assert "random-search, monks_1, always" in shown
    assert "zero-shot: templates sha256:" in shown
    assert not (tmp_path / "out").exists()
