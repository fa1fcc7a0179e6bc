"""A saved policy loads with the lines of its card, in a process that knows transformers and peft alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard
from transformers import AutoTokenizer

from agents.export import PolicyCard, model_card, save_policy
from agents.language_model import LanguageModel, load_language_model
from agents.prompt_format import FILL_MARK
from tests.agents.tiny_models import tiny_language_model, tiny_model, tiny_tokenizer

CARD = PolicyCard(
    agent="etpo@paper",
    task="tic_tac_toe",
    protocol="holdout",
    seed=3,
    env_steps=384,
    gradient_steps=96,
    config={"temperature": 0.7, "max_new_tokens": 12, "stop_at_function_end": True, "beta": 0.01},
    scores={"mean reward, evaluation": 0.8125, "best program, held-out rows": 0.99},
    versions={"torch": "2.9"},
)
OBSERVATION = "# Task: a table.\ndef build_model(x_train, y_train):"


def blocks(card: str) -> list[str]:
    """The Python of a card: how to load it, how to let it write."""
    return re.findall(r"```python\n(.*?)```", card, re.DOTALL)


def moved(model: LanguageModel) -> LanguageModel:
    """With weights as if it had learnt."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.trainable_parameters().values():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return model


def local_model(folder: Path, tuning: Any) -> LanguageModel:
    tiny_model("llama", vocabulary_size=300).save_pretrained(folder)
    tiny_tokenizer("bytes").save_pretrained(folder)
    return load_language_model(str(folder), device="cpu", tuning=tuning)


@pytest.mark.parametrize(("name", "tuning"), [("tinycoder", "lora"), ("local", "full")])
def test_the_lines_of_the_card_give_the_same_policy(name: str, tuning: Any, tmp_path: Path) -> None:
    if name == "local":
        model = local_model(tmp_path / "base", tuning)
    else:
        model = load_language_model(name, device="cpu", tuning=tuning)
    if tuning == "lora":
        model.add_critic()  # which is nobody else's business
    save_policy(tmp_path / "policy", moved(model), CARD)
    ids = torch.tensor([model.encode_prompt(OBSERVATION, reserve=12)])
    expected = model.head("policy").logits(model.sequence_states(ids, torch.ones_like(ids))[0])
    torch.save({"ids": ids, "logits": expected.detach()}, tmp_path / "expected.pt")
    load, write = blocks((tmp_path / "policy" / "README.md").read_text())
    assert len(load.strip().splitlines()) <= 5
    check = f"""
import sys, torch
observation = {OBSERVATION!r}
expected = torch.load({str(tmp_path / "expected.pt")!r})
{write}
assert inputs["input_ids"].tolist() == expected["ids"].tolist()
assert output.shape[1] <= inputs["input_ids"].shape[1] + 12 and isinstance(action, str)
torch.testing.assert_close(model(expected["ids"]).logits[0], expected["logits"], rtol=1e-5, atol=1e-5)
assert not {{"agents", "ds_gym", "benchmarks"}} & set(sys.modules)
"""
    process = subprocess.run(
        [sys.executable, "-c", load + check], cwd=tmp_path / "policy", capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    weights = "adapter_model.safetensors" if tuning == "lora" else "model.safetensors"
    assert (tmp_path / "policy" / weights).is_file()
    assert {path.name for path in tmp_path.iterdir()} <= {"base", "policy", "expected.pt"}


@pytest.mark.parametrize("kind", ["bytes", "metaspace", "chat", "qwen_fill", "code_llama"])
def test_the_card_prompts_as_the_agent_does(kind: str, tmp_path: Path) -> None:
    tiny_tokenizer(kind).save_pretrained(tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    model = LanguageModel(tiny_model("llama"), tokenizer, name="tinycoder", tuning="lora")
    observation = f"x = 1\n{FILL_MARK}\nprint(x)" if model.prompt_style == "infill" else OBSERVATION
    tokenizer.save_pretrained(tmp_path)

    class Recorder:
        def generate(self, **inputs: Any) -> torch.Tensor:
            self.ids = inputs["input_ids"]
            return self.ids

    recorder = Recorder()
    names = {"tokenizer": AutoTokenizer.from_pretrained(tmp_path), "model": recorder, "observation": observation}
    _, write = blocks(model_card(model, CARD))
    exec(write.replace("GenerationConfig.from_pretrained(folder)", "None"), names)
    assert tuple(recorder.ids[0].tolist()) == model.encode_prompt(observation, reserve=12)
    assert names["action"] == ""


@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_the_card_tells_the_hub_what_it_wants(tuning: Any, tmp_path: Path) -> None:
    save_policy(tmp_path / "policy", load_language_model("tinycoder", device="cpu", tuning=tuning), CARD)
    card = ModelCard.load(tmp_path / "policy" / "README.md")
    data = card.data.to_dict()
    assert data["license"] == "mit"  # that of the base
    assert data["base_model"] == "tinycoder"
    assert data["library_name"] == ("peft" if tuning == "lora" else "transformers")
    assert data["pipeline_tag"] == "text-generation"
    assert {"reinforcement-learning", "etpo@paper"} <= set(data["tags"])
    assert {result.metric_name: result.metric_value for result in card.data.eval_results} == CARD.scores
    for told in (
        "tic_tac_toe",
        "holdout",
        "384 attempts",
        "96 gradient steps",
        "| seed | 3 |",
        "0.8125",
        "| beta | 0.01 |",
    ):
        assert told in card.text
    assert "torch 2.9" in card.text


def test_a_policy_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    model = tiny_language_model("llama")
    model.name = "tinycoder"  # a base that can be found
    folder = tmp_path / "policy"
    save_policy(folder, model, CARD)
    save_policy(folder, model, PolicyCard(**{**vars(CARD), "seed": 7, "is_final": False}))
    text = (folder / "README.md").read_text()
    assert "| seed | 7 |" in text
    assert "had not finished" in text
    assert [path.name for path in tmp_path.iterdir()] == ["policy"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not a saved policy"):
        save_policy(tmp_path / "mine", model, CARD)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_failure_while_saving_leaves_the_earlier_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_language_model("llama")
    model.name = "tinycoder"
    save_policy(tmp_path / "policy", model, CARD)
    before = {path.name: path.read_bytes() for path in (tmp_path / "policy").iterdir()}

    def fail(*arguments: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("agents.export.model_card", fail)
    with pytest.raises(OSError, match="No space"):
        save_policy(tmp_path / "policy", model, CARD)
    assert {path.name: path.read_bytes() for path in (tmp_path / "policy").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["policy"]
