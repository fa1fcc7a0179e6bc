from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from tokenizers import decoders

import agents.generation
from agents.generation import LocalSampler, generate
from agents.language_model import LanguageModel
from agents.rollout import Turn, hidden_states, token_batch
from agents.sampler import Generation
from agents.token_pieces import TokenPieces
from agents.vocabulary import vocabulary_sums

PROMPTS = ["# Task: a table.", "# Task: a table. It failed. Write:", "# Task: a table.", "x"]


def sample(
    model: LanguageModel, prompts: list[str] = PROMPTS, seed: int = 0, temperature: float = 1.0, length: int = 12
):
    ids = [model.encode_prompt(prompt, reserve=length) for prompt in prompts]
    generator = torch.Generator().manual_seed(seed)
    return ids, generate(model, ids, max_new_tokens=length, temperature=temperature, generator=generator)


def test_same_seed_same_actions(language_model: LanguageModel) -> None:
    assert sample(language_model, seed=3) == sample(language_model, seed=3)
    assert sample(language_model, seed=3) != sample(language_model, seed=4)


def test_global_generator_is_left_alone(language_model: LanguageModel) -> None:
    before = torch.random.get_rng_state()
    sample(language_model)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("temperature", [0.5, 1.0])
@pytest.mark.parametrize("architecture", ["make_llama", "make_gpt2"])
def test_log_probs_of_sampling_are_those_of_training(
    architecture: str, temperature: float, request: pytest.FixtureRequest, wrap
) -> None:
    model = wrap(request.getfixturevalue(architecture)())
    ids, generations = sample(model, temperature=temperature)
    turns = [
        Turn(0, "", "", prompt, g.token_ids, g.log_probs, g.stop_reason, 0.0, True, False, None, {})
        for prompt, g in zip(ids, generations, strict=True)
    ]
    batch = token_batch([(turn,) for turn in turns], 0.99, model.device)
    hidden = hidden_states(model, batch, "policy")
    head = model.head("policy")
    sums = vocabulary_sums(hidden, head, batch.tokens, temperature=temperature)
    torch.testing.assert_close(sums.log_pi, batch.log_mu, atol=1e-4, rtol=0)


def test_greedy_actions_do_not_depend_on_the_batch(language_model: LanguageModel) -> None:
    """Padding, the shared encoding of equal prompts and the removal of finished rows change nothing."""
    _, together = sample(language_model, temperature=0.0)
    for prompt, expected in zip(PROMPTS, together, strict=True):
        _, (alone,) = sample(language_model, [prompt], temperature=0.0)
        assert alone == expected


def test_sampled_tokens_have_the_models_frequencies(language_model: LanguageModel) -> None:
    n = 4000
    ids, generations = sample(language_model, ["# Task"] * n, length=1, temperature=0.5)
    cache = language_model.new_cache()
    token_ids = torch.tensor([ids[0]])
    with torch.no_grad():
        hidden = language_model.forward(token_ids, torch.ones_like(token_ids), cache)[:, -1]
        expected = language_model.head("policy").logits(hidden, 0.5).softmax(-1)[0]
    counts = torch.bincount(torch.tensor([g.token_ids[0] for g in generations]), minlength=len(expected))
    error = (counts / n - expected) / (expected * (1 - expected) / n).sqrt()
    assert error.abs().max() < 5
    assert error.square().mean() == pytest.approx(1, abs=0.3)


def test_end_of_sequence_is_kept_if_sampled_and_never_added(make_llama, wrap) -> None:
    llama = make_llama()
    with torch.no_grad():  # make the end-of-sequence token likely
        llama.model.norm.weight.fill_(4.0)
        llama.model.embed_tokens.weight[0] = llama.model.embed_tokens.weight[1:].mean(0) * 30
    model = wrap(llama)
    _, generations = sample(model, ["# Task: a table."] * 40, length=20)
    reasons = {generation.stop_reason for generation in generations}
    assert reasons == {"eos", "length"}
    for generation in generations:
        assert len(generation.log_probs) == len(generation.token_ids)
        assert 0 not in generation.token_ids[:-1]
        assert (generation.token_ids[-1] == 0) == (generation.stop_reason == "eos")
        assert len(generation.token_ids) == 20 or generation.stop_reason == "eos"
        assert "<eos>" not in model.decode_action(generation.token_ids)


class Typist:
    """A language model that is made to write given texts, and then ends of sequences."""

    def __init__(self, model: LanguageModel, texts: list[str]) -> None:
        self._model = model
        self._ids = [model.tokenizer(text)["input_ids"] for text in texts]
        self.pieces = TokenPieces(model.tokenizer)

    def generate(
        self, monkeypatch: pytest.MonkeyPatch, pieces: TokenPieces | None = None
    ) -> tuple[list[Generation], list[tuple[int, Generation]]]:
        """What was written, and what was told of it in which order."""
        told: list[tuple[int, Generation]] = []
        rows, steps = list(range(len(self._ids))), itertools.count()

        def sample(logits: torch.Tensor, temperature: float, generator: Any) -> tuple[torch.Tensor, torch.Tensor]:
            if len(logits) < len(rows):
                rows[:] = [row for row in rows if row not in {index for index, _ in told}]
            step = next(steps)
            tokens = [self._ids[row][step] if step < len(self._ids[row]) else 0 for row in rows]
            return torch.tensor(tokens), torch.zeros(len(tokens))

        monkeypatch.setattr(agents.generation, "_sample", sample)
        prompts = [(1 + i,) for i in range(len(self._ids))]
        generations = generate(
            self._model,
            prompts,
            max_new_tokens=60,
            temperature=1.0,
            generator=torch.Generator(),
            pieces=pieces,
            on_end=lambda index, generation: told.append((index, generation)),
        )
        return generations, told


BODY = "\n    return 1\n"


def test_an_action_ends_with_its_function(language_model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(language_model, [BODY + "print(2)\n    return 3"])
    (generation,), _ = typist.generate(monkeypatch, typist.pieces)
    assert generation.stop_reason == "function_end"
    assert generation.text == BODY
    written = language_model.decode_action(generation.token_ids)
    assert written.startswith(BODY + "p")  # the token that showed the end was sampled, and is kept
    assert language_model.decode_action(generation.token_ids[:-1]) in (BODY, BODY[:-1])
    assert len(generation.log_probs) == len(generation.token_ids)


def test_without_pieces_an_action_goes_on(language_model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BODY + "print(2)\n"
    (generation,), _ = Typist(language_model, [text]).generate(monkeypatch)
    assert generation.stop_reason == "eos"
    assert generation.text == text


def test_ends_are_told_at_once_and_once(language_model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [BODY + "x" * 80, "\n    y", BODY + " " * 8 + "z = 1\n" * 2, "\n"]
    typist = Typist(language_model, texts)
    generations, told = typist.generate(monkeypatch, typist.pieces)
    assert sorted(index for index, _ in told) == [0, 1, 2, 3]
    assert all(generations[index] == generation for index, generation in told)
    lengths = [len(generation.token_ids) for _, generation in told]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1
    assert generations[0].stop_reason == "function_end"


def test_what_on_end_raises_ends_the_sampling(language_model: LanguageModel) -> None:
    def fail(index: int, generation: Generation) -> None:
        raise KeyboardInterrupt

    ids = [language_model.encode_prompt(prompt, reserve=4) for prompt in PROMPTS]
    with pytest.raises(KeyboardInterrupt):
        LocalSampler(language_model).sample(
            ids, max_new_tokens=4, temperature=1.0, generator=torch.Generator(), on_end=fail
        )


def test_sampling_leaves_the_number_of_threads(language_model: LanguageModel) -> None:
    torch.set_num_threads(2)
    seen: list[int] = []
    ids = [language_model.encode_prompt("x", reserve=4)]
    LocalSampler(language_model).sample(
        ids,
        max_new_tokens=4,
        temperature=1.0,
        generator=torch.Generator(),
        on_end=lambda index, generation: seen.append(torch.get_num_threads()),
    )
    assert seen == [1]
    assert torch.get_num_threads() == 2


def test_a_tokenizer_that_is_not_understood_is_told(
    language_model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model.tokenizer.backend_tokenizer, "decoder", decoders.WordPiece())
    with pytest.warns(UserWarning, match="end by their own token alone"):
        LocalSampler(language_model)
