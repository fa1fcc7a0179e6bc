from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from agents import forest_reader
from agents.agent import make_agent, make_config
from agents.language_model import LanguageModel
from agents.output_head import CentredProducts, LogRatios, OutputHead
from agents.vocabulary import vocabulary_sums
from benchmarks.errors import MeasurementFailed, ResultError
from benchmarks.learner_cost import update_measure
from benchmarks.learner_cost.dense import dense_vocabulary_sums, vocabulary_sums_replaced
from benchmarks.learner_cost.four_copies import FourCopies
from benchmarks.learner_cost.fresh import FreshProcesses
from benchmarks.learner_cost.models import (
    action_log_probs,
    build_model,
    finished_episodes,
    random_actions,
    random_prompts,
    word_tokenizer,
)
from benchmarks.learner_cost.shapes import SHAPES, ModelShape
from benchmarks.learner_cost.update_cell import CellFigures
from benchmarks.learner_cost.update_cli import QUICK, main
from benchmarks.learner_cost.update_measure import cells_of, expected_mib, predict, summarise
from benchmarks.learner_cost.update_report import (
    WAYS,
    Cell,
    CellCost,
    Settings,
    UpdateCostReport,
    find,
    fit_line,
    read_report,
)
from benchmarks.learner_cost.update_tables import GOAL_VOCABULARY, Goal, goals_of, markdown, tables_of

LINUX = sys.platform.startswith("linux")
SHAPE = ModelShape(300, hidden_size=16, layers=1, intermediate_size=44, heads=2, kv_heads=2)


def rollout(n: int = 2, length: int = 6) -> Any:
    prompts = random_prompts(SHAPE.vocabulary, n_prompts=n, length=5, n_shared=3)
    actions = random_actions(SHAPE.vocabulary, n_actions=n, length=length)
    log_probs = action_log_probs(build_model(SHAPE), prompts, actions)
    return finished_episodes(prompts, actions, log_probs.tolist())


def learner(agent: str, critic: str, model: Any = None) -> Any:
    config = make_config(agent, batch_uses=2, critic=critic, stop_at_function_end=False)
    model = build_model(SHAPE) if model is None else model
    return make_agent(agent, LanguageModel(model, word_tokenizer(), name="tiny", tuning="lora"), config)


@pytest.mark.parametrize("kind", ["products", "log-ratios"])
def test_dense_sums_and_their_gradients_are_those_of_the_chunks(kind: str) -> None:
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    hidden, base_hidden, fixed, learned = draw(4, 7, 5).unbind(0)
    head, base_head = OutputHead(draw(11, 5)), OutputHead(draw(11, 5))
    tokens = torch.randint(0, 11, (7,), generator=generator)
    weights = draw(5, 7)
    gradients, values = [], []
    for function in (vocabulary_sums, dense_vocabulary_sums):
        policy, critic = hidden.clone().requires_grad_(), learned.clone().requires_grad_()
        if kind == "products":
            scores: Any = [CentredProducts(queries, base_head.weight) for queries in (fixed, critic)]
        else:
            scores = [LogRatios(states, base_head) for states in (fixed, critic)]
        sums = function(
            policy,
            head,
            tokens,
            base_hidden=base_hidden,
            base_head=base_head,
            temperature=0.7,
            scores=scores[0],
            learned_scores=scores[1],
            rows_per_chunk=2,
        )
        used = (sums.log_pi, sums.kl, sums.scores.mean, sums.learned_scores.chosen, sums.learned_scores.variance)
        values.append(torch.stack([*used, sums.log_rho, sums.entropy, sums.scores.chosen, sums.learned_scores.mean]))
        loss = sum((weight * value).sum() for weight, value in zip(weights, used, strict=True))
        gradients.append(torch.cat(torch.autograd.grad(loss, (policy, critic))))
    torch.testing.assert_close(*values)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("agent", ["etpo", "ppo"])
@pytest.mark.parametrize("critic", ["heads", "adapter"])
def test_an_update_is_the_same_with_dense_sums(agent: str, critic: str) -> None:
    episodes = rollout()
    chunked, _ = learner(agent, critic)._update(episodes)
    with vocabulary_sums_replaced(dense_vocabulary_sums):
        dense, _ = learner(agent, critic)._update(episodes)
    assert dense == pytest.approx(chunked, rel=1e-3, abs=1e-5)


def test_the_sums_are_replaced_for_every_learner_and_put_back() -> None:
    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        return vocabulary_sums(*arguments, **named)

    for agent in ("etpo", "ppo"):
        calls: list[int] = []
        with vocabulary_sums_replaced(counted):
            learner(agent, "heads")._update(rollout())
        assert calls
    assert forest_reader.vocabulary_sums is vocabulary_sums


def test_four_copies_move_policy_and_critic_and_leave_the_reference() -> None:
    for agent in ("etpo", "ppo"):
        model = build_model(SHAPE)
        config: Any = make_config(agent)
        copies = FourCopies(model, config)
        start = copies.reference.get_output_embeddings().weight.clone()
        getattr(copies, agent)(rollout())
        weights = {
            name: getattr(copies, name).get_output_embeddings().weight
            for name in vars(copies)
            if name[0] != "_" and name != "config"
        }
        assert set(weights) == {"policy", "critic", "target", "reference"}
        assert len({weight.data_ptr() for weight in weights.values()}) == 4
        torch.testing.assert_close(weights["reference"], start, rtol=0, atol=0)
        assert not torch.equal(weights["policy"], start)
        assert not torch.equal(weights["critic"], start)


def test_four_copies_without_a_learning_rate_change_nothing() -> None:
    model = build_model(SHAPE)
    start = {name: parameter.clone() for name, parameter in model.named_parameters()}
    config: Any = make_config("etpo", learning_rate=0.0, critic_learning_rate=0.0)
    FourCopies(model, config).etpo(rollout())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter, start[name], rtol=0, atol=0)


def test_a_made_up_batch_is_one_that_the_model_could_have_sampled() -> None:
    episodes = rollout(n=3, length=4)
    assert episodes.generated_tokens == 12
    assert len({turn.prompt_ids for turn in episodes.turns}) == 3
    assert len({turn.prompt_ids[:3] for turn in episodes.turns}) == 1
    metrics, _ = learner("ppo", "heads")._update(episodes)
    assert metrics["log_prob_gap"] < 1e-4


def test_a_model_with_random_weights_is_the_same_every_time_and_leaves_the_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = build_model(SHAPES["toy"]), build_model(SHAPES["toy"])
    assert torch.rand(1) == expected
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_straight_line_is_found_again() -> None:
    line = fit_line([1, 2, 4], [5.0, 7.0, 11.0])
    assert (line.intercept, line.slope, line.r_squared) == pytest.approx((3.0, 2.0, 1.0))
    assert line.at(10) == pytest.approx(23.0)
    assert fit_line([1, 2], [1.0, 0.1]).at(10) == 0.0
    with pytest.raises(ValueError, match="two different points"):
        fit_line([1, 1], [1.0, 2.0])


def figures(seconds: float, extra_mib: float) -> CellFigures:
    return CellFigures(seconds, extra_mib, standing_mib=1.0)


def test_what_does_not_fit_is_predicted_and_marked() -> None:
    settings = Settings(agents=("etpo",), vocabularies=(32_000,), action_lengths=(32, 64, 128), memory_limit_mib=1000.0)
    cells = [cell for cell in cells_of(settings) if expected_mib(cell, settings) <= 1000.0]
    assert {cell.action_length for cell in cells if cell.way == "chunked"} == {32, 64, 128}
    assert {cell.action_length for cell in cells if cell.way == "four copies"} == {32, 64}
    measured = {cell: [figures(cell.action_length * 0.1, 5.0 + cell.action_length * 2.0)] for cell in cells}
    costs = summarise(settings, measured)
    report = make_report(settings, costs)
    large = find(report, Cell("etpo", "four copies", 32_000, 128))
    assert large is not None
    assert (large.n_updates, large.n_tokens) == (0, 1024)
    assert (large.seconds, large.extra_mib) == pytest.approx((12.8, 261.0))
    assert "~261" in markdown(report)
    assert predict(Cell("ppo", "dense", 32_000, 128), settings, costs) is None


def test_figures_are_medians() -> None:
    settings = Settings(agents=("ppo",), vocabularies=(300,), action_lengths=(8,))
    cell = Cell("ppo", "chunked", 300, 8)
    (cost,) = summarise(settings, {cell: [figures(1.0, 9.0), figures(5.0, 7.0), figures(2.0, 8.0)]})
    assert (cost.seconds, cost.extra_mib, cost.n_updates) == (2.0, 8.0, 3)
    assert cost.tokens_per_second == pytest.approx(8 * settings.episodes / 2.0)


def make_report(settings: Settings, costs: list[CellCost]) -> UpdateCostReport:
    return UpdateCostReport(
        schema_version=1,
        status="finished",
        settings=settings,
        cells=costs,
        versions={},
        hardware={"cpu": "a", "cores": 2, "memory_mb": 3, "system": "b"},
        git=read_git(),
        created_at="2026-01-01",
        load_before=0.0,
        seconds=1.0,
    )


def read_git() -> Any:
    from benchmarks.results import Git

    return Git(sha=None, dirty=None)


def test_goals_are_judged_by_the_worst_length_and_by_measured_cells_alone() -> None:
    settings = Settings(agents=("etpo",), vocabularies=(GOAL_VOCABULARY,), action_lengths=(32, 64))

    def cost(way: Any, length: int, seconds: float, mib: float, n_updates: int = 1) -> CellCost:
        return CellCost("etpo", way, GOAL_VOCABULARY, length, length * 8, seconds, mib, 0.0, n_updates)

    report = make_report(
        settings,
        [
            cost("chunked", 32, 1.0, 10.0),
            cost("four copies", 32, 2.0, 100.0),
            cost("chunked", 64, 1.0, 10.0),
            cost("four copies", 64, 3.0, 300.0),
        ],
    )
    memory, time = goals_of(report)
    assert (memory.ratios, memory.met) == ({32: 10.0, 64: 30.0}, False)
    assert memory.cells()[2:] == ("10.0 (32), 30.0 (64)", "not met at 32 tokens; met at the others")
    assert (time.ratios, time.met, time.cells()[3]) == ({32: 2.0, 64: 3.0}, True, "met")
    predicted = make_report(settings, [cost("chunked", 32, 1.0, 10.0), cost("four copies", 32, 9.0, 900.0, 0)])
    assert goals_of(predicted) == []
    assert Goal("a", 2.0, {8: 1.0}).cells()[3] == "not met"


def test_processes_are_fresh_and_failures_come_back() -> None:
    processes = FreshProcesses("benchmarks.learner_cost.update_cell")
    first, second = processes.call(os.getpid), processes.call(os.getpid)
    assert len({first, second, os.getpid()}) == 3
    with pytest.raises(MeasurementFailed, match="ValueError: math domain error"):
        processes.call(_fail_in_mathematics)
    with pytest.raises(MeasurementFailed, match="was killed"):
        processes.call(os.abort)


def _fail_in_mathematics() -> None:
    raise ValueError("math\ndomain error")


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, UpdateCostReport]:
    if not LINUX:
        pytest.skip("measures on Linux only")
    out = tmp_path_factory.mktemp("update_cost")
    assert main(["--quick", "--out", str(out)]) == 0
    return out, read_report(out / "cost.json")


def test_a_quick_run_measures_every_cell(quick_run: tuple[Path, UpdateCostReport]) -> None:
    _, report = quick_run
    assert report.status == "finished"
    assert report.error is None
    assert len(report.cells) == 2 * len(WAYS) * len(QUICK.action_lengths)
    for cost in report.cells:
        assert cost.n_updates == QUICK.repeats
        assert cost.seconds > 0
        assert cost.standing_mib >= 0
        assert cost.extra_mib > 0


def test_the_markdown_holds_every_cell_of_every_table(quick_run: tuple[Path, UpdateCostReport]) -> None:
    out, report = quick_run
    text = (out / "table.md").read_text()
    assert text == markdown(report)
    assert len(tables_of(report)) == 3  # no goals: they are set for another vocabulary
    for table in tables_of(report):
        for row in table.rows:
            assert len(row) == len(table.columns)
            assert f"| {' | '.join(row)} |" in text


def test_the_result_file_has_the_declared_fields_and_no_others(quick_run: tuple[Path, UpdateCostReport]) -> None:
    out, report = quick_run
    fields = json.loads((out / "cost.json").read_text())
    assert set(fields) == {field.name for field in dataclasses.fields(UpdateCostReport)}
    fields["surprise"] = 1
    (out / "other.json").write_text(json.dumps(fields))
    with pytest.raises(ResultError, match="not a report"):
        read_report(out / "other.json")
    assert report == read_report(out / "cost.json")


@pytest.mark.skipif(not LINUX, reason="measures on Linux only")
def test_what_was_measured_before_a_failure_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        def __init__(self, _: str) -> None:
            self.calls = 0

        def call(self, *_: object) -> CellFigures:
            self.calls += 1
            if self.calls == 3:
                raise MeasurementFailed("killed")
            return figures(1.0, 2.0)

    monkeypatch.setattr(update_measure, "FreshProcesses", Failing)
    assert main(["--quick", "--out", str(tmp_path)]) == 1
    assert "error: etpo, four copies, vocabulary 300, action length 4: killed." in capsys.readouterr().err
    report = read_report(tmp_path / "cost.json")
    assert (report.status, len(report.cells)) == ("failed", 2)


@pytest.mark.skipif(not LINUX, reason="measures on Linux only")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--repeats", "0"], "--repeats"),
        (["--vocabularies", "1000,x"], "whole numbers"),
        (["--vocabularies", "100"], "at least 300"),
        (["--hidden-size", "20"], "multiple of 8"),
        (["--critic", "head"], "adapter"),
        (["--out", "/proc/ds-gym"], "cannot write there"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert complaint in lines[0]
