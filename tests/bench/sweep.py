"""How long a search for spikes takes: a thousand teams with eight weeks of hours, by a worker that just started and by one
that has read them before."""

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.clock import ShiftedClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import HOUR_MICROS, micros
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context
from handlers.detection.sweeps import sweep_spikes
from handlers.org.teams import import_teams
from storage import bulk
from storage.intake.rollups import team_changes_insert
from storage.intake.usage import SERIES_KEY
from storage.tables.base import COUNTER_COLUMNS
from tests.bench.databases import Databases

_HOURS = ("team_id", "hour", "series_id", "calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_PIECE = 50_000
_WARM = 5
_RUNAWAYS = 10


@dataclass(frozen=True, kw_only=True)
class SweepSize:
    """How much there is to look through. A team has so many series, each with cost in most working hours and some others."""

    teams: int
    weeks: int
    series: int


WHOLE = SweepSize(teams=1_000, weeks=8, series=6)
QUICK = SweepSize(teams=100, weeks=8, series=6)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Seconds. `warm` are sweeps in which every team had new usage, sorted; in `found` ones some teams' keys ran away."""

    database: str
    size: SweepSize
    rows: int
    cold: float
    warm: tuple[float, ...]
    found: float


async def sweep(databases: Databases, size: SweepSize) -> Sweep:
    """Writes the hours past the bot, and sweeps."""
    url = await databases.new()
    clock = ShiftedClock()
    clock.jump_to(clock.now().replace(minute=10))
    context = await prepare(Settings(database_url=url), clock)
    await import_teams(context, read_teams_file(_teams_yml(size.teams)), dry_run=False)
    teams = [team.id for team in (await context.rulebooks.latest()).directory.real_teams]
    series = await _series(context, teams, size)
    rows = await _hours(context, series, size)
    await _judged(context, teams)
    fresh = await prepare(Settings(database_url=url), clock)
    cold = await _timed(fresh, teams)
    warm = []
    for _ in range(_WARM):
        await _uses(fresh, {team: ids[:1] for team, ids in series.items()}, dollars=0.3)
        warm.append(await _timed(fresh, teams))
    await _uses(fresh, {team: ids[:1] for team, ids in list(series.items())[:_RUNAWAYS]}, dollars=900)
    found = await _timed(fresh, teams)
    async with fresh.store.read() as tx:
        assert len(await tx.alerts.running_teams("spike")) == _RUNAWAYS
    await context.store.close()
    await fresh.store.close()
    return Sweep(database=databases.kind, size=size, rows=rows, cold=cold, warm=tuple(sorted(warm)), found=found)


async def _timed(context: Context, teams: list[int]) -> float:
    began = time.perf_counter()
    await sweep_spikes(context, teams, now=context.now())
    return time.perf_counter() - began


def _teams_yml(teams: int) -> str:
    lines = [
        "organisation: {name: Acme, timezone: Europe/London, period: month, funding: 9000000, mode: govern}",
        "teams:",
    ]
    lines += [
        f"  - {{slug: team-{n}, name: Team {n}, managers: [ben@acme.test], budget: {{amount: 1000}}}}"
        for n in range(teams)
    ]
    return "\n".join(lines) + "\n"


async def _series(context: Context, teams: list[int], size: SweepSize) -> dict[int, list[int]]:
    keys = [
        (team, "Claude Code", "acme", f"model-{n % 3}", f"flow-{n % 2}", 0, f"key-{team}-{n}", "book")
        for team in teams
        for n in range(size.series)
    ]
    async with context.store.begin() as tx:
        await bulk.insert_missing(tx.connection, "usage_series", SERIES_KEY, SERIES_KEY, keys)
        rows = await bulk.select(tx.connection, "usage_series", ("team_id", "id"), SERIES_KEY, keys)
    found: dict[int, list[int]] = {}
    for team, series_id in rows:
        found.setdefault(int(team), []).append(int(series_id))
    return found


async def _hours(context: Context, series: dict[int, list[int]], size: SweepSize) -> int:
    chance = random.Random(3)
    this_hour = context.now_micros() // HOUR_MICROS
    count, rows = 0, []
    for team, ids in series.items():
        a_call = chance.lognormvariate(-1, 1)
        for hour in range(this_hour - size.weeks * 168, this_hour):
            works = 8 <= hour % 24 < 18 and (hour // 24 + 3) % 7 < 5
            for series_id in ids:
                if chance.random() < (0.9 if works else 0.2):
                    rows.append(_row(team, hour, series_id, a_call * chance.gammavariate(4, 0.25)))
        if len(rows) >= _PIECE:
            count += await _write(context, rows)
            rows = []
    return count + await _write(context, rows)


def _row(team: int, hour: int, series_id: int, dollars: float) -> tuple[Any, ...]:
    return (team, hour, series_id, 10, *(1_000 for _ in COUNTER_COLUMNS), round(dollars * 10**9), 0)


async def _write(context: Context, rows: list[tuple[Any, ...]]) -> int:
    changed = team_changes_insert([(row[0], row[1], 0, row[2]) for row in rows])
    async with context.store.begin() as tx:
        await bulk.insert(tx.connection, "usage_hours", _HOURS, rows)
        await bulk.upsert(tx.connection, changed.table, changed.columns, changed.rows, changed.on_conflict)
    return len(rows)


async def _uses(context: Context, series: dict[int, list[int]], *, dollars: float) -> None:
    """Adds this cost to each of these series, now."""
    hour = context.now_micros() // HOUR_MICROS
    rows = [_row(team, hour, series_id, dollars) for team, ids in sorted(series.items()) for series_id in ids]
    changed = team_changes_insert([(row[0], row[1], 0, row[2]) for row in rows])
    async with context.store.begin() as tx:
        await bulk.add(tx.connection, "usage_hours", _HOURS[:3], _HOURS[3:], rows)
        await bulk.upsert(tx.connection, changed.table, changed.columns, changed.rows, changed.on_conflict)


async def _judged(context: Context, teams: list[int]) -> None:
    """An hour ago, by a worker that is gone."""
    at = micros(context.now() - timedelta(hours=1))
    async with context.store.begin() as tx:
        for team in teams:
            await tx.judgements.mark_judged(team, 1, at=at)
