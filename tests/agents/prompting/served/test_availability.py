"""What is found out about a server before a run."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator

import pytest

from agents.prompting.served import ServedModel, ServedOptions
from tests.agents.prompting.served.hostile_server import (
    Act,
    HostileServer,
    breaks_off,
    dribbles,
    hangs_up,
    hostile_server,
    models,
    refuses,
    says,
    sends,
    stalls,
)

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


def served(server: HostileServer, name: str = "a-model", timeout_s: float = 30.0) -> ServedModel:
    return ServedModel(name, server.base_url, "instruct", ServedOptions(cache=None, timeout_s=timeout_s))


def refusal_of(model: ServedModel) -> str:
    with pytest.raises(ValueError, match="server") as caught:
        model.check()
    message = str(caught.value)
    assert message.isprintable()
    return message


def test_a_model_that_is_listed_is_asked_nothing(server: HostileServer) -> None:
    served(server).check()
    assert server.received == []


def test_where_nobody_listens_nothing_answers() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message = refusal_of(ServedModel("m", f"http://127.0.0.1:{port}/v1", options=ServedOptions(cache=None)))
    assert f"nothing answers at http://127.0.0.1:{port}/v1 (" in message
    assert os.strerror(errno.ECONNREFUSED) in message
    assert "is the server running?" in message


@pytest.mark.parametrize("listing", [stalls, dribbles, hangs_up, breaks_off])
def test_who_never_ends_an_answer_does_not_answer(server: HostileServer, listing: Act) -> None:
    server.listing = listing
    assert "nothing answers at" in refusal_of(served(server, timeout_s=0.3))


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_missing_or_wrong_is_named_and_not_shown(
    server: HostileServer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.listing = refuses(status, f"no such key: {KEY}")
    assert "wants a key" in refusal_of(served(server))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    message = refusal_of(served(server))
    assert f"refuses the key ({status}: no such key: ***): set the environment variable OPENAI_API_KEY" in message
    server.listing, server.script = models("other"), type(server.script)([refuses(status)])
    assert "OPENAI_API_KEY" in refusal_of(served(server))


def test_an_unknown_model_is_refused_with_the_nearest_and_the_known_ones(server: HostileServer) -> None:
    server.listing = models("qwen-coder-7b", *(f"model-{number:02}" for number in range(20)))
    server.script.append(refuses(404, "The model `qwen-coder-7` does not exist."))
    message = refusal_of(served(server, "qwen-coder-7"))
    assert "Did you mean 'qwen-coder-7b'?" in message
    assert "It lists model-00, model-01" in message
    assert "model-09 and 11 more" in message
    assert "model-10" not in message


@pytest.mark.parametrize(
    "act",
    [
        refuses(400, "invalid model name"),
        sends({"detail": "Server is pinned to '/a/folder'; requested 'new'."}, 400),
        sends("Internal Server Error", 500),
        refuses(404),
    ],
)
def test_a_model_that_is_neither_listed_nor_answers_is_refused(server: HostileServer, act: Act) -> None:
    server.listing = sends("Internal Server Error", 500)
    server.script.append(act)
    assert "gives nothing for the model 'new'" in refusal_of(served(server, "new"))
    (received,) = server.received
    assert received.body["max_tokens"] == 1


@pytest.mark.parametrize(
    "act",
    [
        says("a"),
        says("", "length"),
        refuses(429),
        refuses(503),
        refuses(400, "max_tokens is below 16"),
        refuses(400, "This model's maximum context length is 0"),
        stalls,
        hangs_up,
    ],
)
def test_what_is_not_listed_is_accepted_unless_it_is_refused(server: HostileServer, act: Act) -> None:
    server.script.append(act)
    served(server, "new", timeout_s=0.5 if act is stalls else 30.0).check()
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "listing",
    [
        models(),
        sends("Not Found", 404),
        sends("", 405),
        sends("", 501),
        refuses(503),
        sends("<html>hello</html>", kind="text/html"),
        sends({"data": "all of them"}),
        sends({"data": [{"id": 3}, "x", None]}),
        sends(b"null"),
    ],
)
def test_a_server_that_does_not_list_its_models_is_accepted_if_it_answers(server: HostileServer, listing: Act) -> None:
    server.listing = listing
    served(server).check()
    assert len(server.received) == 1


def test_a_url_without_its_path_is_told(server: HostileServer) -> None:
    server.listing = sends({"detail": "Not Found"}, 404)
    server.script.append(sends({"detail": "Not Found"}, 404))
    root = server.base_url.removesuffix("/v1")
    message = refusal_of(ServedModel("m", root, options=ServedOptions(cache=None)))
    assert f"Or is it {root}/v1?" in message


def test_parameters_that_are_refused_do_not_make_a_model_unknown(server: HostileServer) -> None:
    server.listing = models()
    server.script.append(refuses(400, "Unsupported parameter: 'max_tokens' is not supported with this model"))
    model = served(server, "new")
    model.check()
    assert [sorted(received.body)[0] for received in server.received] == ["max_tokens", "max_completion_tokens"]
