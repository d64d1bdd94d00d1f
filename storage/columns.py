"""Rows by column: what the hot path writes, where a tuple per row would cost more than the row."""

from collections.abc import Iterator, Sequence
from typing import Any


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
