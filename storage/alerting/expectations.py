"""Stored expectations: the expected spend of teams."""

from typing import Any

from sqlalchemy import Select, insert, or_, select, update

from bot.alerting.expectations import Cause, Expectation
from storage.tables.alerting import alerts, expectations
from storage.transaction import OpenTransaction


class Expectations:
    """The expectations of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(
        self,
        *,
        team_id: int,
        what: str,
        cause: Cause,
        from_at: int,
        until_at: int | None,
        limit_nanos: int | None,
        alert_id: int | None,
        made_by: int,
        at: int,
    ) -> int:
        """Stores an expectation and returns its id."""
        values = {"team_id": team_id, "what": what, "dimension": cause.dimension, "part": cause.name}
        values |= {"from_at": from_at, "until_at": until_at, "limit_nanos": limit_nanos, "alert_id": alert_id}
        made = insert(expectations).values(**values, made_by=made_by, made_at=at).returning(expectations.c.id)
        return int((await self._connection.execute(made)).scalar_one())

    async def for_change(self, expectation_id: int) -> Expectation | None:
        """Returns an expectation, locked."""
        query = _selected().where(expectations.c.id == expectation_id).with_for_update(of=expectations)
        row = (await self._connection.execute(query)).one_or_none()
        return _expectation(row) if row else None

    async def of_alert(self, alert_id: int) -> Expectation | None:
        """Returns a spike's newest expectation that nobody withdrew."""
        query = _selected().where(expectations.c.alert_id == alert_id, expectations.c.ended_at.is_(None))
        row = (await self._connection.execute(query.order_by(expectations.c.id.desc()).limit(1))).one_or_none()
        return _expectation(row) if row else None

    async def since(self, at: int, *, team_id: int | None = None) -> list[Expectation]:
        """Returns the expectations that were not over at a moment, coming ones too, oldest first; of one team or of
        all."""
        query = _selected().where(or_(expectations.c.until_at.is_(None), expectations.c.until_at > at))
        query = query.where(or_(expectations.c.ended_at.is_(None), expectations.c.ended_at > at))
        if team_id is not None:
            query = query.where(expectations.c.team_id == team_id)
        rows = await self._connection.execute(query.order_by(expectations.c.id))
        return [e for e in map(_expectation, rows) if not e.is_over(at)]

    async def end(self, expectation_id: int, *, at: int, by: int) -> None:
        """Ends an expectation at a moment. A moment before its start withdraws it."""
        ended = update(expectations).where(expectations.c.id == expectation_id)
        await self._connection.execute(ended.values(ended_at=at, ended_by=by))

    async def for_closing(self, *, at: int) -> list[Expectation]:
        """Returns the announcements that are over while their message is not closed, locked."""
        over = or_(expectations.c.until_at <= at, expectations.c.ended_at <= at)
        query = _selected().where(expectations.c.alert_id.is_(None), expectations.c.closed_at.is_(None), over)
        locked = query.order_by(expectations.c.id).with_for_update(of=expectations, skip_locked=True)
        return [_expectation(row) for row in await self._connection.execute(locked)]

    async def close(self, expectation_id: int, *, at: int) -> None:
        """Records that an expectation's message is closed."""
        closed = update(expectations).where(expectations.c.id == expectation_id)
        await self._connection.execute(closed.values(closed_at=at))


def _selected() -> Select[Any]:
    joined = expectations.outerjoin(alerts, alerts.c.id == expectations.c.alert_id)
    return select(expectations, alerts.c.closed_at.label("alert_closed_at")).select_from(joined)


def _expectation(row: Any) -> Expectation:
    return Expectation(
        id=row.id,
        team_id=row.team_id,
        what=row.what,
        cause=Cause(dimension=row.dimension, name=row.part),
        from_at=row.from_at,
        until_at=row.until_at,
        limit_nanos=row.limit_nanos,
        alert_id=row.alert_id,
        alert_closed_at=row.alert_closed_at,
        made_by=row.made_by,
        made_at=row.made_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
