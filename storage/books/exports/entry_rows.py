"""The rows of `export ledger`: every entry, in the order of its number."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from bot.books.exports.columns import LEDGER_COLUMNS
from storage.books.exports.pages import ExportScope, Page, Position
from storage.books.exports.snapshots import existed
from storage.tables.books import accounts, entries
from storage.tables.org import teams
from storage.transaction import OpenTransaction

_FROM, _TO = accounts.alias("from_account"), accounts.alias("to_account")
_GIVER, _TAKER = teams.alias("giver"), teams.alias("taker")


class EntryRows:
    """The entries of a scope within one transaction. A team's are those that move something from it or to it."""

    columns = LEDGER_COLUMNS

    def __init__(self, tx: OpenTransaction, scope: ExportScope, periods: tuple[str, ...] = ()) -> None:
        """`periods` are the names of the ledger's periods within the scope's; none means all."""
        self._connection = tx.connection
        self._conditions: list[ColumnElement[bool]] = [existed(tx, entries, scope.snapshot)]
        if scope.period is not None:
            self._conditions.append(entries.c.period.in_(periods))
        if scope.team_id is not None:
            self._conditions.append(or_(_FROM.c.team_id == scope.team_id, _TO.c.team_id == scope.team_id))

    async def page(self, after: Position, limit: int) -> Page:
        query = self._query(
            after,
            entries.c.id,
            entries.c.period,
            entries.c.posted_at,
            entries.c.effective_at,
            entries.c.kind,
            (_GIVER.c.slug + ":" + _FROM.c.bucket).label("from_account"),
            (_TAKER.c.slug + ":" + _TO.c.bucket).label("to_account"),
            entries.c.amount_nanos,
            entries.c.currency,
            entries.c.actor_id,
            entries.c.reason,
            entries.c.document,
            entries.c.reverses_id,
        )
        rows = (await self._connection.execute(query.order_by(entries.c.id).limit(limit))).all()
        return Page(
            [(*row[:9], actor_text(row.actor_id), *row[10:]) for row in rows],
            (int(rows[-1].id),) if len(rows) == limit else None,
        )

    async def skip(self, after: Position, rows: int) -> Position | None:
        query = self._query(after, entries.c.id).order_by(entries.c.id).offset(rows - 1).limit(1)
        found = (await self._connection.execute(query)).scalar()
        return None if found is None else (int(found),)

    async def count(self) -> int:
        counted = select(func.count()).select_from(self._query((), entries.c.id).subquery())
        return int((await self._connection.execute(counted)).scalar_one())

    def _query(self, after: Position, *columns: Any) -> Select[Any]:
        query = (
            select(*columns)
            .select_from(entries)
            .join(_FROM, _FROM.c.id == entries.c.from_account_id)
            .join(_TO, _TO.c.id == entries.c.to_account_id)
            .join(_GIVER, _GIVER.c.id == _FROM.c.team_id)
            .join(_TAKER, _TAKER.c.id == _TO.c.team_id)
            .where(*self._conditions)
        )
        return query.where(entries.c.id > after[0]) if after else query


def actor_text(person_id: int | None) -> str:
    """Returns a person as the books name them for good, also after a merge; "" for the bot itself."""
    return "" if person_id is None else f"person:{person_id}"
