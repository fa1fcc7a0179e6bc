"""Divergence and perplexity agree with what transformers and torch compute of single sequences."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from agents import make_agent, make_config
from agents.actor import Action
from agents.corpus import Corpus, Document, corpus_of_model, passages, read_corpus
from agents.evaluation import PolicyProbe, divergence_from_base, perplexities
from agents.language_model import LanguageModel, load_language_model
from agents.language_model_agent import LanguageModelAgent
from agents.loading import TINYCODER

CORPUS = Corpus(
    (
        Document(None, "def build_model(x_train, y_train):"),
        Document("# Task: a table.", "\n    return SVC(probability=True)"),
        Document("# Task: a table.", "\n    return 1"),
    ),
    "",
)


def moved(language_model: LanguageModel, by: float = 1.0) -> LanguageModel:
    """The same with another policy."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in language_model.trainable_parameters().values():
            parameter += by * parameter.std() * torch.randn(parameter.shape, generator=generator)
    return language_model


def losses(model: PreTrainedModel, prompt: tuple[int, ...], tokens: tuple[int, ...]) -> float:
    """Sum over the tokens of transformers' own loss."""
    ids = torch.tensor([[*prompt, *tokens]])
    labels = torch.tensor([[-100] * len(prompt) + list(tokens)])
    with torch.no_grad():
        return float(model(input_ids=ids, labels=labels).loss) * len(tokens)


def reference_perplexity(language_model: LanguageModel, model: PreTrainedModel) -> float:
    read = [passage for document in CORPUS.documents for passage in passages(language_model, document)]
    total = sum(losses(model, passage.prompt_ids, passage.token_ids) for passage in read)
    return math.exp(total / sum(len(passage.token_ids) for passage in read))


def test_perplexity_is_that_of_transformers(
    make_llama: Callable[..., PreTrainedModel], wrap: Callable[..., LanguageModel]
) -> None:
    policy = make_llama()
    language_model = moved(wrap(policy))
    measured = perplexities(language_model, CORPUS)
    assert measured.policy == pytest.approx(reference_perplexity(language_model, policy), rel=1e-5)
    assert measured.base == pytest.approx(reference_perplexity(language_model, make_llama()), rel=1e-5)
    assert measured.policy != pytest.approx(measured.base, rel=1e-3)


def test_perplexity_of_adapters_that_have_not_learnt_is_that_of_the_base(
    make_llama: Callable[..., PreTrainedModel], wrap: Callable[..., LanguageModel]
) -> None:
    language_model = wrap(make_llama(), "lora")
    measured = perplexities(language_model, CORPUS)
    assert measured.policy == measured.base
    assert measured.base == pytest.approx(reference_perplexity(language_model, make_llama()), rel=1e-5)


def test_the_embedded_model_knows_its_held_out_documents() -> None:
    path = corpus_of_model("tinycoder")
    assert path is not None
    corpus = read_corpus(path)
    some = Corpus(corpus.documents[:8], corpus.fingerprint)
    language_model = load_language_model("tinycoder", device="cpu")
    model = AutoModelForCausalLM.from_pretrained(TINYCODER)
    tokenizer = language_model.tokenizer
    total, n = 0.0, 0
    for document in some.documents:
        # As in pretraining: prompt and action apart, nothing in front, end-of-text behind, the action alone counts.
        prompt, action = tokenizer([document.prompt, document.text], add_special_tokens=False)["input_ids"]
        total += losses(model, tuple(prompt), (*action, tokenizer.eos_token_id))
        n += len(action) + 1
    measured = perplexities(language_model, some)
    assert measured.base == measured.policy == pytest.approx(math.exp(total / n), rel=1e-5)
    assert measured.base < 1.5


def probed(language_model: LanguageModel, temperature: float = 1.0) -> tuple[PolicyProbe, list[Action]]:
    agent = make_agent("sample", language_model, make_config("sample", temperature=temperature, max_new_tokens=12))
    assert isinstance(agent, LanguageModelAgent)
    probe = PolicyProbe(agent, CORPUS)
    return probe, probe.sample(["# Task: a table.", "# Attempt 1 of 5.", "# Task:"], torch.Generator().manual_seed(0))


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_the_divergence_is_that_of_the_two_distributions(
    make_llama: Callable[..., PreTrainedModel], wrap: Callable[..., LanguageModel], temperature: float
) -> None:
    policy, base = make_llama(), make_llama()
    probe, actions = probed(moved(wrap(policy)), temperature)
    totals, n = [], 0
    for action in actions:
        ids = torch.tensor([[*action.prompt_ids, *action.action_ids]])
        positions = slice(len(action.prompt_ids) - 1, -1)
        with torch.no_grad():
            log_pi, log_rho = (
                (model(input_ids=ids).logits[0, positions] / temperature).log_softmax(-1) for model in (policy, base)
            )
        divergence = torch.nn.functional.kl_div(log_rho, log_pi, log_target=True, reduction="sum")
        totals.append(float(divergence))
        n += len(action.action_ids)
    measured = probe.divergence(actions)
    assert measured is not None
    assert measured.per_token == pytest.approx(sum(totals) / n, rel=1e-4)
    assert measured.per_action == pytest.approx(sum(totals) / len(actions), rel=1e-4)
    assert measured.per_token > 1e-3


@pytest.mark.parametrize("temperature", [1.0, 0.0])
def test_a_policy_that_has_not_learnt_does_not_diverge(language_model: LanguageModel, temperature: float) -> None:
    probe, actions = probed(language_model, temperature)
    measured = probe.divergence(actions)
    assert measured is not None
    assert (measured.per_token, measured.per_action) == (0.0, 0.0)


def test_actions_without_tokens_have_no_divergence(language_model: LanguageModel) -> None:
    assert divergence_from_base(language_model, [Action("", (1, 2))], 1.0) is None
    assert divergence_from_base(language_model, [], 1.0) is None


def test_sampling_with_tokens_is_acting(language_model: LanguageModel) -> None:
    agent = make_agent("sample", language_model, make_config("sample", max_new_tokens=12))
    assert isinstance(agent, LanguageModelAgent)
    observations = ["# Task: a table.", "# Task:"]
    sampled = agent.sample(observations, torch.Generator().manual_seed(3))
    assert agent.act(observations, torch.Generator().manual_seed(3)) == [action.text for action in sampled]
    assert [action.prompt_ids for action in sampled] == [
        language_model.encode_prompt(observation, reserve=12) for observation in observations
    ]


def test_measurements_can_be_stopped_and_change_nothing(language_model: LanguageModel) -> None:
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    probe, actions = probed(language_model)
    for measure in (lambda: probe.divergence(actions, stop), lambda: probe.perplexities(stop)):
        with pytest.raises(Stop):
            measure()
    before = language_model.state_dict()
    state = torch.random.get_rng_state()
    assert probe.perplexities() == probe.perplexities()
    assert probe.divergence(actions) == probe.divergence(actions)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in language_model.state_dict().items())
