"""Stored holds, and the usage that they pay for."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import insert, select, update

from bot.books.commitments.holds import Hold, HoldUse, PlannedHold
from storage.queries.statements import Prepared, many, one
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries
from storage.tables.commitments import ACTIVE, holds
from storage.tables.intake import usage_days, usage_series
from storage.transaction import OpenTransaction

_COLUMNS = tuple(column.name for column in holds.c)
_TEAMS = many("teams")
_active = select(holds).where(ACTIVE).order_by(holds.c.id)
_ACTIVE, _ACTIVE_OF_TEAMS = Prepared(_active), Prepared(_active.where(holds.c.team_id.in_(_TEAMS)))
_SERIES = Prepared(
    select(usage_series.c.id, usage_series.c.team_id, usage_series.c.workflow)
    .where(usage_series.c.team_id.in_(_TEAMS))
    .where(usage_series.c.workflow != "")
)
_SPENT = Prepared(
    select(usage_days.c.series_id, usage_days.c.local_day, *nano_sums(usage_days.c.cost_nanos))
    .where(usage_days.c.team_id.in_(_TEAMS))
    .where(usage_days.c.local_day >= one("from_day"), usage_days.c.local_day < one("end_day"))
    .where(usage_days.c.series_id.in_(many("series")))
    .group_by(usage_days.c.series_id, usage_days.c.local_day)
)
_POSTED = [
    (
        sign,
        Prepared(
            select(entries.c.document, entries.c.usage_day, *nano_sums(entries.c.amount_nanos))
            .join(accounts, accounts.c.id == column)
            .where(entries.c.document.in_(many("documents")), entries.c.usage_day.is_not(None))
            .where(accounts.c.bucket == "held")
            .group_by(entries.c.document, entries.c.usage_day)
        ),
    )
    for sign, column in ((1, entries.c.from_account_id), (-1, entries.c.to_account_id))
]


class Holds:
    """The holds of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def add(self, planned: PlannedHold, *, team_id: int, period: str, from_day: int, by: int, at: int) -> Hold:
        """Stores a hold that is active, and returns it."""
        values = {"team_id": team_id, "name": planned.name, "period": period, "amount_nanos": planned.amount_nanos}
        values |= {"from_day": from_day, "end_day": planned.end_day, "state": "active", "revision": 1}
        made = insert(holds).values(**values, made_by=by, made_at=at).returning(*holds.c)
        return Hold(**(await self._connection.execute(made)).one()._mapping)

    async def save(self, hold: Hold) -> None:
        """Stores what changed of a hold."""
        await self._connection.execute(update(holds).where(holds.c.id == hold.id).values(**asdict(hold)))

    async def by_id(self, hold_id: int, *, locked: bool = False) -> Hold | None:
        """Returns a hold, locked if it is to be changed."""
        query = select(holds).where(holds.c.id == hold_id)
        row = (await self._connection.execute(query.with_for_update() if locked else query)).one_or_none()
        return Hold(**row._mapping) if row else None

    async def active(self, team_ids: Iterable[int] | None = None) -> list[Hold]:
        """Returns the active holds, oldest first; of some teams or of all."""
        if team_ids is None:
            rows = await self._tx.rows(_ACTIVE)
        else:
            rows = await self._tx.rows(_ACTIVE_OF_TEAMS, teams=list(team_ids))
        return [Hold(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    async def named(self, team_id: int, name: str) -> Hold | None:
        """Returns a team's active hold of a name, in any case of its letters."""
        folded = name.casefold()
        return next((hold for hold in await self.active([team_id]) if hold.name.casefold() == folded), None)

    async def teams_with_ended(self, documents: Iterable[str]) -> set[int]:
        """Returns the teams whose holds among some documents of entries have ended. The others stay until the transaction
        ends."""
        ids = {int(document.split(":")[1]) for document in documents if document.startswith("hold:")}
        if not ids:
            return set()
        query = select(holds.c.team_id, holds.c.state).where(holds.c.id.in_(ids)).order_by(holds.c.id)
        rows = await self._connection.execute(query.with_for_update())
        return {int(team_id) for team_id, state in rows if state != "active"}

    async def uses(self, listed: Sequence[Hold]) -> list[HoldUse]:
        """Returns each hold with its usage and with what is posted of it, by day."""
        if not listed:
            return []
        spent, posted = await self._spent(listed), await self._posted(listed)
        return [HoldUse(hold=h, spent=spent.get(h.id, {}), posted=posted.get(h.id, {})) for h in listed]

    async def uses_of(self, team_ids: Iterable[int] | None = None) -> list[HoldUse]:
        """Returns the same of the active holds of some teams or of all."""
        return await self.uses(await self.active(team_ids))

    async def _spent(self, listed: Sequence[Hold]) -> dict[int, dict[int, int]]:
        """Returns the cost by hold and day of the usage whose workflow has the hold's name."""
        by_name = {(hold.team_id, hold.name.casefold()): hold for hold in listed}
        series = await self._tx.rows(_SERIES, teams=sorted({hold.team_id for hold in listed}))
        paid_by = {
            int(series_id): hold
            for series_id, team_id, workflow in series
            if (hold := by_name.get((int(team_id), str(workflow).casefold()))) is not None
        }
        if not paid_by:
            return {}
        rows = await self._tx.rows(
            _SPENT,
            teams=sorted({hold.team_id for hold in paid_by.values()}),
            series=list(paid_by),
            from_day=min(hold.from_day for hold in paid_by.values()),
            end_day=max(hold.end_day for hold in paid_by.values()),
        )
        spent: dict[int, dict[int, int]] = {}
        for series_id, day, dollars, rest in rows:
            hold = paid_by[int(series_id)]
            if hold.from_day <= day < hold.end_day:
                days = spent.setdefault(hold.id, {})
                days[int(day)] = days.get(int(day), 0) + whole(dollars, rest)
        return spent

    async def _posted(self, listed: Sequence[Hold]) -> dict[int, dict[int, int]]:
        """Returns what is posted by hold and day: its charges, less their corrections."""
        documents = {hold.document: hold.id for hold in listed}
        found: dict[int, dict[int, int]] = {}
        for sign, statement in _POSTED:
            for document, day, dollars, rest in await self._tx.rows(statement, documents=list(documents)):
                days = found.setdefault(documents[str(document)], {})
                days[int(day)] = days.get(int(day), 0) + sign * whole(dollars, rest)
        return found
