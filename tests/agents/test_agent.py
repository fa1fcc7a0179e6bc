from __future__ import annotations

import pytest

from agents import ETPOConfig, PPOConfig, agent_config_class, list_agents, make_agent, make_config
from agents.agent import SamplingConfig
from agents.language_model import LanguageModel


def test_registered_agents() -> None:
    assert {"etpo", "grpo", "klq", "poad", "ppo", "rft", "rloo", "sample"} <= set(list_agents())
    assert agent_config_class("etpo") is ETPOConfig


def test_unknown_agent_is_named_with_a_suggestion(language_model: LanguageModel) -> None:
    with pytest.raises(ValueError, match=r"'etop'.*Did you mean 'etpo'") as caught:
        make_agent("etop", language_model)
    assert "\n" not in str(caught.value)


def test_config_of_another_agent_is_refused(language_model: LanguageModel) -> None:
    with pytest.raises(ValueError, match="wants a ETPOConfig, not PPOConfig"):
        make_agent("etpo", language_model, PPOConfig())


def test_settings_may_be_strings() -> None:
    config = make_config("ppo", beta="0.5", batch_uses="3", target_kl="none", gamma=1)
    assert config == PPOConfig(beta=0.5, batch_uses=3, target_kl=None, gamma=1.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bete": 1}, "'bete'. Did you mean 'beta'"),
        ({"beta": "much"}, "beta='much' is not allowed: it must be of type float"),
        ({"beta": -1}, "beta=-1.0 is not allowed: it must be at least 0"),
        ({"batch_uses": 2.5}, "batch_uses=2.5 is not allowed: it must be of type int"),
        ({"temperature": 0}, "temperature=0.0 is not allowed"),
        ({"preset": "papre"}, "Did you mean 'paper'"),
        ({"critic": "adaptor"}, "unknown critic: 'adaptor'. Did you mean 'adapter'"),
        ({"micro_batch_tokens": 0}, "micro_batch_tokens=0 is not allowed: it must be at least 1, or None"),
    ],
)
def test_bad_settings_are_named(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_config("etpo", **settings)


def test_paper_preset_keeps_the_papers_values_and_yields_to_settings() -> None:
    config = make_config("etpo", preset="paper", gamma=0.5)
    assert isinstance(config, ETPOConfig)
    assert (config.trace_lambda, config.beta, config.gamma, config.polyak) == (0.0, 0.01, 0.5, pytest.approx(0.005))


def test_greedy_decoding_is_for_agents_that_do_not_learn() -> None:
    assert make_config("sample", temperature=0) == SamplingConfig(temperature=0.0)


@pytest.mark.parametrize("name", ["grpo", "rloo", "rft"])
def test_settings_of_critics_appear_only_where_a_critic_is(name: str) -> None:
    for setting in ("critic", "critic_width", "critic_learning_rate"):
        with pytest.raises(ValueError, match=f"unknown setting of agent '{name}': '{setting}'"):
            make_config(name, **{setting: 1})


def test_klq_needs_a_divergence() -> None:
    with pytest.raises(ValueError, match=r"beta=0\.0 is not allowed: it must be above 0"):
        make_config("klq", beta=0)
