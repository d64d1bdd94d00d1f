"""Stored grants with an end."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from sqlalchemy import insert, select, update

from bot.books.grants import Grant
from bot.money import usd
from storage.queries.sums import nano_sums, whole
from storage.tables.books import ACTIVE, accounts, entries, grants
from storage.transaction import OpenTransaction


class Grants:
    """The grants of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, grant: Grant) -> Grant:
        """Stores a new grant and returns it with its id."""
        made = insert(grants).values(**_values(grant)).returning(grants)
        return _grant((await self._connection.execute(made)).one())

    async def save(self, grant: Grant) -> None:
        """Stores a grant that was read with its accounts locked."""
        await self._connection.execute(update(grants).where(grants.c.id == grant.id).values(**_values(grant)))

    async def by_id(self, grant_id: int, *, locked: bool = False) -> Grant | None:
        """Returns a grant; None if there is none. Lock its accounts before you lock it."""
        query = select(grants).where(grants.c.id == grant_id)
        query = query.with_for_update() if locked else query
        row = (await self._connection.execute(query)).one_or_none()
        return _grant(row) if row else None

    async def active(self, team_ids: Iterable[int] | None = None) -> list[Grant]:
        """Returns the grants that have not ended, oldest first; of some teams or of all."""
        query = select(grants).where(ACTIVE)  # without an order, for which SQLite would read all grants
        if team_ids is not None:
            query = query.where(grants.c.team_id.in_(list(team_ids)))
        return sorted((_grant(row) for row in await self._connection.execute(query)), key=lambda grant: grant.id)

    async def of_periods(self, periods: Mapping[int, str]) -> dict[int, list[Grant]]:
        """Returns teams' grants of one period each, those that ended too, by team id."""
        query = select(grants).where(grants.c.team_id.in_(list(periods)), grants.c.period.in_(set(periods.values())))
        found: dict[int, list[Grant]] = {team_id: [] for team_id in periods}
        for row in await self._connection.execute(query.order_by(grants.c.id)):
            if periods[int(row.team_id)] == row.period:
                found[int(row.team_id)].append(_grant(row))
        return found

    async def faults(self) -> list[str]:
        """Returns a line for each grant whose entries are not what it says: its team got the amount, less what came back."""
        net: dict[tuple[str, int], int] = {}
        for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
            rows = await self._connection.execute(
                select(entries.c.document, accounts.c.team_id, *nano_sums(entries.c.amount_nanos))
                .join(accounts, accounts.c.id == column)
                .where(entries.c.document.like("grant:%"), accounts.c.bucket == "available")
                .group_by(entries.c.document, accounts.c.team_id)
            )
            for document, team_id, dollars, rest in rows:
                at = (str(document), int(team_id))
                net[at] = net.get(at, 0) + sign * whole(dollars, rest)
        found = []
        for row in await self._connection.execute(select(grants).order_by(grants.c.id)):
            grant = _grant(row)
            has, says = net.get((grant.document, grant.team_id), 0), grant.amount_nanos - grant.returned_nanos
            if has != says:
                found.append(f"grants: grant {grant.id} leaves its team {usd(says)}, its entries leave it {usd(has)}")
        return found


def _values(grant: Grant) -> dict[str, object]:
    return {name: value for name, value in asdict(grant).items() if name != "id"}


def _grant(row: object) -> Grant:
    return Grant(**row._mapping)  # type: ignore[attr-defined]  # a SQLAlchemy Row
