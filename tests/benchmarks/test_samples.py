from __future__ import annotations

from benchmarks.samples import choose_samples, samples_markdown, samples_of_run


def attempt(env_step: int, reward: float, code: str, error: dict | None = None) -> dict:
    return {"env_step": env_step, "attempt": 1, "reward": reward, "code": code, "error": error}


def test_the_best_the_middle_and_the_worst_are_chosen() -> None:
    attempts = [attempt(i, reward, f"program {i}") for i, reward in enumerate([0.5, -1.0, 0.75, 0.25, 0.0])]
    assert [chosen["reward"] for chosen in choose_samples(attempts)] == [0.75, 0.25, -1.0]


def test_no_program_is_shown_twice() -> None:
    attempts = [attempt(i, 0.5, "the same") for i in range(8)]
    assert [chosen["env_step"] for chosen in choose_samples(attempts)] == [0]
    assert choose_samples([]) == []


def test_the_samples_of_a_run_are_those_of_its_iterations() -> None:
    attempts = [attempt(i + 1, i / 10, f"program {i}") for i in range(6)]
    curve = [{"env_steps": 2, "n_attempts": 2}, {"env_steps": 3, "n_attempts": 1}, {"env_steps": 6, "n_attempts": 3}]
    assert list(samples_of_run(curve, attempts, 2)) == [choose_samples(attempts[:2]), choose_samples(attempts[3:])]
    assert list(samples_of_run(curve, attempts, 0)) == []


def test_markdown_shows_reward_program_and_error() -> None:
    error = {"kind": "exception", "message": "ValueError:\n no", "line": 2}
    text = samples_markdown([attempt(7, -1.0, "x = 1\n", error), attempt(8, 0.5, "x = 2")])
    assert "attempt 7, number 1 of its episode: reward -1.0000, exception: ValueError: no\n" in text
    assert "```python\nx = 1\n```\n" in text
    assert "reward +0.5000\n" in text


def test_a_program_cannot_leave_its_fence_and_has_a_utf8_form() -> None:
    text = samples_markdown([attempt(1, 0.5, "'''\n````\n'''\udcff")])
    assert "\n`````python\n" in text
    assert text.encode().decode() == text
