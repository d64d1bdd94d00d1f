"""Prices: those set in Slack, models without one, repricing jobs, and calls whose prices disagree."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from bot.costs.comparisons import PriceDisagreement
from bot.costs.prices import Repricing, SetPrice, UnpricedModel
from bot.periods import MICROS
from storage import bulk
from storage.config import Config
from storage.costs.comparisons import Span, compared
from storage.tables.costs import repricings, unpriced_models
from storage.tables.intake import UNPRICED, usage_days, usage_series
from storage.tables.org import teams
from storage.transaction import OpenTransaction

_DOCUMENT = "slack_prices"
_TOKENS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


class StoredPrices:
    """Prices within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def set_prices(self) -> list[SetPrice]:
        """Returns the prices set in Slack, the latest last."""
        return [SetPrice.from_json(line) for line in await Config(self._tx).document(_DOCUMENT) or []]

    async def add(self, line: SetPrice) -> None:
        """Stores a price that somebody set; it replaces one of the same model and day."""
        await Config(self._tx).changed()  # locks the configuration, so that two people at once add two lines
        named = (line.provider, line.model, line.from_day)
        others = [p for p in await self.set_prices() if (p.provider, p.model, p.from_day) != named]
        lines = [p.to_json() for p in (*others, line)]
        await Config(self._tx).save_document(_DOCUMENT, lines, at=line.set_at)

    async def unpriced(
        self, *, first_day: int, end_day: int, only: tuple[str, str] | None = None
    ) -> list[UnpricedModel]:
        """Returns models with calls of tokens but no known price on these days, most calls first; or one (provider,
        model).
        """
        tokens = sum((usage_days.c[name] for name in _TOKENS[1:]), usage_days.c[_TOKENS[0]])
        calls = func.sum(usage_days.c.calls)
        here = and_(usage_days.c.team_id == usage_series.c.team_id, usage_days.c.series_id == usage_series.c.id)
        named = (usage_series.c.provider, usage_series.c.model)
        query = (
            select(*named, func.min(usage_series.c.id), calls, func.sum(tokens), func.min(usage_days.c.local_day))
            .join(usage_days, here)
            .where(UNPRICED, usage_days.c.calls != 0)
            .where(usage_days.c.local_day.in_(range(first_day, end_day)))  # each by the whole key, not the team's days
            .group_by(*named)
            .having(calls > 0)
            .order_by(calls.desc(), *named)
        )
        if only is not None:
            query = query.where(usage_series.c.provider == only[0], usage_series.c.model == only[1])
        rows = await self._connection.execute(query)
        return [
            UnpricedModel(id=int(i), provider=p, model=m, calls=int(c), tokens=int(t), first_day=int(d))
            for p, m, i, c, t, d in rows
        ]

    async def unpriced_by_series(self, series_id: int) -> UnpricedModel | None:
        """Returns the model of an unpriced series with its days; None if the series has no usage left."""
        series = select(usage_series.c.provider, usage_series.c.model).where(usage_series.c.id == series_id, UNPRICED)
        row = (await self._connection.execute(series)).one_or_none()
        if row is None:
            return None
        first_day, last_day = await self._known_days()
        found = await self.unpriced(first_day=first_day, end_day=last_day + 1, only=(row.provider, row.model))
        return found[0] if found else None

    async def _known_days(self) -> tuple[int, int]:
        """Returns the first and last day of any usage, each team's by the ends of its rows."""
        of_team = usage_days.c.team_id == teams.c.id
        first, last = (
            select(end(usage_days.c.local_day)).where(of_team).scalar_subquery() for end in (func.min, func.max)
        )
        row = (await self._connection.execute(select(func.min(first), func.max(last)).select_from(teams))).one()
        return (0, -1) if row[0] is None else (int(row[0]), int(row[1]))

    async def mark_unpriced(self, found: Sequence[UnpricedModel], *, at: int) -> list[UnpricedModel]:
        """Returns the models nobody was notified of, and marks them: each is returned once, to one caller."""
        rows = sorted((u.provider, u.model, at) for u in found)
        key = ("provider", "model")
        new = await bulk.insert_missing(self._connection, "unpriced_models", (*key, "told_at"), key, rows)
        return [u for u in found if (u.provider, u.model) in new]

    async def notified_with(self, provider: str, model: str) -> tuple[int, list[tuple[str, str]]] | None:
        """Returns the moment people were notified of an unpriced model, and the other models of that notice."""
        named = and_(unpriced_models.c.provider == provider, unpriced_models.c.model == model)
        told_at = (await self._connection.execute(select(unpriced_models.c.told_at).where(named))).scalar()
        if told_at is None:
            return None
        rows = await self._connection.execute(
            select(unpriced_models.c.provider, unpriced_models.c.model)
            .where(unpriced_models.c.told_at == told_at)
            .order_by(unpriced_models.c.id)
        )
        return int(told_at), [(str(p), str(m)) for p, m in rows]

    async def request_repricing(self, line: SetPrice) -> None:
        """Requests that a model's past usage is priced again; once, while such a request waits."""
        waits = select(repricings.c.id).where(
            and_(repricings.c.provider == line.provider, repricings.c.model == line.model),
            and_(repricings.c.from_day <= line.from_day, repricings.c.lease_until == 0),
        )
        if (await self._connection.execute(waits.limit(1))).scalar() is not None:
            return
        values = {"provider": line.provider, "model": line.model, "from_day": line.from_day}
        who = {"actor_id": line.set_by, "wanted_at": line.set_at}
        await self._connection.execute(insert(repricings).values(**values, **who))

    async def claim_repricing(self, *, now: int, lease_seconds: int) -> Repricing | None:
        """Leases the next waiting repricing to the caller; None if there is none."""
        free = and_(repricings.c.done_at.is_(None), repricings.c.lease_until <= now)
        query = select(repricings.c.id).where(free).order_by(repricings.c.id).limit(1).with_for_update(skip_locked=True)
        found = (await self._connection.execute(query)).scalar()
        if found is None:
            return None
        leased = (
            update(repricings).where(repricings.c.id == found, free).values(lease_until=now + lease_seconds * MICROS)
        )
        row = (await self._connection.execute(leased.returning(repricings))).one_or_none()
        return _repricing(row) if row else None

    async def keep_lease(self, repricing_id: int, *, now: int, lease_seconds: int) -> None:
        leased = update(repricings).where(repricings.c.id == repricing_id)
        await self._connection.execute(leased.values(lease_until=now + lease_seconds * MICROS))

    async def mark_repriced(self, repricing_id: int, *, at: int, calls: int, difference_nanos: int) -> bool:
        """Marks a repricing as done; returns False if it was done before."""
        done = update(repricings).where(repricings.c.id == repricing_id, repricings.c.done_at.is_(None))
        values = {"done_at": at, "calls": calls, "difference_nanos": difference_nanos}
        return (await self._connection.execute(done.values(**values))).rowcount > 0

    async def is_repricing_due(self, *, since: int) -> bool:
        """Returns True if a price set since a moment waits for repricing."""
        waits = select(repricings.c.id).where(repricings.c.done_at.is_(None), repricings.c.wanted_at >= since)
        return (await self._connection.execute(waits.limit(1))).scalar() is not None

    async def repricings_since(self, at: int) -> list[Repricing]:
        """Returns repricings that wait or were done since a moment, the latest first."""
        recent = or_(repricings.c.done_at.is_(None), repricings.c.done_at >= at)
        rows = await self._connection.execute(select(repricings).where(recent).order_by(repricings.c.id.desc()))
        return [_repricing(row) for row in rows]

    async def disagreements(self, *, first_day: int, end_day: int) -> list[PriceDisagreement]:
        """Returns both totals, by provider, model and cause, of calls on these days that the sender and the price book both
        priced.
        """
        return await compared(self._tx, Span(first_day, end_day))

    async def beside_a_bill(self, *, utc_day: int) -> list[PriceDisagreement]:
        """Returns the same of a UTC day, with the calls that have no price here."""
        return await compared(self._tx, Span(utc_day, utc_day + 1, is_utc=True), with_unpriced=True)


def _repricing(row: Any) -> Repricing:
    return Repricing(
        id=row.id,
        provider=row.provider,
        model=row.model,
        from_day=row.from_day,
        actor_id=row.actor_id,
        wanted_at=row.wanted_at,
        done_at=row.done_at,
        calls=row.calls,
        difference_nanos=row.difference_nanos,
    )
