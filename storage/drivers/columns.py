"""Rows by column, as drivers take them: a tuple per row would cost more than the row."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Rows = Sequence[tuple[Any, ...]]
_LEAST_FOLDED = 200


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


def by_column(rows: Rows, width: int) -> Sequence[Sequence[Any]]:
    """Returns rows by column; without rows, as many empty columns as they would have."""
    if isinstance(rows, Columns):
        return rows.columns
    return list(zip(*rows, strict=True)) if rows else [()] * width


class Folded(NamedTuple):
    """Rows by column: the places of constant columns, their values, and the other columns."""

    fixed: frozenset[int]
    values: tuple[Any, ...]
    columns: Sequence[Sequence[Any]]


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
