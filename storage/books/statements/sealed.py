"""Statements in the database: the entries of a team's period, and what is sealed of them."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, func, insert, or_, select

from bot.books.ledger import Account
from bot.books.statements.lines import PostedEntry
from storage.tables.books import accounts, entries, statements
from storage.tables.org import teams
from storage.transaction import OpenTransaction

_FROM, _TO = accounts.alias("payer"), accounts.alias("payee")
_NO_BUDGET = ("spread", "shared")


@dataclass(frozen=True, kw_only=True)
class SealedStatement:
    """A sealed statement as it is stored. `sheet` is its CSV, `slugs` has the teams' ids by their names in it."""

    id: int
    team_id: int
    period: str
    number: int
    sealed_at: int
    previous: str
    seal: str
    sheet: str
    slugs: Mapping[str, int]


class SealedPeriods(set[str]):
    """The closed periods of which this process knows that every statement is sealed."""


class Statements:
    """The statements within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def entries(self, team_id: int, period: str) -> list[PostedEntry]:
        """Returns the entries that move an account of a team's period, in the order of their ids."""
        query = select(accounts.c.id).where(accounts.c.team_id == team_id, accounts.c.period == period)
        ids = list((await self._connection.execute(query)).scalars())
        rows = await self._connection.execute(
            _entries().where(or_(entries.c.from_account_id.in_(ids), entries.c.to_account_id.in_(ids)))
        )
        return [_entry(row) for row in rows]

    async def entries_of_period(self, period: str) -> list[PostedEntry]:
        """Returns all entries that move an account of a period, in the order of their ids."""
        rows = await self._connection.execute(_entries().where(or_(_FROM.c.period == period, _TO.c.period == period)))
        return [_entry(row) for row in rows]

    async def due(self, closed: Collection[str]) -> list[tuple[int, str]]:
        """Returns (team, period) of closed periods with accounts and without a statement.

        A closed period gets no further account of a budget, so one that is done is not looked at again.
        """
        done = self._tx.memory.of(SealedPeriods)
        unknown = sorted(set(closed) - done)
        if not unknown:
            return []
        same = and_(statements.c.team_id == accounts.c.team_id, statements.c.period == accounts.c.period)
        rows = await self._connection.execute(
            select(accounts.c.team_id, accounts.c.period)
            .distinct()
            .join(teams, teams.c.id == accounts.c.team_id)
            .outerjoin(statements, same)
            .where(teams.c.kind != "unattributed")  # the organisation's statement has its charges
            .where(accounts.c.period.in_(unknown), accounts.c.bucket.not_in(_NO_BUDGET), statements.c.id.is_(None))
        )
        due = [(int(team), str(period)) for team, period in rows]
        done.update(set(unknown) - {period for _, period in due})
        return due

    async def account_id(self, team_id: int, period: str) -> int | None:
        """Returns the id of a team's account of a period, which stands for its statement in buttons."""
        query = select(accounts.c.id).where(accounts.c.team_id == team_id, accounts.c.period == period)
        found = (await self._connection.execute(query.where(accounts.c.bucket == "available"))).scalar()
        return None if found is None else int(found)

    async def place(self, account_id: int) -> tuple[int, str] | None:
        """Returns the team and the period of an account."""
        query = select(accounts.c.team_id, accounts.c.period).where(accounts.c.id == account_id)
        found = (await self._connection.execute(query)).one_or_none()
        return None if found is None else (int(found.team_id), str(found.period))

    async def lock(self, team_id: int) -> None:
        """Makes others wait who seal statements of a team, until the transaction ends."""
        await self._connection.execute(select(teams.c.id).where(teams.c.id == team_id).with_for_update(key_share=True))

    async def of(self, team_id: int, period: str) -> SealedStatement | None:
        """Returns a team's sealed statement of a period."""
        query = select(statements).where(statements.c.team_id == team_id, statements.c.period == period)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _sealed(row)

    async def last(self, team_id: int) -> SealedStatement | None:
        """Returns a team's newest statement."""
        query = select(statements).where(statements.c.team_id == team_id).order_by(statements.c.number.desc()).limit(1)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _sealed(row)

    async def of_period(self, period: str) -> list[SealedStatement]:
        """Returns the statements of a period."""
        query = select(statements).where(statements.c.period == period).order_by(statements.c.team_id)
        return [_sealed(row) for row in await self._connection.execute(query)]

    async def links(self, names: Collection[str] | None = None) -> list[tuple[int, str, int, str, str]]:
        """Returns (team, period, number, seal before, seal) of every statement, each team's in their order; of some periods or
        of all."""
        at = (statements.c.team_id, statements.c.period, statements.c.number, statements.c.previous, statements.c.seal)
        query = select(*at).order_by(statements.c.team_id, statements.c.number)
        if names is not None:  # with the teams, so that the index by team finds the periods
            query = query.join(teams, teams.c.id == statements.c.team_id).where(statements.c.period.in_(names))
        rows = await self._connection.execute(query)
        return [
            (int(team), str(period), int(number), str(before), str(seal)) for team, period, number, before, seal in rows
        ]

    async def before(self, names: Collection[str]) -> dict[int, tuple[int, str]]:
        """Returns (number, seal) of each team's last statement before its first one of some periods, by team."""
        first = (
            select(statements.c.team_id, func.min(statements.c.number).label("number"))
            .join(teams, teams.c.id == statements.c.team_id)
            .where(statements.c.period.in_(names))
            .group_by(statements.c.team_id)
            .subquery()
        )
        same = and_(statements.c.team_id == first.c.team_id, statements.c.number == first.c.number - 1)
        query = select(statements.c.team_id, statements.c.number, statements.c.seal).join(first, same)
        return {int(team): (int(number), str(seal)) for team, number, seal in await self._connection.execute(query)}

    async def add(
        self,
        *,
        team_id: int,
        period: str,
        number: int,
        at: int,
        previous: str,
        seal: str,
        sheet: str,
        slugs: Mapping[str, int],
    ) -> None:
        """Stores a sealed statement. It never changes after."""
        values = {"team_id": team_id, "period": period, "number": number, "sealed_at": at, "previous": previous}
        kept = json.dumps(dict(sorted(slugs.items())))
        await self._connection.execute(insert(statements).values(**values, seal=seal, sheet=sheet, slugs=kept))


def _entries() -> Select[Any]:
    return (
        select(
            entries,
            *(_FROM.c[name].label(f"from_{name}") for name in ("team_id", "period", "bucket")),
            *(_TO.c[name].label(f"to_{name}") for name in ("team_id", "period", "bucket")),
        )
        .join(_FROM, _FROM.c.id == entries.c.from_account_id)
        .join(_TO, _TO.c.id == entries.c.to_account_id)
        .order_by(entries.c.id)
    )


def _entry(row: Row[Any]) -> PostedEntry:
    return PostedEntry(
        id=row.id,
        kind=row.kind,
        period=row.period,
        posted_at=row.posted_at,
        effective_at=row.effective_at,
        usage_day=row.usage_day,
        from_account=Account(team_id=row.from_team_id, period=row.from_period, bucket=row.from_bucket),
        to_account=Account(team_id=row.to_team_id, period=row.to_period, bucket=row.to_bucket),
        amount_nanos=row.amount_nanos,
        currency=row.currency,
        actor_id=row.actor_id,
        reason=row.reason,
        document=row.document,
        reverses_id=row.reverses_id,
    )


def _sealed(row: Row[Any]) -> SealedStatement:
    return SealedStatement(
        id=row.id,
        team_id=row.team_id,
        period=row.period,
        number=row.number,
        sealed_at=row.sealed_at,
        previous=row.previous,
        seal=row.seal,
        sheet=row.sheet,
        slugs={str(slug): int(team) for slug, team in json.loads(row.slugs).items()},
    )


def teams_of(posted: Iterable[PostedEntry]) -> frozenset[int]:
    """Returns the teams whose accounts entries move."""
    return frozenset(account.team_id for one in posted for account in (one.from_account, one.to_account))
