"""Whether a server is there and knows the model, found out before a run begins."""

from __future__ import annotations

import difflib
from urllib.parse import urlsplit

from agents.prompting.served.address import PLACEHOLDER, Address
from agents.prompting.served.connection import Connection
from agents.prompting.served.failure import Failure, ParameterRefused, Refused, TooLong, Unreachable, words
from agents.prompting.served.request import OPTIONAL, Dialect, Request

_MOST_LISTED = 10
_LIST_TIMEOUT_S = 30.0


async def check_server(address: Address, request: Request, dialect: Dialect, timeout_s: float) -> None:
    """Whether a server will answer.

    What a server lists is not all that it takes: some list other names, some do not list at all, and
    ``transformers serve`` loads any folder that a request names. So a model that is not listed is asked for one token,
    and refused only if the server then refuses it.

    Args:
        address: of the server.
        request: for one token of the model.
        dialect: learns which parameters the server refuses.
        timeout_s: seconds that this request may take; a server that is still busy with it is taken to know the model.

    Raises:
        ValueError: nothing answers, the key is refused, or the model is not known. One line.
    """
    async with Connection(address, min(timeout_s, _LIST_TIMEOUT_S)) as connection:
        try:
            known = await connection.models()
        except Unreachable as failure:
            raise ValueError(
                f"nothing answers at {address.url} ({failure.reason}): is the server running? "
                f"Start it, or name another one with base_url"
            ) from None
        except Failure as failure:
            _require_key(address, failure)
            known = None
    if known is not None and request.model in known:
        return
    async with Connection(address, timeout_s) as connection:
        refusal = await _try(connection, request, dialect)
    if refusal is None:
        return
    _require_key(address, refusal)
    if _is_unknown(request.model, refusal):
        raise ValueError(_unknown(address, request.model, known or [], refusal))


async def _try(connection: Connection, request: Request, dialect: Dialect) -> Failure | None:
    for _ in range(len(OPTIONAL) + 1):
        try:
            await connection.ask(request.endpoint, request.body(dialect.refused))
        except ParameterRefused as failure:
            dialect.learn(failure.parameter)
        except Failure as failure:
            return failure
        else:
            return None
    return None


def _require_key(address: Address, failure: Failure) -> None:
    if failure.status in (401, 403):
        raise ValueError(refused_key(address, failure)) from None


def refused_key(address: Address, failure: Failure) -> str:
    """One line about a server that refuses a key, or the lack of one."""
    has_none = address.key() == PLACEHOLDER
    wish = "to the key that it wants" if has_none else "to a key that it takes"
    what = "wants a key" if has_none else "refuses the key"
    advice = f"set the environment variable {address.key_variable} {wish}"
    return f"the server at {address.url} {what} ({failure.reason}): {advice}"


def _is_unknown(model: str, failure: Failure) -> bool:
    if isinstance(failure, TooLong):
        return False
    if isinstance(failure, Refused) and failure.status in (400, 422):
        return "model" in failure.reason.lower() or model in failure.reason
    # transformers serve answers 500 where it cannot load what it is asked for.
    return failure.status in (404, 405, 500, 501)


def _unknown(address: Address, model: str, known: list[str], failure: Failure) -> str:
    nearest = difflib.get_close_matches(model, known, n=1, cutoff=0.4)
    suggestion = f" Did you mean {nearest[0]!r}?" if nearest else ""
    listed = ", ".join(words(name) for name in sorted(known)[:_MOST_LISTED])
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    models = f" It lists {listed}{more}." if known else " It lists no models."
    if not known and failure.status in (404, 405) and not urlsplit(address.url).path.strip("/"):
        models += f" Or is it {address.url}/v1?"
    return f"the server at {address.url} gives nothing for the model {model!r} ({failure.reason}).{suggestion}{models}"
