"""Whatever a server does, an answer lands at its prompt, or one of the documented errors says what happened."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.model_options import PromptStyle
from agents.prompting.served import ServedModel, ServedOptions, connection, patience
from agents.prompting.served.answer import MOST_CHARACTERS
from agents.prompting.text_model import Answer, Completion, ModelUnavailable, OnAnswer, PromptTooLong
from tests.agents.prompting.served.hostile_server import (
    Act,
    HostileServer,
    answer_to,
    breaks_off,
    dribbles,
    dribbles_headers,
    good,
    hangs_up,
    hostile_server,
    refuses,
    says,
    sends,
    stalls,
)

KEY = "sk-very-secret-0123456789"

MISHAPS: dict[str, Act] = {
    "429 with Retry-After": refuses(429, "slow down", {"retry-after": "0.01"}),
    "429 with retry-after-ms": refuses(429, "slow down", {"retry-after-ms": "5"}),
    "429 with a date": refuses(429, "slow down", {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "429 with nonsense": refuses(429, "slow down", {"retry-after": "later", "retry-after-ms": "nan"}),
    "408": refuses(408),
    "409": refuses(409),
    "425": refuses(425),
    "500": refuses(500, "CUDA error"),
    "503": sends("Loading model", 503),
    "529": sends("", 529),
    "503 in HTML": sends("<html><h1>503</h1></html>", 503, kind="text/html"),
    "an error nested deeply": sends("[" * 100_000, 500),
    "truncated JSON": sends('{"choices": [{"index": 0, "mess'),
    "JSON nested deeply": sends("[" * 100_000),
    "HTML": sends("<!doctype html><title>hello</title>", kind="text/html"),
    "no bytes": sends(b""),
    "bytes of no encoding": sends(b"\xff\xfe\x00\x80"),
    "gzip that is none": sends(b"{}", headers={"content-encoding": "gzip"}),
    "connection closed in the middle": breaks_off,
    "connection closed": hangs_up,
    "stall": stalls,
    "dribble": dribbles,
    "dribbled headers": dribbles_headers,
    "no object": sends([1, 2]),
    "null": sends(b"null"),
    "no choices": sends({"id": "1"}),
    "empty choices": sends({"choices": []}),
    "choices of another kind": sends({"choices": {"0": "text"}}),
    "a choice of another kind": sends({"choices": ["text"]}),
    "a choice without text": sends({"choices": [{"finish_reason": "stop"}]}),
    "a message of another kind": sends({"choices": [{"message": "text", "finish_reason": "stop"}]}),
    "no text": says(None),
    "text that is a number": says(17),
    "text that is a list": says(["a"]),
    "empty text without an end": says("", None),
    "an end with an error": says("half", "error"),
    "an error with status 200": sends({"error": {"message": "upstream is busy", "code": 502}}),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_WAIT_S", 0.001)
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


def served(server: HostileServer, style: PromptStyle = "instruct", **options: Any) -> ServedModel:
    chosen: dict[str, Any] = {"cache": None, "timeout_s": 30.0, "patience_s": 30.0}
    return ServedModel("a-model", server.base_url, style, ServedOptions(**(chosen | options)))


def ask(
    model: ServedModel, *prompts: str, seed: int = 0, temperature: float = 1.0, on_answer: OnAnswer | None = None
) -> list[Answer]:
    return model.complete(
        prompts,
        max_new_tokens=64,
        temperature=temperature,
        generator=torch.Generator().manual_seed(seed),
        on_answer=on_answer,
    )


def completion(model: ServedModel, prompt: str = "p") -> Completion:
    (answer,) = ask(model, prompt)
    assert isinstance(answer, Completion)
    return answer


@pytest.mark.parametrize(
    ("mishap", "style"),
    [(mishap, "instruct") for mishap in MISHAPS]
    + [(mishap, "completion") for mishap in MISHAPS if "text" in mishap or "choice" in mishap],
)
def test_a_mishap_is_one_failed_try(server: HostileServer, mishap: str, style: PromptStyle) -> None:
    server.script.append(MISHAPS[mishap])
    timeout_s = 0.3 if MISHAPS[mishap] in (stalls, dribbles, dribbles_headers) else 30.0
    answer = completion(served(server, style, timeout_s=timeout_s))
    assert answer == Completion(answer_to("p"), 7, 5, "eos", retries=1)
    assert [received.body for received in server.received[:1]] == [server.received[-1].body]


def test_an_answer_without_end_is_not_read_to_its_end(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_MOST_BYTES", 10_000)
    server.script.append(says("x" * 20_000))
    assert completion(served(server)) == Completion(answer_to("p"), 7, 5, "eos", retries=1)


def test_answers_land_at_their_prompts_through_all_mishaps_at_once(server: HostileServer) -> None:
    server.script.extend(MISHAPS.values())
    prompts = [f"prompt {number}" for number in range(60)]
    seen: dict[int, Answer] = {}
    answers = ask(served(server, timeout_s=1.0), *prompts, on_answer=seen.setdefault)
    assert [answer.text for answer in answers if isinstance(answer, Completion)] == list(map(answer_to, prompts))
    assert seen == dict(enumerate(answers))
    assert sum(answer.retries for answer in answers if isinstance(answer, Completion)) >= len(MISHAPS)


def test_tries_end_with_patience_and_the_error_says_what_happened(server: HostileServer) -> None:
    server.script.extend([refuses(500, "the disk\nis \x1b[31mon fire")] * 100_000)
    with pytest.raises(
        ModelUnavailable, match=r"\d+ tries over 0\.2 s \(500: the disk is \[31mon fire\).*--resume"
    ) as e:
        ask(served(server, patience_s=0.2), "p")
    assert f"in {len(server.received)} tries" in str(e.value)
    assert str(e.value).isprintable()
    assert len(server.received) > 1


def test_without_patience_there_is_one_try(server: HostileServer) -> None:
    server.script.append(hangs_up)
    with pytest.raises(ModelUnavailable, match=r"in 1 try \(.*disconnected"):
        ask(served(server, patience_s=0), "p")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (refuses(401, "who are you"), r"wants a key \(401: who are you\): set the environment variable OPENAI_API_KEY"),
        (refuses(403, "not you"), r"wants a key \(403: not you\): set"),
        (refuses(404, "model not found"), r"404: model not found.*model's name 'a-model'"),
        (refuses(400, "bad grammar"), r"400: bad grammar.*--resume"),
        (refuses(402, "pay first"), r"402: pay first.*account"),
        (refuses(429, "no money left", code="insufficient_quota"), r"429: no money left.*account"),
        (refuses(422, "temperature must be below 0.5"), "422: temperature must be below"),
    ],
)
def test_a_refusal_ends_the_run_at_once(server: HostileServer, act: Act, said: str) -> None:
    server.script.append(act)
    with pytest.raises(ModelUnavailable, match=said) as caught:
        ask(served(server), "p")
    assert "\n" not in str(caught.value)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "act",
    [
        refuses(400, "This model's maximum context length is 4 tokens. However, you", code="context_length_exceeded"),
        refuses(400, "", code="context_length_exceeded"),
        sends({"object": "error", "message": "maximum context length is 4096 tokens", "code": 400}, 400),
        refuses(400, "'max_tokens' is too large: 64. This model's maximum context length is 20 tokens"),
        refuses(400, "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it"),
        refuses(500, "the request exceeds the available context size", type="exceed_context_size_error"),
        sends({"error": {"code": 400, "message": "too big", "type": "exceed_context_size_error", "n_ctx": 256}}),
        sends({"error": "the input length exceeds the context length"}, 400),
        refuses(400, "Requested tokens (2285) exceed context window of 2048"),
        refuses(400, "prompt is too long: 200001 tokens > 200000 maximum"),
        sends({"detail": "The prompt (total length 9) is too long to fit into the model (context length 4)"}, 400),
        refuses(413, "prompt is too long"),
    ],
)
def test_a_prompt_that_is_too_long_is_an_answer(server: HostileServer, act: Act) -> None:
    server.script.append(act)
    seen: dict[int, Answer] = {}
    first, second = ask(served(server, concurrency=1), "long", "short", on_answer=seen.setdefault)
    assert isinstance(first, PromptTooLong)
    assert first.reason
    assert second == Completion(answer_to("short"), 7, 5, "eos")
    assert seen == {0: first, 1: second}


def test_parameters_that_a_server_refuses_are_left_out_from_then_on(server: HostileServer, tmp_path: Path) -> None:
    server.script.extend(
        [
            refuses(
                400,
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'.",
                code="unsupported_parameter",
                param="max_tokens",
            ),
            refuses(400, "Unsupported value: 'temperature' does not support 0.7", param="temperature"),
            sends({"detail": "Unexpected fields in the request: {'seed'}"}, 422),
        ]
    )
    cache = tmp_path / "cache.sqlite"
    model = served(server, concurrency=1, cache=cache)
    with pytest.warns(UserWarning, match="refuses the parameter '(temperature|seed)'"):
        first, second = ask(model, "p", "q", temperature=0.7)
    assert (first, second) == (
        Completion(answer_to("p"), 7, 5, "eos", retries=3),
        Completion(answer_to("q"), 7, 5, "eos"),
    )
    full = {"model", "messages", "max_tokens", "temperature", "seed"}
    least = {"model", "messages", "max_completion_tokens"}
    assert set(server.received[0].body) == full
    assert [set(received.body) for received in server.received[3:]] == [least, least]
    before = len(server.received)
    again = ask(served(server, cache=cache), "p", "q", temperature=0.7)  # a new process has yet to learn the refusals
    assert [answer.cached for answer in again if isinstance(answer, Completion)] == [True, True]
    assert len(server.received) == before


@pytest.mark.filterwarnings("ignore:the server refuses the parameter 'seed'")
def test_a_parameter_that_is_refused_without_having_been_sent_ends_the_run(server: HostileServer) -> None:
    server.script.extend([sends({"error": {"message": "unknown parameter: seed", "code": 400}})] * 3)
    with pytest.raises(ModelUnavailable, match="400: unknown parameter: seed"):
        ask(served(server), "p")
    assert ["seed" in received.body for received in server.received] == [True, False]


def test_the_request_is_what_was_asked_for(server: HostileServer) -> None:
    ask(served(server, concurrency=1), "p", "p", temperature=0)
    ask(served(server, "completion", concurrency=1), "q")
    first, second, third = (received.body for received in server.received)
    assert first == {
        "model": "a-model",
        "messages": [{"role": "user", "content": "p"}],
        "max_tokens": 64,
        "temperature": 0.0,
        "seed": first["seed"],
    }
    assert second == first | {"seed": second["seed"]}
    assert first["seed"] != second["seed"]
    assert third == {"model": "a-model", "prompt": "q", "max_tokens": 64, "temperature": 1.0, "seed": third["seed"]}
    paths = [received.path for received in server.received]
    assert paths == ["/v1/chat/completions", "/v1/chat/completions", "/v1/completions"]


def test_draws_depend_on_the_number_of_prompts_alone(server: HostileServer, tmp_path: Path) -> None:
    def state_after(model: ServedModel, *prompts: str) -> list[int]:
        generator = torch.Generator().manual_seed(5)
        model.complete(prompts, max_new_tokens=8, temperature=1.0, generator=generator)
        state: list[int] = generator.get_state().tolist()
        return state

    server.script.extend([refuses(500), refuses(400, "prompt is too long")])
    model = served(server, cache=tmp_path / "cache.sqlite")
    states = [state_after(model, *texts) for texts in (("a", "b"), ("a", "b"), ("c", "dd"))]
    assert states[0] == states[1] == states[2]


def test_equal_states_are_answered_from_the_cache_with_the_counts_of_the_first_time(
    server: HostileServer, tmp_path: Path
) -> None:
    server.script.append(refuses(500))
    cache = tmp_path / "cache.sqlite"
    first = ask(served(server, cache=cache), "a", "b", seed=1)
    asked = len(server.received)
    again = ask(served(server, cache=str(cache)), "a", "b", seed=1)
    assert again == [Completion(answer_to(prompt), 7, 5, "eos", cached=True) for prompt in "ab"]
    assert sum(answer.retries for answer in first if isinstance(answer, Completion)) == 1
    assert len(server.received) == asked == 3
    seen: list[int] = []
    more = ask(served(server, cache=cache), "a", "b", "c", seed=1, on_answer=lambda index, _: seen.append(index))
    assert [answer.cached for answer in more if isinstance(answer, Completion)] == [True, True, False]
    assert (len(server.received), seen) == (4, [0, 1, 2])
    ask(served(server, cache=cache), "a", "b", seed=2)
    assert len(server.received) == 6


def test_what_was_answered_before_a_failure_is_kept(server: HostileServer, tmp_path: Path) -> None:
    server.script.extend([good, refuses(401)])
    cache = tmp_path / "cache.sqlite"
    with pytest.raises(ModelUnavailable):
        ask(served(server, concurrency=1, cache=cache), "a", "b")
    first, second = ask(served(server, cache=cache), "a", "b")
    assert (first, second) == (
        Completion(answer_to("a"), 7, 5, "eos", cached=True),
        Completion(answer_to("b"), 7, 5, "eos"),
    )


def test_a_damaged_cache_does_not_fail_a_run(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite").write_text("nonsense " * 1000)
    with pytest.warns(UserWarning, match="cannot be read"):
        answer = completion(served(server, cache=tmp_path / "cache.sqlite"))
    assert answer.text == answer_to("p")


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (says("", "stop"), Completion("", 7, 5, "eos")),
        (says("", "length"), Completion("", 7, 5, "length")),
        (says("cut", "length"), Completion("cut", 7, 5, "length")),
        (says("x" * 2_000_000), Completion("x" * MOST_CHARACTERS, 7, 5, "eos")),
        (says("said", reasoning_content="thought"), Completion("said", 7, 5, "eos")),
        (says("said", reasoning="thought"), Completion("said", 7, 5, "eos")),
        (says(None, "length", reasoning_content="thought"), Completion("", 7, 5, "length")),
        (says(None, refusal="I will not"), Completion("I will not", 7, 5, "eos")),
        (says(None, "content_filter"), Completion("", 7, 5, "eos")),
        (says("half a \ud83d"), Completion("half a ?", 7, 5, "eos")),
        (says("t", ["stop"]), Completion("t", 7, 5, "eos")),
        (says("12345678", usage=None), Completion("12345678", 1, 2, "eos")),
        (
            says("12345678", usage={"prompt_tokens": "many", "completion_tokens": -1}),
            Completion("12345678", 1, 2, "eos"),
        ),
        (
            says("12345678", usage={"prompt_tokens": 10**40, "completion_tokens": 3}),
            Completion("12345678", 1, 3, "eos"),
        ),
        (says("12345678", usage=[True]), Completion("12345678", 1, 2, "eos")),
        (
            sends(b'\xef\xbb\xbf{"choices": [{"message": {"content": "t"}}], "usage": null}'),
            Completion("t", 1, 1, "eos"),
        ),
    ],
)
def test_odd_answers_are_answers(server: HostileServer, act: Act, expected: Completion, tmp_path: Path) -> None:
    server.script.append(act)
    assert completion(served(server, cache=tmp_path / "cache.sqlite")) == expected
    assert completion(served(server, cache=tmp_path / "cache.sqlite")).text == expected.text


def test_a_prompt_of_half_characters_can_be_sent(server: HostileServer) -> None:
    assert completion(served(server), "half a \ud83d").text == answer_to("half a ?")


def test_the_key_is_sent_and_seen_nowhere_else(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MY_KEY", KEY)
    server.script.extend(
        [
            says(f"your key is {KEY}"),
            refuses(500, f"{KEY} broke me"),
            sends(f"{KEY} is no JSON"),
            refuses(400, f"{KEY}: maximum context length"),
            refuses(401, f"Incorrect API key provided: {KEY}"),
        ]
    )
    model = served(server, concurrency=1, cache=tmp_path / "cache.sqlite", api_key_variable="MY_KEY")
    seen: list[str] = []
    with pytest.raises(ModelUnavailable, match=r"refuses the key .*: set the environment variable MY_KEY") as caught:
        ask(model, *"abc", on_answer=lambda _, answer: seen.append(str(answer)))
    server.script.append(refuses(500, f"{KEY} broke me"))
    with pytest.raises(ModelUnavailable) as passing:
        ask(served(server, api_key_variable="MY_KEY", patience_s=0), "p")
    assert {received.authorization for received in server.received} == {f"Bearer {KEY}"}
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    said = [str(caught.value), str(passing.value), repr(model), repr(vars(model)), caplog.text, *seen]
    assert b"your key is ***" in files
    assert len(seen) == 2
    assert KEY not in "".join(said) + files.decode(errors="replace")
    libraries = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")
    assert not [record for record in caplog.records if record.name.startswith(libraries)]


def test_a_server_that_wants_no_key_gets_a_placeholder(server: HostileServer) -> None:
    completion(served(server))
    assert server.received[0].authorization == "Bearer none"


def test_answers_are_handed_over_in_the_calling_thread_and_what_that_raises_ends_the_call(
    server: HostileServer,
) -> None:
    server.script.extend([good, *[stalls] * 8])
    threads: list[threading.Thread] = []

    def fail(index: int, answer: Answer) -> None:
        threads.append(threading.current_thread())
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        ask(served(server, concurrency=3, timeout_s=300), *(f"p{number}" for number in range(9)), on_answer=fail)
    assert threads == [threading.current_thread()]
    assert len(server.received) <= 4
    assert not [thread for thread in threading.enumerate() if thread.name == "served model"]


def test_ctrl_c_ends_the_call_while_the_server_stalls(server: HostileServer) -> None:
    def interrupted(act: Act) -> Act:
        def interrupts(*given: Any) -> None:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            act(*given)

        return interrupts

    server.script.extend([stalls, interrupted(stalls)])
    with pytest.raises(KeyboardInterrupt):
        ask(served(server, timeout_s=300), "a", "b")
    assert not [thread for thread in threading.enumerate() if thread.name == "served model"]


def test_every_request_takes_its_turn_and_cached_answers_do_not(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[bool] = []

    class EverySecond:
        def try_acquire(self, name: str, *, blocking: bool) -> bool:
            turns.append(bool(turns) and not turns[-1])
            return turns[-1]

    monkeypatch.setattr(patience, "_limiter", lambda *_: EverySecond())
    server.script.append(refuses(500))
    for _ in range(2):
        ask(served(server, requests_per_minute=10, cache=tmp_path / "cache.sqlite"), "a", "b")
    assert (len(server.received), sum(turns)) == (3, 3)


def test_requests_side_by_side_are_as_many_as_was_chosen(server: HostileServer) -> None:
    meeting = threading.Barrier(4, timeout=30)

    def meets(*given: Any) -> None:
        meeting.wait()
        good(*given)

    server.script.extend([meets] * 4)
    answers = ask(served(server, concurrency=4, patience_s=0), *"abcd")
    assert [answer.text for answer in answers if isinstance(answer, Completion)] == [answer_to(p) for p in "abcd"]


def test_a_proxy_does_not_stand_before_this_machine(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert completion(served(server, patience_s=0)).text == answer_to("p")


def test_a_prompt_arrives_as_it_is(server: HostileServer) -> None:
    prompt = "\x00\u2028é\r\n\t'\"\\ 漢 😀"
    assert completion(served(server, "completion"), prompt).text == answer_to(prompt)
