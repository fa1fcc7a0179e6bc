"""A real server with the embedded model, which is also here to compare with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from agents.generation import generate
from agents.language_model import LanguageModel, load_language_model
from agents.loading import TINYCODER
from agents.prompting.served import ServedModel, ServedOptions
from agents.prompting.text_model import Answer, Completion
from tests.agents.prompting.loopback import TransformersServer, transformers_server

pytestmark = pytest.mark.slow

NEW_TOKENS = 48


@pytest.fixture(scope="session")
def server() -> Iterator[TransformersServer]:
    with transformers_server() as running:
        yield running


@pytest.fixture(scope="module")
def local() -> LanguageModel:
    return load_language_model("tinycoder", device="cpu")


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    """Beginnings of programs such as the model was made to continue."""
    lines = (TINYCODER / "held_out.jsonl").read_text().splitlines()
    return [str(json.loads(line)["prompt"]) for line in lines]


def served(server: TransformersServer, cache: Path | None = None, concurrency: int = 2) -> ServedModel:
    options = ServedOptions(cache=cache, concurrency=concurrency)
    return ServedModel(server.model_name, server.base_url, "completion", options)


def ask(model: ServedModel, prompts: Sequence[str], seed: int = 0) -> list[Answer]:
    generator = torch.Generator().manual_seed(seed)
    return model.complete(prompts, max_new_tokens=NEW_TOKENS, temperature=0, generator=generator)


def written_here(local: LanguageModel, prompts: Sequence[str]) -> list[Completion]:
    """What the same weights write greedily without a server."""
    completions = []
    for prompt in prompts:
        ids = tuple(local.tokenizer(prompt)["input_ids"])
        (written,) = generate(
            local, [ids], max_new_tokens=NEW_TOKENS, temperature=0, generator=torch.Generator().manual_seed(0)
        )
        completions.append(Completion(written.text, len(ids), len(written.token_ids), written.stop_reason))
    return completions


def test_a_folder_is_accepted_as_a_model_and_other_names_are_not(server: TransformersServer) -> None:
    served(server).check()
    with pytest.raises(ValueError, match="gives nothing for the model 'no-such/model'") as caught:
        ServedModel("no-such/model", server.base_url, "completion", ServedOptions(cache=None)).check()
    assert "\n" not in str(caught.value)


def test_greedy_texts_are_those_that_the_model_writes_without_a_server(
    server: TransformersServer, local: LanguageModel, prompts: list[str]
) -> None:
    assert ask(served(server), prompts[:4]) == written_here(local, prompts[:4])


def test_equal_states_make_equal_requests_which_are_not_made_twice(
    server: TransformersServer, prompts: list[str], tmp_path: Path
) -> None:
    first = ask(served(server, tmp_path / "cache.sqlite"), prompts[:3], seed=7)
    server.kill()
    try:
        again = ask(served(server, tmp_path / "cache.sqlite"), prompts[:3], seed=7)
    finally:
        server.start()
    assert [answer.cached for answer in first + again if isinstance(answer, Completion)] == [False] * 3 + [True] * 3
    assert [answer.text for answer in again if isinstance(answer, Completion)] == [
        answer.text for answer in first if isinstance(answer, Completion)
    ]


def test_a_server_that_is_killed_and_started_again_loses_no_answer(
    server: TransformersServer, local: LanguageModel, prompts: list[str]
) -> None:
    many = prompts[:40]
    given: list[int] = []

    def kill_once(index: int, answer: Answer) -> None:
        given.append(index)
        if len(given) == 3:  # requests go on in the meantime, and fail
            server.restart()

    answers = served(server, concurrency=4).complete(
        many,
        max_new_tokens=NEW_TOKENS,
        temperature=0,
        generator=torch.Generator().manual_seed(0),
        on_answer=kill_once,
    )
    completions = [answer for answer in answers if isinstance(answer, Completion)]
    assert [answer.text for answer in completions] == [answer.text for answer in written_here(local, many)]
    assert sorted(given) == list(range(len(many)))
    assert sum(answer.retries for answer in completions) > 0
