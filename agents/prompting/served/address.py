"""Where a server is and which key it gets, with nothing secret in what may be shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

HOSTED = "https://api.openai.com/v1"
"""The server of the client's makers, which is asked where no other is named."""

PLACEHOLDER = "none"
"""Sent where there is no key: local servers want none, and the client wants some."""

_LEAST_SECRET = 8
"""Characters; a shorter key ("EMPTY") is no secret, and to blacken it would spoil texts."""


@dataclass(frozen=True)
class Address:
    """A server that was named.

    Attributes:
        url: its base URL without a slash at the end, such as "http://127.0.0.1:8000/v1".
        key_variable: the environment variable of its key.
    """

    url: str
    key_variable: str

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, so that no proxy lies between."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def key(self) -> str:
        """The key from the environment, or a placeholder where a server other than the hosted one may want none.

        Raises:
            ValueError: the hosted server wants a key and there is none, or the key holds what no key may hold. The
                message does not repeat it.
        """
        key = os.environ.get(self.key_variable, "").strip()
        if not key and self.url == HOSTED:
            raise ValueError(
                f"{self.url} wants a key: set the environment variable {self.key_variable}, "
                f"or name a server of your own with base_url"
            )
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError(
                f"the environment variable {self.key_variable} holds no key: it has blanks or odd characters"
            )
        return key or PLACEHOLDER

    def without_key(self, text: str) -> str:
        """The text with the key blackened, should a server have repeated it."""
        key = os.environ.get(self.key_variable, "").strip()
        return text.replace(key, "***") if len(key) >= _LEAST_SECRET else text


def find_server(base_url: str | None, key_variable: str) -> Address:
    """The address of a base URL; of ``OPENAI_BASE_URL`` or the hosted server if there is none.

    Raises:
        ValueError: it is no URL of a server, or holds what may be a secret; the message then does not repeat it.
    """
    given, origin = base_url, "base_url"
    if given is None:
        given, origin = os.environ.get("OPENAI_BASE_URL", "").strip() or HOSTED, "OPENAI_BASE_URL"
    if "@" in given or "?" in given or "#" in given:
        raise ValueError(
            f"{origin} must be a plain URL, without user, password or query, for secrets do not belong there: "
            f"set the environment variable {key_variable} to the key"
        )
    if not _is_server(given):
        raise ValueError(f"{origin}={given!r} is not allowed: it must be a URL such as http://127.0.0.1:8000/v1")
    return Address(given.rstrip("/"), key_variable)


def _is_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    plain = url.isprintable() and " " not in url
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
