"""Cuts a JSON array between its elements by structure alone, chunk by chunk, in linear time at any depth."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.sources.rows import Unreadable

CHUNK_BYTES = 256 * 1024
PIECE_ROWS = 1_000

_QUOTE, _OPEN, _CLOSE, _COMMA = 1, 2, 3, 4
_MARKS = bytes(
    _QUOTE if c == 34 else _OPEN if c in b"[{" else _CLOSE if c in b"]}" else _COMMA * (c == 44) for c in range(256)
)
"""Each byte's kind: a quote, an opening or closing bracket, a comma, or 0 for all others."""
_STEPS = np.array([0, 0, 1, -1, 0], np.int64)
_ESCAPED = re.compile(rb"\\.", re.DOTALL)


class Slice(NamedTuple):
    """Whole elements of an array, from `start` to `end`. `marks` counts the brackets and commas of an element that is
    longer than a chunk; it is 0 for all others.
    """

    start: int
    end: int
    elements: int
    marks: int


class _Marks(NamedTuple):
    """A chunk's structure: its commas between elements, the array's end if it is in this chunk, and the number of brackets
    and commas outside of strings.
    """

    commas: NDArray[np.int64]
    closed_at: int | None
    total: int


class _Scanner:
    """Follows strings and brackets through chunks. Depth 1 is inside the array."""

    def __init__(self) -> None:
        self._depth = 1
        self._in_string = 0
        self._is_escaped = False

    def feed(self, chunk: bytes) -> _Marks:
        if self._is_escaped:
            chunk = b"_" + chunk[1:]
            self._is_escaped = False
        if b"\\" in chunk:
            chunk = _ESCAPED.sub(b"__", chunk)
            self._is_escaped = chunk.endswith(b"\\")
        marks = np.frombuffer(chunk.translate(_MARKS), np.uint8)
        places = np.flatnonzero(marks)
        kinds = marks[places]
        quotes = kinds == _QUOTE
        in_string = (np.cumsum(quotes) + self._in_string) & 1
        if len(in_string):
            self._in_string = int(in_string[-1])
        outside = (in_string == 0) & ~quotes
        places, kinds = places[outside], kinds[outside]
        depths = np.cumsum(_STEPS[kinds]) + self._depth
        if len(depths):
            self._depth = int(depths[-1])
        ends = np.flatnonzero(depths == 0)
        closed_at = int(places[ends[0]]) if len(ends) else None
        if closed_at is not None:
            places, kinds, depths = places[: ends[0]], kinds[: ends[0]], depths[: ends[0]]
        return _Marks(places[(kinds == _COMMA) & (depths == 1)], closed_at, len(places))


def slices(text: memoryview, start: int, *, most: int = PIECE_ROWS) -> Iterator[Slice | None]:
    """Yields an array's elements in slices of at most `most`, and None after a chunk without a whole element.

    `start` is the place behind the array's opening bracket. Raises Unreadable if the array has no end, or if more than
    blanks follow it.
    """
    scanner, first, carried = _Scanner(), start, 0
    for at in range(start, len(text), CHUNK_BYTES):
        found = scanner.feed(bytes(text[at : at + CHUNK_BYTES]))
        count = len(found.commas)
        cuts = set(range(most - 1, count, most))
        if count and carried:
            cuts.add(0)  # a long element is a slice of its own
        if count and found.closed_at is None:
            cuts.add(count - 1)
        before = -1
        for cut in sorted(cuts):
            comma = at + int(found.commas[cut])
            yield Slice(first, comma, cut - before, carried)
            first, before, carried = comma + 1, cut, 0
        if found.closed_at is not None:
            end = at + found.closed_at
            if first > start or bytes(text[first : min(end, first + CHUNK_BYTES)]).strip() or end - first > CHUNK_BYTES:
                yield Slice(first, end, count - before, carried)
            if bytes(text[end + 1 :]).strip():
                raise Unreadable("The body is not JSON: more follows the end of its array.")
            return
        if cuts:
            carried = 0
        else:
            carried += found.total
            yield None
    raise Unreadable("The body is not JSON: its array has no end.")
