"""Rows as statements take them: in pieces, padded to few sizes, or by column with what all rows share sent once."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

Rows = Sequence[tuple[Any, ...]]


class Columns(Sequence[tuple[Any, ...]]):
    """Rows that are kept by column, in columns of equal length."""

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, at: Any) -> Any:
        taken = [column[at] for column in self.columns]
        return list(zip(*taken, strict=True)) if isinstance(at, slice) else tuple(taken)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self.columns, strict=True)


_MOST_PARAMETERS = 32_766  # parameters of one SQLite statement
_LEAST_FOLDED = 200


class Folded(NamedTuple):
    """Rows by column: the places of constant columns, their values, and the other columns."""

    fixed: frozenset[int]
    values: tuple[Any, ...]
    columns: Sequence[Sequence[Any]]


def pieces(rows: Rows) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yields rows in pieces that fit one SQLite statement, each as its row count and its flat values.

    Sizes are powers of two, so that few statements serve any number of rows and stay prepared.
    """
    if not rows:
        return
    largest = 1 << (_MOST_PARAMETERS // len(rows[0])).bit_length() - 1
    start = 0
    while start < len(rows):
        size = min(largest, 1 << (len(rows) - start).bit_length() - 1)
        yield size, tuple(chain.from_iterable(rows[start : start + size]))
        start += size


@lru_cache(maxsize=512)
def marks(rows: int, columns: int, fixed: int = 0) -> str:
    """Returns SQLite's placeholders for values, such as `(?, ?), (?, ?)`.

    The first `fixed` columns use the same parameters in all rows: `(?1, ?), (?1, ?)`.
    """
    row = ", ".join([*(f"?{number}" for number in range(1, fixed + 1)), *["?"] * (columns - fixed)])
    return ", ".join([f"({row})"] * rows)


def padded(rows: Folded, count: int) -> Iterator[tuple[int, list[Any]]]:
    """Yields folded rows in as few SQLite statements as possible: each as its size and its flat values.

    The values are the shared ones, all rows' values, and the number of real rows. Each statement waits for Python's
    lock, so the last one is padded to a power of two with zeros, which the statement's LIMIT leaves out.
    """
    width = len(rows.columns)
    columns = [list(map(bytearray, column)) if type(column[0]) is bytes else column for column in rows.columns]
    largest = 1 << ((_MOST_PARAMETERS - len(rows.values) - 1) // max(width, 1)).bit_length() - 1
    start = 0
    while start < count:
        left = count - start
        size = min(largest, 1 << left.bit_length() - 1)
        if start and size < left:
            size = min(largest, 2 * size)
        taken = min(size, left)
        line: list[Any] = [0] * (size * width)
        for place, column in enumerate(columns):
            line[place : taken * width : width] = column[start : start + taken]
        yield size, [*rows.values, *line, taken]
        start += size


def folded(rows: Rows) -> Folded:
    """Returns rows by column, with constant columns folded to one value, so that each is sent once.

    Most rows of a group share their source, their book or an unused counter. Few rows are not folded: each pattern of
    columns needs a prepared statement.
    """
    columns = rows.columns if isinstance(rows, Columns) else list(zip(*rows, strict=True))
    if len(rows) < _LEAST_FOLDED:
        return Folded(frozenset(), (), columns)
    middle = len(rows) // 2
    fixed = frozenset(
        place
        for place, column in enumerate(columns)
        if column[0] == column[-1] == column[middle] and column.count(column[0]) == len(rows)
    )
    varying = [column for place, column in enumerate(columns) if place not in fixed]
    return Folded(fixed, tuple(columns[place][0] for place in sorted(fixed)), varying)
