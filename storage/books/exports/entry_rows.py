"""The rows of `export ledger`: every entry, in the order of its number."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from bot.books.exports.beancount import LedgerAccount, LedgerMove
from bot.books.exports.columns import LEDGER_COLUMNS
from storage.books.exports.pages import ExportScope, Page, Position
from storage.books.exports.snapshots import existed
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries
from storage.tables.org import teams
from storage.transaction import OpenTransaction

_FROM, _TO = accounts.alias("from_account"), accounts.alias("to_account")
_GIVER, _TAKER = teams.alias("giver"), teams.alias("taker")
_MOVED = ("posted_at", "effective_at", "kind", "amount_nanos", "currency", "reason", "document")


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

    async def moves(self, after: Position, limit: int) -> list[LedgerMove]:
        """Returns the next entries with their whole accounts."""
        giver = (_GIVER.c.slug.label("giver"), _FROM.c.bucket.label("given"), _FROM.c.period.label("given_in"))
        taker = (_TAKER.c.slug.label("taker"), _TO.c.bucket.label("taken"), _TO.c.period.label("taken_in"))
        query = self._query(after, *entries.c, *giver, *taker).order_by(entries.c.id).limit(limit)
        return [
            LedgerMove(
                entry_id=int(row.id),
                giver=LedgerAccount(row.giver, row.given, row.given_in),
                taker=LedgerAccount(row.taker, row.taken, row.taken_in),
                actor=actor_text(row.actor_id),
                **{name: getattr(row, name) for name in _MOVED},
            )
            for row in await self._connection.execute(query)
        ]

    async def balances(self) -> list[tuple[LedgerAccount, str, int]]:
        """Returns what each account got and gave, by currency, in nano-dollars."""
        found: dict[tuple[LedgerAccount, str], int] = {}
        for sign, account, team in ((1, _TO, _TAKER), (-1, _FROM, _GIVER)):
            key = (team.c.slug, account.c.bucket, account.c.period, entries.c.currency)
            query = self._query((), *key, *nano_sums(entries.c.amount_nanos)).group_by(*key)
            for slug, bucket, period, currency, dollars, rest in await self._connection.execute(query):
                at = (LedgerAccount(slug, bucket, period), currency)
                found[at] = found.get(at, 0) + sign * whole(dollars, rest)
        return [(account, currency, nanos) for (account, currency), nanos in found.items()]

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
