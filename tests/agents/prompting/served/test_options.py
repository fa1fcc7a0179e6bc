"""What may be chosen about a served model, and what is said about what may not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from agents.prompting.served import ServedModel, ServedOptions
from agents.prompting.served.options import default_cache

SECRET = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"concurrency": 0}, "concurrency=0"),
        ({"concurrency": 100_000}, "concurrency=100000"),
        ({"requests_per_minute": 0}, "requests_per_minute=0"),
        ({"timeout_s": 0}, "timeout_s=0"),
        ({"timeout_s": math.nan}, "timeout_s=nan"),
        ({"timeout_s": math.inf}, "timeout_s=inf"),
        ({"patience_s": -1}, "patience_s=-1"),
        ({"price_per_million": (1.0,)}, "price_per_million"),
        ({"price_per_million": (1.0, -1.0)}, "price_per_million"),
        ({"cache": ""}, "cache=''"),
        ({"api_key_variable": ""}, "api_key_variable"),
        ({"api_key_variable": SECRET}, "api_key_variable"),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_line(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match="is not allowed") as caught:
        ServedOptions(**given)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_cost_is_that_of_tokens_read_and_written() -> None:
    assert ServedOptions(price_per_million=(2.0, 10.0)).cost(500_000, 100_000) == pytest.approx(2.0)
    assert ServedOptions(price_per_million=(0.0, 0.0)).cost(500_000, 100_000) == 0
    assert ServedOptions().cost(500_000, 100_000) is None


def test_the_cache_lies_in_the_cache_directory_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == ServedOptions().cache == tmp_path / "ds-gym" / "responses.sqlite"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for none in ("", "relative/to/nothing"):
        monkeypatch.setenv("XDG_CACHE_HOME", none)
        assert default_cache() == tmp_path / "home" / ".cache" / "ds-gym" / "responses.sqlite"


@pytest.mark.parametrize(
    "url",
    [
        "http://me:sk-very-secret-0123456789@host/v1",
        "me:sk-very-secret-0123456789@host/v1",
        "https://host/v1?api_key=sk-very-secret-0123456789",
        "https://host/v1#sk-very-secret-0123456789",
        "ftp://host/v1",
        "host:8000/v1",
        "http://",
        "http://host:99999/v1",
        "http://host name/v1",
        "http://a..b/v1",
        "",
    ],
)
def test_a_url_that_is_none_or_holds_secrets_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        ServedModel("m", url, options=ServedOptions(cache=None))
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_infill_and_nameless_models_are_refused() -> None:
    with pytest.raises(ValueError, match=r"prompt_style='infill' is not allowed.*instruct, completion"):
        ServedModel("m", "http://host/v1", "infill")
    with pytest.raises(ValueError, match="model_name"):
        ServedModel(" ", "http://host/v1")


def test_the_hosted_server_wants_a_key_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ValueError, match="set the environment variable OPENAI_API_KEY") as caught:
        ServedModel("m")
    assert "\n" not in str(caught.value)
    assert ServedModel("m", "http://host:1/v1/").base_url == "http://host:1/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://other/v1")
    assert ServedModel("m").base_url == "http://other/v1"
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("MY_KEY", SECRET)
    model = ServedModel("m", options=ServedOptions(api_key_variable="MY_KEY"))
    assert model.base_url == "https://api.openai.com/v1"
    assert SECRET not in repr(model) + repr(vars(model)) + repr(model.identity())


def test_a_key_that_no_header_can_hold_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f"{SECRET}\nanother: header")
    with pytest.raises(ValueError, match="MY_KEY") as caught:
        ServedModel("m", "http://host/v1", options=ServedOptions(api_key_variable="MY_KEY"))
    assert SECRET not in str(caught.value)


def test_identity_tells_servers_models_and_styles_apart() -> None:
    model = ServedModel("m", "http://host:1/v1/", "completion")
    assert model.identity() == {
        "served": "openai",
        "name": "m",
        "base_url": "http://host:1/v1",
        "prompt_style": "completion",
    }
    assert (model.name, model.prompt_style) == ("m", "completion")
