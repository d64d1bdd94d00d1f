"""A database for a replay of the traces, and what it then holds of usage, to hold against the sums over the file."""

from sqlalchemy import func, select

from bot.clock import SystemClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from handlers.cli import prepare
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from storage.queries.sums import nano_sums, whole
from storage.store import Store
from storage.tables.intake import usage_days, usage_events, usage_hours
from storage.tables.org import teams
from tests.support.processes import tokens
from tests.support.traffic.azure import COUNTERS, TEAMS_YML, Sums


async def organised(database_url: str) -> str:
    """Puts the traces' teams into a database and returns an ingest key."""
    context = await prepare(Settings(database_url=database_url), SystemClock())
    try:
        await import_teams(context, read_teams_file(TEAMS_YML), dry_run=False)
        return await create_key(context, "gateway", source="cloudevents")
    finally:
        await context.store.close()


async def agrees(database_url: str, sums: Sums) -> None:
    """Events and rollups sum to exactly this, and `tokens check` finds nothing wrong."""
    for of in ("events", "hours", "days"):
        assert await booked(database_url, of=of) == sums, of
    assert "Everything agrees" in await tokens(database_url, "check")


async def booked(database_url: str, *, of: str = "events") -> Sums:
    """The sums over the events, or over the `hours` or `days` of the rollups."""
    table = {"events": usage_events, "hours": usage_hours, "days": usage_days}[of]
    calls = func.count() if of == "events" else func.sum(table.c.calls)
    wanted = (
        select(teams.c.slug, calls, *nano_sums(table.c.cost_nanos), *(func.sum(table.c[name]) for name in COUNTERS))
        .join(teams, teams.c.id == table.c.team_id)
        .group_by(teams.c.slug)
    )
    store = Store(database_url)
    sums = Sums()
    try:
        async with store.read() as tx:
            for slug, count, dollars, rest, *tokens in await tx.connection.execute(wanted):
                sums.calls += int(count)
                sums.calls_by_team[slug] += int(count)
                sums.nanos_by_team[slug] += whole(dollars, rest)
                sums.tokens.update({name: int(n) for name, n in zip(COUNTERS, tokens, strict=True)})
    finally:
        await store.close()
    return sums


async def times_booked(database_url: str) -> dict[str, int]:
    """How often each event id is in the books."""
    store = Store(database_url)
    try:
        async with store.read() as tx:
            rows = await tx.connection.execute(
                select(usage_events.c.event_id, func.count()).group_by(usage_events.c.event_id)
            )
            return {str(event_id): int(count) for event_id, count in rows}
    finally:
        await store.close()
