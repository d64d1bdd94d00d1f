"""The truth about usage, by SQL of its own over single events: it knows nothing of rollups, local days, spans or figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import text

from handlers.context import Context
from tests.scenarios.reporting.consistency.worlds import ROOT_ZONE, ZONES, midnight

_NANOS = 10**9
_EVENTS = """
    SELECT COALESCE(SUM(e.cost_nanos / 1000000000), 0), COALESCE(SUM(e.cost_nanos % 1000000000), 0), COUNT(*),
           COALESCE(SUM(CASE WHEN s.basis = 'unpriced' THEN 1 ELSE 0 END), 0),
           COALESCE(SUM(e.uncached_input + e.cache_read + e.cache_write_5m + e.cache_write_1h + e.output), 0)
    FROM usage_events e JOIN usage_series s ON s.id = e.series_id JOIN teams t ON t.id = e.team_id
    WHERE t.slug = :slug AND e.occurred_at >= :since AND e.occurred_at < :until
"""


Parts = Mapping[str, str]
"""Names of a `tool`, `model`, `workflow` or person's `email`."""


@dataclass(frozen=True)
class Sum:
    """Usage: nano-dollars, calls, calls without a price, and tokens."""

    nanos: int = 0
    calls: int = 0
    unpriced: int = 0
    tokens: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        mine, its = (
            (self.nanos, self.calls, self.unpriced, self.tokens),
            (other.nanos, other.calls, other.unpriced, other.tokens),
        )
        return Sum(*(a + b for a, b in zip(mine, its, strict=True)))

    @property
    def usd(self) -> str:
        """The amount to the cent, half up."""
        cents = (abs(self.nanos) * 2 + 10**7) // (2 * 10**7)
        return f"{'-' if self.nanos < 0 else ''}${cents // 100:,}.{cents % 100:02d}"


def zone_of(slug: str) -> str:
    return {**ZONES, "east": "Asia/Tokyo", "west": "America/Denver"}.get(slug, ROOT_ZONE)


def today(slug: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone_of(slug))).date()


def days_of(kind: str, of: date) -> tuple[date, date]:
    """The first day of a span, and the day after it, as of a day."""
    monday = of - timedelta(days=of.weekday())
    month = of.replace(day=1)
    return {
        "today": (of, of + timedelta(days=1)),
        "7d": (of - timedelta(days=7), of),
        "7d before": (of - timedelta(days=14), of - timedelta(days=7)),
        "30d": (of - timedelta(days=30), of),
        "week": (monday - timedelta(days=7), monday),
        "week before": (monday - timedelta(days=14), monday - timedelta(days=7)),
        "month": (month, (month + timedelta(days=32)).replace(day=1)),
    }[kind]


@dataclass(frozen=True)
class Truth:
    """The usage of a world at a moment."""

    context: Context
    at: datetime

    async def spent(
        self, slug: str, kind: str, parts: Parts = MappingProxyType({}), *, since: date | None = None
    ) -> Sum:
        """A team's usage over a span of its own days, of some part or of all; `since` cuts it."""
        first, end = days_of(kind, today(slug, self.at))
        return await self.between(slug, max(first, since or first), end, parts)

    async def between(self, slug: str, first: date, end: date, parts: Parts = MappingProxyType({})) -> Sum:
        columns = {"email": "(SELECT p.email FROM people p WHERE p.id = s.person_id)"}
        where = "".join(f" AND {columns.get(name, f's.{name}')} = :{name}" for name in parts)
        zone = zone_of(slug)
        values = {"slug": slug, "since": _micros(midnight(first, zone)), "until": _micros(midnight(end, zone)), **parts}
        async with self.context.store.read() as tx:
            rows = await tx.connection.execute(text(_EVENTS + where), values)
            dollars, rest, calls, unpriced, tokens = rows.one()
        return Sum(int(dollars) * _NANOS + int(rest), int(calls), int(unpriced), int(tokens))

    async def of_person(self, email: str, first: date, end: date) -> Sum:
        """A person's usage on days of the teams that booked it."""
        found = Sum()
        for slug in ZONES:
            found += await self.between(slug, first, end, {"email": email})
        return found

    async def all_spent(self, kind: str) -> Sum:
        """The usage of all teams and of none, each over its own days."""
        found = Sum()
        for slug in (*ZONES, "east", "west", "unattributed", "organisation"):
            found += await self.spent(slug, kind)
        return found

    async def week_of(self, slugs: Iterable[str], of: str) -> Sum:
        """The usage of some teams in the last week that is over for one of them, each over its own days."""
        first, end = days_of("week", today(of, self.at))
        found = Sum()
        for slug in slugs:
            found += await self.between(slug, first, end)
        return found

    async def months_of(self, slugs: Iterable[str]) -> Sum:
        """The usage of some teams in their own months so far."""
        found = Sum()
        for slug in slugs:
            found += await self.spent(slug, "month")
        return found

    async def names(self, slug: str, kind: str, part: str) -> list[str]:
        """The parts that a team used over a span."""
        first, end = (_micros(midnight(day, zone_of(slug))) for day in days_of(kind, today(slug, self.at)))
        query = (
            f"SELECT DISTINCT s.{part} FROM usage_events e JOIN usage_series s ON s.id = e.series_id "  # ours
            "JOIN teams t ON t.id = e.team_id WHERE t.slug = :slug AND e.occurred_at >= :since AND e.occurred_at < :until"
        )
        async with self.context.store.read() as tx:
            rows = await tx.connection.execute(text(query), {"slug": slug, "since": first, "until": end})
            return [str(name) for (name,) in rows]


def _micros(at: datetime) -> int:
    return int((at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
