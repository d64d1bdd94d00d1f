"""Providers' statements, and the variances posted for them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select

from bot.books.budgets import PostedTotal
from bot.crosschecks.reconciliations import DayCheck
from bot.periods import DAY_MICROS, HOUR_MICROS
from storage import bulk
from storage.queries.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.books import accounts, entries
from storage.tables.crosschecks import statement_days, statement_lines
from storage.tables.intake import usage_hours, usage_series
from storage.transaction import OpenTransaction

_HOURS = DAY_MICROS // HOUR_MICROS
_DAY_COLUMNS = ("provider", "day", "statement_nanos", "booked_nanos", "variance_nanos", "document", "posted_at")


class BookedUsage(NamedTuple):
    """Usage booked on a UTC day for a provider's model, under one basis and tool."""

    day: int
    provider: str
    model: str
    basis: str
    tool: str
    calls: int
    tokens: int
    cost_nanos: int


class Reconciliations:
    """The reconciliations within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def booked(self, team_ids: Sequence[int], days: Sequence[int]) -> list[BookedUsage]:
        """Returns what all teams booked on UTC days, for all providers."""
        names = [usage_series.c[name] for name in ("provider", "model", "basis", "tool")]
        tokens = sum((usage_hours.c[name] for name in COUNTER_COLUMNS[1:5]), usage_hours.c[COUNTER_COLUMNS[0]])
        found = []
        for day in days:
            rows = await self._connection.execute(
                select(*names, func.sum(usage_hours.c.calls), func.sum(tokens), *nano_sums(usage_hours.c.cost_nanos))
                .join(usage_series, usage_series.c.id == usage_hours.c.series_id)
                .where(usage_hours.c.team_id.in_(list(team_ids)))
                .where(usage_hours.c.hour >= day * _HOURS, usage_hours.c.hour < (day + 1) * _HOURS)
                .group_by(*names)
            )
            found += [BookedUsage(day, *row[:4], int(row[4]), int(row[5]), whole(row[6], row[7])) for row in rows]
        return found

    async def first_day(self, team_ids: Sequence[int]) -> int | None:
        """Returns the first UTC day with usage."""
        first = select(func.min(usage_hours.c.hour)).where(usage_hours.c.team_id.in_(list(team_ids)))
        hour = (await self._connection.execute(first)).scalar()
        return None if hour is None else int(hour) // _HOURS

    async def posted(self, provider: str) -> dict[int, PostedTotal]:
        """Returns a provider's posted variance by UTC day: the net sum, and the number of its entries."""
        found: dict[int, PostedTotal] = {}
        for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
            rows = await self._connection.execute(
                select(entries.c.usage_day, func.count(), *nano_sums(entries.c.amount_nanos))
                .join(accounts, accounts.c.id == column)
                .where(accounts.c.bucket == f"variance:{provider}")
                .group_by(entries.c.usage_day)
            )
            for day, count, dollars, rest in rows:
                before = found.get(int(day), PostedTotal(nanos=0, entries=0))
                nanos = before.nanos + sign * whole(dollars, rest)
                found[int(day)] = PostedTotal(nanos=nanos, entries=before.entries + int(count))
        return found

    async def keep(self, check: DayCheck, *, document: str, at: int) -> None:
        """Stores a statement's day, in place of an earlier one, with the usage booked when its variance was posted."""
        ours = (statement_lines.c.provider == check.provider, statement_lines.c.day == check.day)
        await self._connection.execute(delete(statement_lines).where(*ours))
        rows = [
            {
                "provider": check.provider,
                "day": check.day,
                "line": line,
                "amount_nanos": nanos,
                "imported_at": at,
                "document": document,
            }
            for line, nanos in sorted(check.lines.items())
        ]
        if rows:
            await self._connection.execute(insert(statement_lines), rows)
        amounts = (check.statement_nanos, check.booked.nanos, check.variance_nanos, document, at)
        kept = ", ".join(f"{name} = excluded.{name}" for name in _DAY_COLUMNS[2:])
        await bulk.upsert(
            self._connection,
            "statement_days",
            _DAY_COLUMNS,
            [(check.provider, check.day, *amounts)],
            f"ON CONFLICT (provider, day) DO UPDATE SET {kept}",
        )

    async def faults(self) -> list[str]:
        """Yields days whose statement, lines, books and entries disagree."""
        found = []
        lines = await self._by_day(
            statement_lines.c.provider, statement_lines.c.day, *nano_sums(statement_lines.c.amount_nanos)
        )
        days = {(row.provider, row.day): row for row in await self._connection.execute(select(statement_days))}
        providers = await self._connection.execute(
            select(accounts.c.bucket).where(accounts.c.bucket.like("variance:%")).distinct()
        )
        names = {str(bucket).partition(":")[2] for bucket in providers.scalars()} | {p for p, _ in days}
        posted = {(name, day): p.nanos for name in names for day, p in (await self.posted(name)).items()}
        for at in sorted(days.keys() | lines.keys() | posted.keys()):
            day = days.get(at)
            stored = (day.statement_nanos, day.booked_nanos, day.variance_nanos) if day is not None else (0, 0, 0)
            where = f"reconciliation: {at[0]}, day {at[1]}"
            if lines.get(at, 0) != stored[0]:
                found.append(f"{where}: the statement's lines do not sum to it")
            if stored[2] not in (0, stored[0] - stored[1]):
                found.append(f"{where}: the variance is not the statement less what was booked")
            if posted.get(at, 0) != stored[2]:
                found.append(f"{where}: the entries do not sum to the variance")
        return found

    async def _by_day(self, *columns: object) -> Mapping[tuple[str, int], int]:
        rows = await self._connection.execute(select(*columns).group_by(*columns[:2]))  # type: ignore[call-overload]  # four columns
        return {(str(provider), int(day)): whole(dollars, rest) for provider, day, dollars, rest in rows}
