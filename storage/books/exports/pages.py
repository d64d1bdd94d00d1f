"""What all exports share: a query's scope, its position, and its pages."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from bot.books.exports.columns import Column, ExportRow
from bot.periods import Period
from storage.transaction import OpenTransaction

Position = tuple[Any, ...]
"""Where a page ends: the key of its last row. `()` is the beginning."""
PAGE = 2_000
"""Rows in memory at a time."""


@dataclass(frozen=True, kw_only=True)
class ExportScope:
    """Which rows an export has: of a period or of all, of one team or of all, as of a snapshot."""

    snapshot: str
    period: Period | None = None
    team_id: int | None = None
    shows_people: bool = False


class Page(NamedTuple):
    """Rows, and the position after the last one; None at the end."""

    rows: list[ExportRow]
    after: Position | None


class ExportRows(Protocol):
    """The rows of one export within a transaction, in an order that never changes."""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    async def page(self, after: Position, limit: int) -> Page: ...

    async def skip(self, after: Position, rows: int) -> Position | None:
        """Returns the position so many rows further on; None if there are not as many."""
        ...

    async def count(self) -> int: ...


async def pages(
    opened: Callable[[], AbstractAsyncContextManager[OpenTransaction]],
    rows_in: Callable[[OpenTransaction], ExportRows],
    after: Position = (),
    limit: int | None = None,
) -> AsyncIterator[list[ExportRow]]:
    """Yields rows from a position on, each page read in a transaction of its own: nobody who reads slowly holds one."""
    left = limit
    while left is None or left > 0:
        async with opened() as tx:
            page = await rows_in(tx).page(after, PAGE if left is None else min(PAGE, left))
        if page.rows:
            yield page.rows
        if page.after is None:
            return
        after = page.after
        left = None if left is None else left - len(page.rows)
