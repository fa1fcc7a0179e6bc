"""A space of texts, right in Gymnasium's vector environments.

``gymnasium.spaces.Text`` holds texts over a fixed set of characters, and through ``AsyncVectorEnv``'s default shared
memory it hands back wrong texts. :class:`UnicodeText` holds any text up to a length. Gymnasium's batching functions are
single-dispatch; the ones that need to know the space are registered here. ``iterate`` must *not* be: Gymnasium would
then walk through the characters of all texts at once instead of through the texts.
"""

from __future__ import annotations

import ctypes
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any, SupportsIndex, cast, overload

import numpy as np
from gymnasium.spaces import Space, Tuple
from gymnasium.spaces.utils import is_space_dtype_shape_equiv
from gymnasium.vector.utils import (
    batch_differing_spaces,
    batch_space,
    concatenate,
    create_empty_array,
    create_shared_memory,
    read_from_shared_memory,
    write_to_shared_memory,
)
from gymnasium.wrappers.utils import create_zero_array

_SAMPLE_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789_=.,:()[]\"'# \n\täßéλ→漢字🙂"
_LONGEST_SAMPLE = 64


class UnicodeText(Space[str]):
    """All texts of ``min_length`` to ``max_length`` Unicode code points.

    Samples are short (up to 64 code points beyond ``min_length``) and mix ASCII, other scripts and white space.

    Args:
        max_length: the longest text, in code points.
        min_length: the shortest.
        seed: seed of :meth:`sample`.

    Raises:
        ValueError: not 0 <= min_length <= max_length.
    """

    def __init__(self, max_length: int, *, min_length: int = 0, seed: int | np.random.Generator | None = None) -> None:
        if not 0 <= min_length <= max_length:
            raise ValueError(
                f"min_length, max_length: given {min_length}, {max_length}; allowed: 0 <= min_length <= max_length"
            )
        self.min_length = int(min_length)
        self.max_length = int(max_length)
        super().__init__(shape=None, dtype=str, seed=seed)

    @property
    def is_np_flattenable(self) -> bool:
        """Texts are not flattened to arrays."""
        return False

    def sample(self, mask: None = None, probability: None = None) -> str:
        """A random text.

        Raises:
            ValueError: a mask or probability is given; this space knows neither.
        """
        if mask is not None or probability is not None:
            raise ValueError("mask, probability: UnicodeText samples without either; leave both None")
        longest = min(self.max_length, self.min_length + _LONGEST_SAMPLE)
        length = int(self.np_random.integers(self.min_length, longest + 1))
        return "".join(_SAMPLE_ALPHABET[i] for i in self.np_random.integers(len(_SAMPLE_ALPHABET), size=length))

    def contains(self, x: Any) -> bool:
        """Whether ``x`` is a string of allowed length."""
        return isinstance(x, str) and self.min_length <= len(x) <= self.max_length

    def to_jsonable(self, sample_n: Iterable[str]) -> list[str]:
        """The texts as they are."""
        return list(sample_n)

    def from_jsonable(self, sample_n: list[str]) -> list[str]:
        """The texts as they are."""
        return list(sample_n)

    def __repr__(self) -> str:
        return f"UnicodeText({self.min_length}, {self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnicodeText) and (self.min_length, self.max_length) == (
            other.min_length,
            other.max_length,
        )

    def __hash__(self) -> int:
        return hash((UnicodeText, self.min_length, self.max_length))


class SharedTexts(tuple[str, ...]):
    """The texts that lie in shared memory, read anew at every access; a copy is a plain tuple of strings.

    ``AsyncVectorEnv`` asks for the observations once, when it is made, and expects what it gets to follow the memory.
    """

    _cells: np.ndarray

    def __new__(cls, cells: np.ndarray) -> SharedTexts:
        """Args: cells: uint32 of shape [texts, 1 + max_length]: the length, then the code points."""
        texts = super().__new__(cls)
        texts._cells = cells
        return texts

    @overload
    def __getitem__(self, index: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return self.snapshot()[index]
        return _decode(self._cells[index])

    def snapshot(self) -> tuple[str, ...]:
        """The texts of this moment."""
        return tuple(_decode(row) for row in self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __contains__(self, text: object) -> bool:
        return text in self.snapshot()

    def __eq__(self, other: object) -> bool:
        return self.snapshot() == (other.snapshot() if isinstance(other, SharedTexts) else other)

    __hash__ = None  # type: ignore[assignment]  # its value changes

    def __repr__(self) -> str:
        return repr(self.snapshot())

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return self.snapshot()

    def __copy__(self) -> tuple[str, ...]:
        return self.snapshot()

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (list(self.snapshot()),)


def _decode(row: np.ndarray) -> str:
    return row[1 : 1 + int(row[0])].astype("<u4").tobytes().decode("utf-32-le", errors="surrogatepass")


def _encode(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")


def _cells(space: UnicodeText, shared_memory: Any, n: int) -> np.ndarray:
    return np.frombuffer(shared_memory.get_obj(), dtype=np.uint32).reshape(n, 1 + space.max_length)


@create_shared_memory.register(UnicodeText)
def _create_shared_memory(space: UnicodeText, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.Array(ctypes.c_uint32, n * (1 + space.max_length))


@read_from_shared_memory.register(UnicodeText)
def _read_from_shared_memory(space: UnicodeText, shared_memory: Any, n: int = 1) -> SharedTexts:
    return SharedTexts(_cells(space, shared_memory, n))


@write_to_shared_memory.register(UnicodeText)
def _write_to_shared_memory(space: UnicodeText, index: int, value: str, shared_memory: Any) -> None:
    if len(value) > space.max_length:
        raise ValueError(
            f"a text of {len(value)} code points does not fit into {space}; make the space's max_length larger"
        )
    row = _cells(space, shared_memory, -1)[index]
    row[1 : 1 + len(value)] = _encode(value)
    row[0] = len(value)


@batch_space.register(UnicodeText)
def _batch_space(space: UnicodeText, n: int = 1) -> Tuple:
    batched = Tuple([deepcopy(space) for _ in range(n)], seed=deepcopy(space.np_random))
    batched.seed([int(seed) for seed in deepcopy(space.np_random).integers(0, 2**31 - 1, size=n)])
    return batched


@cast(Any, batch_differing_spaces).register(UnicodeText)  # it dispatches on the type of the items of its argument
def _batch_differing_spaces(spaces: Sequence[UnicodeText]) -> Tuple:
    return Tuple([deepcopy(space) for space in spaces], seed=deepcopy(spaces[0].np_random))


@create_empty_array.register(UnicodeText)
def _create_empty_array(space: UnicodeText, n: int = 1, fn: Callable[..., Any] = np.zeros) -> tuple[str, ...]:
    return tuple(" " * space.min_length for _ in range(n))


@cast(Any, create_zero_array).register(UnicodeText)  # declared as generic in what it returns
def _create_zero_array(space: UnicodeText) -> str:
    return " " * space.min_length


@concatenate.register(UnicodeText)
def _concatenate(space: UnicodeText, items: Any, out: Any) -> tuple[str, ...]:
    return tuple(items)


@is_space_dtype_shape_equiv.register(UnicodeText)
def _is_space_dtype_shape_equiv(space_1: UnicodeText, space_2: Any) -> bool:
    return isinstance(space_2, UnicodeText) and space_1.max_length == space_2.max_length
