from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.cli import main
from benchmarks.results import deterministic_part, find_results, read_result
from benchmarks.storage import RunFiles
from tests.benchmarks.fakes import FakeBackend, run_key_files

SMALL = ["--agent", "learner", "--tasks", "easy", "--seeds", "0", "--env-steps", "16", "--num-envs", "4", "--jobs", "1"]
SMALL += ["--log", "none"]


def run(out: Path, *more: str) -> int:
    return main([*SMALL, "--no-references", "--out", str(out), *more], FakeBackend())


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--agent is missing; known: learner, sample"),
        (["--agent", "lerner"], "did you mean 'learner'?"),
        (["--agent", "learner", "--tasks", "esy"], "did you mean 'easy'?"),
        (["--agent", "learner", "--suite", "defualt"], "did you mean 'default'?"),
        (["--agent", "learner", "--model", "none"], "no language model 'none'"),
        (["--agnt", "learner"], "No such option '--agnt'. Did you mean '--agent'?"),
        (["--agent"], "requires an argument"),
        (["--agent", "learner", "--set", "temprature=1"], "did you mean 'temperature'?"),
        (["--agent", "learner", "--set", "temperature=x"], "temperature='x'"),
        (["--agent", "learner", "--seeds", "one"], "'one' is not a list of seeds"),
        (["--agent", "learner", "--seeds", "-1"], "not a list of seeds"),
        (["--agent", "learner", "--env-steps", "8", "1"], "extra argument (1)"),
        (["stray", "--agent", "learner"], "extra argument (stray)"),
        (["--agent", "learner", "--env-steps", "0"], "--env-steps"),
        (["--agent", "learner", "--env-steps", "many"], "--env-steps"),
        (["--agent", "learner", "--device", "tpu"], "unknown device 'tpu'"),
        (["--agent", "learner", "--protocol", "papr"], "did you mean 'paper'?"),
        (["--agent", "learner", "--resume", "--overwrite"], "exclude each other"),
        (["--agent", "learner", "--full", "--tuning", "lora"], "--full and --tuning lora exclude each other"),
        (["--agent", "learner", "--lora-rank", "0"], "--lora-rank"),
        (["--agent", "learner", "--dtype", "float64"], "dtype='float64' is not allowed"),
        (["--agent", "learner", "--threads", "0"], "--threads"),
        (["--agent", "learner", "--checkpoint-every", "0"], "--checkpoint-every"),
        (["--agent", "learner", "--keep-checkpoints", "0"], "--keep-checkpoints"),
        (["--agent", "learner", "--sample-every", "-1"], "--sample-every"),
        (["--agent", "learner", "--log", "wand"], "did you mean 'wandb'?"),
        (["--agent", "learner", "--log", "none,tensorboard"], "none excludes the others"),
        (["--agent", "learner@cld"], "unknown preset of learner 'cld'; did you mean 'cold'?"),
        (["--agent", "learner", "--tasks", "easy+esy"], "did you mean 'easy'?"),
        (["--agent", "learner", "--tasks", "easy", "--transfer-tasks", "easy"], "the run on easy learns on it"),
        (["--agent", "learner", "--transfer-tasks", "none,hard"], "none excludes the others"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, arguments, complaint) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments, FakeBackend()) == 2
    line = error_line(capsys)
    assert line.startswith("error: ")
    assert complaint in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "below a file", "unwritable"])
def test_an_output_folder_that_cannot_be_written_is_said_at_the_start(tmp_path: Path, capsys, kind: str) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    out = {"file": file, "below a file": file / "out", "unwritable": Path("/proc/ds-gym")}[kind]
    assert run(out) == 2
    assert f"--out {out}: cannot write there" in error_line(capsys)
    assert file.read_text() == "mine"


def test_lists_may_be_separated_by_spaces(tmp_path: Path) -> None:
    arguments = [*SMALL, "--tasks", "easy", "hard", "--seeds", "0", "2-3", "--log", "none", "--out", str(tmp_path)]
    assert main([*arguments, "--no-references"], FakeBackend()) == 0
    found = {(result.task, result.seed) for result in map(read_result, find_results(tmp_path))}
    assert found == {(task, seed) for task in ("easy", "hard") for seed in (0, 2, 3)}


def test_a_run_ends_with_table_picture_and_program(tmp_path: Path, capsys) -> None:
    assert main([*SMALL, "--out", str(tmp_path)], FakeBackend()) == 0
    out = capsys.readouterr().out
    assert "sample T=1" in out
    assert "Best program on easy" in out
    assert "def build_model(x_train, y_train):" in out
    assert (tmp_path / "learning_curves.png").read_bytes().startswith(b"\x89PNG")
    assert "| easy | learner | 1 x " in (tmp_path / "table.md").read_text()


def test_finished_runs_are_not_run_again(tmp_path: Path, capsys) -> None:
    assert run(tmp_path) == 0
    before = run_key_files(tmp_path)
    capsys.readouterr()
    assert run(tmp_path) == 0
    assert run(tmp_path, "--resume") == 0
    assert "1 of 1 runs are finished already" in capsys.readouterr().out
    assert run_key_files(tmp_path) == before


def test_the_same_command_twice_gives_the_same_results(tmp_path: Path) -> None:
    arguments = ["--agent", "learner", "--env-steps", "32", "--num-envs", "4", "--seeds", "0,1", "--jobs", "2"]
    arguments += ["--log", "none"]
    for name in ("a", "b"):
        assert main([*arguments, "--out", str(tmp_path / name)], FakeBackend()) == 0
    paths = [path.relative_to(tmp_path / "a") for path in find_results(tmp_path / "a")]
    assert len(paths) == 2 * 2 * 2 + 4 * 2
    for path in paths:
        first, second = (read_result(tmp_path / name / path) for name in ("a", "b"))
        assert deterministic_part(first) == deterministic_part(second)
        attempts = [(tmp_path / name / path).with_name("attempts.jsonl.gz").read_bytes() for name in ("a", "b")]
        assert attempts[0] == attempts[1]


def test_an_unfinished_run_is_only_touched_when_told(tmp_path: Path, capsys) -> None:
    assert run(tmp_path, "--set", "raise_at=8") == 1
    assert "RuntimeError: the agent broke" in capsys.readouterr().err
    before = run_key_files(tmp_path)
    assert run(tmp_path, "--set", "raise_at=8") == 2
    line = error_line(capsys)
    assert "1 unfinished run" in line
    assert "--resume" in line
    assert "--overwrite" in line
    assert run_key_files(tmp_path) == before


def test_a_result_of_another_configuration_is_only_replaced_when_told(tmp_path: Path, capsys) -> None:
    assert run(tmp_path) == 0
    before = run_key_files(tmp_path)
    for more in ([], ["--resume"]):
        assert run(tmp_path, "--set", "temperature=0.5", *more) == 2
        assert "another configuration" in error_line(capsys)
        assert run_key_files(tmp_path) == before
    assert run(tmp_path, "--set", "temperature=0.5", "--overwrite") == 0
    assert read_result(tmp_path / "learner/easy/seed-0/result.json").config["agent"]["temperature"] == 0.5


OLD = '{"schema_version": 1, "status": "finished"}'


@pytest.mark.parametrize("content", ["{}", OLD, '{"schema_version": 1, "run', '{"schema_version": 99}', "hello"])
@pytest.mark.parametrize("option", [[], ["--resume"], ["--overwrite"]])
def test_a_foreign_file_is_named_and_left_alone(tmp_path: Path, capsys, content: str, option: list[str]) -> None:
    path = tmp_path / "learner" / "easy" / "seed-0" / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert run(tmp_path, *option) == 2
    line = error_line(capsys)
    assert str(path) in line
    assert "left alone" in line
    assert path.read_text() == content


def test_two_benchmarks_do_not_write_to_one_folder(tmp_path: Path, capsys) -> None:
    from benchmarks.preflight import prepare_folder

    with prepare_folder(tmp_path):
        assert run(tmp_path) == 2
    assert "another benchmark is writing there" in error_line(capsys)
    assert run(tmp_path) == 0


def test_a_diverged_run_is_told_and_is_final(tmp_path: Path, capsys) -> None:
    diverging = ("--set", "diverge_at=8")
    assert run(tmp_path, *diverging) == 1
    files = RunFiles(tmp_path / "learner/easy/seed-0")
    line = error_line(capsys)
    assert "1 of 1 runs diverged. learner/easy/seed-0: policy_loss became nan in the update" in line
    assert str(files.diverged) in line
    before = run_key_files(tmp_path)
    for more in ([], ["--resume"]):
        assert run(tmp_path, *diverging, *more) == 1
        captured = capsys.readouterr()
        assert "have diverged before and are not run again" in captured.out
        assert "1 of 1 runs diverged" in captured.err
        assert run_key_files(tmp_path) == before
    assert run(tmp_path, "--overwrite") == 0
    assert read_result(files.result).status == "finished"
    assert not files.diverged.exists()


def test_a_diverged_run_does_not_keep_the_others_from_the_table(tmp_path: Path, capsys) -> None:
    assert run(tmp_path, "--agent", "sample", "--set", "learner.diverge_at=8") == 1
    captured = capsys.readouterr()
    assert "1 of 2 runs diverged" in captured.err
    assert "Best program on easy" in captured.out


def test_options_of_the_model_are_part_of_a_run_where_they_differ_from_the_defaults(tmp_path: Path, capsys) -> None:
    path = tmp_path / "learner/easy/seed-0/result.json"
    assert run(tmp_path, "--dtype", "auto", "--lora-rank", "16") == 0
    default = read_result(path)
    assert "model_options" not in default.config
    assert run(tmp_path) == 0
    assert "finished already" in capsys.readouterr().out
    assert run(tmp_path, "--lora-rank", "8") == 2
    assert "another configuration" in error_line(capsys)
    assert run(tmp_path, "--lora-rank", "8", "--overwrite") == 0
    assert read_result(path).config["model_options"] == {"lora_rank": 8}
    assert read_result(path).run_key != default.run_key


def test_variants_joined_tasks_and_transfer_tasks_in_one_command(tmp_path: Path, capsys) -> None:
    more = ["--agent", "learner@cold", "--tasks", "easy+hard", "--transfer-tasks", "tic_tac_toe,balance_scale"]
    more += ["--set", "learner@cold.iteration_seconds=0.001"]
    assert run(tmp_path, *more) == 0
    out = capsys.readouterr().out
    for words in ("learner@cold", "Best program on easy", "Best program on hard"):
        assert words in out
    assert "| easy+hard | learner | 1 x " in (tmp_path / "table.md").read_text()
    folders = {str(path.parent.relative_to(tmp_path)) for path in find_results(tmp_path)}
    labels, tasks = ("learner", "learner@cold"), ("easy", "easy+hard")
    assert folders == {f"{label}/{task}/seed-0" for label in labels for task in tasks}
    result = read_result(tmp_path / "learner@cold/easy+hard/seed-0/result.json")
    assert (result.agent, result.label) == ("learner", "learner@cold")
    assert (result.config["agent"]["temperature"], result.config["agent"]["iteration_seconds"]) == (0.25, 0.001)
    assert list(result.transfer) == ["tic_tac_toe", "balance_scale"]
    assert run(tmp_path, *more) == 0
    assert "4 of 4 runs are finished already" in capsys.readouterr().out


def test_a_suite_says_which_agents_run_and_where_they_are_tried(tmp_path: Path, capsys) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(
        "description: D\ntasks: [easy]\nseeds: [7]\nenv_steps: 8\nnum_envs: 4\nprotocol: paper\n"
        "evaluation_attempts: 4\nagents: [learner, learner@cold]\ntransfer_tasks: [hard]\n"
    )
    arguments = ["--suite", str(suite), "--log", "none", "--jobs", "1"]
    assert main([*arguments, "--out", str(tmp_path / "a")], FakeBackend()) == 0
    results = {path.parts[-4]: read_result(path) for path in find_results(tmp_path / "a")}
    assert {label: set(result.transfer) for label, result in results.items()} == {
        "learner": {"hard"},
        "learner@cold": {"hard"},
    }
    more = ["--agent", "sample", "--transfer-tasks", "none", "--out", str(tmp_path / "b")]
    assert main([*arguments, *more], FakeBackend()) == 0
    (path,) = find_results(tmp_path / "b")
    assert (path.parts[-4], read_result(path).transfer) == ("sample", {})


def test_threads_are_the_cores_shared_by_the_runs_side_by_side(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.cli.available_cores", lambda: 6)
    path = tmp_path / "learner/easy/seed-0/result.json"
    for more, threads in ((["--jobs", "4"], 6), (["--jobs", "2", "--seeds", "1"], 3), (["--threads", "5"], 5)):
        assert run(tmp_path, *more, "--overwrite") == 0
        result = read_result(path)
        assert result.hardware["threads"] == threads
        assert "threads" not in result.config


def test_sample_programs_are_printed_when_asked_for(tmp_path: Path, capsys) -> None:
    for out, more in (("a", []), ("b", ["--verbose"])):
        assert run(tmp_path / out, *more) == 0
        printed = capsys.readouterr().out
        assert ("learner/easy/seed-0, attempt " in printed) == (out == "b")
        assert "### attempt " in (tmp_path / out / "learner/easy/seed-0/samples.md").read_text()


def test_metrics_go_to_tensorboard_by_default(tmp_path: Path) -> None:
    arguments = [argument for argument in SMALL if argument not in ("--log", "none")]
    assert main([*arguments, "--no-references", "--out", str(tmp_path)], FakeBackend()) == 0
    assert list(tmp_path.glob("learner/easy/seed-0/tensorboard/events.out.tfevents.*"))


def test_help_shows_the_options_in_groups(capsys) -> None:
    assert main(["--help"], FakeBackend()) == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["What is run:", "Model:", "Server of openai:NAME:", "How it is run:", "Logs:", "Others:"]
    model = lines[lines.index("Model:") : lines.index("Server of openai:NAME:")]
    for option in ("--model", "--dtype", "--lora-rank", "--gradient-checkpointing", "--prompt"):
        assert any(line.strip().startswith(option) for line in model)


def test_the_list_shows_agents_settings_tasks_and_suites(capsys) -> None:
    assert main(["--list"], FakeBackend()) == 0
    out = capsys.readouterr().out
    for word in (
        "learner",
        "learner: default, cold",
        "study",
        "tried on wine, digits",
        "temperature",
        "1.0",
        "easy",
        "default",
        "--lora-rank 16",
        "trackio",
    ):
        assert word in out


def test_results_are_plain_json_with_the_documented_keys(tmp_path: Path) -> None:
    assert run(tmp_path) == 0
    fields = json.loads((tmp_path / "learner/easy/seed-0/result.json").read_text())
    documented = "agent model task seed status config curve evaluation best best_by_task language_model transfer budget"
    documented += " versions hardware git"
    assert set(documented.split()) <= set(fields)
    assert {"env_steps", "mean_reward", "valid_rate", "kl"} <= set(fields["curve"][0])
    assert set(fields["evaluation"]) == {"mean_reward", "valid_rate", "mean_score", "n_attempts"}
    assert set(fields["best"]) == {"code", "selected_score", "holdout_score", "env_step"}
    assert set(fields["budget"]) == {"env_steps", "generated_tokens", "gradient_steps", "seconds"}
    assert set(fields["budget"]["seconds"]) == {"generation", "environment", "update", "total"}
