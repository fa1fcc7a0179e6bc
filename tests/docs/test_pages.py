"""The documentation says what is so: programs run, the gallery is that of the registry, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ds_gym.cli.gallery import gallery_section

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.glob("*.md")])


def python_blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def run_python(program: str, folder: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{program}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_gallery_is_that_of_the_registry() -> None:
    page = (DOCS / "tasks.md").read_text(encoding="utf-8")
    assert gallery_section("embedded") in page, "run: python -m ds_gym list --markdown > docs/tasks.md"


def test_the_programs_of_your_own_task_run(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    months = generator.integers(1, 60, 400)
    table = pd.DataFrame(
        {
            "months": np.where(np.arange(400) % 40 == 0, np.nan, months),
            "plan": generator.choice(["small", "large"], 400),
            "churned": np.where(months + generator.normal(0, 15, 400) < 30, "yes", "no"),
        }
    )
    table.to_csv(tmp_path / "customers.csv", index=False)
    output = run_python("\n".join(python_blocks("your_own_task.md")), tmp_path)
    assert "Predict whether a customer leaves" in output
    reward, held_out = map(float, output.splitlines()[-2].split())
    assert reward > 0.8
    assert held_out > 0.8
    assert output.splitlines()[-1] == "400 390"


def test_the_training_loop_runs() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    loop, reward_function, *_ = python_blocks("train_your_own_agent.md")
    assert 25 <= sum(bool(line.strip()) for line in loop.splitlines()) <= 42
    short = re.sub(r"EPISODES, UPDATES = (.*), \d+, \d+", r"EPISODES, UPDATES = \1, 4, 2", loop)
    assert short != loop
    program = "from sklearn.naive_bayes import GaussianNB\\nreturn GaussianNB().fit(x_train, y_train)"
    output = run_python(f"{short}\n{reward_function}\nprint(reward('{program}'), reward('no program'))", ROOT)
    *updates, rewards = output.splitlines()
    assert [line.split()[1] for line in updates] == ["0", "1"]
    scored, failed = map(float, rewards.split())
    assert scored > 0.8
    assert failed == -1.0


def test_the_example_without_text_runs() -> None:
    pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed")
    *_, example, _ = python_blocks("train_your_own_agent.md")
    short = example.replace("n_steps=64, batch_size=64", "n_steps=8, batch_size=8").replace("learn(256)", "learn(8)")
    assert short.count("8") == 3
    *program, reward = run_python(short, ROOT).splitlines()
    assert program[0] == "def build_model(x_train, y_train):"
    assert 0 <= float(reward) <= 1


def test_the_example_of_many_episodes_without_text_runs(tmp_path: Path) -> None:
    *_, example = python_blocks("train_your_own_agent.md")
    short = example.replace("num_envs=8", "num_envs=2").replace("range(2)", "range(1)")
    assert short.count("num_envs=2") == short.count("range(1)") == 1
    *program, reward = run_python(short, tmp_path).splitlines()
    assert program[0] == "def build_model(x_train, y_train):"
    assert 0 <= float(reward) <= 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
