"""Totals of usage events by hour and by local day of each series, and the teams whose totals changed.

The fast path lets the database sum the events it just inserted (`totals`); all other paths sum first.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.books.charges import RECENT_HOURS
from bot.periods import HOUR_MICROS
from bot.usage import Booking
from storage import bulk
from storage.tables.base import COUNTER_COLUMNS

AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")


class Insert(NamedTuple):
    """Rows for a table, and the clause for existing rows."""

    table: str
    columns: tuple[str, ...]
    rows: bulk.Rows
    on_conflict: str = ""


Bucket = tuple[int, int, int, int]
"""(team, UTC hour, local day, series): the finest grain, which both rollups sum."""


def summed(bookings: Sequence[Booking], series: Sequence[int]) -> dict[Bucket, list[int]]:
    """Returns the sums of bookings by bucket; `series` has the series of each booking."""
    sums: dict[Bucket, list[int]] = {}
    for booking, series_id in zip(bookings, series, strict=True):
        event = booking.event
        at = (booking.team_id, event.occurred_at // HOUR_MICROS, booking.local_day, series_id)
        there = sums.get(at)
        if there is None:
            there = sums[at] = [0] * len(AMOUNTS)
        there[0] += 1
        there[1] += event.uncached_input
        there[2] += event.cache_read
        there[3] += event.cache_write_5m
        there[4] += event.cache_write_1h
        there[5] += event.output
        there[6] += event.reasoning
        there[7] += booking.cost_nanos
        there[8] += booking.notional_nanos
    return sums


_CHANGES = ("team_id", "version", "newest_hour", "oldest_hour")
_CHANGED = (
    "ON CONFLICT (team_id) DO UPDATE SET version = team_changes.version + excluded.version, rewrites = "
    "team_changes.rewrites + CASE WHEN excluded.oldest_hour < team_changes.newest_hour - "
    f"{RECENT_HOURS} THEN 1 ELSE 0 END, newest_hour = CASE WHEN excluded.newest_hour > team_changes.newest_hour "
    "THEN excluded.newest_hour ELSE team_changes.newest_hour END, oldest_hour = CASE WHEN excluded.oldest_hour < "
    "team_changes.oldest_hour THEN excluded.oldest_hour ELSE team_changes.oldest_hour END"
)


def team_changes_insert(sums: Iterable[Bucket]) -> Insert:
    """Returns the insert of teams whose totals change, with their newest and oldest changed hours.

    A reader of a team's hours knows from it what to read again: nothing while the version stays, the hours from
    RECENT_HOURS before the newest known one while the rewrites stay, else all hours. It uses no clock.
    """
    touched: dict[int, tuple[int, int]] = {}
    for team, hour, *_ in sums:
        oldest, newest = touched.get(team, (hour, hour))
        touched[team] = min(oldest, hour), max(newest, hour)
    rows = [(team, 1, touched[team][1], touched[team][0]) for team in sorted(touched)]
    return Insert("team_changes", _CHANGES, rows, _CHANGED)


def rolled_up(sums: dict[Bucket, list[int]], place: int) -> list[tuple[int, ...]]:
    """Returns the rows of a rollup in key order, from the bucket's hour (place 1) or day (place 2)."""
    rolled: dict[tuple[int, int, int], Sequence[int]] = {}
    for bucket, amounts in sums.items():
        at = (bucket[0], bucket[place], bucket[3])
        there = rolled.get(at)
        rolled[at] = amounts if there is None else [a + b for a, b in zip(there, amounts, strict=True)]
    return [(*at, *rolled[at]) for at in sorted(rolled)]


async def add_sums(connection: AsyncConnection, sums: dict[Bucket, list[int]]) -> None:
    """Adds to all totals, in the order in which every writer locks them."""
    for table, bucket, place in (("usage_hours", "hour", 1), ("usage_days", "local_day", 2)):
        await bulk.add(connection, table, ("team_id", bucket, "series_id"), AMOUNTS, rolled_up(sums, place))
    changed = team_changes_insert(sums)
    await bulk.upsert(connection, changed.table, changed.columns, changed.rows, changed.on_conflict)


class Total(NamedTuple):
    """A table of totals, and the statement that adds rows of events to it in key order."""

    table: str
    statement: str


def totals(events: str) -> tuple[Total, ...]:
    """Returns the statements that add events to all totals. `events` names their rows, as in a FROM clause."""
    hour = f"occurred_at / {HOUR_MICROS}"
    changed = (
        f"INSERT INTO team_changes ({', '.join(_CHANGES)}) SELECT team_id, 1, max({hour}), min({hour}) "
        f"FROM {events} GROUP BY team_id ORDER BY team_id {_CHANGED}"
    )
    return (
        Total("usage_hours", _rollup("usage_hours", "hour", hour, events)),
        Total("usage_days", _rollup("usage_days", "local_day", "local_day", events)),
        Total("team_changes", changed),
    )


def _rollup(table: str, bucket: str, expression: str, events: str) -> str:
    key = ("team_id", bucket, "series_id")
    sums = ", ".join(f"CAST(sum({name}) AS bigint)" for name in AMOUNTS[1:])  # PostgreSQL's sums are decimals
    return (
        f"INSERT INTO {table} ({', '.join((*key, *AMOUNTS))}) SELECT team_id, {expression}, series_id, count(*), {sums} "
        f"FROM {events} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 {bulk.adding(table, key, AMOUNTS)}"
    )


_SUMS = "temp.sums"
_FINEST = ("team_id", "hour", "series_id", "local_day")
_SQLITE_SUMS = (
    f"CREATE TEMP TABLE IF NOT EXISTS sums ({', '.join(f'{name} INTEGER NOT NULL' for name in (*_FINEST, *AMOUNTS))}, "
    f"PRIMARY KEY ({', '.join(_FINEST)})) STRICT, WITHOUT ROWID"
)


def sqlite_totals(events: str) -> tuple[str, ...]:
    """Returns the statements that add events to all totals, as `totals` does, in two thirds of the time. `events` names
    their rows, and ends with a condition.

    Events are summed in place, in memory, by their finest key. GROUP BY would sort them, with all their numbers, once for
    each table.
    """
    named = ", ".join(AMOUNTS[1:])
    grows = ", ".join(f"{name} = sums.{name} + excluded.{name}" for name in AMOUNTS)
    return (
        _SQLITE_SUMS,
        f"DELETE FROM {_SUMS}",
        f"INSERT INTO {_SUMS} ({', '.join((*_FINEST, *AMOUNTS))}) SELECT team_id, occurred_at / {HOUR_MICROS}, "
        f"series_id, local_day, 1, {named} FROM {events} ON CONFLICT ({', '.join(_FINEST)}) DO UPDATE SET {grows}",
        _from_sums("usage_hours", "hour"),
        _from_sums("usage_days", "local_day"),
        f"INSERT INTO team_changes ({', '.join(_CHANGES)}) SELECT team_id, 1, max(hour), min(hour) "
        f"FROM {_SUMS} GROUP BY team_id ORDER BY team_id {_CHANGED}",
    )


def _from_sums(table: str, bucket: str) -> str:
    key = ("team_id", bucket, "series_id")
    columns = ", ".join((*key, *AMOUNTS))
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {_SUMS} WHERE true {bulk.adding(table, key, AMOUNTS)}"
    )
