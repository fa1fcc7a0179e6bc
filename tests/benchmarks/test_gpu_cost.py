from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from agents.agent import make_agent
from agents.language_model import LanguageModel
from agents.model_options import ModelOptions
from agents.rollout import Rollout, hidden_states, token_batch
from benchmarks.errors import ResultError
from benchmarks.learner_cost import gpu_cli, gpu_measure
from benchmarks.learner_cost.gpu_cli import END, START, TOY, computed_text, main
from benchmarks.learner_cost.gpu_report import GpuCostReport, Settings, UpdateCost, read_report
from benchmarks.learner_cost.gpu_tables import markdown, measured_tables, paper_tables
from benchmarks.learner_cost.learners import measured_config
from benchmarks.learner_cost.models import (
    action_log_probs,
    build_model,
    finished_episodes,
    random_actions,
    random_prompts,
    word_tokenizer,
)
from benchmarks.learner_cost.paper import (
    BatchShape,
    Training,
    activation_bytes,
    expected_memory,
    generation_bytes,
    update_flops,
)
from benchmarks.learner_cost.shapes import SHAPES, ModelShape

ROOT = Path(__file__).parents[2]
RANK = 4
TINY = ModelShape(128, hidden_size=32, layers=4, intermediate_size=80, heads=4, kv_heads=4)
GROUPED = dataclasses.replace(TINY, kv_heads=2, tied=True, qkv_bias=True)
BATCH = BatchShape(episodes=3, prompt_tokens=12, shared_tokens=8, action_tokens=16)


def language_model(shape: ModelShape, dtype: torch.dtype = torch.float32, checkpointing: bool = False) -> LanguageModel:
    options = ModelOptions(lora_rank=RANK, gradient_checkpointing=checkpointing, prompt="completion")
    model = build_model(shape, dtype=dtype)
    return LanguageModel(model, word_tokenizer(), name="tiny", tuning="lora", options=options)


def rollout(shape: ModelShape, batch: BatchShape = BATCH, dtype: torch.dtype = torch.float32) -> Rollout:
    n, length = batch.episodes, batch.prompt_tokens
    prompts = random_prompts(shape.vocabulary, n_prompts=n, length=length, n_shared=batch.shared_tokens)
    actions = random_actions(shape.vocabulary, n_actions=n, length=batch.action_tokens)
    log_probs = action_log_probs(build_model(shape, dtype=dtype), prompts, actions)
    return finished_episodes(prompts, actions, log_probs.tolist())


def kept_bytes(model: LanguageModel, episodes: Rollout) -> int:
    """Bytes of the tensors that autograd keeps of the policy's pass, parameters and the attention's mask apart."""
    batch = token_batch(episodes.trajectories, 1.0, model.device)
    parameters = {parameter.untyped_storage().data_ptr() for parameter in model._model.parameters()}
    kept: dict[int, Tensor] = {}

    def note(tensor: Tensor) -> Tensor:
        pointer = tensor.untyped_storage().data_ptr()
        is_mask = tensor.dim() == 4 and tensor.shape[1] == 1
        if pointer not in parameters and not is_mask:
            kept[pointer] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        hidden = hidden_states(model, batch, "policy")
    assert hidden.requires_grad
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def matrix_flops(counter: FlopCounterMode) -> Counter[str]:
    """Operations by kind of product; attention apart."""
    total: Counter[str] = Counter()
    for operation, flops in counter.get_flop_counts()["Global"].items():
        total["attention" if "attention" in str(operation) else "matrices"] += flops
    return total


@pytest.mark.parametrize("shape", [TINY, GROUPED, SHAPES["toy"]])
def test_weights_and_adapters_on_paper_are_those_of_a_real_model(shape: ModelShape) -> None:
    model = build_model(shape)
    assert shape.parameters == sum(parameter.numel() for parameter in model.parameters())
    adapted = LanguageModel(
        model, word_tokenizer(), name="tiny", tuning="lora", options=ModelOptions(lora_rank=RANK, prompt="completion")
    )
    assert shape.adapter_parameters(RANK) == sum(p.numel() for p in adapted.trainable_parameters().values())


def test_published_sizes_of_the_named_models() -> None:
    assert SHAPES["7b"].parameters == 6_738_546_688
    assert SHAPES["0.5b"].parameters == 494_032_768
    assert SHAPES["1.5b"].parameters == 1_543_714_304


@pytest.mark.parametrize("shape", [TINY, GROUPED])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_activations_on_paper_are_near_those_that_autograd_keeps(
    shape: ModelShape, dtype: torch.dtype, checkpointing: bool
) -> None:
    kept = kept_bytes(language_model(shape, dtype, checkpointing), rollout(shape, dtype=dtype))
    training = Training(rank=RANK, compute_bytes=dtype.itemsize, checkpointing=checkpointing)
    expected = activation_bytes(shape, BATCH, training)
    if checkpointing:  # what is computed again lives in the backward pass only
        one_layer = dataclasses.replace(shape, layers=1)
        all_kept = dataclasses.replace(training, checkpointing=False)
        sequences = dataclasses.replace(BATCH, shared_tokens=0)
        assert kept < expected < kept + 1.2 * activation_bytes(one_layer, sequences, all_kept)
    else:
        assert expected == pytest.approx(kept, rel=0.05)


@pytest.mark.parametrize("agent", ["etpo", "ppo"])
@pytest.mark.parametrize("critic", ["heads", "adapter"])
@pytest.mark.parametrize("at_once", [None, 2])
def test_operations_on_paper_are_those_of_an_update(agent: Any, critic: Any, at_once: int | None) -> None:
    limit = None if at_once is None else at_once * BATCH.action_tokens
    config = measured_config(agent, critic=critic, critic_width=1, micro_batch_tokens=limit)
    learner: Any = make_agent(agent, language_model(TINY), config)
    episodes = rollout(TINY)
    with FlopCounterMode(display=False) as counter:
        learner._update(episodes)
    expected = update_flops(TINY, BATCH, Training(agent, critic, rank=RANK, episodes_at_once=at_once))
    # On paper the gradient of the first layer's inputs is counted, too, which nobody needs: the rest is near.
    assert matrix_flops(counter)["matrices"] == pytest.approx(sum(expected.values()) - expected["attention"], rel=0.04)


def test_memory_and_operations_grow_linearly_with_the_episodes() -> None:
    shape = SHAPES["7b"]
    for training in (Training(), Training(critic="adapter"), Training(checkpointing=True)):
        memory = [sum(expected_memory(shape, BatchShape(episodes=n), training).values()) for n in (1001, 2001, 3001)]
        flops = [sum(update_flops(shape, BatchShape(episodes=n), training).values()) for n in (1, 2, 3)]
        assert memory[1] - memory[0] == memory[2] - memory[1] > 0
        assert flops[1] - flops[0] == flops[2] - flops[1] > 0


def test_checkpointing_and_smaller_groups_need_less_memory_for_the_same_gradient() -> None:
    shape, batch = SHAPES["7b"], BatchShape()
    whole = expected_memory(shape, batch, Training())
    for training in (Training(checkpointing=True), Training(episodes_at_once=2)):
        saving = expected_memory(shape, batch, training)
        assert saving["activations"] < whole["activations"] / 2
        assert saving["weights"] == whole["weights"]
        assert sum(update_flops(shape, batch, training).values()) > sum(update_flops(shape, batch, Training()).values())
    assert sum(generation_bytes(shape, batch, Training()).values()) < sum(whole.values())


def test_what_an_update_keeps_does_not_grow_with_the_vocabulary() -> None:
    small, large = (dataclasses.replace(SHAPES["7b"], vocabulary=v) for v in (32_016, 151_936))
    batch = BatchShape(episodes=64)
    memory = [expected_memory(shape, batch, Training()) for shape in (small, large)]
    for part in ("activations", "states and heads", "chunks"):
        assert memory[0][part] == memory[1][part]


def test_a_batch_without_episodes_is_refused() -> None:
    with pytest.raises(ValueError, match="a batch has episodes"):
        BatchShape(episodes=0)
    with pytest.raises(ValueError, match="prompts that differ"):
        BatchShape(prompt_tokens=4, shared_tokens=4)


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GpuCostReport]:
    out = tmp_path_factory.mktemp("gpu_cost")
    assert main(["--device", "cpu", "--shape", "7b", "--repeats", "2", "--out", str(out)]) == 0
    return out, read_report(out / "cost.json")


def test_without_a_gpu_a_toy_is_measured_in_every_part(toy_run: tuple[Path, GpuCostReport]) -> None:
    _, report = toy_run
    assert report.status == "finished"
    assert report.settings == dataclasses.replace(TOY, repeats=2)
    assert report.model == SHAPES["toy"]
    assert report.matrix_flops_per_second is not None
    assert report.matrix_flops_per_second > 0
    assert report.generation is not None
    assert 0 < report.generation.n_tokens <= TOY.episodes * TOY.action_tokens
    assert [(entry.agent, entry.critic) for entry in report.updates] == [
        ("etpo", "heads"),
        ("ppo", "heads"),
        ("etpo", "adapter"),
        ("ppo", "adapter"),
    ]
    for entry in report.updates:
        assert min(entry.seconds, entry.peak_gb, entry.expected_gb, entry.flops) > 0


def test_the_markdown_says_what_is_measured_and_what_is_computed(toy_run: tuple[Path, GpuCostReport]) -> None:
    out, report = toy_run
    text = (out / "table.md").read_text()
    assert text == markdown(report)
    assert "There was no GPU" in text
    for table in (*measured_tables(report), *paper_tables(BatchShape())):
        assert table.title == "Goals" or table.title.startswith(("Measured", "Computed"))
        for row in table.rows:
            assert f"| {' | '.join(row)} |" in text


def test_goals_are_judged_on_a_gpu_at_the_size_they_were_set_for(toy_run: tuple[Path, GpuCostReport]) -> None:
    _, toy = toy_run
    assert "Goals" not in [table.title for table in measured_tables(toy)]
    update = UpdateCost("etpo", "heads", n_tokens=1024, seconds=2.0, peak_gb=41.0, expected_gb=33.0, flops=8e13)
    report = dataclasses.replace(toy, settings=Settings(), matrix_flops_per_second=1e14, updates=[update])
    assert report.utilisation(update) == pytest.approx(0.4)
    goals, *_ = measured_tables(report)
    assert [(row[2], row[3]) for row in goals.rows] == [("41.0 GB", "not met"), ("40%", "met")]


def test_the_result_file_has_the_declared_fields_and_no_others(toy_run: tuple[Path, GpuCostReport]) -> None:
    out, _ = toy_run
    fields = json.loads((out / "cost.json").read_text())
    assert set(fields) == {field.name for field in dataclasses.fields(GpuCostReport)}
    fields["surprise"] = 1
    (out / "other.json").write_text(json.dumps(fields))
    with pytest.raises(ResultError, match="not a report"):
        read_report(out / "other.json")


def test_a_lack_of_memory_keeps_what_was_measured_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("out of\nmemory")

    monkeypatch.setattr(gpu_measure, "_measure_update", fail)
    assert main(["--device", "cpu", "--out", str(tmp_path)]) == 1
    assert "error: out of memory. What was measured before is kept." in capsys.readouterr().err
    report = read_report(tmp_path / "cost.json")
    assert (report.status, report.updates) == ("failed", [])
    assert report.generation is not None


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens without CUDA")
def test_a_gpu_that_is_not_there_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cuda", "--out", str(tmp_path)]) == 2
    assert "no GPU" in capsys.readouterr().err


def test_the_computed_tables_in_the_documentation_are_up_to_date(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "cost.md").read_text()
    assert f"{START}\n{computed_text()}\n{END}" in text
    copy = tmp_path / "cost.md"
    copy.write_text(text.replace(computed_text(), "old"))
    assert main(["--docs", str(copy)]) == 0
    assert copy.read_text() == text


def test_documentation_without_markers_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cost.md"
    path.write_text("no markers")
    assert main(["--docs", str(path)]) == 2
    assert gpu_cli.START in capsys.readouterr().err
