"""What may be chosen about a served model, checked when it is chosen."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path

from agents.model_options import require

_MOST_CONCURRENCY = 1000  # connections that the client keeps open


def default_cache() -> Path:
    """Where answers are kept unless told otherwise: ``ds-gym/responses.sqlite`` in the user's cache directory."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG says that a relative path there counts as none.
    folder = Path(chosen) if os.path.isabs(chosen) else Path.home() / ".cache"
    return folder / "ds-gym" / "responses.sqlite"


@dataclass(frozen=True)
class ServedOptions:
    """How a server is asked.

    Attributes:
        concurrency: requests of one call side by side, 1 to 1000.
        requests_per_minute: requests to the server from this process, failed ones included; None for no limit.
        timeout_s: seconds that one request may take in all, its answer read to the end.
        patience_s: seconds, from its first failure, for which a request is tried again while the server does not answer
            properly; 0 to try once.
        price_per_million: US dollars a million tokens of prompts, and a million generated tokens; None if unknown.
        cache: the file in which answers are kept, so that nothing is asked twice; None for none.
        api_key_variable: the environment variable that holds the key of the server.

    Raises:
        ValueError: a value that is not allowed.
    """

    concurrency: int = 8
    requests_per_minute: int | None = None
    timeout_s: float = 120.0
    patience_s: float = 300.0
    price_per_million: tuple[float, float] | None = None
    cache: str | Path | None = field(default_factory=default_cache)
    api_key_variable: str = "OPENAI_API_KEY"

    def __post_init__(self) -> None:
        require(
            1 <= self.concurrency <= _MOST_CONCURRENCY, "concurrency", self.concurrency, f"1 to {_MOST_CONCURRENCY}"
        )
        require(
            self.requests_per_minute is None or self.requests_per_minute >= 1,
            "requests_per_minute",
            self.requests_per_minute,
            "at least 1, or none at all",
        )
        require(0 < self.timeout_s < math.inf, "timeout_s", self.timeout_s, "seconds, above 0")
        require(0 <= self.patience_s < math.inf, "patience_s", self.patience_s, "seconds, at least 0")
        require(
            self.price_per_million is None or _are_prices(self.price_per_million),
            "price_per_million",
            self.price_per_million,
            "two prices of at least 0: US dollars a million prompt tokens, and a million generated tokens",
        )
        require(self.cache is None or str(self.cache) != "", "cache", self.cache, "a file, or none at all")
        variable = self.api_key_variable
        # What was given is not repeated: who gives a key in place of a name should not read it in a log.
        if not variable.isidentifier():
            raise ValueError(
                "api_key_variable is not allowed: it must be the name of an environment variable that holds the key, "
                "and not the key"
            )

    def cost(self, prompt_tokens: int, generated_tokens: int) -> float | None:
        """US dollars; None if the price is not known."""
        if self.price_per_million is None:
            return None
        read, written = self.price_per_million
        return (prompt_tokens * read + generated_tokens * written) / 1_000_000


def _are_prices(given: tuple[float, float]) -> bool:
    return len(given) == 2 and all(0 <= price < math.inf for price in given)
